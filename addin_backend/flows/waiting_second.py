"""The second copy of a mail that waits: what is sent, and how it is decided that it goes as a secure page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import msgspec

from addin_backend.errors import NotFound
from addin_backend.flows.carry_over import carried_over
from addin_backend.flows.check import Checking
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.read_draft import CannotBeTakenApart, read_draft
from addin_backend.flows.seal_groups import folder_of
from addin_backend.flows.waiting_ask import CannotBeSentInstead, ContentGone
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.message import Message
from addin_backend.model.send_folder import Written
from addin_backend.model.sending import SendJob
from addin_backend.model.waiting import Waiting

DEFERRED = "deferred"  # the reason, as a word of the record


class SentCopies(Protocol):
    """The sent copies in the senders' mailboxes. Raises Unavailable, NotYours."""

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """A sent copy in its folder, by Message-ID. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the mail can be found. ``content`` gives what is kept sealed of a job; ``job`` the job. Both raise NotFound."""

    content: Callable[[str], JobContent]
    job: Callable[[str], SendJob]
    sent: SentCopies


def content_for(known: Waiting, kept: Kept) -> Message:
    """The mail to the one recipient. Raises ContentGone, CannotBeSentInstead, Unavailable, NotYours."""
    try:
        message = kept.content(known.job_id).message
    except NotFound:
        return _from_sent_copy(known, kept)
    only = tuple(item for item in message.recipients if item.address.lower() == known.address.lower())
    if not only:
        raise ContentGone
    return msgspec.structs.replace(message, recipients=only)


def _from_sent_copy(known: Waiting, kept: Kept) -> Message:
    try:
        job = kept.job(known.job_id)
        group = next(one for one in job.groups if one.message_id == known.message_id)
        mime = kept.sent.sent_mime(known.mailbox, known.message_id, folder_of(job, group))
    except (NotFound, StopIteration):
        raise ContentGone from None
    written = Written(item_id="", change_key="", people={"to": [("", known.address)]}, disarmed=False, mime=mime)
    try:
        return carried_over(read_draft(known.mailbox, written), mime)
    except CannotBeTakenApart:
        raise CannotBeSentInstead from None


class _DoesNotKeepIt:
    """What is known of the domain now: it promises TLS, and did not offer it."""

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """The same of all."""
        return {
            name: TransportEvidence(domain=name, verdict=TransportVerdict.CONTRADICTED, reasons=(DEFERRED,), checked_at=at)
            for name in domains
        }


def instead(checking: Checking) -> Checking:
    """The rules of now, about a mail whose connection does not do and that is not to go as S/MIME either."""
    return replace(checking, transport=_DoesNotKeepIt(), channels=msgspec.structs.replace(checking.channels, smime=False))
