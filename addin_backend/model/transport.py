"""What DNS, HTTPS and SMTP said about a domain, as it came: raw enough to be read again years later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Wire:
    """One DNS exchange as it came, so that it can be read again years later: the question, the response's octets, who gave it.

    ``octets`` hold the RRsets with their RRSIGs, b"" when nothing came. ``status``: ok, none (NXDOMAIN, or no such type), timeout,
    bogus (SERVFAIL with a DNSSEC reason, RFC 8914), error. ``authenticated``: the AD flag of a resolver on this machine.
    """

    name: str
    kind: str
    status: str
    octets: bytes = b""
    authenticated: bool = False
    ede: tuple[int, ...] = ()
    resolver: str = ""


@dataclass(frozen=True, slots=True)
class MxAnswer:
    """MX of a domain. ``status``: ok, implicit, null, none (NXDOMAIN), no_address (neither MX nor address), timeout, bogus, error."""

    status: str
    hosts: tuple[tuple[int, str], ...] = ()
    ttl: int = 0
    authenticated: bool = False
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TxtAnswer:
    """TXT strings at a name, each already joined. ``status``: ok, none, timeout, bogus, error."""

    status: str
    texts: tuple[str, ...] = ()
    ttl: int = 0
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """IP addresses of a name in one family, or in the first that has any. ``status``: ok, none (no such name or address), timeout,
    bogus, error. ``canonical`` is the name at the end of the CNAME chain, "" without one.
    """

    status: str
    addresses: tuple[str, ...] = ()
    ttl: int = 0
    authenticated: bool = False
    canonical: str = ""
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """Both families of an MX host. ``alias_authenticated``: the host is an alias, and the alias itself is secure (RFC 7672 §2.2.2)."""

    v4: AddressAnswer
    v6: AddressAnswer
    alias_authenticated: bool = False
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """TLSA records at ``base``'s port 25: (usage, selector, matching type, data). ``status``: ok, none, timeout, bogus, error."""

    base: str
    status: str
    records: tuple[tuple[int, int, int, bytes], ...] = ()
    ttl: int = 0
    authenticated: bool = False
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """An MTA-STS policy as it was fetched, with the id its TXT record had: raw, so that it can be read again years later."""

    record_id: str
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """An MTA-STS policy as fetched. ``status``: ok, not_found, timeout, tls_error, wrong_type, too_large, redirect, error, refused.

    ``address`` was asked, and ``certificate`` (SHA-256, hex) is what it showed.
    """

    status: str
    body: bytes = b""
    address: str = field(default="", compare=False)
    certificate: str = field(default="", compare=False)
    wires: tuple[Wire, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AddressProbe:
    """What one address of an MX host did. ``outcome``: tls (1.2 or newer), legacy_tls, plaintext, unknown; ``detail`` says why.

    ``chain`` are SHA-256 (hex) of the certificates as shown, the leaf first; ``milliseconds`` from connecting to the end.
    """

    address: str
    outcome: str
    detail: str = ""
    version: str = ""
    cipher: str = ""
    chain: tuple[str, ...] = ()
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class HostProbe:
    """One STARTTLS probe of an MX host on port 25. ``certificates``: DER, each once. ``vantage`` names the place it was made from.

    ``statement`` is the signed note of a worker elsewhere, as it came; b"" for a probe of our own.
    """

    host: str
    sni: str
    seen_at: datetime
    addresses: tuple[AddressProbe, ...]
    certificates: tuple[bytes, ...] = ()
    vantage: str = ""
    statement: bytes = b""


class Proof(NamedTuple):
    """Kept evidence: its digest (SHA-256, hex), its octets, and the certificates that it names by their own digests."""

    evidence_id: str
    body: bytes
    certificates: Mapping[str, bytes]
