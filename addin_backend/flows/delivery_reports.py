"""Reports on mail that did not arrive: found in the senders' Inboxes, matched to the send, recorded, and told to the sender.

Anybody can send a report, and the Message-ID that it must name is known to whoever got the mail. So a report changes one thing only: what
is known of one recipient's copy becomes worse, once. It changes no state of the send, sends nothing, and gives nothing back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import Conflict, NotFound, SendSecurelyError
from addin_backend.evidence.delivery_report import Action, DeliveryReport, Line, read_report
from addin_backend.flows.after_send import job_id_of
from addin_backend.flows.groups import message_id as own_message_id
from addin_backend.flows.patience import Patience
from addin_backend.model.decision import Protection
from addin_backend.model.delivery import Arrived, ArrivedPage, Delivery, Fate, Source, weight
from addin_backend.model.ledger import SentEntry
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.ports import AccountabilityLog, Clock, Log, Outgoing, Pseudonymiser, SendStore
from addin_backend.sealing import sender_note

PAGE = 200  # items asked for at once
LARGEST = 20 * 1024 * 1024  # octets of a report that is opened (it may bring the mail along); larger ones the sender sees in Outlook only
OLDEST = timedelta(days=30)  # a report that comes later is about nothing that anybody waits for
AT_ONCE = 50  # notes in one round
_LEFT = frozenset({SendState.SENT, SendState.UNCERTAIN})
_FATES = {Action.FAILED: Fate.NOT_DELIVERED, Action.DELAYED: Fate.DELAYED}


class Inboxes(Protocol):
    """The senders' Inboxes. Raises Unavailable, NotYours."""

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        """What came since ``state`` ("": all of it). Raises NotFound when the server does not know the state any more."""
        ...

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The MIME of each item by its id; one that is gone is left out."""
        ...

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """A note of ours in the Inbox, unread, unless one with its marker is there. Nothing is sent."""
        ...


class Deliveries(Protocol):
    """Keeps what is known of copies that have left. Raises Unavailable."""

    def keep(self, delivery: Delivery) -> bool:
        """Whether it was news."""
        ...

    def told(self, delivery: Delivery) -> None:
        """The sender has a note about it."""
        ...

    def untold(self, fate: Fate, limit: int) -> Sequence[Delivery]:
        """What the senders have not been told yet."""
        ...

    def of(self, job_ids: Sequence[str]) -> Sequence[Delivery]:
        """All that is known about the recipients of these jobs."""
        ...

    def place(self, mailbox: str) -> str | None:
        """How far the Inbox has been read."""
        ...

    def keep_place(self, mailbox: str, state: str) -> None:
        """Everything up to this state has been dealt with."""
        ...


def _nobody_waits(_delivery: Delivery, _message_id: str) -> None:
    """Nothing more is to be learnt from it."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """What it takes. ``notification_address`` is what mails with a link come from, and where reports on them come to; "" : the sender.

    ``heard`` is told of each report and the copy's Message-ID, also of one that is no news.
    """

    inboxes: Inboxes
    deliveries: Deliveries
    jobs: SendStore
    log: AccountabilityLog
    names: Pseudonymiser
    events: Log
    clock: Clock
    notification_address: str = ""
    patience: Patience = field(default_factory=Patience)
    heard: Callable[[Delivery, str], None] = _nobody_waits


# --- what a report is about ---------------------------------------------------------------------------------------------


def _may_be_one(entry: Arrived) -> bool:
    """Told without opening it: Exchange's class, or what a report of another form has in its header."""
    report = entry.item_class.upper().startswith("REPORT.") or bool(entry.failed) or entry.is_report
    return report and entry.size <= LARGEST


def _group(mailbox: str, message_id: str, parts: Reporting) -> tuple[SendJob, Group] | None:
    """The copy that left this mailbox under our Message-ID, and lately. Links that left from the common address are reported there."""
    job_id = job_id_of(message_id)
    if not job_id:
        return None
    try:
        job = parts.jobs.job(job_id)
    except NotFound:
        return None
    group = next((one for one in job.groups if one.message_id == message_id.strip() and one.state in _LEFT), None)
    if group is None or parts.clock() - job.created_at > OLDEST:
        return None
    common = mailbox.lower() == parts.notification_address.lower() and group.protection is Protection.PORTAL
    return (job, group) if job.mailbox.lower() == mailbox.strip().lower() or common else None


def _named(line: Line, group: Group) -> str:
    """The recipient of ours whom a line is about, or ""."""
    return next((address for address in group.addresses if address.lower() in line.addresses), "")


def _found(mailbox: str, report: DeliveryReport, parts: Reporting) -> Iterator[Delivery]:
    """What the report says of copies of ours; each recipient once."""
    about = next((found for one in report.message_ids if (found := _group(mailbox, one, parts)) is not None), None)
    if about is None:
        return
    job, group = about
    seen = set[str]()
    for line in report.lines:
        address = _named(line, group)
        if address and address not in seen:
            seen.add(address)
            yield Delivery(
                job_id=job.job_id, mailbox=job.mailbox, address=address, protection=group.protection, fate=_FATES[line.action],
                source=Source.OWN_REPORT if report.own else Source.REPORT, at=parts.clock(), status=line.status,
            )  # fmt: skip


