"""The verdict on a domain, a pure function of the evidence and the time: the same evidence gives the same word years later.

Order: a failure to find out never counts as "nothing there". What is published and broken is `contradicted`. DANE stands before
MTA-STS and a failing DANE is never overridden by it (RFC 8461 §2). The probe comes last: it shows a capability, no commitment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from addin_backend.evidence.transport import cache
from addin_backend.evidence.transport.cache import PolicyState
from addin_backend.evidence.transport.hosts import DaneStatus, Probe, ProbeStatus
from addin_backend.evidence.transport.mta_sts import Mode, unmatched
from addin_backend.evidence.transport.mx import REFUSING, UNCLEAR, MxFacts, MxStatus
from addin_backend.evidence.transport.register import standing
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.register import Partner

PROBE_LIFE = timedelta(hours=24)  # after that a probe says nothing about today


@dataclass(frozen=True, slots=True)
class DomainEvidence:
    """All that is known about one domain at ``checked_at``. None means: not asked.

    ``partners`` are all register entries of the domain, in force or not. ``lifetime`` is how many seconds the network part
    may be used; ``evidence_id`` names the observations it was read from. ``ticket_connector``: this installation's ticketed mail
    leaves through a connector that always uses TLS.
    """

    domain: str
    checked_at: datetime
    partners: tuple[Partner, ...] = ()
    mx: MxFacts | None = None
    mta_sts: PolicyState | None = None
    dane: DaneStatus | None = None
    probe: Probe | None = None
    ticket_connector: bool = False
    lifetime: int = cache.FAILED
    reasons: tuple[str, ...] = ()
    evidence_id: str = ""
    dead: bool = False  # no MX host has an address


_BY_PROBE = {
    ProbeStatus.AUTHENTICATED: TransportVerdict.AUTHENTICATED_NOW,
    ProbeStatus.ENCRYPTED: TransportVerdict.ENCRYPTED_NOW,
    ProbeStatus.LEGACY_TLS: TransportVerdict.LEGACY_TLS,
    ProbeStatus.PLAINTEXT: TransportVerdict.PLAINTEXT,
}


def _capability(probe: Probe | None, at: datetime) -> str:
    if probe is None or not _is_fresh(probe, at) or probe.status is ProbeStatus.UNKNOWN:
        return "not_asked"
    return "not_seen" if probe.status is ProbeStatus.PLAINTEXT else "seen"


def _is_fresh(probe: Probe, at: datetime) -> bool:
    return probe.seen_at <= at <= probe.seen_at + PROBE_LIFE


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: TransportVerdict
    commitment: str
    reasons: tuple[str, ...] = ()


def _by_probe(probe: Probe | None, at: datetime, commitment: str, reasons: tuple[str, ...]) -> _Judged:
    if probe is None:
        return _Judged(TransportVerdict.UNKNOWN, commitment, reasons)
    if not _is_fresh(probe, at):
        return _Judged(TransportVerdict.UNKNOWN, commitment, (*reasons, "probe_stale"))
    reasons += probe.reasons
    verdict = _BY_PROBE.get(probe.status, TransportVerdict.UNKNOWN)
    return _Judged(verdict, commitment, reasons if probe.status in _BY_PROBE else (*reasons, "probe_unknown"))


def _by_policy(evidence: DomainEvidence, mx: MxFacts, state: PolicyState, at: datetime) -> _Judged | None:
    """The word of a policy in mode enforce, or None when there is none."""
    if state.cached is None or not cache.is_commitment(state.cached, at):
        return None
    if not mx.names or unmatched(state.cached.policy, mx.names):
        return _Judged(TransportVerdict.CONTRADICTED, "mta_sts", (*state.reasons, "mx_not_in_policy"))
    probe = evidence.probe
    seen_bad = {ProbeStatus.ENCRYPTED, ProbeStatus.LEGACY_TLS, ProbeStatus.PLAINTEXT}
    if probe is not None and _is_fresh(probe, at) and (probe.status in seen_bad or probe.unrooted):
        seen = f"probe_{probe.status}" if probe.status in seen_bad else "certificate_not_trusted"
        return _Judged(TransportVerdict.CONTRADICTED, "mta_sts", (*state.reasons, *probe.reasons, seen))
    return _Judged(TransportVerdict.MTA_STS_ENFORCE, "mta_sts", state.reasons)


def _mode_reason(state: PolicyState, at: datetime) -> tuple[str, ...]:
    if state.cached is None:
        return ()
    if not state.cached.in_force(at):
        return ("mta_sts_expired",)
    return () if state.cached.policy.mode is Mode.ENFORCE else (f"mta_sts_{state.cached.policy.mode}",)


def _by_mta_sts(evidence: DomainEvidence, mx: MxFacts, at: datetime) -> _Judged:
    state, partial = evidence.mta_sts, evidence.dane is DaneStatus.PARTIAL
    if state is None:
        return _Judged(TransportVerdict.UNKNOWN, "unknown", ("mta_sts_not_asked",))
    found = _by_policy(evidence, mx, state, at)
    if found is not None:
        return found
    reasons = state.reasons + _mode_reason(state, at)
    if not state.known or "mta_sts_expired" in reasons:
        return _Judged(TransportVerdict.UNKNOWN, "unknown", reasons)
    if partial:
        return _Judged(TransportVerdict.DANE_PARTIAL, "none", reasons)
    return _by_probe(evidence.probe, at, "none", reasons)


def _by_network(evidence: DomainEvidence, at: datetime) -> _Judged:
    """The word without the register."""
    mx, unknown = evidence.mx, TransportVerdict.UNKNOWN
    if evidence.dead:
        return _Judged(TransportVerdict.REFUSES, "none", ("mx_without_address",))
    if mx is None:
        return _Judged(unknown, "unknown")
    if mx.status in REFUSING:
        return _Judged(TransportVerdict.REFUSES, "none", (REFUSING[mx.status],))
    if mx.status in UNCLEAR:
        return _Judged(unknown, "unknown", (UNCLEAR[mx.status],))
    notes = tuple(
        word for word, holds in (("mx_implicit", mx.status is MxStatus.IMPLICIT), ("mx_address_ignored", bool(mx.ignored))) if holds
    )
    if evidence.dane is DaneStatus.UNKNOWN:
        return _Judged(unknown, "unknown", (*notes, "dane_unknown"))
    if evidence.dane is DaneStatus.MISMATCH:
        seen = evidence.probe.reasons if evidence.probe else ()
        return _Judged(TransportVerdict.CONTRADICTED, "dane", (*notes, *seen, "dane_mismatch"))
    if evidence.dane is DaneStatus.ALL:
        other = _by_policy(evidence, mx, evidence.mta_sts, at) if evidence.mta_sts else None
        if other is not None and other.verdict is TransportVerdict.CONTRADICTED:  # two promises, and one of them is broken
            return _Judged(TransportVerdict.CONTRADICTED, "dane", (*notes, *other.reasons))
        return _Judged(TransportVerdict.DANE, "dane", notes)
    found = _by_mta_sts(evidence, mx, at)
    return _Judged(found.verdict, found.commitment, notes + found.reasons)


def _without_register(evidence: DomainEvidence, at: datetime) -> tuple[_Judged, datetime]:
    """The network's word and when it ends: with the evidence, or with the policy it rests on. Too old (or not yet): unknown."""
    end = evidence.checked_at + timedelta(seconds=evidence.lifetime)
    if not evidence.checked_at <= at <= end:
        return _Judged(TransportVerdict.UNKNOWN, "unknown", ("evidence_stale",)), at
    judged = _by_network(evidence, at)
    policy = evidence.mta_sts.cached if evidence.mta_sts else None
    if judged.verdict is TransportVerdict.MTA_STS_ENFORCE and policy is not None:
        end = min(end, policy.expires_at)
    return judged, end


