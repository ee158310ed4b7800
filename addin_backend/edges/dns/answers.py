"""What DNS responses say, read from the exchanges as they came; the same reading serves the network and the kept evidence."""

from __future__ import annotations

import socket
import struct

from addin_backend.edges.dns import wire
from addin_backend.edges.dns.exchange import Heard
from addin_backend.edges.dns.wire import Chained, Malformed, Message, Record
from addin_backend.model.transport import AddressAnswer, HostAnswer, MxAnswer, TlsaAnswer, TxtAnswer

MALFORMED = (255, 255, 255, b"")  # stands for records that are there and have no form: nobody can use them


_NOTHING = Chained((), 0, "")


def _chain(heard: Heard) -> tuple[str, Chained]:
    """Status, and what stands at the end of the aliases."""
    status, message = heard.wire.status, heard.message
    if message is None or status not in {"ok", "none"}:
        return status, _NOTHING
    try:
        found = message.chained()
    except Malformed:  # a chain of aliases without end
        return "error", _NOTHING
    return (status if found.records else "none"), found


def _data(message: Message | None, record: Record) -> bytes:
    return message.octets[record.start : record.end] if message is not None else b""


def _joined(data: bytes) -> str:
    """The strings of one TXT record as one text (RFC 7208 §3.3); what is not ASCII becomes U+FFFD, which no parser takes."""
    found, place = b"", 0
    while place < len(data):
        end = place + 1 + data[place]
        if end > len(data):
            raise Malformed
        found, place = found + data[place + 1 : end], end
    return found.decode("ascii", "replace")


def txt(heard: Heard) -> TxtAnswer:
    """The TXT records, following CNAME."""
    status, found = _chain(heard)
    try:
        texts = tuple(dict.fromkeys(_joined(_data(heard.message, record)) for record in found.records))
    except Malformed:
        return TxtAnswer("error", (), 0, (heard.wire,))
    return TxtAnswer(status, texts, found.ttl, (heard.wire,))


def tlsa(base: str, heard: Heard) -> TlsaAnswer:
    """The TLSA records of ``base``; a CNAME at their own name changes nothing about the base (RFC 7671 §7)."""
    status, found = _chain(heard)
    datas = [_data(heard.message, record) for record in found.records]
    read = tuple(dict.fromkeys((data[0], data[1], data[2], data[3:]) for data in datas if len(data) > 2))
    if datas and not read:
        read = (MALFORMED,)
    return TlsaAnswer(base, status, read, found.ttl, heard.wire.authenticated, (heard.wire,))


def family(heard: Heard) -> AddressAnswer:
    """The addresses of one family."""
    status, found = _chain(heard)
    of, length = (socket.AF_INET6, 16) if heard.wire.kind == "AAAA" else (socket.AF_INET, 4)
    datas = [_data(heard.message, record) for record in found.records]
    if any(len(data) != length for data in datas):
        return AddressAnswer("error", (), 0, heard.wire.authenticated, "", (heard.wire,))
    addresses = tuple(dict.fromkeys(socket.inet_ntop(of, data) for data in datas))
    return AddressAnswer(status, addresses, found.ttl, heard.wire.authenticated, found.canonical, (heard.wire,))


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


def _exchange(message: Message, record: Record) -> tuple[int, str]:
    """Preference and host of an MX record."""
    if record.end - record.start < 3:
        raise Malformed
    name, end = wire.name_at(message.octets, record.start + 2)
    if end != record.end:
        raise Malformed
    return struct.unpack_from("!H", message.octets, record.start)[0], name.strip(".")


def mx(domain: str, heard: Heard, v4: Heard | None, v6: Heard | None) -> MxAnswer:
    """Who receives mail for ``domain``. Without MX the addresses say whether the domain itself does (RFC 5321 §5.1)."""
    status, found = _chain(heard)
    authenticated = heard.wire.authenticated
    if found.records and heard.message is not None:
        try:
            hosts = tuple(dict.fromkeys(_exchange(heard.message, record) for record in found.records))
        except Malformed:  # without one MX the others would look like all
            return MxAnswer("error", (), 0, authenticated, (heard.wire,))
        return MxAnswer("null" if [name for _, name in hosts] == [""] else "ok", hosts, found.ttl, authenticated, (heard.wire,))
    if is_empty(heard) and v4 is not None and v6 is not None:
        either_way = either(family(v4), family(v6))
        status = {"ok": "implicit", "none": "no_address"}.get(either_way.status, either_way.status)
        hosts = ((0, domain),) if status == "implicit" else ()
        both = authenticated and either_way.authenticated
        return MxAnswer(status, hosts, min(found.ttl, either_way.ttl), both, (heard.wire, *either_way.wires))
    return MxAnswer(status, (), found.ttl, authenticated, (heard.wire,))


def is_empty(heard: Heard) -> bool:
    """Whether the name exists and has no such record (NOERROR): only then an address may stand in for an MX."""
    return heard.wire.status == "ok" and _chain(heard)[0] == "none"
