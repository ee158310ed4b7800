"""The journey of a look-up: register, DNS, MTA-STS, verdict, for several domains side by side within one budget of seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotReady
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from addin_backend.evidence.transport import cache
from addin_backend.evidence.transport.cache import Cached, Discovery, Found, PolicyState
from addin_backend.evidence.transport.memory import KnownDomains
from addin_backend.evidence.transport.mta_sts import read_record, unmatched
from addin_backend.evidence.transport.mx import REFUSING, UNCLEAR, MxFacts, MxStatus, read_mx
from addin_backend.evidence.transport.names import a_label, is_address
from addin_backend.evidence.transport.verdict import DomainEvidence, verdict
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.register import Partner
from addin_backend.ports import Log, PolicyFetcher, PolicyStore, Resolver

SIDE_BY_SIDE = 16  # domains looked up at the same time
OWN_SHARE = 0.95  # of the budget is for asking, so that a look-up can still say by itself what it ran into
PROBE_BUDGET = 10.0  # seconds for one domain on the command line, where nobody waits to send

Partners = Mapping[str, tuple[Partner, ...]]


@dataclass(frozen=True, slots=True)
class World:
    """Where facts come from. ``policies`` keeps MTA-STS policies until they expire; ``monotonic`` gives seconds for deadlines."""

    resolver: Resolver
    fetcher: PolicyFetcher
    policies: PolicyStore
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class _Deadline:
    world: World
    end: float

    def left(self) -> float:
        return max(0.0, self.end - self.world.monotonic())


def _fetched(domain: str, discovery: Discovery, cached: Cached | None, at: datetime, deadline: _Deadline) -> PolicyState:
    record = discovery.record
    if record is None:
        return cache.without_fetch(cached, discovery, at)
    document = deadline.world.fetcher.fetch(domain, deadline.left())
    state = cache.after_fetch(cached, record, document, at)
    if state.store is not None:
        deadline.world.policies.keep(domain, state.store)
    return state


def _mta_sts(domain: str, mx: MxFacts, at: datetime, deadline: _Deadline) -> tuple[PolicyState, Discovery]:
    """The policy that counts now. One that does not cover the MX is fetched once more before it is called a contradiction."""
    answer = deadline.world.resolver.txt(f"_mta-sts.{domain}", deadline.left())
    discovery = cache.discovered(answer, read_record(answer.texts))
    cached = cache.restored(deadline.world.policies.policy(domain), at)
    if cache.must_fetch(cached, discovery, at):
        return _fetched(domain, discovery, cached, at, deadline), discovery
    state = cache.without_fetch(cached, discovery, at)
    if state.cached is not None and cache.is_commitment(state.cached, at) and unmatched(state.cached.policy, mx.names):
        return _fetched(domain, discovery, cached, at, deadline), discovery
    return state, discovery


def _lifetime(mx: MxFacts, state: PolicyState | None, discovery: Discovery | None) -> int:
    """Seconds that the evidence may be used: by the least TTL, short for what is not there, shortest for a failure."""
    if mx.status in (MxStatus.TIMEOUT, MxStatus.ERROR) or (discovery is not None and discovery.found is Found.FAILURE):
        return cache.FAILED
    if mx.status in REFUSING or mx.status in UNCLEAR or discovery is None:
        return cache.clamp(mx.ttl, cache.NEGATIVE)
    if state is not None and discovery.found is Found.RECORD and state.reasons and not state.fresh:
        return cache.FETCH_FAILED  # whether or not an older policy bridges it
    bounds = cache.NEGATIVE if discovery.found is Found.NOTHING else cache.POSITIVE
    return cache.clamp(min(mx.ttl, discovery.ttl), bounds)


def collect(domain: str, world: World, at: datetime, seconds: float) -> DomainEvidence:
    """Ask DNS, and HTTPS where a record says so, within ``seconds``. ``domain`` is in A-labels."""
    deadline = _Deadline(world, world.monotonic() + seconds)
    mx = read_mx(domain, world.resolver.mx(domain, deadline.left()))
    if mx.status in REFUSING or mx.status in UNCLEAR:
        return DomainEvidence(domain, at, mx=mx, lifetime=_lifetime(mx, None, None))
    state, discovery = _mta_sts(domain, mx, at, deadline)
    return DomainEvidence(domain, at, mx=mx, mta_sts=state, lifetime=_lifetime(mx, state, discovery))


def _verdict(evidence: DomainEvidence, at: datetime) -> TransportEvidence:
    """The verdict; evidence shared with a check that began a moment later is judged at that moment."""
    return verdict(evidence, max(at, evidence.checked_at))


def _nothing(domain: str, at: datetime, reason: str) -> DomainEvidence:
    return DomainEvidence(domain, at, lifetime=0, reasons=(reason,))


class TransportLookup:
    """The TransportSource port. ``partners``: register entries per domain, in force or not. Thread-safe.

    ``ticket_connector``: ticketed mail leaves through a connector that always uses TLS; without it a commitment of the
    recipient (DANE, MTA-STS) is reported with ``enforcement="none"``. Threads start with the first look-up; ``close`` ends them.
    """

    def __init__(
        self,
        world: World,
        partners: Partners,
        *,
        ticket_connector: bool = False,
        side_by_side: int = SIDE_BY_SIDE,
        log: Log | None = None,
    ) -> None:
        self._world = world
        self._partners = partners
        self._ticket_connector = ticket_connector
        self._known = KnownDomains()
        self._log = log or structlog.get_logger("transport")
        self._pool = ThreadPoolExecutor(side_by_side, thread_name_prefix="transport")
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[DomainEvidence]] = {}

    def close(self) -> None:
        """Stop taking look-ups; those under way end at their own deadline. Idempotent."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """The evidence for every domain asked for, within ``budget`` seconds. Never raises; what is not known is `unknown`."""
        found = self.evidence_for(domains, at, budget)
        return {domain: self._answer(evidence, at) for domain, evidence in found.items()}

    def evidence_for(self, domains: Sequence[str], at: datetime, budget: float) -> dict[str, DomainEvidence]:
        """The raw evidence per domain asked for, with the register's entries in it."""
        end = self._world.monotonic() + budget
        names = {domain: a_label(domain) for domain in domains}
        begun = {name: self._begin(name, at, end - budget * (1 - OWN_SHARE)) for name in dict.fromkeys(names.values()) if name is not None}
        found = {name: self._finish(name, step, at, end) for name, step in begun.items()}
        return {domain: found[name] if name is not None else _no_domain(domain, at) for domain, name in names.items()}

    def _answer(self, evidence: DomainEvidence, at: datetime) -> TransportEvidence:
        known = self._known.at(evidence.domain, at)
        if known is not None and known[0] is evidence:
            return known[1]
        return _verdict(evidence, at)

    def _begin(self, domain: str, at: datetime, end: float) -> DomainEvidence | Future[DomainEvidence]:
        """Evidence that is at hand, or a look-up that was started (or found under way)."""
        partners = self._partners.get(domain, ())
        if any(entry.valid_from <= at.date() <= entry.valid_to for entry in partners):
            return DomainEvidence(domain, at, partners)  # our own connector delivers: nothing to ask the network
        known = self._known.at(domain, at)
        if known is not None:
            return known[0]
        with self._lock:
            if domain not in self._under_way:
                try:
                    self._under_way[domain] = self._pool.submit(self._work, domain, at, end)
                except RuntimeError:  # closed meanwhile
                    return _nothing(domain, at, "closed")
            return self._under_way[domain]

    def _work(self, domain: str, at: datetime, end: float) -> DomainEvidence:
        try:
            left = end - self._world.monotonic()
            if left <= 0:
                return _nothing(domain, at, "out_of_time")
            evidence = replace(collect(domain, self._world, at, left), ticket_connector=self._ticket_connector)
            self._known.keep(evidence, verdict(evidence, at))
            return evidence
        except Exception as error:  # noqa: BLE001 a fault nobody foresaw is an unknown verdict, not a crashed check
            self._log.error("transport_look_up_failed", error_type=type(error).__name__)
            return _nothing(domain, at, "internal_error")
        finally:
            with self._lock:
                self._under_way.pop(domain, None)

    def _finish(self, domain: str, step: DomainEvidence | Future[DomainEvidence], at: datetime, end: float) -> DomainEvidence:
        evidence = step if isinstance(step, DomainEvidence) else self._waited(domain, step, at, end)
        partners = self._partners.get(domain, ())
        return replace(evidence, partners=partners) if partners and evidence.partners != partners else evidence

    def _waited(self, domain: str, step: Future[DomainEvidence], at: datetime, end: float) -> DomainEvidence:
        try:
            return step.result(max(0.0, end - self._world.monotonic()))
        except (NotReady, Exception):  # noqa: BLE001 not ready, or cancelled by close: either way it is not known now
            return _nothing(domain, at, "out_of_time")


