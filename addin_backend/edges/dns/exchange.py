"""One round of questions: sent side by side over UDP, by TCP where an answer is too long for it, with one deadline over all."""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Sequence
from typing import NamedTuple

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from addin_backend.model.transport import Wire

TRY = 0.7  # seconds until a datagram that got no answer is sent again, to the next resolver if there is one
UDP_PAYLOAD = 1232  # octets that pass without fragments (DNS Flag Day 2020); longer answers come by TCP
LONGEST = 65535
# RFC 8914: what a validating resolver says when the signatures do not hold
_BOGUS = frozenset({1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 27})


class Question(NamedTuple):
    """What is asked."""

    name: str
    kind: str


class Server(NamedTuple):
    """A resolver. ``local``: on this machine, so that its AD flag cannot have been forged on the way."""

    address: str
    port: int
    local: bool


class Heard(NamedTuple):
    """An exchange, and its response read once; None when nothing readable came."""

    wire: Wire
    message: dns.message.QueryMessage | None


def _message(octets: bytes) -> dns.message.Message:
    """The message. A TLSA record of the wrong length is left out and remembered in ``errors``: it is unusable, the answer is not.

    Raises dns.exception.DNSException for anything else that does not fit: without one MX the others would look like all.
    """
    message = dns.message.from_wire(octets, ignore_trailing=True, continue_on_error=True)
    if message.errors and not (message.question and message.question[0].rdtype == dns.rdatatype.TLSA):
        raise dns.exception.FormError
    return message


def read(wire: Wire) -> Heard:
    """A kept exchange, read again."""
    if not wire.octets:
        return Heard(wire, None)
    message = _message(wire.octets)
    return Heard(wire, message if isinstance(message, dns.message.QueryMessage) else None)


def _status(message: dns.message.Message, ede: tuple[int, ...]) -> str:
    code = message.rcode()
    if code in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return "ok" if code == dns.rcode.NOERROR else "none"
    return "bogus" if code == dns.rcode.SERVFAIL and _BOGUS & set(ede) else "error"


def _heard(question: Question, message: dns.message.QueryMessage, octets: bytes, server: Server) -> Heard:
    ede = tuple(int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption))
    authenticated = server.local and bool(message.flags & dns.flags.AD)
    place = f"[{server.address}]:{server.port}" if ":" in server.address else f"{server.address}:{server.port}"
    return Heard(Wire(*question, _status(message, ede), octets, authenticated, ede, place), message)


def _failed(question: Question, status: str) -> Heard:
    return Heard(Wire(*question, status), None)


def _by_tcp(query: bytes, server: Server, seconds: float) -> bytes:
    """The whole answer, with its length before it (RFC 1035 §4.2.2). Raises OSError."""
    end = time.monotonic() + seconds
    with socket.create_connection((server.address, server.port), timeout=seconds) as connection:
        connection.sendall(struct.pack("!H", len(query)) + query)

        def exactly(count: int) -> bytes:
            found = b""
            while len(found) < count:
                connection.settimeout(max(0.01, end - time.monotonic()))
                piece = connection.recv(count - len(found))
                if not piece:
                    raise ConnectionError("the answer ended early")
                found += piece
            return found

        return exactly(struct.unpack("!H", exactly(2))[0])


class _Asking:
    """One question on its way. DO asks for signatures and the AD flag; CD is never set, so that nothing unvalidated comes back."""

    def __init__(self, question: Question, servers: Sequence[Server]) -> None:
        self.question, self.servers, self.turn = question, servers, 0
        flags = dns.flags.RD | dns.flags.AD
        self.query = dns.message.make_query(
            question.name, question.kind, use_edns=0, want_dnssec=True, ednsflags=dns.flags.DO, payload=UDP_PAYLOAD, flags=flags
        )
        self.octets = self.query.to_wire()
        self.sock: socket.socket | None = None
        self.again_at = 0.0
        self.refused: Heard | None = None
        self.refusals = 0

    @property
    def server(self) -> Server:
        return self.servers[self.turn % len(self.servers)]

    def send(self, selector: selectors.BaseSelector, now: float) -> None:
        """From a socket (and so a port) of its own, to the resolver whose turn it is."""
        self.close(selector)
        family = socket.AF_INET6 if ":" in self.server.address else socket.AF_INET
        self.again_at = now + TRY
        try:
            self.sock = socket.socket(family, socket.SOCK_DGRAM)
            self.sock.setblocking(False)
            selector.register(self.sock, selectors.EVENT_READ, self)
            self.sock.connect((self.server.address, self.server.port))
            self.sock.send(self.octets)
        except OSError:
            return  # the resolver cannot be reached now: its turn ends with the time for a try

    def close(self, selector: selectors.BaseSelector) -> None:
        """Let go of the socket."""
        if self.sock is not None:
            selector.unregister(self.sock)
            self.sock.close()
            self.sock = None

    def receive(self, end: float) -> Heard | None:
        """The answer, or None when it is not one (or a refusal while other resolvers are left)."""
        if self.sock is None:
            return None
        try:
            octets = self.sock.recv(LONGEST)
            message = _message(octets)
            if not self.query.is_response(message):
                return None
            if message.flags & dns.flags.TC:
                left = max(0.01, end - time.monotonic())
                octets = _by_tcp(self.octets, self.server, left)
                message = _message(octets)
                if not self.query.is_response(message):
                    return None
        except (dns.exception.DNSException, OSError, ValueError, EOFError):
            return None
        if not isinstance(message, dns.message.QueryMessage):
            return None
        return self._judged(_heard(self.question, message, octets, self.server))

    def _judged(self, heard: Heard) -> Heard | None:
        if heard.wire.status in {"ok", "none"}:
            return heard
        self.refused, self.refusals, self.again_at = heard, self.refusals + 1, 0.0
        return heard if self.refusals >= len(self.servers) else None


def _first(question: Question, servers: Sequence[Server]) -> _Asking | None:
    try:
        return _Asking(question, servers)
    except (dns.exception.DNSException, ValueError, UnicodeError):  # no name that DNS could hold
        return None


def _rounds(waiting: list[_Asking], end: float, found: dict[Question, Heard]) -> None:
    with selectors.DefaultSelector() as selector:
        try:
            while waiting and (now := time.monotonic()) < end:
                for asking in waiting:
                    if asking.again_at <= now:
                        asking.turn += asking.sock is not None
                        asking.send(selector, now)
                until = min(end, *(asking.again_at for asking in waiting))
                for key, _ in selector.select(max(0.0, until - now)):
                    heard = key.data.receive(end)
                    if heard is not None:
                        found[key.data.question] = heard
                        key.data.close(selector)
                waiting = [asking for asking in waiting if asking.question not in found]
        finally:
            for asking in waiting:
                asking.close(selector)
    for asking in waiting:
        found[asking.question] = asking.refused or _failed(asking.question, "timeout")


def ask(questions: Sequence[Question], servers: Sequence[Server], deadline: float) -> dict[Question, Heard]:
    """What came for each question within ``deadline`` seconds. Never raises: what cannot be asked or answered has its status."""
    end = time.monotonic() + deadline
    started = {question: _first(question, servers) if servers else None for question in dict.fromkeys(questions)}
    found = {question: _failed(question, "error") for question, asking in started.items() if asking is None}
    _rounds([asking for asking in started.values() if asking is not None], end, found)
    return found
