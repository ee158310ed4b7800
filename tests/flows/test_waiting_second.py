"""What the second copy of a mail that waits is made of: the kept content, else the sent copy, else a sentence; and how it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import msgspec
import pytest

from addin_backend.errors import NotFound
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.waiting_ask import CannotBeSentInstead, ContentGone
from addin_backend.flows.waiting_second import Kept, content_for
from addin_backend.model.message import Message, Recipient
from addin_backend.model.waiting import Waiting
from waiting_lab import ANNA, JOB, METTE, PETER, Lab, first_job

CLEAR = (
    f"From: Mette Holm <{METTE}>\r\nTo: {ANNA}, {PETER}\r\nSubject: Sagen\r\nReferences: <before@nordlys.example>\r\n"
    "X-SendSecurely-Ticket: v1.abc\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej\r\n"
).encode()


@dataclass
class Copies:
    """One sent copy, or none."""

    mime: bytes = CLEAR
    asked: str = ""

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """As it lies there."""
        self.asked = f"{mailbox} {message_id} {save_to}"
        if not self.mime:
            raise NotFound
        return self.mime


def forgotten(_job_id: str) -> NoReturn:
    """Nothing is kept."""
    raise NotFound


def waiting() -> Waiting:
    """Anna's row."""
    at = datetime(2026, 11, 28, 9, tzinfo=UTC)
    lab = Lab((ANNA, PETER), now=at)
    lab.attempt(ANNA, tls=False)
    lab.hear()
    return lab.row()


def second(copies: Copies) -> Message:
    """What is made of a sent copy."""
    return content_for(waiting(), Kept(forgotten, lambda _job_id: first_job((ANNA, PETER)), copies))


def test_the_kept_content_goes_to_the_one_who_waits() -> None:
    """Nobody else of the first mail is on it."""
    people = tuple(Recipient(address=one, domain=one.partition("@")[2]) for one in (ANNA, PETER))
    message = Message(sender=METTE, recipients=people, subject="Sagen", body="Hej")
    kept = JobContent(message=message, protections={}, language="da", subject_sensitive=False, record=b"")
    found = content_for(waiting(), Kept(lambda _job_id: kept, lambda _job_id: first_job((ANNA,)), Copies()))
    assert msgspec.structs.replace(message, recipients=people[:1]) == found


def test_else_the_sent_copy_itself_with_its_thread() -> None:
    """A copy to everybody lies in Sent Items. The ticket is not carried over: a message has no place for it."""
    copies = Copies()
    found = second(copies)
    assert f"{METTE} <{JOB}.clear@nordlys.example> sentitems" == copies.asked
    assert ([ANNA], "Sagen", "Hej") == ([one.address for one in found.recipients], found.subject, found.body.strip())
    assert ("Mette Holm", "<before@nordlys.example>") == (found.sender_name, found.references)


def test_neither_is_a_sentence_and_nothing_is_withdrawn() -> None:
    """Nor is a mail that cannot be taken apart whole."""
    with pytest.raises(ContentGone, match="do not have the mail"):
        second(Copies(b""))
    signed = CLEAR.replace(b"text/plain; charset=utf-8", b'multipart/signed; boundary="x"')
    with pytest.raises(CannotBeSentInstead):
        second(Copies(signed))
