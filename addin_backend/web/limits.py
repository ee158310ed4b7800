"""How many requests one person may make: a bucket that fills steadily (token bucket), one a person."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from addin_backend.errors import SendSecurelyError

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