# --- what is done about it ----------------------------------------------------------------------------------------------


def take_in(delivery: Delivery, parts: Reporting) -> bool:
    """Record what has become known, and keep it. Whether it was news. Raises Unavailable, LogBroken: then nothing is kept."""
    job = parts.jobs.job(delivery.job_id)
    parts.heard(delivery, _about(job, delivery.address))
    known = [one for one in parts.deliveries.of([delivery.job_id]) if one.address.lower() == delivery.address.lower()]
    if any(weight(one) >= weight(delivery) for one in known):
        return False
    event = records.event_id_of(f"{job.job_id}\n{delivery.address.lower()}", delivery.fate.value, job.created_at)
    act = Act(event, delivery.at, "", job.mailbox, "", job_id=job.job_id)
    body = {
        "job": job.job_id, "recipient": parts.names.pseudonym("address", delivery.address, job.created_at),
        "protection": delivery.protection.value, "status": delivery.status, "source": delivery.source.value,
    }  # fmt: skip
    try:
        parts.log.append(records.simple(delivery.fate.value, act, parts.names, **body))
    except Conflict:  # an earlier run recorded it, and was cut off before it was kept
        parts.events.info("delivery_recorded_before")
    return parts.deliveries.keep(delivery)


def _about(job: SendJob, address: str) -> str:
    """The Message-ID of the copy to an address."""
    return next((one.message_id for one in job.groups if address in one.addresses), "")


def _note(delivery: Delivery, parts: Reporting) -> Outgoing:
    job = parts.jobs.job(delivery.job_id)
    about = _about(job, delivery.address)
    name = hashlib.sha256(f"{delivery.job_id}\n{delivery.address.lower()}".encode()).hexdigest()[:24]
    message_id = own_message_id(f"note-{name}", "report", job.mailbox)
    mime = sender_note.not_delivered(
        job.mailbox, delivery.address, delivery.protection, delivery.status, sent_at=job.created_at, message_id=message_id,
        date=delivery.at, about=about,
    )  # fmt: skip
    return Outgoing(mime=mime, to=(job.mailbox,), cc=(), bcc=(), message_id=message_id, marker=f"note-{name}.report", save_to="inbox")


def tell_senders(parts: Reporting) -> int:
    """Put a note about each copy that did not arrive into its sender's Inbox, once; how many. What fails is tried in the next round."""
    told = 0
    for delivery in parts.deliveries.untold(Fate.NOT_DELIVERED, AT_ONCE):
        try:
            parts.inboxes.put_note(delivery.mailbox, _note(delivery, parts))
            parts.deliveries.told(delivery)
            told += 1
        except SendSecurelyError as error:
            parts.events.warning("sender_not_told", code=error.code)
    return told


# --- reading an Inbox ---------------------------------------------------------------------------------------------------


def _pages(mailbox: str, state: str, parts: Reporting) -> Iterator[ArrivedPage]:
    while True:
        try:
            page = parts.inboxes.arrived_since(mailbox, state, PAGE)
        except NotFound:
            if not state:
                raise
            page = parts.inboxes.arrived_since(mailbox, "", PAGE)
        yield page
        if not page.more or page.state == state:
            return
        state = page.state


def read_reports(mailbox: str, parts: Reporting) -> int:
    """Take in the reports that came to a mailbox since the last time; how many were news. Raises Unavailable, NotYours, LogBroken.

    A mailbox that is met for the first time begins now. Only what may be a report is opened, a few at a time.
    """
    place, news, unread = parts.deliveries.place(mailbox), 0, 0

    def get(batch: Sequence[SentEntry]) -> list[Delivery]:
        return [one for mime in parts.inboxes.read_sent(mailbox, batch).values() for one in _found(mailbox, read_report(mime), parts)]

    def take(_batch: Sequence[SentEntry], found: list[Delivery] | None) -> None:
        nonlocal news
        if found is None:
            parts.events.warning("delivery_report_given_up")
        news += sum(take_in(delivery, parts) for delivery in found or ())

    for page in _pages(mailbox, place or "", parts):
        if place is not None:
            wanted = [SentEntry(item_id=one.item_id, message_id="", size=one.size) for one in page.entries if _may_be_one(one)]
            unread += parts.patience.read(mailbox, wanted, LARGEST, get, take)
        if not unread:  # else this page is listed again in the next round
            parts.deliveries.keep_place(mailbox, page.state)
    if unread:
        parts.events.warning("delivery_reports_not_read", items=unread)
    return news


def read_all(mailboxes: Sequence[str], parts: Reporting, stop: Callable[[], bool] = lambda: False) -> None:
    """Every mailbox in turn, then the notes; a mailbox that cannot be read is reported and does not hold up the others."""
    for mailbox in mailboxes:
        if stop():
            return
        try:
            news = read_reports(mailbox, parts)
        except SendSecurelyError as error:
            parts.events.warning("inbox_not_read", code=error.code)
            continue
        except Exception:  # noqa: BLE001 whatever it was, the next mailbox is read, and this one again in the next round
            parts.events.error("inbox_not_read", exc_info=True)
            continue
        if news:
            parts.events.info("delivery_reports", news=news)
    tell_senders(parts)
