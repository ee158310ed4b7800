"""Probes shared by all domains behind an MX host: at most one per host in fifteen minutes, and a failure wipes no fact out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from addin_backend.model.transport import AddressProbe, HostProbe
from addin_backend.ports import HostProber, ProbeStore

BUDGET = timedelta(minutes=15)  # between two connections to one host: some take two a minute, and report more as "no TLS"
LIFE = timedelta(hours=24)
REFRESH = 0.8  # of a life, then a host is probed again
PATIENCE = (timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=120))  # after the first, second and later failure


def is_definite(probe: HostProbe) -> bool:
    """Whether every address gave a fact: TLS, old TLS, or none."""
    return bool(probe.addresses) and all(item.outcome != "unknown" for item in probe.addresses)


class SharedProbes:
    """Hands out probes: what is known, or (``live``) a new one when the host's budget allows. Thread-safe.

    ``clock`` gives the time; ``prober`` None: only what is stored.
    """

    def __init__(self, store: ProbeStore, prober: HostProber | None, clock: Callable[[], datetime]) -> None:
        self._store, self._prober, self._clock = store, prober, clock
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._failures: dict[str, int] = {}
        self._last_try: dict[str, datetime] = {}

    def known(self, host: str, at: datetime) -> HostProbe | None:
        """The newest probe, unless a day old."""
        found = self._store.probe(host)
        return found if found is not None and found.seen_at <= at + BUDGET and at - found.seen_at <= LIFE else None

    def is_due(self, host: str, at: datetime) -> bool:
        """Whether the host may and should be probed (again) at ``at``."""
        if self._prober is None:
            return False
        with self._lock:
            tried, failures = self._last_try.get(host), self._failures.get(host, 0)
        if tried is not None and at - tried < (PATIENCE[min(failures, len(PATIENCE)) - 1] if failures else BUDGET):
            return False
        known = self.known(host, at)
        return known is None or not is_definite(known) or at - known.seen_at >= LIFE * REFRESH

    def live(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe | None:
        """The probe to go by now; whoever asks while one is under way waits for that one."""
        with self._lock:
            turn = self._busy.setdefault(host, threading.Lock())
        if not turn.acquire(timeout=max(0.0, deadline)):
            return None
        try:
            at = self._clock()
            if self.is_due(host, at) and self._prober is not None:
                self._keep(self._prober.probe(host, sni, addresses, deadline), at)
            return self.known(host, at)
        finally:
            turn.release()
            with self._lock:
                self._busy.pop(host, None)

    def _keep(self, probe: HostProbe, at: datetime) -> None:
        """A failure is counted, and never takes the place of a fact that is still fresh: it could hide a broken promise."""
        definite = is_definite(probe)
        with self._lock:
            if len(self._last_try) > 100_000:  # bounded memory; what is forgotten is at worst asked once more
                self._last_try.clear()
                self._failures.clear()
            self._last_try[probe.host] = at
            self._failures[probe.host] = 0 if definite else self._failures.get(probe.host, 0) + 1
        known = self.known(probe.host, at)
        if definite or known is None or not is_definite(known):
            self._store.keep_probe(probe)


class BudgetedProber:
    """A HostProber that keeps to the budget of ``shared``: what a worker runs, so that nobody's core can make it knock too often."""

    def __init__(self, shared: SharedProbes, clock: Callable[[], datetime]) -> None:
        self._shared, self._clock = shared, clock

    def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe:
        """The newest probe of the host; one made for another SNI says nothing, and is unknown."""
        found = self._shared.live(host, sni, addresses, deadline)
        asked = set(addresses)
        if found is not None and found.sni == sni and {item.address for item in found.addresses} <= asked:
            return found
        return HostProbe(host, sni, self._clock(), tuple(AddressProbe(item, "unknown", "over_budget") for item in addresses))
