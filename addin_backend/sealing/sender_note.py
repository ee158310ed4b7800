"""Notes for the sender, put into their own Inbox: a copy did not arrive, or waits. Nothing is quoted from any mail that came in.

The sender's language is not known any more when a report comes, so a note says it in Danish and English: three lines each.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from addin_backend.model.decision import Protection, Texts
from addin_backend.model.message import Message, Recipient
from addin_backend.sealing.compose import compose

_REASONS = (  # by the beginning of the enhanced status code (RFC 3463 §3, IANA's registry)
    ("5.1.", Texts(da="Modtagerens mailserver kender ikke adressen.", en="The recipient's mail server does not know the address.")),
    ("5.2.2", Texts(da="Modtagerens postkasse er fuld.", en="The recipient's mailbox is full.")),
    ("4.2.2", Texts(da="Modtagerens postkasse er fuld.", en="The recipient's mailbox is full.")),
    ("5.2.3", Texts(da="Mailen er for stor til modtagerens postkasse.", en="The mail is too large for the recipient's mailbox.")),
    ("5.3.4", Texts(da="Mailen er for stor til modtagerens mailserver.", en="The mail is too large for the recipient's mail server.")),
    ("5.7.", Texts(da="Modtagerens mailserver afviste mailen.", en="The recipient's mail server refused the mail.")),
    ("4.", Texts(da="Modtagerens mailserver svarede ikke i tide.", en="The recipient's mail server did not answer in time.")),
)
_UNKNOWN = Texts(da="Modtagerens mailserver tog ikke imod den.", en="The recipient's mail server did not take it.")
_WAY_OUT = Texts(
    da="Tjek adressen, send den via sikker side, eller ring til modtageren.",
    en="Check the address, send it through the secure page, or call the recipient.",
)
_LINK_WAY_OUT = Texts(da="Tjek adressen, eller ring til modtageren.", en="Check the address, or call the recipient.")


def written(sender: str, subject: Texts, lines: Sequence[Texts], *, message_id: str, date: datetime, about: str) -> bytes:
    """A note of these lines, in both languages. ``about``: the Message-ID that it belongs to."""
    da, en = "\n".join(line.da for line in lines), "\n".join(line.en for line in lines)
    mail = Message(sender=sender, recipients=(), subject=f"{subject.da} / {subject.en}", body=f"{da}\n\n----\n\n{en}\n", references=about)
    me = Recipient(address=sender, domain=sender.rpartition("@")[2])
    return compose(mail, to=[me], cc=(), message_id=message_id, date=date, headers={"Auto-Submitted": "auto-generated"})


def reason_of(status: str) -> Texts:
    """Why, in words, by an enhanced status code."""
    return next((words for begin, words in _REASONS if status.startswith(begin)), _UNKNOWN)


def not_delivered(
    sender: str, address: str, protection: Protection, status: str, *, sent_at: datetime, message_id: str, date: datetime, about: str
) -> bytes:
    """The note that a copy did not reach ``address`` (as we wrote it, not as a report says). ``about``: the copy's Message-ID."""
    portal = protection is Protection.PORTAL
    first = Texts(
        da=f"{'Mailen med linket' if portal else 'Mailen'} til {address} fra {sent_at:%d.%m.%Y} er ikke kommet frem.",
        en=f"{'The mail with the link' if portal else 'The mail'} to {address} of {sent_at:%Y-%m-%d} has not arrived.",
    )
    subject = Texts(da="En mail er ikke kommet frem", en="A mail has not arrived")
    lines = (first, reason_of(status), _LINK_WAY_OUT if portal else _WAY_OUT)
    return written(sender, subject, lines, message_id=message_id, date=date, about=about)
