"""What was found out, kept in memory within bounds: answers per domain, MTA-STS policies, probes of hosts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Generic, TypeVar

from addin_backend.errors import NotFound
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.transport import HostProbe, Proof, StoredPolicy

DOMAINS = 50_000  # how many domains are kept; the one used longest ago goes first
POLICIES = 5_000  # a policy may be 64 kB
HOSTS = 10_000  # a probe holds a chain of certificates
PROOFS = 1_000

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


class MemoryProbes:
    """A ProbeStore that lasts as long as the process."""

    def __init__(self, most: int = HOSTS) -> None:
        self._kept: Bounded[HostProbe] = Bounded(most)

    def probe(self, host: str) -> HostProbe | None:
        """The newest probe of ``host``."""
        return self._kept.get(host)

    def keep_probe(self, probe: HostProbe) -> None:
        """Replace what was known of ``probe.host``."""
        self._kept.put(probe.host, probe)


class MemoryAnswers:
    """An AnswerStore that lasts as long as the process."""

    def __init__(self, most: int = PROOFS) -> None:
        self._kept: Bounded[tuple[TransportEvidence, Proof]] = Bounded(most)
        self._proofs: Bounded[Proof] = Bounded(most)

    def answer(self, domain: str) -> TransportEvidence | None:
        """The newest answer about ``domain``."""
        known = self._kept.get(domain)
        return None if known is None else known[0]

    def keep_answer(self, answer: TransportEvidence, proof: Proof) -> None:
        """Replace what was known."""
        self._kept.put(answer.domain, (answer, proof))

    def keep_proof(self, domain: str, evidence_id: str) -> bool:
        """Move the evidence to what is kept for good."""
        known = self._kept.get(domain)
        if self._proofs.get(evidence_id) is not None:
            return True
        if known is None or known[1].evidence_id != evidence_id:
            return False
        self.add_proof(known[1])
        return True

    def add_proof(self, proof: Proof) -> None:
        """Keep it."""
        self._proofs.put(proof.evidence_id, proof)

    def proof(self, evidence_id: str) -> Proof:
        """Raises NotFound."""
        found = self._proofs.get(evidence_id)
        if found is None:
            raise NotFound
        return found


class KnownAnswers:
    """The network's answers per domain, until they end."""

    def __init__(self, most: int = DOMAINS) -> None:
        self._kept: Bounded[TransportEvidence] = Bounded(most)

    def at(self, domain: str, at: datetime) -> TransportEvidence | None:
        """What is known and not yet over at ``at``."""
        known = self._kept.get(domain)
        return known if known is not None and is_current(known, at) else None

    def keep(self, answer: TransportEvidence) -> None:
        """Replace what was known."""
        self._kept.put(answer.domain, answer)


def is_current(answer: TransportEvidence, at: datetime) -> bool:
    """Whether an answer counts at ``at``: from when it was found to its end."""
    return answer.checked_at is not None and answer.expires_at is not None and answer.checked_at <= at < answer.expires_at