def _no_domain(domain: str, at: datetime) -> DomainEvidence:
    return _nothing(domain, at, "address_literal" if is_address(domain) else "not_a_domain")


def _mx_shown(evidence: DomainEvidence) -> dict[str, Any]:
    if evidence.mx is None:
        return {"status": "not_asked", "hosts": [], "ignored": []}
    hosts = [{"preference": preference, "host": host} for preference, host in evidence.mx.hosts]
    return {"status": evidence.mx.status.value, "hosts": hosts, "ignored": list(evidence.mx.ignored)}


def _mta_sts_shown(evidence: DomainEvidence) -> dict[str, Any]:
    state = evidence.mta_sts
    if state is None or state.cached is None:
        status = "not_asked" if state is None else ("none" if state.known else "unknown")
        return {"status": status, "mode": None, "id": None, "mx": [], "max_age": None, "unmatched": []}
    cached = state.cached
    return {
        "status": "fetched" if state.fresh else "cached",
        "mode": cached.policy.mode.value,
        "id": cached.record_id,
        "mx": list(cached.policy.mx),
        "max_age": cached.policy.max_age,
        "unmatched": list(unmatched(cached.policy, evidence.mx.names)) if evidence.mx else [],
    }


def probe(domains: Sequence[str], lookup: TransportLookup, at: datetime, budget: float = PROBE_BUDGET) -> list[dict[str, Any]]:
    """What `addin-backend probe` shows, in the order asked: ``{domain, verdict, reasons, capability, …, mx, mta_sts}``, JSON-ready.

    ``budget`` is seconds for one domain.
    """
    rounds = -(-len(domains) // SIDE_BY_SIDE)  # each domain has its own time, however many stand in the row
    found = lookup.evidence_for(domains, at, budget * rounds)
    shown = []
    for domain in domains:
        evidence = found[domain]
        answer = _verdict(evidence, at)
        shown.append(
            {
                "domain": domain,
                "verdict": answer.verdict.value,
                "reasons": list(answer.reasons),
                "capability": answer.capability,
                "commitment": answer.commitment,
                "enforcement": answer.enforcement,
                "mx": _mx_shown(evidence),
                "mta_sts": _mta_sts_shown(evidence),
            }
        )
    return shown
