"""The keys that a server publishes for its tokens, kept for a day; old ones serve while new ones cannot be had."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")

LIFE = 24 * 3600.0  # seconds; keys are rolled rarely, and a token that names an unknown key has them fetched at once
PAUSE = 300.0  # seconds between two attempts at the least, so that rubbish tokens cause no traffic


class PublishedKeys(Generic[T]):
    """``fetch`` gives the published document and may raise OSError or ValueError; ``read`` makes keys of it and may raise ValueError.

    Nobody waits for a fetch who can be answered with the keys that we have.
    """

    def __init__(
        self, fetch: Callable[[], Mapping[str, Any]], read: Callable[[Mapping[str, Any]], T], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._read = read
        self._clock = clock
        self._keys: T | None = None
        self._fetched = self._tried = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> T | None:
        """The keys, fetched when there are none or they are a day old. None: there are none to be had."""
        return self._renewed() if self._keys is None or self._clock() - self._fetched > LIFE else self._keys

    def for_unknown_key(self) -> T | None:
        """The keys after a look for newer ones, at most one every five minutes."""
        return self._renewed()

    def _renewed(self) -> T | None:
        if not self._lock.acquire(blocking=self._keys is None):
            return self._keys
        try:
            if self._clock() - self._tried > PAUSE:
                self._tried = self._clock()
                self._look()
            return self._keys
        finally:
            self._lock.release()

    def _look(self) -> None:
        try:
            self._keys = self._read(self._fetch())
        except (OSError, ValueError):
            return
        self._fetched = self._clock()
