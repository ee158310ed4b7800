"""What only the draft says of a mail reaches what is sent; the pane's own words win; nothing of it changes who gets the mail."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.flows.carry_over import carried_over
from addin_backend.model.message import Message, Recipient
from addin_backend.model.outer_header import with_categories
from addin_backend.sealing.compose import compose
from sizes import size

BO = Recipient(address="bo@postkasse.example", domain="postkasse.example")
PANE = Message(sender="journal@nordlys.example", recipients=(BO,), subject="Sag 12", body="Hej")
INDEX = "AdrXq1kq8X0c2m1pT0m4nq8v1y2w3A=="
LABELS = "MSIP_Label_0f7d2b6e-1111-4222-8333-944445555666_Enabled=true; MSIP_Label_0f7d2b6e-1111-4222-8333-944445555666_Name=Fortrolig"
DRAFT = (
    "From: Journalen =?utf-8?q?p=C3=A5?= Nordlys <journal@nordlys.example>\r\nSender: Mette Holm <mette.holm@nordlys.example>\r\n"
    "Reply-To: sag12@nordlys.example\r\nTo: someone.else@example.test\r\nBcc: hidden@example.test\r\n"
    f"Importance: High\r\nSensitivity: Company-Confidential\r\nmsip_labels: {LABELS}\r\nThread-Index: {INDEX}\r\n"
    "Disposition-Notification-To: journal@nordlys.example\r\n"
    "In-Reply-To: <b@postkasse.example>\r\nReferences: <a@postkasse.example>\r\n <b@postkasse.example>\r\nX-Odd: 1\r\n\r\nHej\r\n"
).encode()


def sent(message: Message) -> email.message.Message:
    """The composed mail as Python's parser reads it."""
    raw = compose(message, to=[BO], cc=[], message_id="<x@nordlys.example>", date=datetime(2026, 11, 28, 12, tzinfo=UTC))
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_what_the_draft_says_stands_in_the_mail_that_leaves() -> None:
    """From and Sender of a delegate, Reply-To, flags, the label's header, the receipt and the thread."""
    mail = sent(carried_over(PANE, with_categories(DRAFT, ["Sag 12"])))
    assert "Journalen på Nordlys <journal@nordlys.example>" == mail["From"]
    assert ("mette.holm@nordlys.example", "sag12@nordlys.example") == (mail["Sender"], mail["Reply-To"])
    assert ("High", "Company-Confidential") == (mail["Importance"], mail["Sensitivity"])
    assert (LABELS, INDEX) == (mail["msip_labels"], mail["Thread-Index"])
    assert "journal@nordlys.example" == mail["Disposition-Notification-To"]
    assert ("<b@postkasse.example>", "<a@postkasse.example> <b@postkasse.example>") == (mail["In-Reply-To"], mail["References"])


def test_nothing_else_of_the_draft_goes_along() -> None:
    """Recipients are the pane's, other fields stay behind, and categories leave with no mail."""
    mail = sent(carried_over(PANE, with_categories(DRAFT, ["Sag 12"])))
    assert "bo@postkasse.example" == mail["To"]
    assert [] == [name for name in ("Bcc", "X-Odd", "Keywords") if name in mail]


def test_the_pane_is_believed_where_it_speaks() -> None:
    """An open compose window is newer than the saved draft."""
    said = msgspec.structs.replace(PANE, importance="low", in_reply_to="<c@postkasse.example>", references="<c@postkasse.example>")
    found = carried_over(said, DRAFT)
    assert ("low", "<c@postkasse.example>", "<c@postkasse.example>") == (found.importance, found.in_reply_to, found.references)


def test_the_name_beside_another_address_is_not_the_senders() -> None:
    """From in the draft may name somebody whom the pane does not send for."""
    assert "" == carried_over(PANE, DRAFT.replace(b"<journal@nordlys.example>\r\nSender", b"<chef@nordlys.example>\r\nSender")).sender_name


def test_categories_keep_their_names() -> None:
    """Danish letters survive, and a name with a line end in it is one name."""
    found = carried_over(PANE, with_categories(DRAFT, ["Blå sag", "A\r\nBcc: x@y.example"]))
    assert ("Blå sag", "A Bcc: x@y.example") == found.categories


@settings(max_examples=size(sample=40, full=3000), deadline=None)
@given(st.binary(max_size=300))
def test_any_draft_can_be_read(raw: bytes) -> None:
    """Bytes that are no mail carry nothing over, or something that can be written."""
    found = carried_over(PANE, b"Sender: " + raw + b"\r\nReply-To: " + raw + b"\r\nmsip_labels: " + raw)
    assert "bo@postkasse.example" == sent(found)["To"]
