"""A second engine answers a sample of the questions beside the first; a difference is an alarm. The answer given is always the first's."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping

from addin_backend.flows.policy.compare import canonical
from addin_backend.ports import EngineFailure, PolicyEngine

WAITING = 100  # questions that may wait for the shadow; more are not asked: it must never hold up a mail
Report = Callable[[str, Mapping[str, object]], None]


class Counts:
    """What the shadow has done, for the metrics. Outlives the engines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = dict.fromkeys(("asked", "different", "unanswered", "dropped"), 0)

    def add(self, name: str) -> None:
        """One more."""
        with self._lock:
            self._counted[name] += 1

    def all(self) -> dict[str, int]:
        """asked, different (the alarm), unanswered (by the shadow), dropped (too many waited)."""
        with self._lock:
            return dict(self._counted)


class ShadowedEngine:
    """``PolicyEngine`` over ``main``. ``draw`` gives a number from 0 to 1; below ``share`` the ``shadow`` is asked too."""

    def __init__(
        self, main: PolicyEngine, shadow: PolicyEngine, share: float, draw: Callable[[], float], counts: Counts, report: Report
    ) -> None:
        self.name = main.name
        self._main, self._shadow, self._share, self._draw = main, shadow, share, draw
        self._counts, self._report = counts, report
        self._waiting: queue.Queue[tuple[str, bytes, bytes, float] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """The first engine's answer. Raises what it raises."""
        answer = self._main.evaluate(revision, question, deadline)
        if self._draw() < self._share:
            try:
                self._waiting.put_nowait((revision, question, answer, deadline))
            except queue.Full:
                self._counts.add("dropped")
        return answer

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            revision, question, answer, deadline = item
            try:
                other = self._shadow.evaluate(revision, question, deadline)
            except EngineFailure as failure:
                self._counts.add("unanswered")
                self._report("shadow_unanswered", {"kind": failure.kind})
                continue
            self._counts.add("asked")
            if canonical(other) != canonical(answer):
                self._counts.add("different")
                self._report("engines_disagree_failed", {"revision": revision, "engine": self._main.name, "shadow": self._shadow.name})

    def close(self) -> None:
        """Stop both; what waits is still compared. Idempotent."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(5.0)
        self._shadow.close()
        self._main.close()
