"""The transport look-up with what Exchange's report says of the same domains, and the alarm when the two contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from addin_backend.evidence.transport.connections import EMPTY as NO_CONNECTIONS
from addin_backend.evidence.transport.connections import Connections, decided
from addin_backend.evidence.transport.observed import LIFE, judged
from addin_backend.evidence.transport.verdict import with_register
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.register import Partner
from addin_backend.ports import Log, TransportSource

Partners = Mapping[str, tuple[Partner, ...]]


def _verified_on(partners: Partners, domain: str, on: date) -> date | None:
    """When the agreement in force was last verified."""
    return max((item.verified_on for item in partners.get(domain, ()) if item.valid_from <= on <= item.valid_to), default=None)


@dataclass(frozen=True, slots=True)
class Sayings:
    """What our own registers say of domains. ``seen_on``: the last day mail to a domain was seen to go without TLS, which makes no answer
    milder. ``connections``: risk assessments and agreements, which stay facts of their own.
    """

    seen_on: Mapping[str, date]
    partners: Partners
    connections: Connections = NO_CONNECTIONS

    def applied(self, evidence: TransportEvidence, at: datetime) -> TransportEvidence:
        """``evidence`` with what is said of its domain."""
        seen_on, verified_on = self.seen_on.get(evidence.domain), _verified_on(self.partners, evidence.domain, at.date())
        return decided(judged(evidence, seen_on, verified_on, at), self.connections, at)


@dataclass(frozen=True, slots=True)
class ObservedTransport:
    """A TransportSource: ``source``'s answers with what our own registers say of the domains."""

    source: TransportSource
    sayings: Sayings

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """The evidence for every domain asked for. Never raises."""
        found = self.source.look_up_all(domains, at, budget)
        return {domain: self.sayings.applied(evidence, at) for domain, evidence in found.items()}


def known_connections(
    domains: Iterable[str], answer: Callable[[str], TransportEvidence | None], sayings: Sayings, at: datetime
) -> tuple[TransportEvidence, ...]:
    """What is known of ``domains`` and of every partner now, without asking the network: an answer that has ended counts as unknown."""
    found = []
    for domain in dict.fromkeys((*domains, *sorted(sayings.partners))):
        kept = answer(domain)
        if kept is None or (kept.expires_at is not None and kept.expires_at < at):
            ended = TransportEvidence(domain=domain, verdict=TransportVerdict.UNKNOWN, reasons=("evidence_stale" if kept else "not_asked",))
            kept = msgspec.structs.replace(ended, checked_at=kept.checked_at) if kept else ended
        found.append(sayings.applied(with_register(kept, sayings.partners.get(domain, ()), at), at))
    return tuple(found)


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
