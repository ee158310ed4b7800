"""Checks every request and answer: against our own subset of the EWS schema always, against the published one when it is given."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from addin_backend.sandbox.exchange.xml import Element, find

_OWN = Path(__file__).parent / "schema" / "soap.xsd"
_PARSING = threading.Lock()  # libxml2 sets up its built-in types with the first schema, and not safely in two threads at once
_LONGEST_VIOLATION = 300


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong and where: ``line`` and ``position`` count from 1 in the bytes as received."""

    line: int
    position: int
    reason: str


class Schema:
    """The subset schema, plus the published one from a folder that holds ``messages.xsd`` and ``types.xsd``."""

    def __init__(self, published: Path | None = None) -> None:
        """Load both; about 0.3 s for the published one."""
        with _PARSING:
            self._own = etree.XMLSchema(etree.parse(_OWN))
            self._published = etree.XMLSchema(etree.parse(published / "messages.xsd")) if published else None

    def violation(self, envelope: Element, received: bytes) -> Violation | None:
        """The first violation of a whole SOAP envelope, or None."""
        if not self._own.validate(envelope):
            return _describe(envelope, received, _first(self._own))
        return None if self._published is None else _published_violation(self._published, envelope, received)


def _published_violation(published: etree.XMLSchema, envelope: Element, received: bytes) -> Violation | None:
    for part in ("s:Header", "s:Body"):
        holder = find(envelope, part)
        for content in [] if holder is None else list(holder):
            if content.tag != "{http://schemas.xmlsoap.org/soap/envelope/}Fault" and not published.validate(content):
                entry = _first(published)
                return _describe(envelope, received, entry)
    return None


def _first(schema: etree.XMLSchema) -> etree._LogEntry:
    log: Any = schema.error_log
    entry: etree._LogEntry = log[0]
    return entry


def _describe(envelope: Element, received: bytes, entry: etree._LogEntry) -> Violation:
    path = entry.path or ""
    prefixes = {prefix: uri for prefix, uri in envelope.nsmap.items() if prefix}
    try:
        found = envelope.xpath(path, namespaces=prefixes)
    except etree.XPathError:  # a path with a prefix of its own: the start of the request must do
        found = None
    wanted = found[0] if isinstance(found, list) and found else None
    offset = _offset(envelope, received, wanted) if isinstance(wanted, etree._Element) else 0
    line = received.count(b"\n", 0, offset) + 1
    return Violation(line, offset - received.rfind(b"\n", 0, offset), entry.message[:_LONGEST_VIOLATION])


def _offset(envelope: Element, received: bytes, wanted: Element) -> int:
    """Where the element's start tag stands, found by counting the tags of the same name before it."""
    qualified = f"{wanted.prefix}:" if wanted.prefix else ""
    tag = b"<" + (qualified + etree.QName(wanted).localname).encode()
    offset = -1
    for candidate in envelope.iter(wanted.tag):
        offset = _next_tag(received, tag, offset + 1)
        if candidate is wanted or offset < 0:
            break
    return max(offset, 0)


def _next_tag(received: bytes, tag: bytes, start: int) -> int:
    at = received.find(tag, start)
    while at >= 0 and received[at + len(tag) : at + len(tag) + 1] not in (b" ", b">", b"/", b"\n", b"\r", b"\t"):
        at = received.find(tag, at + 1)
    return at
