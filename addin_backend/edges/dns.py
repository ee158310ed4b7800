"""DNS through dnspython: MX, TXT and addresses with one deadline each. A fault of the network is a status, never an exception."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver

from addin_backend.ports import AddressAnswer, MxAnswer, TxtAnswer

TRY = 0.7  # seconds until a datagram that got no answer is sent again
BACK_OFF = 0.1  # seconds that dnspython sleeps after a round without an answer, past the lifetime it was given
UDP_PAYLOAD = 1232  # octets that pass without fragments (DNS Flag Day 2020); longer answers come by TCP

A = TypeVar("A")


class BadResolver(ValueError):
    """The resolver is not IP:PORT."""


def parse_resolver(text: str) -> tuple[str, int]:
    """``"127.0.0.1:5353"``, ``"[::1]:5353"`` or an address alone (port 53). Raises BadResolver."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or (text.count(":") > 1 and not host.endswith("]")):
        host, port = text.strip(), "53"
    try:
        address, number = str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))), int(port)
    except ValueError:
        raise BadResolver("the resolver must be written IP:PORT") from None
    if not 0 < number < 65536:
        raise BadResolver("the port of the resolver must lie between 1 and 65535")
    return address, number


def is_loopback(resolver: str) -> bool:
    """Whether ``resolver`` (IP:PORT) is on this machine. Such a one is the test setting that permits private addresses."""
    return bool(resolver) and ipaddress.ip_address(parse_resolver(resolver)[0]).is_loopback


def _configured(resolver: str) -> dns.resolver.Resolver:
    """The resolver asked for, or the system's. The answers' AD flag is asked for by DO; CD is never set (tls.md §3)."""
    made = dns.resolver.Resolver(configure=not resolver)
    if resolver:
        address, port = parse_resolver(resolver)
        made.nameservers, made.port = [address], port
    made.timeout = TRY
    made.use_edns(0, dns.flags.DO, UDP_PAYLOAD)
    made.flags = dns.flags.RD | dns.flags.AD
    return made


def _ttl(message: dns.message.Message) -> int:
    """The least TTL on the way to the answer, or that of a negative answer (RFC 2308 §5)."""
    if not isinstance(message, dns.message.QueryMessage):
        return 0
    try:
        return int(message.resolve_chaining().minimum_ttl)
    except dns.exception.DNSException:
        return 0


def _joined(strings: tuple[bytes, ...]) -> str:
    """The strings of one TXT record as one text (RFC 7208 §3.3); what is not ASCII becomes U+FFFD, which no parser takes."""
    return b"".join(strings).decode("ascii", "replace")


class DnsResolver:
    """The Resolver and AddressResolver ports. ``resolver``: IP:PORT, or "" for the system's. Thread-safe.

    ``authenticated`` is True only for an AD flag that came from a resolver on this machine: on any other way it could be forged.
    Raises BadResolver for a resolver that is not IP:PORT, nothing later.
    """

    def __init__(self, resolver: str = "") -> None:
        if resolver:
            parse_resolver(resolver)
        self._resolver = resolver
        self._lock = threading.Lock()
        self._made: dns.resolver.Resolver | None = None

    def _ask(self, name: str, kind: str, deadline: float) -> dns.resolver.Answer:
        with self._lock:  # read the system's configuration once, and not before it is needed
            if self._made is None:
                self._made = _configured(self._resolver)
        end, round_of_all = time.monotonic() + deadline, TRY * max(1, len(self._made.nameservers))
        while (left := end - time.monotonic() - BACK_OFF) > 0:
            try:
                return self._made.resolve(name, kind, lifetime=min(left, round_of_all), search=False, raise_on_no_answer=False)
            except dns.resolver.LifetimeTimeout:  # a datagram may be lost: ask again while there is time
                continue
        raise dns.exception.Timeout

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        """Who receives mail for ``domain``. Without MX the addresses are asked for, too (RFC 5321 §5.1)."""
        end = time.monotonic() + deadline

        def read() -> MxAnswer:
            answer = self._ask(domain, "MX", deadline)
            ttl, authenticated = _ttl(answer.response), _is_authenticated(answer)
            if answer.rrset is None:
                return self._implicit(domain, end - time.monotonic(), ttl, authenticated)
            hosts = tuple((int(item.preference), item.exchange.to_text(omit_final_dot=True).lower().strip(".")) for item in answer.rrset)
            return MxAnswer("null" if [name for _, name in hosts] == [""] else "ok", hosts, ttl, authenticated)

        return _guarded(read, lambda status, ttl: MxAnswer(status, ttl=ttl))

    def _implicit(self, domain: str, deadline: float, ttl: int, authenticated: bool) -> MxAnswer:
        found = self.addresses(domain, deadline)
        status = {"ok": "implicit", "none": "no_address"}.get(found.status, found.status)
        return MxAnswer(status, ((0, domain),) if status == "implicit" else (), min(ttl, found.ttl), authenticated)

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        """The TXT records at ``name``, following CNAME."""

        def read() -> TxtAnswer:
            answer = self._ask(name, "TXT", deadline)
            texts = tuple(_joined(item.strings) for item in answer.rrset or ())
            return TxtAnswer("ok" if texts else "none", texts, _ttl(answer.response))

        return _guarded(read, lambda status, ttl: TxtAnswer(status, ttl=ttl))

    def addresses(self, name: str, deadline: float) -> AddressAnswer:
        """A, or AAAA where there is no A: one address is enough to go on. "none" needs both families to say so."""
        end = time.monotonic() + deadline
        first = self._family(name, "A", deadline / 2)
        if first.status == "ok":
            return first
        second = self._family(name, "AAAA", end - time.monotonic())
        return first if second.status == "none" and first.status != "none" else second

    def _family(self, name: str, kind: str, deadline: float) -> AddressAnswer:
        def read() -> AddressAnswer:
            answer = self._ask(name, kind, deadline)
            addresses = tuple(str(item.address) for item in answer.rrset or ())
            return AddressAnswer("ok" if addresses else "none", addresses, _ttl(answer.response))

        return _guarded(read, lambda status, ttl: AddressAnswer(status, ttl=ttl))


def _is_authenticated(answer: dns.resolver.Answer) -> bool:
    asked = str(answer.nameserver or "")
    try:
        local = ipaddress.ip_address(asked).is_loopback
    except ValueError:  # a resolver named by URL is not on this machine
        local = False
    return local and bool(answer.response.flags & dns.flags.AD)


def _guarded(read: Callable[[], A], failed: Callable[[str, int], A]) -> A:
    """The answer of ``read``, or ``failed(status, ttl)``: none for NXDOMAIN, timeout, or error for all the rest."""
    try:
        return read()
    except dns.resolver.NXDOMAIN as gone:
        answers = gone.kwargs.get("responses", {}).values()
        return failed("none", min((_ttl(message) for message in answers), default=0))
    except dns.exception.Timeout:
        return failed("timeout", 0)
    except (dns.exception.DNSException, OSError, ValueError):
        return failed("error", 0)
