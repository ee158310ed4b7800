"""A mail that is fed in pieces is the mail that the standard library makes of it at once."""

from __future__ import annotations

import random
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from addin_backend.model.mail_tree import _PIECE, mail_tree

HEAD = (
    b"From: mette@nordlys.example\r\nSubject: =?utf-8?q?Pr=C3=B8ve?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
)
MIDDLE = b"\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVq\r\n--x--\r\n"
ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", "ø".encode(), b"--x\r\n", b"\r\n--x\r\n\r\n", b"\0", b"\r\n ")


def same(one: EmailMessage, other: EmailMessage) -> None:
    """In every part: header, payload, defects."""
    for mine, theirs in zip(one.walk(), other.walk(), strict=True):
        assert mine.items() == theirs.items()
        assert [type(item) for item in mine.defects] == [type(item) for item in theirs.defects]
        if not theirs.is_multipart():
            assert mine.get_payload(decode=True) == theirs.get_payload(decode=True)


def at_once(mime: bytes) -> EmailMessage:
    """As the library's ready-made function has it."""
    return message_from_bytes(mime, policy=policy.default)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("beside", [-2, -1, 0, 1])
def test_a_line_end_at_the_border_of_a_piece(end: bytes, beside: int) -> None:
    """Whatever is cut in two by it."""
    mime = HEAD + b"a" * (_PIECE + beside - len(HEAD)) + end + b"more" + end + MIDDLE
    same(mail_tree(mime), at_once(mime))


def test_mails_of_every_shape() -> None:
    """Also broken ones, of several pieces."""
    dice = random.Random(9)
    for _ in range(40):
        lines = [bytes(dice.choice(b"ab \t=-x:") for _ in range(dice.randrange(70))) + dice.choice(ENDS) for _ in range(3000)]
        mime = dice.choice((HEAD, b"", b"\r\n", HEAD[:100])) + b"".join(lines) + dice.choice((MIDDLE, b""))
        same(mail_tree(mime), at_once(mime))
    assert mail_tree(b"").items() == []
