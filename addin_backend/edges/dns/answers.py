"""What DNS responses say, read from the exchanges as they came; the same reading serves the network and the kept evidence."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.rrset

from addin_backend.edges.dns.exchange import Heard
from addin_backend.model.transport import AddressAnswer, HostAnswer, MxAnswer, TlsaAnswer, TxtAnswer

MALFORMED = (255, 255, 255, b"")  # stands for records that are there and have no form: nobody can use them


def _chain(heard: Heard) -> tuple[str, dns.rrset.RRset | None, int, str]:
    """Status, records, the least TTL on the way (that of a negative answer: RFC 2308 §5), and the name at the end of the aliases."""
    status, message = heard.wire.status, heard.message
    if message is None or status not in {"ok", "none"}:
        return status, None, 0, ""
    try:
        result = message.resolve_chaining()
    except dns.exception.DNSException:  # a chain of aliases without end
        return "error", None, 0, ""
    canonical = result.canonical_name.to_text(omit_final_dot=True).lower() if result.cnames else ""
    found = status if result.answer is not None else "none"
    return found, result.answer, int(result.minimum_ttl), canonical


def _joined(strings: tuple[bytes, ...]) -> str:
    """The strings of one TXT record as one text (RFC 7208 §3.3); what is not ASCII becomes U+FFFD, which no parser takes."""
    return b"".join(strings).decode("ascii", "replace")


def txt(heard: Heard) -> TxtAnswer:
    """The TXT records, following CNAME."""
    status, records, ttl, _ = _chain(heard)
    return TxtAnswer(status, tuple(_joined(item.strings) for item in records or ()), ttl, (heard.wire,))


def tlsa(base: str, heard: Heard) -> TlsaAnswer:
    """The TLSA records of ``base``; a CNAME at their own name changes nothing about the base (RFC 7671 §7)."""
    status, records, ttl, _ = _chain(heard)
    read = tuple((int(item.usage), int(item.selector), int(item.mtype), bytes(item.cert)) for item in records or ())
    if not read and heard.message is not None and heard.message.errors:
        status, read = "ok", (MALFORMED,)
    return TlsaAnswer(base, status, read, ttl, heard.wire.authenticated, (heard.wire,))


def family(heard: Heard) -> AddressAnswer:
    """The addresses of one family."""
    status, records, ttl, canonical = _chain(heard)
    addresses = tuple(str(item.address) for item in records or ())
    return AddressAnswer(status, addresses, ttl, heard.wire.authenticated, canonical, (heard.wire,))


def either(v4: AddressAnswer, v6: AddressAnswer) -> AddressAnswer:
    """IPv4, or IPv6 where there is none. "none" needs both families to say so."""
    wires = v4.wires + v6.wires
    if v4.status == "ok":
        chosen = v4
    else:
        chosen = v4 if v6.status == "none" and v4.status != "none" else v6
    return AddressAnswer(chosen.status, chosen.addresses, chosen.ttl, chosen.authenticated, chosen.canonical, wires)


def host(v4: Heard, v6: Heard, alias: Heard | None) -> HostAnswer:
    """Both families; ``alias`` is the answer about the host's own CNAME record."""
    secure = alias is not None and alias.wire.authenticated and _chain(alias)[0] == "ok"
    wires = (v4.wire, v6.wire, *((alias.wire,) if alias else ()))
    return HostAnswer(family(v4), family(v6), secure, wires)


def mx(domain: str, heard: Heard, v4: Heard | None, v6: Heard | None) -> MxAnswer:
    """Who receives mail for ``domain``. Without MX the addresses say whether the domain itself does (RFC 5321 §5.1)."""
    status, records, ttl, _ = _chain(heard)
    authenticated = heard.wire.authenticated
    if records is not None:
        hosts = tuple((int(item.preference), item.exchange.to_text(omit_final_dot=True).lower().strip(".")) for item in records)
        return MxAnswer("null" if [name for _, name in hosts] == [""] else "ok", hosts, ttl, authenticated, (heard.wire,))
    if is_empty(heard) and v4 is not None and v6 is not None:
        found = either(family(v4), family(v6))
        status = {"ok": "implicit", "none": "no_address"}.get(found.status, found.status)
        hosts = ((0, domain),) if status == "implicit" else ()
        both = authenticated and found.authenticated
        return MxAnswer(status, hosts, min(ttl, found.ttl), both, (heard.wire, *found.wires))
    return MxAnswer(status, (), ttl, authenticated, (heard.wire,))


def is_empty(heard: Heard) -> bool:
    """Whether the name exists and has no such record (NOERROR): only then an address may stand in for an MX."""
    return heard.wire.status == "ok" and _chain(heard)[0] == "none"
