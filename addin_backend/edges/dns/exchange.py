"""One round of questions: sent side by side over UDP, by TCP where an answer is too long for it, with one deadline over all."""

from __future__ import annotations

import secrets
import select
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from addin_backend.edges.dns import wire
from addin_backend.edges.dns.wire import Malformed, Message
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
    message: Message | None


def read(kept: Wire) -> Heard:
    """A kept exchange, read again. Raises wire.Malformed."""
    return Heard(kept, wire.read(kept.octets) if kept.octets else None)


def _status(message: Message) -> str:
    if message.rcode in (wire.NOERROR, wire.NXDOMAIN):
        return "ok" if message.rcode == wire.NOERROR else "none"
    return "bogus" if message.rcode == wire.SERVFAIL and not _BOGUS.isdisjoint(message.ede) else "error"


def _heard(question: Question, message: Message, server: Server) -> Heard:
    place = f"[{server.address}]:{server.port}" if ":" in server.address else f"{server.address}:{server.port}"
    authenticated = server.local and message.authenticated
    return Heard(Wire(*question, _status(message), message.octets, authenticated, message.ede, place), message)


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
    """One question on its way."""

    __slots__ = ("again_at", "number", "octets", "question", "refusals", "refused", "sent", "turn")

    def __init__(self, question: Question) -> None:
        self.question, self.turn, self.sent, self.again_at = question, 0, False, 0.0
        self.number = secrets.randbits(16)
        self.octets = wire.query(self.number, question.name, question.kind, UDP_PAYLOAD)
        self.refused: Heard | None = None
        self.refusals = 0

    def received(self, message: Message, server: Server, servers: int, end: float) -> Heard | None:
        """The answer, or None when it is not one (or a refusal while other resolvers are left)."""
        if message.truncated:
            try:
                message = wire.read(_by_tcp(self.octets, server, max(0.01, end - time.monotonic())))
            except (OSError, Malformed):
                return None
        if not message.answers(self.number, *self.question):
            return None
        heard = _heard(self.question, message, server)
        if heard.wire.status in {"ok", "none"}:
            return heard
        self.refused, self.refusals, self.again_at = heard, self.refusals + 1, 0.0
        return heard if self.refusals >= servers else None


def _first(question: Question) -> _Asking | None:
    try:
        return _Asking(question)
    except Malformed:  # no name that we could ask for
        return None


class _Round:
    """The questions of one round: one socket (and so one port) for each resolver, the answers told apart by number and question."""

    def __init__(self, waiting: Sequence[_Asking], servers: Sequence[Server], end: float) -> None:
        self.waiting, self.servers, self.end = list(waiting), servers, end
        self.found: dict[Question, Heard] = {}
        self._sockets: dict[Server, socket.socket] = {}
        self._poll = select.poll()
        self._server_of: dict[int, Server] = {}

    def _socket(self, server: Server) -> socket.socket:
        known = self._sockets.get(server)
        if known is None:
            known = self._sockets[server] = socket.socket(socket.AF_INET6 if ":" in server.address else socket.AF_INET, socket.SOCK_DGRAM)
            known.setblocking(False)
            known.connect((server.address, server.port))
            self._poll.register(known, select.POLLIN)
            self._server_of[known.fileno()] = server
        return known

    def _send(self, asking: _Asking, now: float) -> None:
        """To the resolver whose turn it is."""
        asking.turn, asking.sent, asking.again_at = asking.turn + asking.sent, True, now + TRY
        with suppress(OSError):  # the resolver cannot be reached now: its turn ends with the time for a try
            self._socket(self.servers[asking.turn % len(self.servers)]).send(asking.octets)

    def _receive(self, server: Server) -> None:
        """All that lies there from one resolver."""
        while True:
            try:
                octets = self._sockets[server].recv(LONGEST)
            except OSError:
                return
            try:
                message = wire.read(octets)
            except Malformed:
                continue
            for asking in self.waiting:
                if asking.number == message.number and (heard := asking.received(message, server, len(self.servers), self.end)):
                    self.found[asking.question] = heard
            self.waiting = [asking for asking in self.waiting if asking.question not in self.found]

    def run(self) -> dict[Question, Heard]:
        """Until everything is answered or time is out."""
        try:
            while self.waiting and (now := time.monotonic()) < self.end:
                for asking in self.waiting:
                    if asking.again_at <= now:
                        self._send(asking, now)
                until = min(self.end, *(asking.again_at for asking in self.waiting))
                for number, _ in self._poll.poll(max(1.0, (until - now) * 1000)):
                    self._receive(self._server_of[number])
        finally:
            for opened in self._sockets.values():
                opened.close()
        for asking in self.waiting:
            self.found[asking.question] = asking.refused or _failed(asking.question, "timeout")
        return self.found


def ask(questions: Sequence[Question], servers: Sequence[Server], deadline: float) -> dict[Question, Heard]:
    """What came for each question within ``deadline`` seconds. Never raises: what cannot be asked or answered has its status."""
    end = time.monotonic() + deadline
    started = {question: _first(question) if servers else None for question in dict.fromkeys(questions)}
    asked = [asking for asking in started.values() if asking is not None]
    failed = {question: _failed(question, "error") for question, asking in started.items() if asking is None}
    return failed | (_Round(asked, servers, end).run() if asked else {})
