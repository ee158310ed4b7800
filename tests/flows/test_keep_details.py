"""What an invitation cannot carry is kept as a draft: whole, with its recipients, once for a press, over either transport."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from addin_backend.errors import BadInput
from addin_backend.flows.intake import from_draft
from addin_backend.flows.keep_details import keep_details
from addin_backend.model.draft_input import AddressInput, AttachmentInput, DraftInput
from addin_backend.model.message import BodyFormat
from addin_backend.model.sending import Draft
from addin_backend.ports import Outgoing

METTE = "mette.holm@nordlys.example"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Drafts:
    """A mailbox that only saves. It keeps what it was given by marker, as Exchange's edges look for it."""

    def __init__(self) -> None:
        self.saved: dict[str, tuple[str, Outgoing]] = {}

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """Once for a marker."""
        self.saved.setdefault(outgoing.marker, (mailbox, outgoing))
        return Draft(item_id="item", change_key="key")


def _draft(body: str = "<p>Diagnose</p>") -> DraftInput:
    return DraftInput(
        sender=METTE,
        to=[AddressInput(address="bo.madsen@postkasse.example", name="Bo Madsen")],
        cc=[AddressInput(address="jonas.friis@nordlys.example")],
        subject="Samtale om sygemelding",
        body=body,
        body_format=BodyFormat.HTML,
        attachments=[AttachmentInput(name="lægeerklæring.txt", media_type="text/plain", base64=b"Diagnose")],
    )


def test_the_whole_mail_is_kept_with_its_recipients() -> None:
    """Title, text, file and both lines; the Message-ID is the one that it is looked for by."""
    drafts = Drafts()
    keep_details(METTE, "press-0001", from_draft(_draft()), AT, drafts)  # type: ignore[arg-type]  # the flow only saves
    ((mailbox, kept),) = drafts.saved.values()
    message = message_from_bytes(kept.mime, policy=policy.default)
    assert (mailbox, kept.to, kept.cc, kept.bcc) == (METTE, ("bo.madsen@postkasse.example",), ("jonas.friis@nordlys.example",), ())
    assert (message["subject"], message["message-id"]) == ("Samtale om sygemelding", kept.message_id)
    body, (file,) = message.get_body(("html",)), tuple(message.iter_attachments())
    assert body is not None
    assert ("Diagnose" in body.get_content(), file.get_filename(), file.get_content()) == (True, "lægeerklæring.txt", "Diagnose")


def test_one_press_is_one_draft() -> None:
    """The same key again gives the same marker; another key or mailbox another."""
    drafts, message = Drafts(), from_draft(_draft())
    for mailbox, key in (
        (METTE, "press-0001"),
        (METTE, "press-0001"),
        (METTE, "press-0002"),
        ("jonas.friis@nordlys.example", "press-0001"),
    ):
        keep_details(mailbox, key, message, AT, drafts)  # type: ignore[arg-type]  # the flow only saves
    assert len(drafts.saved) == 3
    assert all(METTE not in marker for marker in drafts.saved)


def test_what_cannot_be_read_is_not_kept() -> None:
    """Then the invitation stays as it is: nothing has been put anywhere."""
    drafts = Drafts()
    with pytest.raises(BadInput):
        keep_details(METTE, "press-0001", from_draft(_draft("Diagnose\0")), AT, drafts)  # type: ignore[arg-type]  # the flow only saves
    assert drafts.saved == {}
