"""TLSA records (RFC 6698, 7671, 7672): which base domain is asked, which records can be used, and whether a certificate matches.

For SMTP only usages 2 (DANE-TA) and 3 (DANE-EE) count; the PKIX usages are unusable (RFC 7672 §3.1.3). Nothing here raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from addin_backend.evidence.transport.chain import LONGEST_CHAIN, Anchors, name_holds
from addin_backend.model.transport import AddressAnswer, HostAnswer, TlsaAnswer

TA, EE = 2, 3
CERTIFICATE, KEY = 0, 1
FULL, SHA256, SHA512 = 0, 1, 2
_LENGTHS = {SHA256: 32, SHA512: 64}
_FAILED = frozenset({"timeout", "bogus", "error"})


class TlsaRecord(NamedTuple):
    """One record."""

    usage: int
    selector: int
    matching: int
    data: bytes


class TlsaStatus(StrEnum):
    """What DNS says about DANE at one MX host."""

    USABLE = "usable"
    UNUSABLE = "unusable"  # securely published, and none of the records can be used: TLS is a must, nobody can be authenticated
    NONE = "none"  # securely nothing there, or not secure
    ABSENT = "absent"  # the host securely has no address: no mail goes there
    UNKNOWN = "unknown"  # could not be found out


# --- which records ----------------------------------------------------------------------------------------------------


def _reachable(answer: HostAnswer) -> list[AddressAnswer]:
    return [item for item in (answer.v4, answer.v6) if item.status == "ok"]


def bases(name: str, answer: HostAnswer) -> tuple[str, ...]:
    """The base domains to ask, the expanded name first (RFC 7672 §2.2.2); none where the addresses are not secure.

    An alias whose end is not secure may still be secure itself: then its own name is asked.
    """
    found = _reachable(answer)
    if not found:
        return ()
    ends = {item.canonical for item in found}
    if all(item.authenticated for item in found):
        end = ends.pop() if len(ends) == 1 else ""
        return (end, name) if end and end != name else (name,)
    return (name,) if answer.alias_authenticated and "" not in ends else ()


class HostTlsa(NamedTuple):
    """The records of a host that count, at the base domain where they stand."""

    status: TlsaStatus
    base: str = ""
    records: tuple[TlsaRecord, ...] = ()


def _without_address(answer: HostAnswer) -> TlsaStatus:
    families = (answer.v4, answer.v6)
    if any(item.status in _FAILED for item in families):
        return TlsaStatus.UNKNOWN
    return TlsaStatus.ABSENT if all(item.authenticated for item in families) else TlsaStatus.NONE


def of_host(name: str, answer: HostAnswer, asked: Sequence[TlsaAnswer]) -> HostTlsa:
    """The first secure, non-empty answer among ``asked`` (in the order of ``bases``); a look-up that failed before it ends the search."""
    if not _reachable(answer):
        return HostTlsa(_without_address(answer))
    wanted = bases(name, answer)
    by_base = {item.base: item for item in asked}
    for base in wanted:
        found = by_base.get(base)
        if found is None or found.status not in {"ok", "none"}:
            return HostTlsa(TlsaStatus.UNKNOWN, base)
        if found.status == "ok" and found.authenticated and found.records:
            records = tuple(TlsaRecord(*item) for item in found.records)
            return HostTlsa(TlsaStatus.USABLE if any(map(is_usable, records)) else TlsaStatus.UNUSABLE, base, records)
    return HostTlsa(TlsaStatus.NONE)


def is_usable(record: TlsaRecord) -> bool:
    """Whether a record can authenticate an SMTP server (RFC 7672 §3.1, RFC 7671 §4)."""
    if record.usage not in (TA, EE) or record.selector not in (CERTIFICATE, KEY):
        return False
    if record.matching == FULL:
        return _is_key(record.data) if record.selector == KEY else _certificate(record.data) is not None
    return len(record.data) == _LENGTHS.get(record.matching, -1)


def strongest(records: Iterable[TlsaRecord]) -> tuple[TlsaRecord, ...]:
    """The usable records, of digests only the strongest per usage and selector (digest agility, RFC 7671 §9); full data always stays."""
    usable = [record for record in records if is_usable(record)]
    best: dict[tuple[int, int], int] = {}
    for record in usable:
        place = (record.usage, record.selector)
        best[place] = max(best.get(place, FULL), record.matching)
    return tuple(record for record in usable if record.matching in (FULL, best[record.usage, record.selector]))


# --- whether a certificate matches ------------------------------------------------------------------------------------


def _certificate(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _is_key(der: bytes) -> bool:
    try:
        load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _selected(der: bytes, selector: int) -> bytes:
    if selector == CERTIFICATE:
        return der
    certificate = _certificate(der)
    if certificate is None:
        return b""
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def fits(record: TlsaRecord, der: bytes) -> bool:
    """Whether a certificate is the one that the record names (RFC 6698 §2.1)."""
    data = _selected(der, record.selector)
    if not data:
        return False
    if record.matching == FULL:
        return data == record.data
    return {SHA256: hashlib.sha256, SHA512: hashlib.sha512}[record.matching](data).digest() == record.data


def _signed_by(der: bytes, key_der: bytes) -> bool:
    """Whether a certificate was signed with a bare key: a trust anchor out of band, ``2 1 0``."""
    certificate = _certificate(der)
    if certificate is None:
        return False
    try:
        key = load_der_public_key(key_der)
        signature, signed, hashed = certificate.signature, certificate.tbs_certificate_bytes, certificate.signature_hash_algorithm
        parameters = certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and hashed is not None and isinstance(parameters, padding.PKCS1v15 | padding.PSS):
            key.verify(signature, signed, parameters, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _anchors(record: TlsaRecord, chain: Sequence[bytes]) -> list[bytes]:
    """The certificates that a usage 2 record makes an anchor: above the leaf in the chain, or out of band."""
    found = [der for der in chain[1:] if fits(record, der)]
    if record.matching == FULL and not found:
        if record.selector == CERTIFICATE:
            return [record.data]
        return [der for der in chain if _signed_by(der, record.data)]
    return found


def matches(records: Iterable[TlsaRecord], chain: Sequence[bytes], names: Sequence[str], at: datetime) -> bool:
    """Whether a shown chain (DER, leaf first) is one that the usable records authenticate for one of ``names``.

    Usage 3: the leaf itself, whatever its name and dates (RFC 7672 §3.1.1). Usage 2: a chain to the anchor, valid at ``at``, and the
    name in it (§3.1.2). ``names``: the base domain and the recipient's domain (§3.2.2).
    """
    shown = list(chain[:LONGEST_CHAIN])
    if not shown or _certificate(shown[0]) is None:
        return False
    kept = strongest(records)
    if any(record.usage == EE and fits(record, shown[0]) for record in kept):
        return True
    anchors = [der for record in kept if record.usage == TA for der in _anchors(record, shown)]
    if not anchors or Anchors(anchors).walk(shown, at).word != "ok":
        return False
    return any(name_holds(shown[0], name) for name in names)
