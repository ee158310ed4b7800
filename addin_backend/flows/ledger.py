"""Sent Items against what we decided: each sent item is ours, let go by a check, or unchecked; what is unchecked is judged afterwards.

An item is explained by what only we can have made: the job behind our Message-ID and marker, the sealed ticket that fits the mail, or a
check that let this very mail go, and each of them for one item only. Everything else is judged by the rules in force, and recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput, Conflict, NotFound, NotOpened, SendSecurelyError
from addin_backend.evidence.mime import MAX_BYTES, parse_message
from addin_backend.evidence.same_mail import fingerprint
from addin_backend.flows.after_send import SentStore, job_of_mail
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.explanations import Explanations
from addin_backend.flows.patience import Patience
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.model.evidence import Evidence
from addin_backend.model.ledger import How, LedgerLine, Note, Place, SentEntry, SentPage
from addin_backend.model.message import Message
from addin_backend.ports import AccountabilityLog, Clock, Log, Pseudonymiser
from addin_backend.sealing import ticket as tickets
from addin_backend.sealing.ticket import Ticket

PAGE = 200  # items asked for at once
BEFORE = timedelta(hours=48)  # a mail may wait in the outbox of a closed laptop after its check
AFTER = timedelta(minutes=10)  # clocks differ
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
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

    def settle(self, mailbox: str, lines: Sequence[LedgerLine], place: Place, used: Sequence[Note] = ()) -> None:
        """Lines, place and what explains the lines, in one transaction; a line that is there already stays."""
        ...

    def user(self, mailbox: str, key: str) -> str:
        """How an item stands in ``used_by``: a digest, so that no Message-ID is kept."""
        ...

    def notes(self, names: Sequence[str]) -> Sequence[Note]:
        """What is noted under these names, oldest first."""
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
    patience: Patience = field(default_factory=Patience)


@dataclass(slots=True)
class Count:
    """How many items of each kind one run met; ``old`` were sent before the ledger began or were met before.

    ``unread`` could not be read and are tried again. One that is given up is judged as an unreadable mail, which is a case.
    """

    by: dict[How, int]
    old: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    """One run over one mailbox."""

    mailbox: str
    checking: Checking
    parts: Reconciling
    count: Count


def note_let_go(ledger: Ledger, message: Message, act: Act) -> None:
    """Remember that a check let this mail go. Raises Unavailable."""
    ledger.note(fingerprint(act.mailbox, message), act.event_id, act.at)


def _key(entry: SentEntry) -> str:
    """An item keeps it when it is moved away and back, which gives it a new id."""
    return f"{entry.message_id}\n{entry.marker}\n{entry.sent_at.isoformat() if entry.sent_at else entry.item_id}"


def _is_ours(mailbox: str, entry: SentEntry, store: SentStore) -> bool:
    job = job_of_mail(mailbox, entry.message_id, store)
    return job is not None and entry.marker.startswith(f"{job.job_id}.")


@dataclass(frozen=True, slots=True)
class _Read:
    """An item with its mail; ``ticket`` is the one on it, when it is ours and fits the mail."""

    entry: SentEntry
    key: str
    message: Message
    name: str
    ticket: Ticket | None


def _ticket_name(found: Ticket) -> str:
    return f"ticket\n{found.ticket_id}"


def _ticket(message: Message, entry: SentEntry, key: bytes) -> Ticket | None:
    """The ticket on the mail when we sealed it, for this sender, these recipients and files. An expired one counts."""
    if not entry.ticket:
        return None
    try:
        found = tickets.read("".join(entry.ticket.split()), key, LONG_AGO)
    except (BadInput, NotOpened):
        return None
    return None if set(tickets.differences(found, key, message)) - {"content"} else found


def _read(mailbox: str, entry: SentEntry, mime: bytes | None, parts: Reconciling) -> _Read:
    """What is gone before it could be read is an unreadable mail: nobody can say what it was."""
    message = parse_message(mime) if mime is not None else Message(sender=mailbox, recipients=(), subject="", body="", readable=False)
    return _Read(
        entry, parts.ledger.user(mailbox, _key(entry)), message, fingerprint(mailbox, message), _ticket(message, entry, parts.ticket_key)
    )


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


def _line(mailbox: str, item: _Read, explained: Explanations, checking: Checking, parts: Reconciling) -> LedgerLine:
    """One item that is not ours."""
    base = _base(mailbox, item.entry, How.CHECKED, parts)
    ticketed = False
    if item.ticket is not None:
        name, at = _ticket_name(item.ticket), item.ticket.expires_at
        explained.offer(Note(name=name, event_id=f"t-{item.ticket.ticket_id}"[:64], at=at))
        ticketed = explained.take(name, item.key, at, at)
    if explained.take(item.name, item.key, base.sent_at - BEFORE, base.sent_at + AFTER):
        return _with(base, How.TICKET if ticketed else How.CHECKED)
    decision, event = _judged(mailbox, item.message, base.sent_at, base.key, checking, parts)
    how = How.CASE if _found(decision, ticketed) else How.TICKET if ticketed else How.UNCHECKED
    return _with(base, how, event_id=event, action=decision.action.value, codes=tuple(sorted({one.code for one in decision.findings})))


def _base(mailbox: str, entry: SentEntry, how: How, parts: Reconciling) -> LedgerLine:
    now = parts.clock()
    return LedgerLine(key=_key(entry), mailbox=mailbox, how=how, sent_at=entry.sent_at or now, seen_at=now)


def _with(line: LedgerLine, how: How, *, event_id: str = "", action: str = "", codes: tuple[str, ...] = ()) -> LedgerLine:
    return msgspec.structs.replace(line, how=how, event_id=event_id, action=action, codes=codes)


def _take(place: Place, items: Sequence[_Read], run: _Run) -> None:
    """Settle what was read. Each few items are settled by themselves, so a run that is cut off does not judge them again."""
    names = {item.name for item in items} | {_ticket_name(item.ticket) for item in items if item.ticket is not None}
    explained = Explanations(run.parts.ledger.notes(sorted(names)))
    _settle([_line(run.mailbox, item, explained, run.checking, run.parts) for item in items], place, explained.used, run)


def _settle(lines: Sequence[LedgerLine], place: Place, used: Sequence[Note], run: _Run) -> None:
    run.parts.ledger.settle(run.mailbox, lines, place, used)
    for line in lines:
        run.count.by[line.how] += 1


def _page(entries: Sequence[SentEntry], place: Place, run: _Run) -> int:
    """Settle the items of a page under the place before it; how many could not be read yet."""
    own = [entry for entry in entries if _is_ours(run.mailbox, entry, run.parts.store)]
    _settle([_base(run.mailbox, entry, How.OURS, run.parts) for entry in own], place, (), run)

    def get(batch: Sequence[SentEntry]) -> list[_Read]:
        mimes = run.parts.sent_items.read_sent(run.mailbox, batch)
        return [_read(run.mailbox, entry, mimes.get(entry.item_id), run.parts) for entry in batch]

    def take(batch: Sequence[SentEntry], items: list[_Read] | None) -> None:
        if items is None:
            run.parts.events.warning("sent_item_given_up", items=len(batch))
        _take(place, [_read(run.mailbox, entry, None, run.parts) for entry in batch] if items is None else items, run)

    return run.parts.patience.read(run.mailbox, [entry for entry in entries if entry not in own], MAX_BYTES, get, take)


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
    run = _Run(mailbox, checking, parts, Count(dict.fromkeys(How, 0)))
    kept = place or Place(state="", since=since, read_at=began)
    for page in _pages(mailbox, place, parts):
        fresh = {_key(entry): entry for entry in page.entries if entry.sent_at is None or entry.sent_at >= since}
        for key in parts.ledger.known(mailbox, list(fresh)):
            del fresh[key]
        run.count.old += len(page.entries) - len(fresh)
        run.count.unread += _page(list(fresh.values()), kept, run)
        if not run.count.unread:  # else this page is listed again in the next round
            kept = Place(state=page.state, since=since, read_at=parts.clock())
            parts.ledger.settle(mailbox, (), kept)
    return run.count


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
        except Exception:  # noqa: BLE001 whatever it was, the next mailbox is read, and the page shows how far behind this one is
            parts.events.error("ledger_not_read", exc_info=True)
            continue
        if count.unread:
            parts.events.warning("sent_items_not_read", items=count.unread)
        if count.by[How.CASE]:
            parts.events.warning("unchecked_mail_found", cases=count.by[How.CASE])
