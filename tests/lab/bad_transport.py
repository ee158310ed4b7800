"""What strangers may send us about their mail domain, at its worst: each with the one word that it must end in.

``with Places(folder) as places: cases(places)`` gives (name, word, call) for the test and for the table of the benchmark.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from addin_backend.edges.dns.resolver import DnsResolver
from addin_backend.edges.smtp_probe.prober import SmtpProber
from addin_backend.evidence.transport.chain import Anchors
from addin_backend.evidence.transport.dossier import walks_of
from addin_backend.evidence.transport.memory import MemoryPolicies
from addin_backend.evidence.transport.mta_sts import Invalid, read_policy
from addin_backend.flows.gather_transport import World
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.model.transport import PolicyDocument
from addin_backend.sandbox.dns import LoopbackDns
from lab.mail_pki import MailPki
from lab.mail_servers import _Fast

Case = tuple[str, str, Callable[[], str]]
NAMES, MANY = 1000, 300
ONCE = b"220 a\r\n|250-a\r\n250 STARTTLS\r\n|220 go ahead\r\n"
ZONE = {
    "loop.test": {"CNAME": ["loop2.test."]},
    "loop2.test": {"CNAME": ["loop.test."]},
    "long.test": {"CNAME": ["c0.test."]},
    **{f"c{number}.test": {"CNAME": [f"c{number + 1}.test."]} for number in range(30)},
    "many.test": {"MX": [f"10 mx{number}.many.test." for number in range(MANY)]},
    "xn--blbr-roah.test": {"MX": ["0 ."]},
    "literals.test": {"MX": ["10 192.0.2.1."]},
    "huge.test": {"TXT": ['"' + "x" * 250 + '"'] * 200, "MX": ["10 mx.huge.test."]},
}


class Says:
    """A server on loopback that says pieces, each (after the first) when it has heard something; ``byte_by_byte`` or for ever."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.byte_by_byte = self.for_ever = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            for number, piece in enumerate(self.pieces):
                if number:
                    await reader.read(4096)
                for part in (bytes((octet,)) for octet in piece) if self.byte_by_byte else (piece,):
                    writer.write(part)
                    await writer.drain()
            while self.for_ever:
                writer.write(self.pieces[-1])
                await writer.drain()
            await asyncio.sleep(0.2)
        except OSError:  # the prober has had enough
            pass
        finally:
            writer.close()


class _Missing:
    """No policy host is there."""

    def fetch(self, domain: str, deadline: float) -> PolicyDocument:
        """Not found."""
        return PolicyDocument("not_found")


