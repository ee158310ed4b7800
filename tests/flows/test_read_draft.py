"""A draft is taken apart whole, or not at all: what is sent on is what lay there."""

from __future__ import annotations

import random

import pytest

from addin_backend.flows.read_draft import CannotBeTakenApart, read_draft
from addin_backend.model.message import BodyFormat, RecipientKind
from addin_backend.model.send_folder import Written
from sizes import size

METTE, BO = "mette.holm@nordlys.example", "bo.madsen@postkasse.example"
HEAD = (
    b"From: Mette Holm <mette.holm@nordlys.example>\r\nTo: nobody@x.example\r\nSubject: =?utf-8?q?Fr=C3=B8?=\r\nIn-Reply-To: <a@b>\r\n"
    b"Importance: High\r\nMIME-Version: 1.0\r\n"
)
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHej \xc3\xa6\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hej <b>Bo</b></p>\r\n"
IN_BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
PDF = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n" + IN_BASE64
IMAGE = b"Content-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=l.png\r\n" + IN_BASE64


def multi(kind: bytes, *parts: bytes) -> bytes:
    """A multipart of these entities."""
    mark = b"=_" + kind
    inner = b"".join(b"--%s\r\n%s\r\n" % (mark, one) for one in parts)
    return b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind, mark) + inner + b"--%s--\r\n" % mark


def draft(entity: bytes, head: bytes = HEAD) -> Written:
    """It, to Bo in the open and hidden to Karin."""
    people = {"to": [("Bo Madsen", BO)], "cc": [], "bcc": [("", "karin.bach@nordlys.example")]}
    return Written(item_id="AAMk", change_key="CQ", people=people, disarmed=False, mime=head + entity)


@pytest.mark.parametrize(
    ("entity", "text", "files"),
    [
        (TEXT, "Hej æ\n", []),
        (HTML, "<p>Hej <b>Bo</b></p>\n", []),
        (multi(b"alternative", TEXT, HTML), "<p>Hej <b>Bo</b></p>\n", []),
        (multi(b"mixed", multi(b"alternative", TEXT, HTML), PDF), "<p>Hej <b>Bo</b></p>\n", [("a.pdf", False)]),
        (multi(b"alternative", TEXT, multi(b"related", HTML, IMAGE)), "<p>Hej <b>Bo</b></p>\n", [("l.png", True)]),
        (multi(b"mixed", PDF), "", [("a.pdf", False)]),
    ],
)  # fmt: skip
def test_a_draft_is_taken_apart(entity: bytes, text: str, files: list[tuple[str, bool]]) -> None:
    """Text in its format, files with their bytes, the thread, and the people of the item rather than those of the header."""
    found = read_draft(METTE, draft(entity))
    assert (text, files) == (found.body, [(one.name, one.inline) for one in found.attachments])
    assert {b"\x00\x01\x02"} >= {one.content for one in found.attachments}
    assert (METTE, "Frø", "high", "<a@b>") == (found.sender, found.subject, found.importance, found.in_reply_to)
    assert [(BO, RecipientKind.TO), ("karin.bach@nordlys.example", RecipientKind.BCC)] == [
        (one.address, one.kind) for one in found.recipients
    ]
    assert (BodyFormat.HTML if text.startswith("<") else BodyFormat.PLAIN) is found.body_format


@pytest.mark.parametrize(
    "entity",
    [
        multi(b"mixed", TEXT, TEXT),
        multi(b"mixed", HTML, PDF, TEXT),
        multi(b"signed", TEXT, PDF),
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n",
        multi(b"alternative", TEXT, b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"),
        b"Content-Type: text/plain; charset=utf-7\r\n\r\n+AAA-\r\n",
        b"Content-Type: text/plain; charset=nowhere\r\n\r\nHej\r\n",
        multi(b"mixed", *[PDF] * 600),
    ],
    ids=["two texts", "a text behind a file", "signed", "sealed", "an invitation", "utf-7", "unknown charset", "too many parts"],
)
def test_what_cannot_be_sent_on_whole_is_refused(entity: bytes) -> None:
    """Nothing is left out in silence."""
    with pytest.raises(CannotBeTakenApart):
        read_draft(METTE, draft(entity))


def test_no_bytes_make_it_fail_otherwise() -> None:
    """Changed, cut and doubled bytes: taken apart, or refused."""
    dice = random.Random(82)
    whole = HEAD + multi(b"mixed", multi(b"alternative", TEXT, multi(b"related", HTML, IMAGE)), PDF)
    for _ in range(size(sample=60, full=10_000)):
        raw = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(raw))
            if dice.randrange(2):
                raw[at] = dice.randrange(256)
            else:
                del raw[at : at + dice.randrange(1, 60)]
        try:
            found = read_draft(METTE, draft(bytes(raw), b""))
        except CannotBeTakenApart:
            continue
        assert [BO, "karin.bach@nordlys.example"] == [one.address for one in found.recipients]
