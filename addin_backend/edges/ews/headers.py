"""The outer header of a message that we hand to Exchange: recipients go as properties, never in the MIME."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

_END = re.compile(rb"\r?\n\r?\n")
_RECIPIENT_FIELDS = frozenset({b"to", b"cc", b"bcc", b"resent-to", b"resent-cc", b"resent-bcc"})
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


def without_recipients(mime: bytes) -> Outer:
    """Take To, Cc and Bcc out of the header; ``names`` keeps the display name of each address (lower case)."""
    block, body = _split(mime)
    fields = _fields(block)
    kept = b"".join(field for field in fields if field.split(b":", 1)[0].strip().lower() not in _RECIPIENT_FIELDS)
    found = BytesHeaderParser(policy=compat32).parsebytes(block)
    return Outer(
        mime=kept + b"\r\n" + body,
        names=_names(found),
        importance=_IMPORTANCE.get(str(found.get("Importance", "")).strip().lower(), "Normal"),
        sensitivity=_SENSITIVITY.get(str(found.get("Sensitivity", "")).strip().lower(), "Normal"),
        read_receipt="Disposition-Notification-To" in found,
    )


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
