"""A relay, a mailbox and a log in memory for mail that waits. The relay's own queue is the judge: what it holds is what is true."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from addin_backend.accountability.canonical import canonical
from addin_backend.edges.pseudonyms import KeyedPseudonyms
from addin_backend.errors import Conflict, NotFound, Unavailable
from addin_backend.evidence.transport.trace import Delivery, Said, Secrecy
from addin_backend.flows.accept_send import Press
from addin_backend.flows.waiting_ask import Asking, WhoAsks, ask_instead
from addin_backend.flows.waiting_facts import Hearing, hear_rows
from addin_backend.flows.waiting_round import Rounds, go_round
from addin_backend.model.decision import Action, Decision, Protection, RecipientDecision, Texts
from addin_backend.model.message import Message, Recipient
from addin_backend.model.record import LogEntry, Record
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.model.waiting import Heard, Teller, Waiting, Wish, is_open
from addin_backend.ports import Outgoing
from world import Crash, Silent

METTE, ANNA, PETER = "mette@nordlys.example", "anna@fynskpension.example", "peter@skovadvokat.example"
JOB = "0123456789abcdef"
MESSAGE_ID = f"<{JOB}.clear@nordlys.example>"
START = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@dataclass
class MemoryWaits:
    """The rows, and the content beside them."""

    rows: dict[tuple[str, str], Waiting] = field(default_factory=dict)
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def change(
        self, mail: str, address: str, act: Callable[[Waiting | None], Waiting | None], content: bytes | None = None
    ) -> Waiting | None:
        """In one thread nobody is quicker."""
        known = self.rows.get((mail, address))
        wanted = act(known)
        if wanted is None or wanted == known:
            return known
        self.rows[mail, address] = wanted
        if content is not None:
            self.contents[mail, address] = content
        return wanted

    def of(self, mail: str) -> list[Waiting]:
        """By address."""
        return sorted((row for row in self.rows.values() if row.mail == mail), key=lambda row: row.address)

    def open(self) -> list[Waiting]:
        """Those to look at."""
        return [row for row in self.rows.values() if is_open(row)]

    def latest(self, limit: int) -> list[Waiting]:
        """All of them."""
        return list(self.rows.values())[:limit]

    def content(self, mail: str, address: str) -> bytes:
        """What was kept."""
        try:
            return self.contents[mail, address]
        except KeyError:
            raise NotFound from None

    def drop_content(self, mail: str, address: str) -> None:
        """Forget it."""
        self.contents.pop((mail, address), None)


@dataclass
class MemoryLog:
    """One entry an event, as the real log has it."""

    entries_by_id: dict[str, Record] = field(default_factory=dict)

    def append(self, record: Record) -> int:
        """Another content under a known id is refused."""
        canonical(record)  # refuses what no record may hold
        known = self.entries_by_id.setdefault(record.event_id, record)
        if known != record:
            raise Conflict
        return 0

    def stages(self, word: str) -> list[dict[str, Any]]:
        """The bodies of a stage."""
        return [one.body for one in self.entries_by_id.values() if one.body["stage"] == word]

    def checkpoint(self) -> Any:
        """Nobody asks."""
        raise NotImplementedError

    def entries(self, start: int, end: int) -> Sequence[LogEntry]:
        """Nobody asks."""
        raise NotImplementedError

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Nobody asks."""
        raise NotImplementedError


def no_fault(_name: str) -> str:
    """Everything goes well."""
    return ""


