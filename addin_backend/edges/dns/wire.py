"""DNS messages as octets (RFC 1035 §4, RFC 6891): a query built, a response read as far as this program looks into it.

dnspython reads every record into objects; that was two thirds of what a probe of a domain cost. Here a response is one walk over its
records, and data is read for the type that was asked for. tests/edges/test_dns_wire.py holds it against dnspython.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

KINDS = {"A": 1, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52}
_READ = frozenset(KINDS.values())
_TO_THE_QUESTION = b"\xc0\x0c"  # most records belong to the name that was asked for
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
QUESTION_MAY_BE_LEFT_OUT = frozenset({1, 2, 4, 5})  # FORMERR, SERVFAIL, NOTIMP, REFUSED
QR, TC, RD, AD = 0x8000, 0x0200, 0x0100, 0x0020
_OPCODE, _RCODE = 0x7800, 0x000F
_IN, _SOA, _OPT, _EDE = 1, 6, 41, 15
_DO = 0x8000
_LONGEST_NAME, _LONGEST_LABEL = 255, 63
WITHOUT_SOA = 300  # seconds for a negative answer that names no time (RFC 2308 §5 asks not to keep it; dnspython does so for as long)
LONGEST_CHAIN = 16  # aliases that are followed
NO_TTL = 2**31 - 1  # RFC 2181 §8: the largest there is; the cache has bounds of its own
_HEADER, _RECORD, _SOA_MINIMUM = struct.Struct("!6H"), struct.Struct("!HHIH"), struct.Struct("!I")
_LABEL = re.compile(rb"[A-Za-z0-9_*-]{1,63}")
_PLAIN = re.compile(rb"[A-Za-z0-9_-]*")
_ESCAPED = frozenset(b'"().;\\@$')


class Malformed(ValueError):
    """Octets that are no DNS message, or a record of the type asked for that has no form."""


def query(number: int, name: str, kind: str, payload: int) -> bytes:
    """A query with DO (signatures, RFC 3225) and AD (RFC 6840 §5.7); CD is never set, so that nothing unvalidated comes back.

    Raises Malformed for what is no host name in A-labels.
    """
    labels = [label.encode("ascii", "replace") for label in name.rstrip(".").split(".")]
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise Malformed
    encoded = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    if len(encoded) > _LONGEST_NAME:
        raise Malformed
    head = _HEADER.pack(number, RD | AD, 1, 0, 0, 1)
    return head + encoded + struct.pack("!HH", KINDS[kind], _IN) + b"\0" + _RECORD.pack(_OPT, payload, _DO, 0)


def _text(label: bytes) -> str:
    """One label, lower case, in the master-file form (RFC 1035 §5.1): no octet can pass for a dot."""
    if _PLAIN.fullmatch(label):
        return label.decode("ascii").lower()
    parts = (f"\\{chr(octet)}" if octet in _ESCAPED else chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}" for octet in label)
    return "".join(parts).lower()


def name_at(octets: bytes, place: int) -> tuple[str, int]:
    """The name that begins at ``place``, without its final dot, and where it ends. A pointer may only lead back. Raises Malformed."""
    labels: list[str] = []
    end, before, length = 0, place, 1
    try:
        while True:
            count = octets[place]
            if count == 0:
                return ".".join(labels), end or place + 1
            if count >= 0xC0:
                end = end or place + 2
                place = (count & 0x3F) << 8 | octets[place + 1]
                if place >= before:
                    raise Malformed
                before = place
                continue
            length += count + 1
            label = octets[place + 1 : place + 1 + count]
            if count > _LONGEST_LABEL or length > _LONGEST_NAME or len(label) < count:
                raise Malformed
            labels.append(_text(label))
            place += 1 + count
    except IndexError:
        raise Malformed from None


class Record(NamedTuple):
    """One record of the answer: where its data lies."""

    name: str
    kind: int
    ttl: int
    start: int
    end: int


class Chained(NamedTuple):
    """The records at the end of the aliases. ``ttl``: the least on the way, or that of the negative answer (RFC 2308 §5)."""

    records: tuple[Record, ...]
    ttl: int
    canonical: str  # the name at the end, "" without an alias


@dataclass(frozen=True, slots=True)
class Message:
    """A response. ``ede``: extended errors (RFC 8914). ``negative``: (owner, seconds) of SOA records of the authority section."""

    octets: bytes
    number: int
    flags: int
    rcode: int
    question: tuple[str, int]
    answer: tuple[Record, ...]
    negative: tuple[tuple[str, int], ...]
    ede: tuple[int, ...]

    @property
    def authenticated(self) -> bool:
        """The AD flag."""
        return bool(self.flags & AD)

    @property
    def truncated(self) -> bool:
        """The TC flag."""
        return bool(self.flags & TC)

    def answers(self, number: int, name: str, kind: str) -> bool:
        """Whether this is the response to that query (RFC 5452 §9.1 looks at the number and at the question)."""
        if self.number != number or not self.flags & QR or self.flags & _OPCODE:
            return False
        if self.question == ("", 0):
            return self.rcode in QUESTION_MAY_BE_LEFT_OUT
        return self.question == (name.rstrip(".").lower(), KINDS[kind])

    def chained(self) -> Chained:
        """The records of the question's type, following CNAME. Raises Malformed for a chain without end, and for an answer in NXDOMAIN."""
        name, kind = self.question
        least, aliases = NO_TTL, 0
        while True:
            found = tuple(record for record in self.answer if record.kind == kind and record.name == name)
            if found:
                break
            alias = next((record for record in self.answer if record.kind == KINDS["CNAME"] and record.name == name), None)
            if alias is None:
                break
            aliases += 1
            if aliases >= LONGEST_CHAIN:
                raise Malformed
            name, least = name_at(self.octets, alias.start)[0], min(least, alias.ttl)
        if found and self.rcode == NXDOMAIN:
            raise Malformed
        least = min(least, *(record.ttl for record in found)) if found else min(least, self._negative(name))
        return Chained(found, least, name if aliases else "")

    def _negative(self, name: str) -> int:
        """Seconds that a negative answer about ``name`` may be kept: by the nearest zone's SOA."""
        above = [(len(owner), seconds) for owner, seconds in self.negative if owner in ("", name) or name.endswith(f".{owner}")]
        return max(above)[1] if above else WITHOUT_SOA


