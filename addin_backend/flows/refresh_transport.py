"""Keeping what is known of domains fresh, away from the way of any mail: at 80 % of an answer's life it is asked for again.

Servers are probed here and nowhere else. The queue is bounded, and a domain that nobody writes to any more leaves it.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from addin_backend.model.evidence import TransportEvidence
from addin_backend.ports import Log

SHARE = 0.8  # of an answer's life
MOST = 10_000  # domains that wait; beyond that a domain is asked for when somebody writes to it
UNUSED = timedelta(days=7)  # after which a domain is not kept fresh any more
PAUSE = timedelta(seconds=60)  # between two looks at one domain
WORKERS = 2
LONGEST_SLEEP = 30.0  # seconds


def due_at(answer: TransportEvidence, now: datetime, *, probing: bool) -> datetime:
    """When to ask again: at once where a server is yet to be probed, else when most of the answer's life is over."""
    if answer.checked_at is None or answer.expires_at is None:
        return now + PAUSE
    if probing and "server_not_probed" in answer.not_proven and answer.expires_at > answer.checked_at:
        return now
    return max(now + PAUSE, answer.checked_at + (answer.expires_at - answer.checked_at) * SHARE)


class Refresher:
    """``ask(domain, at)`` asks the network and keeps the answer; ``clock`` gives the time. Thread-safe."""

    def __init__(
        self,
        ask: Callable[[str, datetime], TransportEvidence],
        clock: Callable[[], datetime],
        *,
        probing: bool = False,
        most: int = MOST,
        log: Log | None = None,
    ) -> None:
        self._ask, self._clock, self._probing, self._most = ask, clock, probing, most
        self._log = log or structlog.get_logger("transport")
        self._wake = threading.Condition()
        self._heap: list[tuple[datetime, str]] = []
        self._waiting: dict[str, datetime] = {}
        self._used: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self, known: Iterable[str] = ()) -> None:
        """Begin; ``known`` are domains whose answers end soon or have ended, to be asked for at leisure."""
        now = self._clock()
        for domain in known:
            self._put(domain, now)
            self._used[domain] = now
        self._threads = [threading.Thread(target=self._work, name="transport-refresh", daemon=True) for _ in range(WORKERS)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop; what is being asked ends by itself. Idempotent."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def used(self, answer: TransportEvidence) -> None:
        """Somebody writes to the domain: keep it fresh."""
        now = self._clock()
        due = due_at(answer, now, probing=self._probing)
        asked = self._asked.get(answer.domain)
        self._put(answer.domain, max(due, asked + PAUSE) if asked is not None else due)
        with self._wake:
            if answer.domain in self._waiting:
                self._used[answer.domain] = now

    def _put(self, domain: str, due: datetime) -> None:
        with self._wake:
            waits_until = self._waiting.get(domain)
            if waits_until is not None and waits_until <= due:
                return
            if waits_until is None and len(self._waiting) >= self._most:
                return  # full: nothing is lost but freshness
            self._waiting[domain] = due
            heapq.heappush(self._heap, (due, domain))
            self._wake.notify()

    def _next(self) -> str | None:
        """The next domain that is due, waiting for it; None at the end."""
        with self._wake:
            while not self._stopping:
                now = self._clock()
                while self._heap and self._waiting.get(self._heap[0][1]) != self._heap[0][0]:
                    heapq.heappop(self._heap)  # put off or brought forward meanwhile
                if self._heap and self._heap[0][0] <= now:
                    _, domain = heapq.heappop(self._heap)
                    del self._waiting[domain]
                    if now - self._used.get(domain, now) <= UNUSED:
                        self._asked[domain] = now
                        return domain
                    self._used.pop(domain, None)
                    self._asked.pop(domain, None)
                    continue
                seconds = (self._heap[0][0] - now).total_seconds() if self._heap else LONGEST_SLEEP
                self._wake.wait(min(LONGEST_SLEEP, max(0.01, seconds)))
            return None

    def _work(self) -> None:
        while (domain := self._next()) is not None:
            try:
                answer = self._ask(domain, self._clock())
            except Exception as error:  # noqa: BLE001 a fault at one domain must not end the keeping fresh of all others
                self._log.error("transport_refresh_failed", error_type=type(error).__name__)
                continue
            now = self._clock()
            self._put(domain, max(now + PAUSE, due_at(answer, now, probing=False)))
