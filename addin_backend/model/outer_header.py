"""The outer header of a message that we hand to Exchange: who receives it is what we say, never what the MIME came with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header, decode_header, make_header
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import formataddr, getaddresses

_END = re.compile(rb"\r?\n\r?\n")
_RECIPIENT_FIELDS = frozenset({b"to", b"cc", b"bcc", b"resent-to", b"resent-cc", b"resent-bcc"})
_OURS = _RECIPIENT_FIELDS | {b"keywords"}  # categories are the mailbox owner's: they stand on the item, and leave with no mail
_MOST_CATEGORIES = 50
_IMPORTANCE = {"high": "High", "low": "Low"}
_SENSITIVITY = {"personal": "Personal", "private": "Private", "company-confidential": "Confidential"}  # RFC 2156 §5.3.4


@dataclass(frozen=True, slots=True)
class Outer:
    """What the outer header said, and the message without its recipient fields; the body keeps every byte."""

    mime: bytes
    names: dict[str, str]
    importance: str
    sensitivity: str
    read_receipt: bool
    categories: tuple[str, ...] = ()


def without_recipients(mime: bytes) -> Outer:
    """Take To, Cc, Bcc and Keywords out of the header; ``names`` keeps the display name of each address (lower case)."""
    block, body = _split(mime)
    fields = _fields(block)
    kept = b"".join(field for field in fields if field.split(b":", 1)[0].strip().lower() not in _OURS)
    found = BytesHeaderParser(policy=compat32).parsebytes(block)
    return Outer(
        mime=kept + b"\r\n" + body,
        names=_names(found),
        importance=_IMPORTANCE.get(str(found.get("Importance", "")).strip().lower(), "Normal"),
        sensitivity=_SENSITIVITY.get(str(found.get("Sensitivity", "")).strip().lower(), "Normal"),
        read_receipt="Disposition-Notification-To" in found,
        categories=categories_in([str(value) for value in found.get_all("Keywords", [])]),
    )


def with_recipients(mime: bytes, to: tuple[str, ...], cc: tuple[str, ...], bcc: tuple[str, ...]) -> bytes:
    """The message with exactly these recipients in its header, under the display names it came with; the body keeps every byte."""
    outer = without_recipients(mime)
    fields = [
        f"{name}: " + ",\r\n ".join(_written(outer.names.get(address.lower(), ""), address) for address in addresses) + "\r\n"
        for name, addresses in (("To", to), ("Cc", cc), ("Bcc", bcc))
        if addresses
    ]
    return "".join(fields).encode("ascii", "surrogateescape") + outer.mime


def with_categories(mime: bytes, categories: Sequence[str]) -> bytes:
    """The message with the item's categories as Keywords (RFC 5322 §3.6.5), in place of what it came with."""
    block, body = _split(mime)
    kept = b"".join(field for field in _fields(block) if field.split(b":", 1)[0].strip().lower() != b"keywords")
    names = [" ".join(name.replace(",", " ").split()) for name in categories]
    field = Header(", ".join(name for name in names if name), "utf-8", header_name="Keywords").encode(linesep="\r\n")
    return (f"Keywords: {field}\r\n".encode("ascii") if any(names) else b"") + kept + b"\r\n" + body


def categories_in(values: Sequence[str]) -> tuple[str, ...]:
    """The names in Keywords fields, each once."""
    names = [" ".join(name.split()) for value in values for name in _decoded(value).split(",")]
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_CATEGORIES]


def message_id(mime: bytes) -> str:
    """The Message-ID of the header, "" without one."""
    return str(BytesHeaderParser(policy=compat32).parsebytes(_split(mime)[0]).get("Message-ID", "")).strip()


def content_type(mime: bytes) -> str:
    """The outermost media type, lower case."""
    return BytesHeaderParser(policy=compat32).parsebytes(_split(mime)[0]).get_content_type()


def _written(name: str, address: str) -> str:
    """RFC 5322 §3.4, names encoded by RFC 2047. Line ends in either would be another header field: they go."""
    name, address = (" ".join(part.split()) for part in (name, address))
    return formataddr((name, address)) if name else address


def _split(mime: bytes) -> tuple[bytes, bytes]:
    end = _END.search(mime)
    return (mime, b"") if end is None else (mime[: end.start()] + b"\r\n", mime[end.end() :])


def _fields(block: bytes) -> list[bytes]:
    fields: list[bytes] = []
    for line in block.splitlines(keepends=True):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line
        elif line.strip():
            fields.append(line)
    return fields


def _names(found: Headers) -> dict[str, str]:
    values = [str(value) for name in ("To", "Cc") for value in found.get_all(name, [])]
    return {address.lower(): _decoded(name) for name, address in getaddresses(values) if address and name}


def _decoded(name: str) -> str:
    try:
        return str(make_header(decode_header(name)))
    except (LookupError, ValueError):
        return ""
