"""What was observed about a domain, as one document: canonical, named by its own digest, and enough to draw the verdict again.

The document holds DNS exchanges with their signatures (RRSIG), the policy's octets, and what servers did; certificates are named by
SHA-256 and kept once beside it. ``assemble`` reads all of it into evidence, live and in a replay years later alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from addin_backend.errors import LogBroken
from addin_backend.evidence.transport import cache, hosts, tlsa
from addin_backend.evidence.transport.cache import Discovery, Found, PolicyState
from addin_backend.evidence.transport.chain import Anchors, fingerprint, pkix
from addin_backend.evidence.transport.hosts import HostFacts
from addin_backend.evidence.transport.mta_sts import read_record
from addin_backend.evidence.transport.mx import REFUSING, UNCLEAR, MxFacts, MxStatus, read_mx
from addin_backend.evidence.transport.verdict import DomainEvidence
from addin_backend.model.transport import HostAnswer, HostProbe, MxAnswer, PolicyDocument, Proof, StoredPolicy, TlsaAnswer, TxtAnswer

FORM = 1
_FAILED = frozenset({"timeout", "bogus", "error"})


class Walk(msgspec.Struct, frozen=True):
    """Whether one address's certificate holds for the host (`chain.pkix`), and the fingerprint of the anchor it leads to."""

    word: str
    anchor: str = ""


class ObservedHost(msgspec.Struct, frozen=True, kw_only=True):
    """One MX host. ``tlsa`` in the order asked; ``walks`` has one entry per address of ``probe``."""

    name: str
    addresses: HostAnswer
    tlsa: tuple[TlsaAnswer, ...] = ()
    probe: HostProbe | None = None
    walks: tuple[Walk, ...] = ()


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """Everything asked about ``domain`` at ``at``, None where it was not asked.

    ``held`` is the MTA-STS policy that was known before. ``vantage``: the machine that asked. ``stopped``: why the asking ended early.
    """

    domain: str
    at: datetime
    form: int = FORM
    vantage: str = ""
    mx: MxAnswer | None = None
    txt: TxtAnswer | None = None
    held: StoredPolicy | None = None
    document: PolicyDocument | None = None
    hosts: tuple[ObservedHost, ...] = ()
    stopped: tuple[str, ...] = ()
    ticket_connector: bool = False


def without_certificates(probe: HostProbe) -> HostProbe:
    """The probe as it stands in a document: its certificates are kept beside it."""
    return replace(probe, certificates=())


def walks_of(probe: HostProbe, roots: Anchors) -> tuple[tuple[Walk, ...], dict[str, bytes]]:
    """A walk per address, and the certificates that were shown or led to, by fingerprint."""
    kept = {fingerprint(der): der for der in probe.certificates}
    walks = []
    for probed in probe.addresses:
        chain = [kept[item] for item in probed.chain if item in kept]
        walked = pkix(chain, probe.host, roots, probe.seen_at) if chain else None
        if walked is not None and walked.anchor:
            kept[fingerprint(walked.anchor)] = walked.anchor
        walks.append(Walk("", "") if walked is None else Walk(walked.word, fingerprint(walked.anchor) if walked.anchor else ""))
    return tuple(walks), kept


def prove(observed: Observed, certificates: Mapping[str, bytes]) -> Proof:
    """The document in its one canonical form."""
    body = msgspec.json.encode(observed, order="deterministic")
    return Proof(hashlib.sha256(body).hexdigest(), body, certificates)


def read_proof(proof: Proof) -> Observed:
    """The document again. Raises LogBroken when it is not the one that its name says, or a certificate is not."""
    broken = hashlib.sha256(proof.body).hexdigest() != proof.evidence_id
    if broken or any(fingerprint(der) != name for name, der in proof.certificates.items()):
        raise LogBroken("The kept evidence is not what its name says.", sentence_da="Det gemte bevis er ikke det, som dets navn siger.")
    try:
        return msgspec.json.decode(proof.body, type=Observed)
    except msgspec.DecodeError:
        raise LogBroken(
            "The kept evidence has another form than this version reads.",
            sentence_da="Det gemte bevis har en anden form, end denne udgave læser.",
        ) from None


