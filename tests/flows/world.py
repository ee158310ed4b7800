"""A small Exchange for the send workflow: mailboxes in memory, a journal as the judge, and faults and crashes on demand.

It stands in where thousands of fault orders are tried; the same workflow runs against the real simulator in tests/journeys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from addin_backend.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from addin_backend.model.sending import Act, Draft, Round
from addin_backend.ports import Outgoing

T = TypeVar("T")
MAY_BE_LATE = {"save", "send"}  # the others are idempotent, or written under a change key that is then an old one


class Crash(BaseException):
    """The process is gone: nothing after this point runs."""


@dataclass
class Fate:
    """Decides at each call what goes wrong. ``next`` gives "", "before", "lost" (nothing was done, and nobody knows), "after",
    "crash_before", "crash_after" or "late" (nobody knows, and it is done when ``carry_out`` is called).
    """

    next: Callable[[str], str]
    late: list[Callable[[], object]] = field(default_factory=list)

    def carry_out(self) -> None:
        """What was given up and still under way is done now, if it still can be."""
        waiting, self.late = self.late, []
        for effect in waiting:
            with suppress(NotFound, Conflict):
                effect()

    def around(self, name: str, effect: Callable[[], T]) -> T:
        """Run ``effect`` with what fate has in store: lost before, lost after, or a crash on either side."""
        what = self.next(name)
        if what == "crash_before":
            raise Crash(name)
        if what == "before" or (what == "late" and name not in MAY_BE_LATE):
            raise Unavailable()
        if what == "late":
            self.late.append(effect)
            raise OutcomeUnknown() if name == "send" else Unavailable()
        if what == "lost":
            raise OutcomeUnknown()
        result = effect()
        if what == "crash_after":
            raise Crash(name)
        if what == "after":
            raise OutcomeUnknown()
        return result


@dataclass
class MemoryExchange:
    """One mailbox as Exchange keeps it. ``journal`` holds the marker of every copy that really left."""

    fate: Fate
    drafts: dict[str, str] = field(default_factory=dict)
    armed: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    copies: list[str] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    unsendable: set[str] = field(default_factory=set)
    armed_for: Collection[str] | None = None
    number: int = 0
    lag: int = 0  # so many looks do not see yet what was sent

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft, or NotFound."""

        def effect() -> tuple[Draft, bytes]:
            if item_id not in self.drafts:
                raise NotFound()
            return Draft(item_id=item_id, change_key="ck"), b""

        return self.fate.around("fetch", effect)

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        """Take the recipients off; idempotent."""

        def effect() -> Draft:
            if draft.item_id not in self.drafts:
                raise NotFound()
            self.armed.discard(draft.item_id)
            self.unsendable.add(draft.item_id)
            return draft

        return self.fate.around("disarm", effect)

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        """Put them back, or some of them."""

        def effect() -> None:
            self.armed.add(draft.item_id)
            self.armed_for = only

        self.fate.around("restore", effect)

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        """Gone is gone."""
        self.fate.around("remove", lambda: self.drafts.pop(draft.item_id, None))

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """A saved copy per marker; saving again gives the same one. The look comes before: what is carried out late makes another one."""
        for item_id, marker in self.drafts.items():
            if marker == outgoing.marker:
                return Draft(item_id=item_id, change_key="ck")

        def effect() -> Draft:
            self.number += 1
            self.drafts[f"saved{self.number}"] = outgoing.marker
            return Draft(item_id=f"saved{self.number}", change_key="ck")

        return self.fate.around("save", effect)

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        """Every unsent copy with the marker."""

        def effect() -> None:
            for item_id in [item_id for item_id, marker in self.drafts.items() if marker == outgoing.marker]:
                del self.drafts[item_id]

        self.fate.around("discard", effect)

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Moves the saved copy out: a copy that is not there cannot be sent."""

        def effect() -> None:
            if saved.item_id not in self.drafts:
                raise NotFound()
            if saved.item_id in self.unsendable:
                raise Conflict()
            self.journal.append(self.drafts.pop(saved.item_id))
            self.sent.add(outgoing.marker)

        self.fate.around("send", effect)

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """Whether it stands among the sent."""

        def effect() -> bool:
            there = outgoing.marker in self.sent
            if there and self.lag:
                self.lag -= 1
                return False
            return there

        return self.fate.around("look", effect)

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """One readable copy."""

        def effect() -> None:
            if outgoing.marker not in self.copies:
                self.copies.append(outgoing.marker)

        self.fate.around("copy", effect)

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Take it away again."""

        def effect() -> None:
            self.copies = [item for item in self.copies if item != outgoing.marker]

        self.fate.around("uncopy", effect)


@dataclass
class RecordedSteps:
    """Steps as the durable engine runs them: a recorded result is given back, a crash in the middle leaves none."""

    fate: Fate
    results: dict[str, object] = field(default_factory=dict)

    def run(self, name: str, step: Callable[[], T]) -> T:
        """Run ``step`` once over all lives of the process; a crash may also fall between the effect and its record."""
        if name in self.results:
            return self.results[name]  # type: ignore[return-value]  # what this step gave in an earlier life
        result = step()
        if self.fate.next("record") == "crash_before":
            raise Crash(name)
        self.results[name] = result
        return result


@dataclass
class MemoryRounds:
    """One job's rounds."""

    now: Round = field(default_factory=Round)
    waits: bool = False

    def round(self, job_id: str) -> Round:
        """Where it is."""
        return self.now

    def begin(self, job_id: str, number: int, act: Act | None) -> bool:
        """The next one."""
        if self.now.running or number != self.now.number + 1:
            return False
        stop = self.now.stop and act is not Act.SEND_AGAIN
        self.now = msgspec.structs.replace(self.now, number=number, act=act, running=True, due=None, stop=stop)
        return True

    def end(self, job_id: str, number: int, due: datetime | None, waits: bool) -> None:
        """It has ended."""
        if number == self.now.number:
            self.now = msgspec.structs.replace(self.now, running=False, act=None, due=due)
            self.waits = waits

    def stop(self, job_id: str) -> None:
        """No more copies."""
        self.now = msgspec.structs.replace(self.now, stop=True)


@dataclass
class Unfenced:
    """Nobody else is there; it knows whether an earlier life was."""

    taken: set[str] = field(default_factory=set)

    def take(self, job_id: str) -> bool:
        """Ours."""
        first = job_id not in self.taken
        self.taken.add(job_id)
        return first

    def check(self, job_id: str) -> None:
        """Still ours."""


class Silent:
    """Thousands of sends, and nobody reads about them."""

    def info(self, event: str, **fields: object) -> None:
        """Nothing."""

    warning = error = info
