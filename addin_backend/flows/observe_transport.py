"""The transport look-up with what Exchange's report says of the same domains, and the alarm when the two contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from addin_backend.evidence.transport.connections import EMPTY as NO_CONNECTIONS
from addin_backend.evidence.transport.connections import Connections, decided
from addin_backend.evidence.transport.observed import LIFE, judged
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.register import Partner
from addin_backend.ports import Log, TransportSource

Partners = Mapping[str, tuple[Partner, ...]]


def _verified_on(partners: Partners, domain: str, on: date) -> date | None:
    """When the agreement in force was last verified."""
    return max((item.verified_on for item in partners.get(domain, ()) if item.valid_from <= on <= item.valid_to), default=None)


@dataclass(frozen=True, slots=True)
class ObservedTransport:
    """A TransportSource: ``source``'s answers with what our own registers say of the domains.

    ``seen_on``: the last day mail to a domain was seen to go without TLS, which makes no answer milder. ``connections``: risk assessments
    and agreements, which stay facts of their own.
    """

    source: TransportSource
    seen_on: Mapping[str, date]
    partners: Partners
    connections: Connections = NO_CONNECTIONS

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """The evidence for every domain asked for. Never raises."""
        found = self.source.look_up_all(domains, at, budget)
        return {domain: self._with_registers(evidence, at) for domain, evidence in found.items()}

    def _with_registers(self, evidence: TransportEvidence, at: datetime) -> TransportEvidence:
        seen_on, verified_on = self.seen_on.get(evidence.domain), _verified_on(self.partners, evidence.domain, at.date())
        return decided(judged(evidence, seen_on, verified_on, at), self.connections, at)


def contradicted_partners(partners: Partners, seen_on: Mapping[str, date], on: date) -> Iterator[str]:
    """The partners in force to whom mail went without TLS since somebody verified the agreement."""
    for domain, day in sorted(seen_on.items()):
        verified = _verified_on(partners, domain, on)
        if verified is not None and verified <= day and day >= on - LIFE:
            yield domain


def sound_alarm(partners: Partners, seen_on: Mapping[str, date], on: date, log: Log) -> int:
    """One event for each such partner (an organisation's domain, no address). The number of them."""
    found = tuple(contradicted_partners(partners, seen_on, on))
    for domain in found:
        log.error("partner_seen_without_tls", domain=domain, seen_on=seen_on[domain].isoformat())
    return len(found)