# --- from observations to evidence ------------------------------------------------------------------------------------


def discovery_of(observed: Observed) -> Discovery | None:
    """What the MTA-STS record says."""
    return None if observed.txt is None else cache.discovered(observed.txt, read_record(observed.txt.texts))


def policy_of(observed: Observed) -> PolicyState | None:
    """The policy that counts after what was asked."""
    discovery = discovery_of(observed)
    if discovery is None:
        return None
    held = cache.restored(observed.held, observed.at)
    if discovery.record is not None and observed.document is not None:
        return cache.after_fetch(held, discovery.record, observed.document, observed.at)
    return cache.without_fetch(held, discovery, observed.at)


def _hosts(observed: Observed, certificates: Mapping[str, bytes]) -> tuple[HostFacts, ...]:
    return tuple(
        hosts.judge(
            item.name,
            tlsa.of_host(item.name, item.addresses, item.tlsa),
            item.probe,
            [walk.word for walk in item.walks],
            certificates,
            observed.domain,
        )
        for item in observed.hosts
    )


def _has_address(answer: HostAnswer) -> bool:
    return not (answer.v4.status == answer.v6.status == "none")


def _all_dead(observed: Observed) -> bool:
    return bool(observed.hosts) and not any(_has_address(item.addresses) for item in observed.hosts)


def _host_ttls(observed: Observed) -> list[int]:
    ttls = []
    for item in observed.hosts:
        ttls += [family.ttl for family in (item.addresses.v4, item.addresses.v6) if family.status == "ok"]
        ttls += [answer.ttl for answer in item.tlsa if answer.status == "ok"]
    return ttls


def _host_failed(observed: Observed) -> bool:
    statuses = {family.status for item in observed.hosts for family in (item.addresses.v4, item.addresses.v6)}
    statuses |= {answer.status for item in observed.hosts for answer in item.tlsa}
    return bool(statuses & _FAILED)


def _lifetime(observed: Observed, mx: MxFacts, state: PolicyState | None) -> int:
    """Seconds that the evidence may be used: by the least TTL, short for what is not there, shortest for a failure."""
    discovery = discovery_of(observed)
    failed = mx.status in (MxStatus.TIMEOUT, MxStatus.ERROR, MxStatus.BOGUS) or _host_failed(observed) or bool(observed.stopped)
    if failed or (discovery is not None and discovery.found is Found.FAILURE):
        return cache.FAILED
    if mx.status in REFUSING or mx.status in UNCLEAR or discovery is None:
        return cache.clamp(mx.ttl, cache.NEGATIVE)
    if state is not None and discovery.found is Found.RECORD and state.reasons and not state.fresh:
        return cache.FETCH_FAILED  # whether or not an older policy bridges it
    least = min([mx.ttl, discovery.ttl, *_host_ttls(observed)])
    return cache.clamp(least, cache.NEGATIVE if discovery.found is Found.NOTHING else cache.POSITIVE)


def assemble(observed: Observed, certificates: Mapping[str, bytes], evidence_id: str = "") -> DomainEvidence:
    """The evidence in the document; nothing is asked and nothing is random, so a replay assembles the same."""
    if observed.mx is None:
        return DomainEvidence(observed.domain, observed.at, lifetime=0, reasons=observed.stopped)
    mx, state, found = read_mx(observed.domain, observed.mx), policy_of(observed), _hosts(observed, certificates)
    return DomainEvidence(
        observed.domain,
        observed.at,
        mx=mx,
        mta_sts=state,
        dane=hosts.dane(mx.authenticated, found) if found else None,
        probe=hosts.probe(found),
        ticket_connector=observed.ticket_connector,
        lifetime=_lifetime(observed, mx, state),
        reasons=observed.stopped,
        evidence_id=evidence_id,
        dead=_all_dead(observed),
    )
