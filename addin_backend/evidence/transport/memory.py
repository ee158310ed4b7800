"""What was found out, kept in memory within bounds: verdict evidence per domain, and MTA-STS policies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Generic, TypeVar

from addin_backend.evidence.transport.verdict import DomainEvidence
from addin_backend.model.evidence import TransportEvidence
from addin_backend.ports import StoredPolicy

DOMAINS = 50_000  # how many domains are kept; the one used longest ago goes first
POLICIES = 5_000  # a policy may be 64 kB

V = TypeVar("V")


class Bounded(Generic[V]):
    """A dictionary that forgets the entry used longest ago when it is full. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> V | None:
        """The value, or None."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: str, value: V) -> None:
        """Keep ``value``."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class MemoryPolicies:
    """A PolicyStore that lasts as long as the process."""

    def __init__(self, most: int = POLICIES) -> None:
        self._kept: Bounded[StoredPolicy] = Bounded(most)

    def policy(self, domain: str) -> StoredPolicy | None:
        """The stored policy of ``domain``."""
        return self._kept.get(domain)

    def keep(self, domain: str, policy: StoredPolicy) -> None:
        """Replace what was stored for ``domain``."""
        self._kept.put(domain, policy)


class KnownDomains:
    """The network's evidence per domain with the answer drawn from it, until it ends."""

    def __init__(self, most: int = DOMAINS) -> None:
        self._kept: Bounded[tuple[DomainEvidence, TransportEvidence]] = Bounded(most)

    def at(self, domain: str, at: datetime) -> tuple[DomainEvidence, TransportEvidence] | None:
        """What is known and not yet over at ``at``."""
        known = self._kept.get(domain)
        if known is None or known[1].expires_at is None:
            return None
        return known if known[0].checked_at <= at < known[1].expires_at else None

    def keep(self, evidence: DomainEvidence, answer: TransportEvidence) -> None:
        """Replace what was known."""
        self._kept.put(evidence.domain, (evidence, answer))
