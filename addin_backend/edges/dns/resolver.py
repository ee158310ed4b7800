"""The Resolver and AddressResolver ports over one resolver, or the system's."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Mapping, Sequence

import dns.exception
import dns.resolver

from addin_backend.edges.dns import answers
from addin_backend.edges.dns.exchange import Heard, Question, Server, ask
from addin_backend.model.transport import AddressAnswer, HostAnswer, MxAnswer, TlsaAnswer, TxtAnswer

TLSA_PORT = 25
MOST_SERVERS = 3  # resolv.conf(5): MAXNS


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


def _server(address: str, port: int) -> Server | None:
    try:
        return Server(address, port, ipaddress.ip_address(address.split("%")[0]).is_loopback)
    except ValueError:  # a resolver named by URL: neither asked nor on this machine
        return None


def _servers(resolver: str) -> tuple[Server, ...]:
    """The resolver asked for, or those of the system; none where the system names none."""
    if resolver:
        address, port = parse_resolver(resolver)
        return (Server(address, port, ipaddress.ip_address(address).is_loopback),)
    try:
        system = dns.resolver.Resolver(configure=True)
    except (dns.exception.DNSException, OSError):
        return ()
    found = (_server(str(item), system.port) for item in system.nameservers[:MOST_SERVERS])
    return tuple(item for item in found if item is not None)


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
        self._servers: tuple[Server, ...] | None = None

    def _ask(self, questions: Sequence[Question], deadline: float) -> dict[Question, Heard]:
        with self._lock:  # read the system's configuration once, and not before it is needed
            if self._servers is None:
                self._servers = _servers(self._resolver)
        return ask(questions, self._servers, deadline)

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        """Who receives mail for ``domain``. Without MX the addresses are asked for, too (RFC 5321 §5.1)."""
        end, question = time.monotonic() + deadline, Question(domain, "MX")
        heard = self._ask([question], deadline)[question]
        if not answers.is_empty(heard):
            return answers.mx(domain, heard, None, None)
        v4, v6 = self._families(domain, end - time.monotonic())
        return answers.mx(domain, heard, v4, v6)

    def _families(self, name: str, deadline: float) -> tuple[Heard, Heard]:
        v4, v6 = Question(name, "A"), Question(name, "AAAA")
        found = self._ask([v4, v6], deadline)
        return found[v4], found[v6]

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        """The TXT records at ``name``, following CNAME."""
        question = Question(name, "TXT")
        return answers.txt(self._ask([question], deadline)[question])

    def addresses(self, name: str, deadline: float) -> AddressAnswer:
        """A, or AAAA where there is no A: one address is enough to go on."""
        v4, v6 = self._families(name, deadline)
        return answers.either(answers.family(v4), answers.family(v6))

    def hosts(self, names: Sequence[str], deadline: float) -> Mapping[str, HostAnswer]:
        """Both families of every name side by side. Where the end of an alias is not secure, the alias itself is asked for."""
        end = time.monotonic() + deadline
        found = self._ask([Question(name, kind) for name in names for kind in ("A", "AAAA")], deadline)
        aliases = [Question(name, "CNAME") for name in names if _needs_alias(found, name)]
        more = self._ask(aliases, end - time.monotonic()) if aliases else {}
        return {
            name: answers.host(found[Question(name, "A")], found[Question(name, "AAAA")], more.get(Question(name, "CNAME")))
            for name in names
        }

    def tlsa(self, bases: Sequence[str], deadline: float) -> Mapping[str, TlsaAnswer]:
        """The TLSA records for SMTP at every base domain (RFC 7672 §2.2.2)."""
        questions = {base: Question(f"_{TLSA_PORT}._tcp.{base}", "TLSA") for base in bases}
        found = self._ask(list(questions.values()), deadline)
        return {base: answers.tlsa(base, found[question]) for base, question in questions.items()}


def _needs_alias(found: Mapping[Question, Heard], name: str) -> bool:
    families = [answers.family(found[Question(name, kind)]) for kind in ("A", "AAAA")]
    return any(item.canonical and not item.authenticated for item in families)
