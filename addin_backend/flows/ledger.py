"""Sent Items against what we decided: each sent item is ours, let go by a check, or unchecked; what is unchecked is judged afterwards.

An item is explained by what only we can have made: the job behind our Message-ID and marker, the sealed ticket that fits the mail, or a
check that let this very mail go, and each of them for one item only. Everything else is judged by the rules in force, and recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput, Conflict, NotFound, NotOpened, SendSecurelyError
from addin_backend.evidence.digest import digest_of
from addin_backend.evidence.html import to_text
from addin_backend.evidence.mime import parse_message
from addin_backend.flows.after_send import SentStore, job_of_mail
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.model.evidence import Evidence
from addin_backend.model.ledger import How, LedgerLine, Place, SentEntry, SentPage
from addin_backend.model.message import BodyFormat, Message
from addin_backend.ports import AccountabilityLog, Clock, Log, Pseudonymiser
from addin_backend.sealing import ticket as tickets

PAGE = 200  # items asked for at once
BEFORE = timedelta(hours=48)  # a mail may wait in the outbox of a closed laptop after its check
AFTER = timedelta(minutes=10)  # clocks differ
LETTERS = re.compile(r"[\W_]+")
_AS_IT_IS = frozenset({Protection.PLAIN})
_BY_TICKET = frozenset({Protection.PLAIN, Protection.TLS})


class SentItems(Protocol):
    """A mailbox's Sent Items. Raises Unavailable, NotYours."""

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """What came since ``state`` ("": all of it). Raises NotFound when the server does not know the state any more."""
        ...

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The MIME of each item by its id; one that is gone is left out."""
        ...


class Ledger(Protocol):
    """Keeps checks that let a mail go, places and lines. Raises Unavailable."""

    def place(self, mailbox: str) -> Place | None:
        """How far the mailbox has been read; None for one that is new."""
        ...

    def known(self, mailbox: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of the keys that have a line."""
        ...

    def settle(self, mailbox: str, lines: Sequence[LedgerLine], place: Place) -> None:
        """Lines and place in one transaction; a line that is there already stays."""
        ...

    def take(self, name: str, key: str, earliest: datetime, latest: datetime) -> bool:
        """Whether something noted under ``name`` in that time explains the item ``key``: each once, and for the same item again."""
        ...

    def note(self, name: str, event_id: str, at: datetime) -> None:
        """Something that can explain one item."""
        ...


@dataclass(frozen=True, slots=True)
class Reconciling:
    """What the ledger needs. ``keep`` keeps the question behind a record that judges an item afterwards."""

    sent_items: SentItems
    ledger: Ledger
    store: SentStore
    ticket_key: bytes
    log: AccountabilityLog
    names: Pseudonymiser
    events: Log
    clock: Clock
    keep: Callable[[str, Decision], None]


@dataclass(slots=True)
class Count:
    """How many items of each kind one run met; ``old`` were sent before the ledger began or were met before."""

    by: dict[How, int]
    old: int = 0


def fingerprint(mailbox: str, message: Message) -> str:
    """The same for a draft that was checked and for the sent mail, whatever Outlook and Exchange did to its layout.

    SHA-256 over mailbox, recipients, subject, the letters of the text, and the attachments that are no part of the text.
    """
    text = to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body
    plain = Message(
        sender=mailbox.strip().lower(),
        recipients=(),
        subject=" ".join(message.subject.split()),
        body="\n".join(
            [mailbox.strip().lower(), *sorted({item.address.lower() for item in message.recipients}), LETTERS.sub("", text).lower()]
        ),
        attachments=tuple(sorted((item for item in message.attachments if not item.inline), key=lambda item: (item.name, item.content))),
    )
    return digest_of(plain)


def note_let_go(ledger: Ledger, message: Message, act: Act) -> None:
    """Remember that a check let this mail go. Raises Unavailable."""
    ledger.note(fingerprint(act.mailbox, message), act.event_id, act.at)


def _key(entry: SentEntry) -> str:
    """An item keeps it when it is moved away and back, which gives it a new id."""
    return f"{entry.message_id}\n{entry.marker}\n{entry.sent_at.isoformat() if entry.sent_at else entry.item_id}"


def _is_ours(mailbox: str, entry: SentEntry, store: SentStore) -> bool:
    job = job_of_mail(mailbox, entry.message_id, store)
    return job is not None and entry.marker.startswith(f"{job.job_id}.")


def _ticketed(message: Message, entry: SentEntry, key: str, parts: Reconciling) -> bool:
    """Whether the ticket on the mail is ours, for this sender, these recipients and files, and was not used by another item."""
    if not entry.ticket:
        return False
    try:
        found = tickets.read(
            "".join(entry.ticket.split()), parts.ticket_key, datetime.min.replace(tzinfo=parts.clock().tzinfo) + timedelta(days=366 * 1970)
        )
    except (BadInput, NotOpened):
        return False
    if set(tickets.differences(found, parts.ticket_key, message)) - {"content"}:
        return False
    parts.ledger.note(
        f"ticket\n{found.ticket_id}", f"t-{found.ticket_id}"[:64], found.expires_at
    )  # one row a ticket, so that one item takes it
    return parts.ledger.take(f"ticket\n{found.ticket_id}", key, found.expires_at, found.expires_at)