def _seconds(ttl: int) -> int:
    return ttl if ttl <= NO_TTL else 0  # RFC 2181 §8


def _extended_errors(octets: bytes, start: int, end: int) -> tuple[int, ...]:
    found = []
    while start + 4 <= end:
        code, length = struct.unpack_from("!HH", octets, start)
        if code == _EDE and length >= 2 and start + 4 + length <= end:
            found.append(struct.unpack_from("!H", octets, start + 4)[0])
        start += 4 + length
    return tuple(found)


def _after_name(octets: bytes, place: int) -> int:
    """Where the name at ``place`` ends. Raises IndexError."""
    while True:
        count = octets[place]
        if count == 0:
            return place + 1
        if count >= 0xC0:
            return place + 2
        place += count + 1


def read(octets: bytes) -> Message:
    """The message in ``octets``; what follows its last record is not looked at. Raises Malformed."""
    try:
        number, flags, questions, answers, authorities, others = _HEADER.unpack_from(octets)
        place, question = _HEADER.size, ("", 0)
        if questions > 1:
            raise Malformed
        if questions:
            name, place = name_at(octets, place)
            kind, of = struct.unpack_from("!HH", octets, place)
            question, place = (name, kind if of == _IN else -1), place + 4
        answer: list[Record] = []
        negative: list[tuple[str, int]] = []
        ede: tuple[int, ...] = ()
        rcode = flags & _RCODE
        for index in range(answers + authorities + others):
            began, place = place, _after_name(octets, place)
            kind, of, ttl, length = _RECORD.unpack_from(octets, place)
            start = place + _RECORD.size
            place = start + length
            if place > len(octets):
                raise Malformed
            if index < answers:
                if of == _IN and kind in _READ:
                    owner = question[0] if octets.startswith(_TO_THE_QUESTION, began) else name_at(octets, began)[0]
                    answer.append(Record(owner, kind, _seconds(ttl), start, place))
            elif index < answers + authorities:
                if kind == _SOA and of == _IN and length >= _SOA_MINIMUM.size:
                    negative.append((name_at(octets, began)[0], min(_seconds(ttl), _SOA_MINIMUM.unpack_from(octets, place - 4)[0])))
            elif kind == _OPT:
                rcode, ede = rcode | ttl >> 24 << 4, _extended_errors(octets, start, place)
    except (struct.error, IndexError):
        raise Malformed from None
    return Message(octets, number, flags, rcode, question, tuple(answer), tuple(negative), ede)