@dataclass
class Lab:
    """``queue`` is where each recipient's first copy really is. ``withdrawing``: works, unknown, silent (done, and nobody says so),
    handed_over. ``fault`` gives "", "before", "after" (Unavailable on either side), "crash_before", "crash_after" for each call.
    """

    addresses: tuple[str, ...] = (ANNA,)
    now: datetime = START
    withdrawing: str = "works"
    fault: Callable[[str], str] = no_fault
    waits: MemoryWaits = field(default_factory=MemoryWaits)
    log: MemoryLog = field(default_factory=MemoryLog)
    queue: dict[str, str] = field(default_factory=dict)
    said: list[Delivery] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)
    jobs: dict[str, SendJob] = field(default_factory=dict)
    notes: dict[str, Outgoing] = field(default_factory=dict)
    action: Action = Action.PROTECT
    protection: Protection = Protection.PORTAL
    next_state: SendState = SendState.SENT
    withdrawals: int = 0

    def __post_init__(self) -> None:
        """Every first copy lies in the queue."""
        self.queue = dict.fromkeys(self.addresses, "queued")

    # --- the relay ------------------------------------------------------------------------------------------------------

    def say(self, address: str, said: Said) -> None:
        """A line of the relay's log."""
        self.said.append(Delivery(message_id=MESSAGE_ID, recipient=address, secrecy=Secrecy.UNKNOWN, said=said, at=self.now))

    def attempt(self, address: str, tls: bool) -> None:
        """The relay tries once."""
        if self.queue[address] == "queued":
            self.queue[address] = "delivered" if tls else "queued"
            self.say(address, Said.DELIVERED if tls else Said.DEFERRED)

    def expire(self, address: str) -> None:
        """The relay gives up."""
        if self.queue[address] == "queued":
            self.queue[address] = "expired"
            self.say(address, Said.FAILED)

    def administrator(self) -> None:
        """Whoever looks after the relay does what was handed over, and the relay's log says how it went."""
        for address in sorted(self.wanted):
            if self.queue[address] == "queued":
                self.queue[address] = "withdrawn"
            words = {"withdrawn": Said.WITHDRAWN, "delivered": Said.DELIVERED, "expired": Said.FAILED}
            self.say(address, words[self.queue[address]])
        self.wanted.clear()

    def rows(self) -> Sequence[Delivery]:
        """The log is taken in by hand in these tests."""
        return ()

    def withdraw(self, message_id: str, address: str) -> Heard | None:
        """As told."""
        assert message_id == MESSAGE_ID
        assert self.log.stages("asked"), "the wish stands in the log before the relay is asked"

        def effect() -> Heard | None:
            self.withdrawals += 1
            if self.withdrawing == "handed_over":
                self.wanted.add(address)
                return None
            if self.withdrawing != "unknown" and self.queue[address] == "queued":
                self.queue[address] = "withdrawn"
            if self.withdrawing != "works":
                return Heard.NOT_WITHDRAWN
            return {"withdrawn": Heard.WITHDRAWN, "delivered": Heard.DELIVERED, "expired": Heard.FAILED}[self.queue[address]]

        heard: Heard | None = self.around("withdraw", effect)
        return heard

    def around(self, name: str, effect: Callable[[], Any]) -> Any:
        """The effect with what fate has in store."""
        what = self.fault(name)
        if what == "crash_before":
            raise Crash(name)
        if what == "before":
            raise Unavailable
        result = effect()
        if what == "crash_after":
            raise Crash(name)
        if what == "after":
            raise Unavailable
        return result

    # --- sending --------------------------------------------------------------------------------------------------------

    def decision(self, message: Message) -> Decision:
        """As told, for every recipient."""
        lines = tuple(
            RecipientDecision(address=item.address, action=self.action, protection=self.protection, codes=()) for item in message.recipients
        )
        words = Texts(da="Mailen skal bekræftes.", en="The mail has to be confirmed.")
        return Decision(
            action=self.action, classes=(), recipients=lines, findings=(), ways_out=(), headline=words, policy_revision="a",
            engine="regorus", question=b"", digest="d", decided_at=self.now,
        )  # fmt: skip

    def press(self, press: Press) -> tuple[Decision, SendJob | None]:
        """One job for each key, as the real flow has it."""
        (recipient,) = press.message.recipients
        assert self.log.stages("sending"), "the second send stands in the log before it is asked for"

        def effect() -> tuple[Decision, SendJob | None]:
            decision = self.decision(press.message)
            if self.action is not Action.PROTECT:
                return decision, None
            job = self.jobs.get(press.idempotency_key) or SendJob(
                job_id=f"second{len(self.jobs)}", idempotency_key=press.idempotency_key, mailbox=METTE, digest="d", draft=None,
                policy_revision="a", state=SendState.DECIDED, created_at=self.now,
                groups=(Group(group_id="portal0", protection=self.protection, addresses=(recipient.address,), message_id="<x@y>",
                              state=SendState.DECIDED),),
            )  # fmt: skip
            self.jobs[press.idempotency_key] = job
            return decision, job

        found: tuple[Decision, SendJob | None] = self.around("press", effect)
        return found

    def send_on(self) -> None:
        """The durable workflow ends."""
        for key, job in self.jobs.items():
            if job.state is SendState.DECIDED:
                self.jobs[key] = msgspec.structs.replace(job, state=self.next_state)

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """Once for each marker."""
        self.around("note", lambda: self.notes.setdefault(outgoing.marker, outgoing))

    # --- what the flows are given -----------------------------------------------------------------------------------------

    @property
    def hearing(self) -> Hearing:
        """Facts go in here."""
        return Hearing(self.waits, lambda _job_id: first_job(self.addresses), lambda: self.now)

    @property
    def rounds(self) -> Rounds:
        """A round."""
        return Rounds(
            hearing=self.hearing, relay=self, press=self.press, found=lambda _mailbox, key: self.jobs.get(key), put_note=self.put_note,
            log=self.log, names=KeyedPseudonyms("t", b"k" * 32), events=Silent(), clock=lambda: self.now, after=HALF_HOUR,
        )  # fmt: skip

    def ask(self) -> tuple[Waiting, ...]:
        """The sender presses."""
        parts = Asking(self.waits, message_to, lambda press: self.decision(press.message), lambda: self.now, HALF_HOUR)
        return ask_instead(JOB, WhoAsks(METTE, METTE, "r", "da"), parts)

    def hear(self, rows: Sequence[Delivery] | None = None) -> None:
        """The relay's log is taken in."""
        hear_rows(self.said if rows is None else rows, Teller.LOG, self.hearing)

    def round(self) -> None:
        """One round; a crash ends it."""
        go_round(self.rounds)

    def row(self, address: str = ANNA) -> Waiting:
        """What is known."""
        return self.waits.rows[JOB, address]

    def seconds(self, address: str = ANNA) -> list[SendJob]:
        """The second copies to a recipient that were ever begun."""
        return [job for job in self.jobs.values() if address in job.groups[0].addresses]

    def told(self, address: str = ANNA) -> list[str]:
        """What the sender has notes about."""
        return [news.partition(" ")[0] for news in self.row(address).told]


def first_job(addresses: tuple[str, ...], protection: Protection = Protection.TLS) -> SendJob:
    """The send of the ticketed copy."""
    group = Group(group_id="clear", protection=protection, addresses=addresses, message_id=MESSAGE_ID, state=SendState.SENT)
    return SendJob(
        job_id=JOB, idempotency_key="k", mailbox=METTE, digest="d", draft=None, policy_revision="a", state=SendState.SENT,
        groups=(group,), created_at=START, since=START,
    )  # fmt: skip


def message_to(row: Waiting) -> Message:
    """The mail to one recipient."""
    to = Recipient(address=row.address, domain=row.address.partition("@")[2])
    return Message(sender=METTE, recipients=(to,), subject="Sagen", body="Hej")


def fates(seed: int) -> Callable[[str], str]:
    """A tenth of all calls each fails before, fails after, crashes before, crashes after."""
    dice = random.Random(seed)
    return lambda _name: dice.choice(("before", "after", "crash_before", "crash_after", *("",) * 6))


__all__ = ["ANNA", "HALF_HOUR", "JOB", "METTE", "PETER", "Crash", "Lab", "Wish", "fates", "first_job", "message_to"]
