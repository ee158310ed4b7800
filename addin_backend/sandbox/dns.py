"""A small DNS server on loopback, UDP and TCP: the demo world's DNS, and the tests'. It answers from a table and can fail as DNS fails."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Records = Mapping[str, Sequence[str]]  # "MX" -> ["10 mx1.good.test."]
LONGEST_CHAIN = 8


class LoopbackDns:
    """``with LoopbackDns({"good.test": {"MX": ["10 mx.good.test."]}}) as dns``: ``dns.resolver`` is its IP:PORT.

    A name that is not in the table is NXDOMAIN; a type that is not there is NODATA. ``servfail`` and ``silent`` hold names;
    ``authenticated`` sets the AD flag; ``elsewhere`` is the answer (RCODE) about names outside the table. ``table`` may be
    changed while it runs; ``asked`` lists (name, type) as they came.
    """

    def __init__(
        self,
        table: Mapping[str, Records],
        *,
        servfail: Sequence[str] = (),
        silent: Sequence[str] = (),
        authenticated: bool = False,
        ttl: int = 300,
        elsewhere: str = "NXDOMAIN",
    ) -> None:
        self.table: dict[str, Records] = dict(table)
        self.servfail = set(servfail)
        self.silent = set(silent)
        self.authenticated = authenticated
        self.ttl = ttl
        self.elsewhere = dns.rcode.from_text(elsewhere)
        self.asked: list[tuple[str, str]] = []
        self.by_tcp = 0
        self._servers = _pair(self)

    @property
    def resolver(self) -> str:
        """IP:PORT, as `--resolver` takes it."""
        return f"127.0.0.1:{self._servers[0].server_address[1]}"

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _fill(self, response: dns.message.Message, name: dns.name.Name, kind: str, hops: int = 0) -> bool:
        """Add the answer, following CNAME; False when a name does not exist."""
        key = name.to_text(omit_final_dot=True).lower()
        records = self.table.get(key)
        if records is None:
            return any(known.endswith(f".{key}") for known in self.table)  # an empty non-terminal exists (RFC 8020)
        if "CNAME" in records and kind != "CNAME":
            response.answer.append(dns.rrset.from_text(name, self.ttl, "IN", "CNAME", *records["CNAME"]))
            return hops >= LONGEST_CHAIN or self._fill(response, dns.name.from_text(records["CNAME"][0]), kind, hops + 1)
        if kind in records:
            response.answer.append(dns.rrset.from_text(name, self.ttl, "IN", kind, *records[kind]))
        return True

    def reply(self, wire: bytes) -> dns.message.Message | None:
        """The response to one query, or None for silence."""
        query = dns.message.from_wire(wire)
        name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        key = name.to_text(omit_final_dot=True).lower()
        self.asked.append((key, kind))
        if key in self.silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if key in self.servfail:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        if self.authenticated:
            response.flags |= dns.flags.AD
        if not self._fill(response, name, kind):
            below = any(key.endswith(f".{known}") for known in self.table)  # of a domain in the table everything is known
            response.set_rcode(dns.rcode.NXDOMAIN if below else self.elsewhere)
        if not response.answer or response.rcode() != dns.rcode.NOERROR:
            soa = f"ns.demo.test. host.demo.test. 1 60 60 60 {self.ttl}"
            response.authority.append(dns.rrset.from_text("test.", self.ttl, "IN", "SOA", soa))
        return response


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 4096
    owner: LoopbackDns


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    owner: LoopbackDns


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        """Answer one datagram, truncated when it is too long for it (RFC 1035 §4.2.1)."""
        wire, sock = self.request
        response = self.server.owner.reply(wire)
        if response is None:
            return
        try:
            answer = response.to_wire(max_size=1232)
        except dns.exception.TooBig:
            response.answer.clear()
            response.flags |= dns.flags.TC
            answer = response.to_wire(max_size=1232)
        sock.sendto(answer, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        """Answer one query with its length before it (RFC 1035 §4.2.2)."""
        head = self.rfile.read(2)
        if len(head) == 2:
            self.server.owner.by_tcp += 1
            response = self.server.owner.reply(self.rfile.read(struct.unpack("!H", head)[0]))
            if response is not None:
                answer = response.to_wire(max_size=65535)
                self.wfile.write(struct.pack("!H", len(answer)) + answer)


def _pair(owner: LoopbackDns) -> tuple[_Udp, _Tcp]:
    """UDP and TCP on the same free port."""
    for _ in range(50):
        udp = _Udp(("127.0.0.1", 0), _UdpHandler)
        try:
            tcp = _Tcp(("127.0.0.1", udp.server_address[1]), _TcpHandler)
        except OSError:  # the port is taken for TCP: try another
            udp.server_close()
            continue
        udp.owner = tcp.owner = owner
        return udp, tcp
    raise OSError("no port is free for both UDP and TCP")
