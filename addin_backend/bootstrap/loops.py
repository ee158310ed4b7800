"""Work that is done again and again while the server runs, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from addin_backend.errors import SendSecurelyError


class Loop:
    """Does ``work`` every ``every`` seconds (0: never). Whatever goes wrong in one round, the next one tries again."""

    def __init__(self, name: str, every: float, work: Callable[[], None]) -> None:
        """Nothing runs before ``start``."""
        self._name, self._every, self._work = name, every, work
        self._events = structlog.get_logger(name)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it is switched off."""
        if self._every > 0:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stopping(self) -> bool:
        """Whether a round should end early."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End after the work at hand. Idempotent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self._work()
            except SendSecurelyError as error:
                self._events.error("round_failed", code=error.code)
            except Exception:  # noqa: BLE001 whatever it was, the next round tries again
                self._events.error("round_failed", exc_info=True)
