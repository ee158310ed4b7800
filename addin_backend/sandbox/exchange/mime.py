"""MIME as Exchange reads and writes it: header lines edited in place, so that a signed or sealed body keeps every byte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import formataddr, getaddresses
from itertools import pairwise

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_MAX_DEPTH = 10
_ACTION = re.compile(rb"^Action:[ \t]*(\w+)", re.IGNORECASE | re.MULTILINE)
_REPORTS = {b"failed": "REPORT.IPM.Note.NDR", b"delayed": "REPORT.IPM.Note.Delayed.DR", b"delivered": "REPORT.IPM.Note.DR"}  # MS-OXCMAIL

Person = tuple[str, str]  # display name, address


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree: its headers and its still encoded bytes."""

    headers: Message
    encoded: bytes

    def content(self) -> bytes:
        """The decoded bytes."""
        whole = Message()
        whole["Content-Transfer-Encoding"] = str(self.headers.get("Content-Transfer-Encoding", "7bit"))
        whole.set_payload(self.encoded.decode("latin-1"))
        decoded = whole.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else b""

    @property
    def file_name(self) -> str:
        """The name under which the part hangs on the mail, "" for a body part."""
        return decoded_text(self.headers.get_filename() or "")


def split(mime: bytes) -> tuple[bytes, bytes]:
    """The header block with its last line end, and everything after the empty line."""
    if mime[:2] == b"\r\n":
        return b"", mime[2:]
    end = _HEADER_END.search(mime)
    if end is None:
        return mime, b""
    return mime[: end.start()] + b"\r\n", mime[end.end() :]


def headers(mime: bytes) -> Message:
    """The headers only; the body is not parsed."""
    return BytesHeaderParser(policy=compat32).parsebytes(split(mime)[0])


def replaced(mime: bytes, changes: dict[str, str | None]) -> bytes:
    """The same message with these headers set (a string) or removed (None); every other byte stays."""
    block, body = split(mime)
    lowered = {name.lower() for name in changes}
    kept = [field for field in _fields(block) if field.split(b":", 1)[0].strip().lower().decode("latin-1") not in lowered]
    added = [f"{name}: {value}\r\n".encode() for name, value in changes.items() if value is not None]
    return b"".join([*added, *kept]) + b"\r\n" + body


def _fields(block: bytes) -> list[bytes]:
    fields: list[bytes] = []
    for line in block.splitlines(keepends=True):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line
        elif line.strip():
            fields.append(line)
    return fields


def people(values: list[str]) -> list[Person]:
    """The addresses of one header, display names decoded."""
    return [(decoded_text(name), address) for name, address in getaddresses([str(value) for value in values]) if address]


def written(persons: list[Person]) -> str:
    """People as a header value (RFC 5322 §3.4, names encoded by RFC 2047)."""
    return ",\r\n ".join(formataddr((name, address)) if name else address for name, address in persons)


def decoded_text(value: str) -> str:
    """A header value with RFC 2047 words decoded; what cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        return value


def parts(mime: bytes, depth: int = 0) -> list[Part]:
    """The leaves of the MIME tree, found by their boundaries without touching the bytes."""
    found = headers(mime)
    body = split(mime)[1]
    boundary = found.get_boundary() if found.get_content_maintype() == "multipart" else None
    if not boundary or depth >= _MAX_DEPTH:
        return [Part(found, body)]
    delimiter = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(?:--)?[ \t]*(?:\r?\n|$)")
    marks = list(delimiter.finditer(body))
    inner = [body[left.end() : right.start()] for left, right in pairwise(marks)]
    return [leaf for part in inner for leaf in parts(part, depth + 1)]


def item_class(mime: bytes) -> str:
    """The class that Exchange derives from the outermost Content-Type (MS-OXOSMIME §2.1.3.1)."""
    found = headers(mime)
    kind = found.get_content_type()
    if kind == "multipart/signed":
        return "IPM.Note.SMIME.MultipartSigned"
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return "IPM.Note.SMIME"
    if kind == "multipart/report" and str(found.get_param("report-type")).lower() == "delivery-status":
        action = _ACTION.search(mime)
        return _REPORTS.get(action.group(1).lower() if action else b"", "REPORT.IPM.Note.NDR")
    return "IPM.Note"


def text_body(mime: bytes) -> tuple[str, str]:
    """The body for a reader: ("HTML" or "Text", text). HTML is preferred, as Exchange does; a sealed mail has none."""
    best = ("Text", "")
    for part in parts(mime):
        kind = part.headers.get_content_type()
        if kind not in ("text/plain", "text/html") or part.file_name:
            continue
        text = _text(part)
        if kind == "text/html":
            return "HTML", text
        best = best if best[1] else ("Text", text)
    return best


def _text(part: Part) -> str:
    try:
        return part.content().decode(part.headers.get_content_charset("utf-8"), "replace")
    except LookupError:
        return part.content().decode("utf-8", "replace")


def attachments(mime: bytes) -> list[Part]:
    """The parts that hang on the mail. A sealed mail has exactly one, smime.p7m (MS-OXOSMIME §2.1.3.2)."""
    if item_class(mime) != "IPM.Note":
        return [Part(headers(mime), split(mime)[1])]
    return [part for part in parts(mime) if part.file_name or part.headers.get_content_maintype() not in ("text", "multipart")]
