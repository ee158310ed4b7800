"""A draft from the add-in becomes a message: recipients normalised, each once in its most visible place."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.evidence.gather import size_of
from addin_backend.flows.intake import from_draft
from addin_backend.model.draft_input import AddressInput, AttachmentInput, DraftInput, Importance
from addin_backend.model.message import Attachment, BodyFormat, Message, RecipientKind


def _people(to: list[str], cc: list[str], bcc: list[str]) -> list[tuple[str, str]]:
    typed = [[AddressInput(address=item) for item in items] for items in (to, cc, bcc)]
    draft = DraftInput(sender="mette@firma.example", to=typed[0], cc=typed[1], bcc=typed[2])
    return [(item.kind.value, item.address) for item in from_draft(draft).recipients]


def test_recipients_keep_their_most_visible_place() -> None:
    """To before Cc before Bcc, in the order written; the same address in another spelling of its domain is the same."""
    assert [("to", "anna@x.example"), ("cc", "bo@y.example"), ("bcc", "skjult@z.example")] == _people(
        to=["anna@X.example"], cc=["bo@y.example", "ANNA@x.example."], bcc=["skjult@z.example", "Bo <bo@y.example>"]
    )


def test_what_is_no_address_stays_and_is_marked() -> None:
    """Nothing that was typed is lost: it is blocked later, by its own rule."""
    draft = DraftInput(
        sender="m@firma.example", to=[AddressInput(address="anna"), AddressInput(address="x@[192.0.2.1]"), AddressInput(address="")]
    )
    assert [("anna", False, False), ("x@[192.0.2.1]", True, True), ("", False, False)] == [
        (item.address, item.valid, item.literal) for item in from_draft(draft).recipients
    ]


def test_everything_else_is_taken_over() -> None:
    """Subject, body and its format, importance, and attachments with their bytes."""
    raw = {
        "from": "Mette <mette@FIRMA.example>",
        "subject": "Løn",
        "body": "<p>Hej</p>",
        "body_format": "html",
        "importance": "high",
        "attachments": [{"name": "a.bin", "media_type": "a/b", "base64": "AAH/", "inline": True, "content_id": "c@x"}],
    }
    message = from_draft(msgspec.json.decode(json.dumps(raw).encode(), type=DraftInput))
    expected = Message(
        sender="mette@firma.example",
        recipients=(),
        subject="Løn",
        body="<p>Hej</p>",
        body_format=BodyFormat.HTML,
        importance=Importance.HIGH.value,
        attachments=(Attachment(name="a.bin", media_type="a/b", content=b"\x00\x01\xff", inline=True, content_id="c@x"),),
    )
    assert expected == message


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=40), st.binary(max_size=99))
def test_nothing_that_is_typed_stops_it(addresses: list[str], body: str, content: bytes) -> None:
    """Any text as address, name or body gives a message; each address stands once."""
    people = [AddressInput(address=item, name=item) for item in addresses]
    files = [AttachmentInput(name=body, media_type=body, base64=content)]
    message = from_draft(DraftInput(sender=body, to=people, bcc=people, subject=body, body=body, attachments=files))
    seen = [item.address.lower() for item in message.recipients]
    assert len(seen) == len(set(seen)) <= len(addresses)
    assert {item.kind for item in message.recipients} <= {RecipientKind.TO}


def test_the_size_counts_what_is_said() -> None:
    """UTF-8 bytes of subject and body plus the decoded files; a line break counts once and the last ones not at all."""
    files = (Attachment(name="navnet tæller ikke", media_type="a/b", content=b"12345"),)
    base = Message(sender="m@x.example", recipients=(), subject="æ", body="a\nb", attachments=files, size_bytes=99)
    assert [10] * 3 == [size_of(msgspec.structs.replace(base, body=body)) for body in ("a\nb", "a\r\nb\r\n", "a\nb\n\n")]
