"""Header fields of a mail: a header block read line by line, encoded words decoded, parameters read. Nothing here raises.

Sources: RFC 5322 §2.2, RFC 2047 (encoded words), RFC 2231 (parameters), RFC 6532 (raw UTF-8 in headers).
"""

from __future__ import annotations

import base64
import binascii
import email.message
import email.utils
import re
from dataclasses import dataclass, field

from addin_backend.evidence.decoding import is_plain_charset

MAX_HEADER_BYTES = 1_048_576  # one block; Exchange stops at 256 kB, so nothing real is refused
MAX_PARAMETER_CHARS = 10_000  # the library's parameter reader is quadratic

_CONTROLS = bytes({*range(32), 127} - set(b"\t\r\n"))
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_QUOTED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_WORD_OPEN = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?")


@dataclass(slots=True)
class HeaderBlock:
    """The fields of one entity, by lower-case name, in order; ``end`` is where its body begins."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    end: int = 0
    defects: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first value under ``name``, or "" when there is none."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value under ``name``."""
        return self.fields.get(name, [])


def _text_of(raw: bytes, defects: list[str]) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        defects.append("header_charset")
        return raw.decode("latin-1")


def read_block(raw: bytes) -> HeaderBlock:
    """The header block at the start of ``raw``. A line that is neither a field nor a continuation is the defect ``malformed_header``."""
    block = HeaderBlock()
    folded: list[list[bytes]] = []
    position = 0
    while position < len(raw):
        match = _LINE.match(raw, position)
        line = match.group() if match else b""
        position += len(line)
        if not line.strip(b"\r\n"):
            break
        if position > MAX_HEADER_BYTES:
            block.defects.append("headers_too_large")
            break
        if line[:1] in b" \t" and folded:
            folded[-1].append(line)
        else:
            folded.append([line])
    block.end = position
    for index, line in enumerate(b"".join(pieces) for pieces in folded):
        if index == 0 and line.startswith((b"From ", b">From ")):
            continue  # the separator of a mailbox file
        if b"\0" in line:
            block.defects.append("nul_in_header")
        elif line.strip(b"\r\n") != line.strip(b"\r\n").translate(None, _CONTROLS):
            block.defects.append("control_in_header")
        found = _FIELD.fullmatch(_text_of(line, block.defects))
        if found:
            value = re.sub(r"(?:\r\n|\r|\n)(?=[ \t])", "", found[2]).strip(" \t\r\n")
            block.fields.setdefault(found[1].lower(), []).append(value)
        else:
            block.defects.append("malformed_header")
    return block


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return _QUOTED_BYTE.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"_", b" "))
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)


def _decode(raw: bytes, charset: str) -> tuple[str, bool]:
    """The text, and whether every client reads it so."""
    name = charset.partition("*")[0]
    try:
        return raw.decode(name), is_plain_charset(name)
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1"), False


def decode_words(value: str) -> tuple[str, bool]:
    """``value`` with its encoded words decoded, and whether all of them could be. Neighbours in one charset are joined as bytes first."""
    if "=?" not in value:
        return value, True
    joined = _BETWEEN.sub(r"\1", value)
    pieces: list[tuple[str, bytes | str]] = []
    sound, last = True, 0
    for found in _WORD.finditer(joined):
        if found.start() > last:
            pieces.append(("", joined[last : found.start()]))
        last = found.end()
        try:
            raw = _word_bytes(found[2], found[3])
        except (binascii.Error, ValueError):
            sound = False
            pieces.append(("", found.group()))
            continue
        charset = found[1].lower()
        before = pieces[-1] if pieces else ("", "")
        if before[0] == charset and isinstance(before[1], bytes):
            pieces[-1] = (charset, before[1] + raw)
        else:
            pieces.append((charset, raw))
    pieces.append(("", joined[last:]))
    decoded = [_decode(piece, charset) if isinstance(piece, bytes) else (piece, not _WORD_OPEN.search(piece)) for charset, piece in pieces]
    return "".join(text for text, _ in decoded), sound and all(good for _, good in decoded)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A structured field: its value in lower case ("text/plain", "attachment") and its parameters, decoded (RFC 2231)."""

    value: str
    parameters: dict[str, str]
    sound: bool = True
    doubtful: bool = False  # clients may read another parameter, or decode it differently


def read_parameters(value: str, default: str) -> Parameters:
    """``value`` of Content-Type or Content-Disposition; ``default`` when there is none."""
    if not value.strip():
        return Parameters(default, {})
    if len(value) > MAX_PARAMETER_CHARS:
        return Parameters(default, {}, sound=False)
    holder = email.message.Message()
    try:
        holder["Content-Type"] = re.sub(r"[\r\n]+", " ", value)
        items = holder.get_params(failobj=[], unquote=True) or []
        head = items[0][0].strip().lower() if items else ""
        found: dict[str, str] = {}
        doubtful = False
        for name, item in items[1:]:
            text, good = decode_words(email.utils.collapse_rfc2231_value(item))
            doubtful |= not good or found.setdefault(name.lower(), text) != text
    except Exception:  # noqa: BLE001 the library raises many kinds of error on malformed parameters; all mean: not readable
        return Parameters(default, {}, sound=False)
    return Parameters(head or default, found, doubtful=doubtful)
