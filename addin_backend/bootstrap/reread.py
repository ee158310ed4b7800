"""Kept evidence read again from the very octets that came: DNS responses by the reading that the live look-up uses."""

from __future__ import annotations

import msgspec

from addin_backend.edges.dns import answers
from addin_backend.edges.dns.exchange import Heard, read
from addin_backend.errors import LogBroken
from addin_backend.evidence.transport.dossier import Observed, ObservedHost
from addin_backend.model.transport import HostAnswer, MxAnswer, TlsaAnswer, TxtAnswer, Wire


def _heard(wires: tuple[Wire, ...], kind: str) -> Heard | None:
    return next((read(wire) for wire in wires if wire.kind == kind), None)


def _mx(domain: str, kept: MxAnswer) -> MxAnswer:
    heard = _heard(kept.wires, "MX")
    return kept if heard is None else answers.mx(domain, heard, _heard(kept.wires, "A"), _heard(kept.wires, "AAAA"))


def _txt(kept: TxtAnswer) -> TxtAnswer:
    heard = _heard(kept.wires, "TXT")
    return kept if heard is None else answers.txt(heard)


def _tlsa(kept: TlsaAnswer) -> TlsaAnswer:
    heard = _heard(kept.wires, "TLSA")
    return kept if heard is None else answers.tlsa(kept.base, heard)


def _addresses(kept: HostAnswer) -> HostAnswer:
    v4, v6 = _heard(kept.wires, "A"), _heard(kept.wires, "AAAA")
    return kept if v4 is None or v6 is None else answers.host(v4, v6, _heard(kept.wires, "CNAME"))


def _host(kept: ObservedHost) -> ObservedHost:
    return msgspec.structs.replace(kept, addresses=_addresses(kept.addresses), tlsa=tuple(_tlsa(item) for item in kept.tlsa))


def reread(observed: Observed) -> Observed:
    """The document with every DNS answer read anew. Raises LogBroken when an answer is no DNS message."""
    try:
        return msgspec.structs.replace(
            observed,
            mx=None if observed.mx is None else _mx(observed.domain, observed.mx),
            txt=None if observed.txt is None else _txt(observed.txt),
            hosts=tuple(_host(item) for item in observed.hosts),
        )
    except ValueError:
        raise LogBroken(
            "A DNS answer in the kept evidence cannot be read.", sentence_da="Et DNS-svar i det gemte bevis kan ikke læses."
        ) from None
