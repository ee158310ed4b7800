"""One MX host: what DANE promises there, what a probe saw, and what that makes of it; then the domain as its worst host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from addin_backend.evidence.transport import tlsa
from addin_backend.evidence.transport.tlsa import HostTlsa, TlsaStatus
from addin_backend.model.transport import AddressProbe, HostProbe

NOT_ASKED = "no_route"  # an address of a family that the probing machine does not have: not asked, rather than not answered


class DaneStatus(StrEnum):
    """What DANE gives for the domain as a whole (RFC 7672)."""

    ALL = "all"  # MX answer secure, every MX with a usable TLSA
    PARTIAL = "partial"  # only some MX, or behind an unsigned MX answer
    MISMATCH = "mismatch"  # published, and the certificate is another
    NONE = "none"
    UNKNOWN = "unknown"  # could not be found out


class ProbeStatus(StrEnum):
    """What a STARTTLS probe saw; of several the worst. ``PLAINTEXT`` and ``LEGACY_TLS`` are facts that no failure elsewhere undoes."""

    AUTHENTICATED = "authenticated"  # TLS 1.2 or newer, chain and name hold (or DANE does)
    ENCRYPTED = "encrypted"  # TLS 1.2 or newer, the certificate does not hold
    UNKNOWN = "unknown"
    LEGACY_TLS = "legacy_tls"
    PLAINTEXT = "plaintext"


_BADNESS = {status: number for number, status in enumerate(ProbeStatus)}


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of all eligible MX. ``seen_at``: the oldest part of it. ``unrooted``: a certificate was seen that leads to no known
    authority or is not the host's; DANE may hold all the same, an MTA-STS policy does not.
    """

    status: ProbeStatus
    seen_at: datetime
    reasons: tuple[str, ...] = ()
    unrooted: bool = False


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One MX host. ``probe`` is None where none is at hand; ``broken``: it published TLSA records, and was seen to break them."""

    name: str
    tlsa: TlsaStatus
    probe: ProbeStatus | None = None
    seen_at: datetime | None = None
    broken: bool = False
    reasons: tuple[str, ...] = ()
    unrooted: bool = False


def _outcome(
    probed: AddressProbe, pkix_word: str, promised: HostTlsa, matches: Callable[[AddressProbe], bool]
) -> tuple[ProbeStatus, bool, str]:
    """(status, broken, reason) of one address."""
    promises = promised.status is TlsaStatus.USABLE
    if probed.outcome == "plaintext":
        return ProbeStatus.PLAINTEXT, promises, f"probe_{probed.detail}" if probed.detail else ""
    if probed.outcome == "legacy_tls":
        return ProbeStatus.LEGACY_TLS, promises, ""
    if probed.outcome != "tls":
        return ProbeStatus.UNKNOWN, False, f"probe_{probed.detail or 'failed'}"
    if promises:
        held = matches(probed)
        return (ProbeStatus.AUTHENTICATED if held else ProbeStatus.ENCRYPTED), not held, "" if held else "dane_mismatch"
    if pkix_word == "ok":
        return ProbeStatus.AUTHENTICATED, False, ""
    return ProbeStatus.ENCRYPTED, False, f"certificate_{pkix_word}"


def judge(
    name: str, promised: HostTlsa, probe: HostProbe | None, pkix: Sequence[str], certificates: Mapping[str, bytes], nexthop: str
) -> HostFacts:
    """What is known of one host. ``pkix``: a word per address of ``probe``; ``certificates``: DER by fingerprint."""
    notes: tuple[str, ...] = ("dane_unusable",) if promised.status is TlsaStatus.UNUSABLE else ()
    if probe is None:
        return HostFacts(name, promised.status, reasons=notes)

    def matches(probed: AddressProbe) -> bool:
        chain = [certificates[item] for item in probed.chain if item in certificates]
        return tlsa.matches(promised.records, chain, (promised.base, nexthop), probe.seen_at)

    paired = list(zip(probe.addresses, pkix, strict=True))
    asked = [pair for pair in paired if pair[0].detail != NOT_ASKED] or paired
    found = [_outcome(probed, word, promised, matches) for probed, word in asked]
    if len(asked) < len(paired):
        notes += ("probe_no_route",)
    reasons = notes + tuple(dict.fromkeys(reason for _, _, reason in found if reason))
    worst = max((status for status, _, _ in found), key=_BADNESS.__getitem__, default=ProbeStatus.UNKNOWN)
    broken, unrooted = any(broken for _, broken, _ in found), any(probed.outcome == "tls" and word != "ok" for probed, word in asked)
    return HostFacts(name, promised.status, worst, probe.seen_at, broken, reasons, unrooted)


def dane(mx_authenticated: bool, hosts: Sequence[HostFacts]) -> DaneStatus:
    """DANE over all hosts. A host that securely has no address is no way in and counts for nothing."""
    if any(host.broken for host in hosts):
        return DaneStatus.MISMATCH
    ways_in = [host.tlsa for host in hosts if host.tlsa is not TlsaStatus.ABSENT]
    if TlsaStatus.UNKNOWN in ways_in:
        return DaneStatus.UNKNOWN
    if TlsaStatus.USABLE not in ways_in:
        return DaneStatus.NONE
    whole = mx_authenticated and all(status is TlsaStatus.USABLE for status in ways_in)
    return DaneStatus.ALL if whole else DaneStatus.PARTIAL


def probe(hosts: Sequence[HostFacts]) -> Probe | None:
    """The worst host as the domain's probe; a host that was not probed leaves it unknown, and no probe at all leaves none."""
    ways_in = [host for host in hosts if host.tlsa is not TlsaStatus.ABSENT]
    seen = [host.seen_at for host in ways_in if host.seen_at is not None]
    if not seen:
        return None
    worst = max((host.probe or ProbeStatus.UNKNOWN for host in ways_in), key=_BADNESS.__getitem__)
    reasons = tuple(dict.fromkeys(reason for host in ways_in for reason in host.reasons))
    return Probe(worst, min(seen), reasons, any(host.unrooted for host in ways_in))