# The ticket's connector always uses TLS and checks the certificate: what these verdicts promise or show, our own path does not go below.
_HELD_BY_THE_CONNECTOR = frozenset({TransportVerdict.DANE, TransportVerdict.MTA_STS_ENFORCE, TransportVerdict.AUTHENTICATED_NOW})


def _not_proven(evidence: DomainEvidence, judged: _Judged, at: datetime, enforced: bool) -> tuple[str, ...]:
    """What this evidence does not show, whatever the verdict: it is written beside it, so that nobody reads more into it."""
    fresh = evidence.probe is not None and _is_fresh(evidence.probe, at) and evidence.probe.status is not ProbeStatus.UNKNOWN
    secure = evidence.mx is not None and evidence.mx.authenticated
    words = (
        ("delivery_not_observed", True),
        ("path_not_enforced", not enforced),
        ("server_not_probed", not fresh),
        ("mx_not_signed", not secure),
        ("commitment_not_found", judged.commitment not in {"dane", "mta_sts"}),
    )
    return tuple(word for word, holds in words if holds)


def network_verdict(evidence: DomainEvidence, at: datetime) -> TransportEvidence:
    """The word without the register: what the network's evidence says at ``at``."""
    judged, end = _without_register(evidence, at)
    enforced = evidence.ticket_connector and judged.verdict in _HELD_BY_THE_CONNECTOR
    return TransportEvidence(
        domain=evidence.domain,
        verdict=judged.verdict,
        capability=_capability(evidence.probe, at),
        commitment=judged.commitment,
        enforcement="connector" if enforced else "none",
        reasons=tuple(dict.fromkeys(evidence.reasons + judged.reasons)),
        checked_at=evidence.checked_at,
        expires_at=end,
        evidence_id=evidence.evidence_id,
        not_proven=_not_proven(evidence, judged, at, enforced),
    )


def with_register(answer: TransportEvidence, partners: Sequence[Partner], at: datetime) -> TransportEvidence:
    """``answer`` with the register's word before it: an entry in force decides alone, others leave their reason."""
    if not partners:
        return answer
    stands = standing(partners, at)
    reasons = tuple(dict.fromkeys(stands.reasons + answer.reasons))
    if stands.entry is None:
        return msgspec.structs.replace(answer, reasons=reasons)
    return TransportEvidence(
        domain=answer.domain,
        verdict=TransportVerdict.REGISTER,
        capability=answer.capability,
        commitment="register",
        enforcement="connector",
        reasons=stands.reasons,
        checked_at=answer.checked_at,
        expires_at=stands.ends_at,
        not_proven=("delivery_not_observed",),
    )


def verdict(evidence: DomainEvidence, at: datetime) -> TransportEvidence:
    """One of the eleven words for ``evidence.domain`` at ``at``, with commitment, capability and enforcement apart."""
    return with_register(network_verdict(replace(evidence, partners=()), at), evidence.partners, at)
