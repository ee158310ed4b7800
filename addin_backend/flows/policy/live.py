"""What is in force now, lent to one request at a time: something new takes its place while requests under way keep what they began with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class _Holding(Generic[T]):
    """One thing in force and how many hold it."""

    def __init__(self, value: T) -> None:
        self.value, self.held, self.retired = value, 0, False


class Live(Generic[T]):
    """Thread-safe. ``close`` is called once for each thing that was in force, when nobody holds it any more."""

    def __init__(self, first: T, close: Callable[[T], None]) -> None:
        self._now, self._close, self._lock = _Holding(first), close, threading.Lock()

    @property
    def current(self) -> T:
        """What is in force, to look at."""
        return self._now.value

    @contextmanager
    def lent(self) -> Iterator[T]:
        """What is in force, kept open for as long as the caller uses it."""
        with self._lock:
            holding = self._now
            holding.held += 1
        try:
            yield holding.value
        finally:
            with self._lock:
                holding.held -= 1
                done = holding.retired and holding.held == 0
            if done:
                self._close(holding.value)

    def swap(self, new: T) -> None:
        """From here on ``new`` is lent; the old one is closed when its last holder is done."""
        with self._lock:
            old, self._now = self._now, _Holding(new)
            old.retired = True
            done = old.held == 0
        if done:
            self._close(old.value)

    def close(self) -> None:
        """Close what is in force."""
        self._close(self._now.value)
