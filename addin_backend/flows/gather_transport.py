"""Asking about one domain: MX, MTA-STS, every MX host's addresses and TLSA, and what is known of its servers; within one deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from addin_backend.evidence.transport import cache, tlsa
from addin_backend.evidence.transport.cache import Cached, Discovery
from addin_backend.evidence.transport.chain import Anchors
from addin_backend.evidence.transport.dossier import Observed, ObservedHost, walks_of, without_certificates
from addin_backend.evidence.transport.mta_sts import read_record, unmatched
from addin_backend.evidence.transport.mx import REFUSING, UNCLEAR, MxFacts, read_mx
from addin_backend.flows.probe_hosts import SharedProbes
from addin_backend.model.transport import HostAnswer, HostProbe, PolicyDocument, StoredPolicy, TlsaAnswer, TxtAnswer
from addin_backend.ports import PolicyFetcher, PolicyStore, Resolver

DNS = 5.0  # seconds for one question, however much time there is: a zone that does not answer by then does not answer


@dataclass(frozen=True, slots=True)
class World:
    """Where facts come from. ``policies`` keeps MTA-STS policies until they expire; ``monotonic`` gives seconds for deadlines.

    ``probes`` None: no server is known or asked. ``roots``: what MX certificates must lead to. ``vantage`` names this machine.
    """

    resolver: Resolver
    fetcher: PolicyFetcher
    policies: PolicyStore
    monotonic: Callable[[], float] = time.monotonic
    probes: SharedProbes | None = None
    roots: Anchors = field(default_factory=lambda: Anchors(()))
    vantage: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """How to ask. ``live``: probe servers now (never on the way of a mail); ``refetch``: fetch a policy although one is held."""

    live: bool = False
    refetch: bool = False
    ticket_connector: bool = False


@dataclass(frozen=True, slots=True)
class _Deadline:
    world: World
    end: float

    def left(self) -> float:
        return max(0.0, self.end - self.world.monotonic())

    def for_dns(self) -> float:
        return min(self.left(), DNS)


def _must_fetch(cached: Cached | None, discovery: Discovery, mx: MxFacts, at: datetime, wish: Wish) -> bool:
    """A policy is fetched when it is not known, changed or old, and once more before it is called a contradiction."""
    if discovery.record is None:
        return False
    if wish.refetch or cache.must_fetch(cached, discovery, at):
        return True
    return cache.is_commitment(cached, at) and cached is not None and bool(unmatched(cached.policy, mx.names))


def _mta_sts(
    domain: str, mx: MxFacts, at: datetime, deadline: _Deadline, wish: Wish
) -> tuple[TxtAnswer, StoredPolicy | None, PolicyDocument | None]:
    """Record, the policy held, and the one fetched (kept when it is valid)."""
    answer = deadline.world.resolver.txt(f"_mta-sts.{domain}", deadline.for_dns())
    discovery = cache.discovered(answer, read_record(answer.texts))
    held = deadline.world.policies.policy(domain)
    cached = cache.restored(held, at)
    if discovery.record is None or not _must_fetch(cached, discovery, mx, at, wish):
        return answer, held, None
    document = deadline.world.fetcher.fetch(domain, deadline.left())
    state = cache.after_fetch(cached, discovery.record, document, at)
    if state.store is not None:
        deadline.world.policies.keep(domain, state.store)
    return answer, held, document


def _tlsa(found: Mapping[str, HostAnswer], deadline: _Deadline) -> dict[str, list[TlsaAnswer]]:
    """TLSA answers per host. The second base domain of a host is asked only where the first has nothing."""
    wanted = {name: tlsa.bases(name, answer) for name, answer in found.items()}
    asked: dict[str, list[TlsaAnswer]] = {name: [] for name in found}
    for turn in (0, 1):
        hosts = {
            name: bases[turn]
            for name, bases in wanted.items()
            if len(bases) > turn and not any(item.status != "none" for item in asked[name])
        }
        answers = deadline.world.resolver.tlsa(list(dict.fromkeys(hosts.values())), deadline.for_dns()) if hosts else {}
        for name, base in hosts.items():
            asked[name].append(answers[base])
    return asked


def _probe(name: str, answer: HostAnswer, promised: tlsa.HostTlsa, deadline: _Deadline, wish: Wish, at: datetime) -> HostProbe | None:
    probes = deadline.world.probes
    if probes is None:
        return None
    addresses = (*answer.v4.addresses, *answer.v6.addresses)
    if not wish.live or not addresses:
        return probes.known(name, at)
    return probes.live(name, promised.base or name, addresses, deadline.left())


def _hosts(mx: MxFacts, at: datetime, deadline: _Deadline, wish: Wish) -> tuple[tuple[ObservedHost, ...], dict[str, bytes]]:
    names = list(dict.fromkeys(mx.names))
    found = deadline.world.resolver.hosts(names, deadline.for_dns())
    asked = _tlsa(found, deadline)
    observed, certificates = [], {}
    for name in names:
        promised = tlsa.of_host(name, found[name], asked[name])
        probe = _probe(name, found[name], promised, deadline, wish, at)
        walks, kept = walks_of(probe, deadline.world.roots) if probe is not None else ((), {})
        certificates.update(kept)
        slim = without_certificates(probe) if probe is not None else None
        observed.append(ObservedHost(name=name, addresses=found[name], tlsa=tuple(asked[name]), probe=slim, walks=walks))
    return tuple(observed), certificates


def observe(domain: str, world: World, at: datetime, seconds: float, wish: Wish) -> tuple[Observed, Mapping[str, bytes]]:
    """Ask DNS, HTTPS where a record says so, and servers where that is wished, within ``seconds``. ``domain`` is in A-labels."""
    deadline = _Deadline(world, world.monotonic() + seconds)
    answer = world.resolver.mx(domain, deadline.for_dns())
    mx = read_mx(domain, answer)
    if mx.status in REFUSING or mx.status in UNCLEAR:
        return Observed(domain=domain, at=at, vantage=world.vantage, mx=answer, ticket_connector=wish.ticket_connector), {}
    txt, held, document = _mta_sts(domain, mx, at, deadline, wish)
    hosts, certificates = _hosts(mx, at, deadline, wish)
    seen = [item.probe.seen_at for item in hosts if item.probe is not None]
    observed = Observed(
        domain=domain,
        at=max([at, *seen]),  # what was seen while asking belongs to this moment
        vantage=world.vantage,
        mx=answer,
        txt=txt,
        held=held,
        document=document,
        hosts=hosts,
        ticket_connector=wish.ticket_connector,
    )
    return observed, certificates
