"""Bytes to bytes and bytes to text: transfer encodings (RFC 2045 §6) and charsets. What cannot be trusted is said, never guessed away."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from dataclasses import dataclass

IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})?")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ANY_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202d\u202e]")
_COMMENT = re.compile(r"\([^()]*\)")
_PRINTABLE = bytes(range(32, 127))
CONTROLS_PER_THOUSAND = 10  # a text with more control characters than this is not text


def has_controls(text: str) -> bool:
    """Whether ``text`` holds characters that no text has and that clients show differently: C0, C1, or a reversal of what follows."""
    return bool(_ANY_CONTROL.search(text.removesuffix("\x1a")))  # old programs end a file with U+001A


def _quoted_printable(raw: bytes) -> tuple[bytes, str]:
    """Blanks at the end of a line were added on the way (RFC 2045 §6.7 rule 3); a bare CR or = can be read in two ways."""
    bad = b"\r" in raw.replace(b"\r\n", b"")
    pieces: list[bytes] = []
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        kept = line.rstrip(b" \t")
        pieces.append(kept[:-1] if kept.endswith(b"=") else kept + b"\r\n")
    if pieces[-1].endswith(b"\r\n"):
        pieces[-1] = pieces[-1][:-2]

    def byte(found: re.Match[bytes]) -> bytes:
        nonlocal bad
        bad = bad or found[1] is None
        return bytes([int(found[1], 16)]) if found[1] else found.group()

    return _ESCAPE.sub(byte, b"".join(pieces)), "bad_quoted_printable" if bad else ""


def encoding_name(encoding: str) -> str:
    """The word of a Content-Transfer-Encoding without its comments, in lower case."""
    return _COMMENT.sub(" ", encoding).strip().lower().strip('"')


def decode_transfer(raw: bytes, encoding: str) -> tuple[bytes, str]:
    """(content, defect); the defect is "" when every client decodes ``raw`` like this, and without loss. Strict for base64."""
    name = encoding_name(encoding)
    if "(" in encoding:
        content, defect = decode_transfer(raw, name.replace("(", "?"))
        return content, defect or "commented_encoding"
    if name in IDENTITY:
        return raw, ""
    if name == "quoted-printable":
        return _quoted_printable(raw)
    if name == "base64":
        compact = b"".join(raw.split())
        try:
            return base64.b64decode(compact, validate=True), ""
        except (binascii.Error, ValueError):
            return raw, "bad_base64"
    return raw, "unknown_transfer_encoding"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what was wrong. ``binary`` means that this is no text: NULs, or too many control characters.

    ``doubtful``: clients may show other text, because they do not know the charset or have to guess it.
    """

    text: str
    defect: str = ""
    binary: bool = False
    doubtful: bool = False


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


def is_plain_charset(charset: str) -> bool:
    """Whether ``charset`` is known, and either Unicode or one that leaves ASCII as it is: all others are read differently by clients."""
    codec = _known(charset)
    return bool(codec) and (codec.startswith(("utf-16", "utf-32")) or _with_codec(_PRINTABLE, codec) == _PRINTABLE.decode())


def _with_codec(content: bytes, charset: str) -> str | None:
    if "escape" in charset.lower():
        return None  # a spelling of Python's, not a charset of mail (IANA): no client shows such text
    try:
        return content.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None


def is_binary(text: str) -> bool:
    """Whether ``text`` is none: NULs, or too many control characters."""
    return "\0" in text or len(_CONTROL.findall(text)) * 1000 > CONTROLS_PER_THOUSAND * max(len(text), 100)


def _checked(text: str, defect: str, *, doubtful: bool = False) -> Decoded:
    return Decoded(text, defect, is_binary(text), doubtful or has_controls(text))


def _is_guess(content: bytes) -> bool:
    """Whether so much is no ASCII that the letters, and not some accents only, hang on the guess of a charset."""
    return sum(byte > 127 for byte in content[:100_000]) * 10 > 3 * min(len(content), 100_000) and len(content) > 20


def decode_text(content: bytes, charset: str = "") -> Decoded:
    """``content`` as text: by its byte order mark, by the declared ``charset``, as UTF-8, and last as Windows-1252."""
    mark = _by_mark(content)
    if mark:
        text = _with_codec(content, mark)
        return _checked(text, "") if text is not None else Decoded(content.decode("latin-1"), "charset_mismatch", binary=True)
    defect, doubtful = "", False
    wanted = charset.strip().strip("\"'").lower()
    if wanted not in {"", "us-ascii", "ascii"}:
        codec = _known(wanted)
        text = _with_codec(content, codec) if codec else None
        if text is not None and codec == "iso8859-1":
            text = _with_codec(content, "cp1252") or text  # as all clients do (WHATWG Encoding §4.2)
        if text is not None:
            plain = is_plain_charset(codec)
            return _checked(text, "" if plain else "odd_charset", doubtful=not plain)
        defect = "charset_mismatch" if codec else "unknown_charset"
        doubtful = codec != "utf-8"
    text = _with_codec(content, "utf-8")
    if text is None:
        text = _with_codec(content, "cp1252") or content.decode("latin-1")
        defect = defect or "charset_mismatch"
        doubtful = doubtful or _is_guess(content)
    return _checked(text, defect, doubtful=doubtful)