class Places:
    """DNS and mail servers on loopback for as long as the block runs."""

    def __init__(self, folder: Path) -> None:
        self.pki = MailPki.make()
        leaf = self.pki.leaf("mx.names.test", *(f"name{number}.names.test" for number in range(NAMES)))
        self._context = leaf.context(folder)
        self.says = Says()
        self.dns = LoopbackDns(ZONE)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.dns.__enter__()
        said = self._loop.run_until_complete(asyncio.start_server(self.says.talk, "127.0.0.1", 0))
        fast = self._loop.run_until_complete(self._loop.create_server(lambda: _Fast(self._context), "127.0.0.1", 0))
        self._servers = (said, fast)
        self._thread.start()
        clock, limits = (lambda: datetime.now(UTC)), (2.0, 2.0)
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        self.probers = [SmtpProber(clock, port=port, allow_private=True, limits=limits) for port in ports]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for prober in self.probers:
            prober.close()
        self.dns.__exit__(kind, error, trace)
        asyncio.run_coroutine_threadsafe(_let_go(self._servers), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _let_go(servers: Sequence[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)


def _policy(body: bytes) -> str:
    found = read_policy(body)
    return found.reason if isinstance(found, Invalid) else found.mode.value


def _domain(places: Places, name: str) -> str:
    lookup = TransportLookup(World(DnsResolver(places.dns.resolver), _Missing(), MemoryPolicies()), {})
    try:
        return lookup.look_up_all([name], datetime.now(UTC), 3.0)[name].verdict.value
    finally:
        lookup.close()


def _dialogue(places: Places, spoken: bytes, *, byte_by_byte: bool = False, for_ever: bool = False) -> str:
    places.says.pieces, places.says.byte_by_byte, places.says.for_ever = spoken.split(b"|"), byte_by_byte, for_ever
    probed = places.probers[0].probe("mx.a.test", "mx.a.test", ["127.0.0.1"], 4.0).addresses[0]
    return f"{probed.outcome} {probed.detail}".strip()


def _thousand_names(places: Places) -> str:
    host = f"name{NAMES - 1}.names.test"
    probe = places.probers[1].probe(host, host, ["127.0.0.1"], 4.0)
    return f"{probe.addresses[0].outcome} {walks_of(probe, Anchors([places.pki.root.der]))[0][0].word}"


_HEAD, _TAIL = b"version: STSv1\nmode: enforce\n", b"max_age: 86400\n"
POLICIES: list[tuple[str, str, bytes]] = [
    ("policy: 10 MB", "too_large", _HEAD + b"mx: a.test\n" * 1_000_000 + _TAIL),
    ("policy: 10 MB in one line", "too_large", b"x" * 10_000_000),
    ("policy: 100,000 mx lines", "too_large", _HEAD + b"mx: a.test\n" * 100_000 + _TAIL),
    ("policy: as many mx lines as fit", "enforce", _HEAD + b"".join(b"mx: m%d.a.test\n" % number for number in range(3500)) + _TAIL),
    ("policy: as many fields as fit", "enforce", _HEAD + b"mx: a.test\n" + b"a:b\n" * 15_000 + _TAIL),
    ("policy: NUL bytes", "bad_line", _HEAD + b"mx: a\0.test\n" + _TAIL),
    ("policy: nothing but NUL", "bad_line", b"\0" * 60_000),
    ("policy: lines ended by CR alone", "bad_line", (_HEAD + b"mx: a.test\n" + _TAIL).replace(b"\n", b"\r")),
    ("policy: lines ended by LF CR", "bad_line", (_HEAD + b"mx: a.test\n" + _TAIL).replace(b"\n", b"\n\r")),
    ("policy: lines ended by CR CR LF", "bad_line", (_HEAD + b"mx: a.test\n" + _TAIL).replace(b"\n", b"\r\r\n")),
    ("policy: LF and CRLF mixed", "enforce", _HEAD + b"mx: a.test\r\n" + _TAIL),
    ("policy: Unicode line separators", "bad_version", (_HEAD + b"mx: a.test\n" + _TAIL).replace(b"\n", "\u2028".encode())),
    ("policy: vertical tab", "bad_line", _HEAD + b"mx: a.test\x0bmx: b.test\n" + _TAIL),
    ("policy: not UTF-8", "not_utf8", _HEAD + b"mx: \xff.test\n" + _TAIL),
    ("policy: a byte order mark", "bad_line", b"\xef\xbb\xbf" + _HEAD + b"mx: a.test\n" + _TAIL),
]
DOMAINS = [
    ("DNS: CNAME loop", "unknown", "loop.test"),
    ("DNS: a chain of CNAME that ends nowhere", "refuses", "long.test"),
    ("DNS: 300 MX", "unknown", "many.test"),
    ("DNS: IDN", "refuses", "blåbær.test"),
    ("DNS: an MX that is an address", "unknown", "literals.test"),
    ("DNS: 50 kB of TXT beside an MX without address", "refuses", "huge.test"),
    ("not a domain: a literal", "unknown", "[192.0.2.1]"),
    ("not a domain: an IPv6 literal", "unknown", "[IPv6:2001:db8::1]"),
    ("not a domain: spaces", "unknown", "to ord"),
    ("not a domain: a megabyte", "unknown", "a" * 1_000_000 + ".test"),
    ("not a domain: 100,000 dots", "unknown", "." * 100_000),
    ("not a domain: 100,000 Unicode letters", "unknown", "å" * 100_000),
]


def is_word(found: str, word: str) -> bool:
    """Whether ``found`` is the word; one that ends in * leaves its reason open (where it depends on how octets arrive)."""
    return found.startswith(word[:-1]) if word.endswith("*") else found == word


def cases(places: Places) -> list[Case]:
    """Everything."""
    found: list[Case] = [(name, word, lambda body=body: _policy(body)) for name, word, body in POLICIES]  # type: ignore[misc] # bound now, not later
    found += [(name, word, lambda asked=asked: _domain(places, asked)) for name, word, asked in DOMAINS]  # type: ignore[misc] # bound now, not later
    return [
        *found,
        ("SMTP: an endless banner", "unknown endless_reply", lambda: _dialogue(places, b"220-" + b"x" * 500 + b"\r\n", for_ever=True)),
        ("SMTP: an endless line", "unknown endless_reply", lambda: _dialogue(places, b"2" * 1000, for_ever=True)),
        ("SMTP: replies octet by octet, then no TLS", "unknown tls_reset", lambda: _dialogue(places, ONCE, byte_by_byte=True)),
        ("SMTP: injected plaintext", "unknown plaintext_before_tls", lambda: _dialogue(places, ONCE + b"250 AUTH PLAIN\r\n")),
        ("SMTP: injected octet by octet", "unknown *", lambda: _dialogue(places, ONCE + b"250 AUTH\r\n", byte_by_byte=True)),
        ("SMTP: NUL bytes", "unknown bad_reply", lambda: _dialogue(places, b"\0" * 1000 + b"\r\n")),
        ("SMTP: a certificate with 1,000 names", "tls ok", lambda: _thousand_names(places)),
    ]
