"""Which addresses lie on the open internet: nothing that we read about a stranger may lead us into our own network."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(  # what ``is_global`` lets through
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's platform address: the host's agent and resolver, reachable from every machine there
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for (mapped, RFC 4291 §2.5.5.2; NAT64, RFC 6052 §2.1), else itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(text: str) -> bool:
    """Whether an address lies on the open internet: not private, loopback, link-local, multicast, reserved, nor a tunnel to one."""
    try:
        address = _inner(ipaddress.ip_address(text))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo or address.is_site_local):
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
