"""Bytes to bytes and bytes to text: transfer encodings (RFC 2045 §6) and charsets. What cannot be trusted is said, never guessed away."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from dataclasses import dataclass

IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
CONTROLS_PER_THOUSAND = 10  # a text with more control characters than this is not text


def decode_transfer(raw: bytes, encoding: str) -> tuple[bytes, str]:
    """(content, defect); the defect is "" when ``raw`` could be decoded without loss. Strict for base64."""
    name = encoding.strip().lower().strip('"')
    if name in IDENTITY:
        return raw, ""
    if name == "quoted-printable":
        return quopri.decodestring(raw), "bad_quoted_printable" if _BAD_ESCAPE.search(raw) else ""
    if name == "base64":
        compact = b"".join(raw.split())
        try:
            return base64.b64decode(compact, validate=True), ""
        except (binascii.Error, ValueError):
            return raw, "bad_base64"
    return raw, "unknown_transfer_encoding"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what was wrong. ``binary`` means that this is no text: NULs, or too many control characters."""

    text: str
    defect: str = ""
    binary: bool = False


def _by_mark(content: bytes) -> str:
    for mark, name in (*_BOMS, *_BOMS_16):
        if content.startswith(mark):
            return name
    return ""


def _known(charset: str) -> str:
    """The codec's name when ``charset`` is a text encoding that we know, else ""."""
    try:
        found = codecs.lookup(charset)
    except (LookupError, ValueError):
        return ""
    return found.name if getattr(found, "_is_text_encoding", True) else ""


def _with_codec(content: bytes, charset: str) -> str | None:
    try:
        return content.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None


def _checked(text: str, defect: str) -> Decoded:
    controls = len(_CONTROL.findall(text))
    binary = "\0" in text or controls * 1000 > CONTROLS_PER_THOUSAND * max(len(text), 100)
    return Decoded(text, defect, binary)


def decode_text(content: bytes, charset: str = "") -> Decoded:
    """``content`` as text: by its byte order mark, by the declared ``charset``, as UTF-8, and last as Windows-1252."""
    mark = _by_mark(content)
    if mark:
        text = _with_codec(content, mark)
        return _checked(text, "") if text is not None else Decoded(content.decode("latin-1"), "charset_mismatch", binary=True)
    defect = ""
    wanted = charset.strip().strip("\"'").lower()
    if wanted not in {"", "us-ascii", "ascii"}:
        codec = _known(wanted)
        text = _with_codec(content, codec) if codec else None
        if text is not None:
            return _checked(text, "")
        defect = "charset_mismatch" if codec else "unknown_charset"
    text = _with_codec(content, "utf-8")
    if text is None:
        text = _with_codec(content, "cp1252") or content.decode("latin-1")
        defect = defect or "charset_mismatch"
    return _checked(text, defect)