def _found(decision: Decision, ticketed: bool) -> bool:
    """Whether the mail should not have left as it did."""
    left_as = _BY_TICKET if ticketed else _AS_IT_IS
    return decision.action in (Action.CONFIRM, Action.BLOCK) or not {item.protection for item in decision.recipients} <= left_as


def _judged(mailbox: str, message: Message, at: datetime, key: str, checking: Checking, parts: Reconciling) -> tuple[Decision, str]:
    """The decision on a mail that has left, recorded. The same event each time for the same item."""
    decision, evidence = check(message, Ask(at=parts.clock()), checking)
    event = records.event_id_of(f"{mailbox}\n{key}", "unchecked", at)
    _record(event, mailbox, decision, evidence, parts)
    return decision, event


def _record(event: str, mailbox: str, decision: Decision, evidence: Evidence, parts: Reconciling) -> None:
    act = Act(event, parts.clock(), mailbox, mailbox, "")
    with suppress(Conflict):  # judged by an earlier run that was cut off: what was recorded then stands
        parts.log.append(records.unchecked(decision, evidence, act, parts.names))
        parts.keep(event, decision)


def _line(mailbox: str, entry: SentEntry, mime: bytes | None, checking: Checking, parts: Reconciling) -> LedgerLine:
    """One item. What is gone before it could be read is a case: nobody can say what it was."""
    key, now = _key(entry), parts.clock()
    at = entry.sent_at or now
    base = LedgerLine(key=key, mailbox=mailbox, how=How.OURS, sent_at=at, seen_at=now)
    if _is_ours(mailbox, entry, parts.store):
        return base
    message = parse_message(mime) if mime is not None else Message(sender=mailbox, recipients=(), subject="", body="", readable=False)
    ticketed = _ticketed(message, entry, key, parts)
    if parts.ledger.take(fingerprint(mailbox, message), key, at - BEFORE, at + AFTER):
        return _with(base, How.TICKET if ticketed else How.CHECKED)
    decision, event = _judged(mailbox, message, at, key, checking, parts)
    how = How.CASE if _found(decision, ticketed) else How.TICKET if ticketed else How.UNCHECKED
    return _with(base, how, event_id=event, action=decision.action.value, codes=tuple(sorted({item.code for item in decision.findings})))


def _with(line: LedgerLine, how: How, *, event_id: str = "", action: str = "", codes: tuple[str, ...] = ()) -> LedgerLine:
    return LedgerLine(
        key=line.key,
        mailbox=line.mailbox,
        how=how,
        sent_at=line.sent_at,
        seen_at=line.seen_at,
        event_id=event_id,
        action=action,
        codes=codes,
    )


def _pages(mailbox: str, place: Place | None, parts: Reconciling) -> Iterator[SentPage]:
    """Every page since the place; from the beginning again when the server has forgotten the state."""
    state = place.state if place else ""
    while True:
        try:
            page = parts.sent_items.sent_since(mailbox, state, PAGE)
        except NotFound:
            if not state:
                raise
            page = parts.sent_items.sent_since(mailbox, "", PAGE)
        yield page
        if not page.more or page.state == state:
            return
        state = page.state


def reconcile(mailbox: str, checking: Checking, parts: Reconciling) -> Count:
    """Bring the ledger of one mailbox up to date. Raises Unavailable, NotYours; what was settled before stays settled.

    A mailbox that is met for the first time begins now: what it sent before is not judged.
    """
    place, began = parts.ledger.place(mailbox), parts.clock().replace(microsecond=0)  # Exchange tells the time of sending in seconds
    since = place.since if place else began
    count = Count(dict.fromkeys(How, 0))
    for page in _pages(mailbox, place, parts):
        fresh = {_key(entry): entry for entry in page.entries if entry.sent_at is None or entry.sent_at >= since}
        for key in parts.ledger.known(mailbox, list(fresh)):
            del fresh[key]
        count.old += len(page.entries) - len(fresh)
        unread = [entry for entry in fresh.values() if not _is_ours(mailbox, entry, parts.store)]
        mimes = parts.sent_items.read_sent(mailbox, unread) if unread else {}
        lines = [_line(mailbox, entry, mimes.get(entry.item_id), checking, parts) for entry in fresh.values()]
        parts.ledger.settle(mailbox, lines, Place(state=page.state, since=since, read_at=parts.clock()))
        for line in lines:
            count.by[line.how] += 1
    return count


def reconcile_all(mailboxes: Sequence[str], checking: Checking, parts: Reconciling, stop: Callable[[], bool]) -> None:
    """Every mailbox in turn; one that cannot be read is reported and does not hold up the others."""
    for mailbox in mailboxes:
        if stop():
            return
        try:
            count = reconcile(mailbox, checking, parts)
        except SendSecurelyError as error:
            parts.events.warning("ledger_not_read", code=error.code)
            continue
        if count.by[How.CASE]:
            parts.events.warning("unchecked_mail_found", cases=count.by[How.CASE])
