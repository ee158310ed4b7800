"""How many requests one person may make (a token bucket each), and how much of all bodies may be in memory at once."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from addin_backend.errors import SendSecurelyError

BUDGET = 512 * 1024 * 1024  # octets of bodies at once: ten mails of 35 MB as JSON
LARGE, LARGE_ONES = 1024 * 1024, 4  # octets from which a body is large, and how many of them a person may have here
BODY_WAIT = 2  # seconds until it is worth trying again
HELD = "held_bodies"  # where a request's scope keeps what to let go
MOST_PEOPLE = 50_000  # buckets kept; the one that was used longest ago goes, and would be full by then


class TooManyRequests(SendSecurelyError):
    """Somebody asks more than their share (RFC 6585 §4). ``wait`` is in seconds."""

    code = "too_many_requests"
    status = 429
    sentence = "There were too many requests in a short time."
    sentence_da = "Der kom for mange forespørgsler på kort tid."
    next_step = "Wait a moment and try again."
    next_step_da = "Vent lidt, og prøv igen."

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__()


class Bodies:
    """How much of the bodies of requests is in memory at once: ``budget`` octets in all, ``each`` large ones of a person."""

    def __init__(self, budget: int = BUDGET, each: int = LARGE_ONES) -> None:
        self._budget, self._each = budget, each
        self._lock = threading.Lock()
        self._held = 0
        self._large: dict[str, int] = {}  # person -> how many, without those who have none

    def hold(self, person: str) -> Hold:
        """Room for one body, none yet; it must be let go."""
        return Hold(self, person)

    def grow(self, person: str, before: int, after: int) -> None:
        """A body of ``person`` grows. Raises TooManyRequests, and then it has not."""
        with self._lock:
            one_more = before <= LARGE < after
            if self._held + after - before > self._budget or (one_more and self._large.get(person, 0) >= self._each):
                raise TooManyRequests(BODY_WAIT)
            self._held += after - before
            if one_more:
                self._large[person] = self._large.get(person, 0) + 1

    def release(self, person: str, size: int) -> None:
        """A body is gone."""
        with self._lock:
            self._held -= size
            if size > LARGE:
                self._large[person] -= 1
                if not self._large[person]:
                    del self._large[person]


class Hold:
    """The room that one body takes."""

    def __init__(self, bodies: Bodies, person: str) -> None:
        self._bodies, self._person, self._size = bodies, person, 0

    def grow(self, size: int) -> None:
        """To ``size`` octets, unless it has them. Raises TooManyRequests."""
        if size > self._size:
            self._bodies.grow(self._person, self._size, size)
            self._size = size

    def release(self) -> None:
        """Idempotent."""
        size, self._size = self._size, 0
        self._bodies.release(self._person, size)


class Limiter:
    """``per_minute`` requests a minute for each person, all of them at once if need be; 0: no limit. ``clock`` in seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # person -> (left, when)

    def take(self, person: str) -> None:
        """One request of ``person``. Raises TooManyRequests."""
        if not self._size:
            return
        now, rate = self._clock(), self._size / 60
        with self._lock:
            left, when = self._buckets.pop(person, (self._size, now))
            left = min(self._size, left + (now - when) * rate)
            allowed = left >= 1
            self._buckets[person] = (left - 1 if allowed else left, now)
            if len(self._buckets) > MOST_PEOPLE:
                self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyRequests(max(1, math.ceil((1 - left) / rate)))
