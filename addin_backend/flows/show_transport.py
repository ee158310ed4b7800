"""What `probe` shows of a domain: the verdict, why, what is behind it, and what it does not prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from addin_backend.errors import LogBroken
from addin_backend.evidence.transport import tlsa
from addin_backend.evidence.transport.chain import Anchors, pkix
from addin_backend.evidence.transport.dossier import Observed, ObservedHost, assemble, policy_of, prove, read_proof
from addin_backend.evidence.transport.mta_sts import unmatched
from addin_backend.evidence.transport.mx import read_mx
from addin_backend.evidence.transport.names import a_label
from addin_backend.evidence.transport.verdict import network_verdict
from addin_backend.flows.gather_transport import Wish, World, observe
from addin_backend.flows.look_up_transport import no_domain
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.transport import Proof
from addin_backend.ports import AnswerStore

SIDE_BY_SIDE = 32
BUDGET = 10.0  # seconds for one domain on the command line, where nobody waits to send
PROBE_BUDGET = 25.0  # the same with its servers: one address of each family may take ten

Shown = dict[str, Any]


def _mx(observed: Observed | None) -> Shown:
    if observed is None or observed.mx is None:
        return {"status": "not_asked", "hosts": [], "ignored": [], "signed": False}
    facts = read_mx(observed.domain, observed.mx)
    hosts = [{"preference": preference, "host": host} for preference, host in facts.hosts]
    return {"status": facts.status.value, "hosts": hosts, "ignored": list(facts.ignored), "signed": facts.authenticated}


def _mta_sts(observed: Observed | None) -> Shown:
    state = policy_of(observed) if observed is not None else None
    if observed is None or state is None or state.cached is None:
        status = "not_asked" if state is None else ("none" if state.known else "unknown")
        return {"status": status, "mode": None, "id": None, "mx": [], "max_age": None, "unmatched": []}
    cached, mx = state.cached, read_mx(observed.domain, observed.mx) if observed.mx else None
    return {
        "status": "fetched" if state.fresh else "cached",
        "mode": cached.policy.mode.value,
        "id": cached.record_id,
        "mx": list(cached.policy.mx),
        "max_age": cached.policy.max_age,
        "unmatched": list(unmatched(cached.policy, mx.names)) if mx else [],
    }


def _host(item: ObservedHost) -> Shown:
    promised = tlsa.of_host(item.name, item.addresses, item.tlsa)
    probed = zip(item.probe.addresses if item.probe else (), item.walks, strict=True)
    return {
        "host": item.name,
        "tlsa": promised.status.value,
        "base": promised.base,
        "records": [f"{usage} {selector} {matching} {data.hex()}" for usage, selector, matching, data in promised.records],
        "addresses": [
            {
                "address": probe.address,
                "outcome": probe.outcome,
                "detail": probe.detail,
                "version": probe.version,
                "cipher": probe.cipher,
                "certificate": walk.word,
                "chain": list(probe.chain),
            }
            for probe, walk in probed
        ],
    }


def shown(domain: str, answer: TransportEvidence, observed: Observed | None) -> Shown:
    """The document of one domain, JSON-ready."""
    return {
        "domain": domain,
        "verdict": answer.verdict.value,
        "reasons": list(answer.reasons),
        "capability": answer.capability,
        "commitment": answer.commitment,
        "enforcement": answer.enforcement,
        "mx": _mx(observed),
        "mta_sts": _mta_sts(observed),
        "hosts": [_host(item) for item in (observed.hosts if observed else ())],
        "not_proven": list(answer.not_proven),
        "checked_at": answer.checked_at.isoformat() if answer.checked_at else None,
        "evidence": answer.evidence_id or None,
    }


def _one(domain: str, world: World, store: AnswerStore | None, clock: Callable[[], datetime], wish: Wish) -> Shown:
    name = a_label(domain)
    if name is None:
        return shown(domain, no_domain(domain, clock()), None)
    observed, certificates = observe(name, world, clock(), PROBE_BUDGET if wish.live else BUDGET, wish)
    proof = prove(observed, certificates)
    if store is not None:
        store.add_proof(proof)
    return shown(domain, network_verdict(assemble(observed, certificates, proof.evidence_id), observed.at), observed)


def probe(
    domains: Sequence[str],
    world: World,
    clock: Callable[[], datetime],
    wish: Wish,
    *,
    store: AnswerStore | None = None,
    side_by_side: int = SIDE_BY_SIDE,
) -> Iterator[Shown]:
    """A document per domain, in the order asked, each as soon as it and those before it are there. Only the network counts here.

    ``store`` keeps the evidence. Raises Unavailable where it cannot be kept.
    """
    with ThreadPoolExecutor(side_by_side, thread_name_prefix="probe") as pool:
        waiting: list[Future[Shown]] = [pool.submit(_one, domain, world, store, clock, wish) for domain in domains]
        try:
            for step in waiting:
                yield step.result()
        finally:
            for step in waiting:
                step.cancel()


def _walked_again(host: ObservedHost, certificates: Mapping[str, bytes]) -> bool:
    """Whether every chain that is said to hold still leads to its anchor, at the moment when it was seen."""
    for probed, walk in zip(host.probe.addresses if host.probe else (), host.walks, strict=True):
        if walk.word == "ok" and host.probe is not None:
            chain = [certificates[item] for item in probed.chain if item in certificates]
            anchors = Anchors([certificates[walk.anchor]] if walk.anchor in certificates else [])
            if not chain or pkix(chain, host.name, anchors, host.probe.seen_at).word != "ok":
                return False
    return True


def replay(proof: Proof, at: datetime | None, reread: Callable[[Observed], Observed]) -> Shown:
    """The verdict drawn again from kept evidence alone, at its own moment or at ``at``.

    ``reread`` reads the DNS answers again from their octets. Raises LogBroken when the octets, the chains and what was read of them
    do not agree, or the evidence is not what its name says.
    """
    observed = read_proof(proof)
    if reread(observed) != observed or not all(_walked_again(item, proof.certificates) for item in observed.hosts):
        raise LogBroken(
            "The kept evidence does not bear out what was read from it.",
            sentence_da="Det gemte bevis viser ikke det, der blev læst af det.",
        )
    answer = network_verdict(assemble(observed, proof.certificates, proof.evidence_id), at or observed.at)
    return {**shown(observed.domain, answer, observed), "at": (at or observed.at).isoformat()}
