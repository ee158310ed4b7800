"""Text that stands for other text: encoded files, armour, escapes and markup within what looks like plain text. Never raises.

Sources: POSIX uuencode, yEnc 1.3, BinHex 4.0 (RFC 1741), OpenPGP armour (RFC 9580 §6.2), JSON (RFC 8259 §7), vCard 2.1, 3.0 and 4.0
(RFC 6350), iCalendar (RFC 5545), LDIF (RFC 2849).
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re

from addin_backend.evidence.decoding import decode_text, has_controls
from addin_backend.evidence.html import to_text

_FILE = re.compile(
    r"^[ \t>]*begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t\r\n]|^[ \t>]*=ybegin |must be converted with BinHex", re.MULTILINE | re.IGNORECASE
)
_ARMOUR = re.compile(r"-----BEGIN (?!PGP SIGN)[A-Z0-9 ]{1,40}-----", re.IGNORECASE)
_BLOB = re.compile(r"\s*(?:[A-Za-z0-9+/]{4}){6,}+[A-Za-z0-9+/=\s]*+")
_TRANSFER = re.compile(r"^[ \t]*content-transfer-encoding[ \t]*:[ \t]*(?:base64|quoted-printable)", re.MULTILINE | re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-zA-Z!?]|&#?[a-zA-Z0-9]{2,30};")
_ANY_TAG = re.compile(r"<[^<>]*+>")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(n|r|t|N|,|;|/|\"))")
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"^([A-Za-z0-9.-]+)((?:;[^:\r\n]*+)?):([^\r\n]*+)", re.MULTILINE)
_LDIF = re.compile(r"^[\w;-]{1,100}::[ \t]*([A-Za-z0-9+/=]+)", re.MULTILINE)


def wrapping(text: str) -> str:
    """A word of UnreadablePart when ``text`` holds an encoded file, armour or characters that are no text, else ""."""
    if _ARMOUR.search(text):
        return "encrypted"
    if _FILE.search(text) or (_BLOB.fullmatch(text) and len("".join(text.split())) % 4 == 0):
        return "unknown_type"
    return "unparsable" if has_controls(text) else ""


def holds_coded_mail(text: str) -> bool:
    """Whether parts of a mail in a transfer encoding stand in ``text``."""
    return bool(_TRANSFER.search(text))


def _unescaped(text: str) -> str:
    def char(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else {"n": "\n", "N": "\n", "r": "\r", "t": "\t"}.get(found[3], found[3])

    plain = _ESCAPED.sub(char, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def forms(text: str) -> list[str]:
    """The other texts that a program may show for ``text``: escapes decoded, tags taken out with and without a gap. [] for plain prose."""
    found = [text]
    if "\\" in text:
        found.append(_unescaped(text))
    source = found[-1]
    if _MARKUP.search(source):
        shown = to_text(source)
        found += [shown.text, shown.apart, shown.other, html.unescape(_ANY_TAG.sub("", source)), html.unescape(_ANY_TAG.sub(" ", source))]
    distinct: dict[str, str] = {}
    for item in found:
        distinct.setdefault(" ".join(item.split()), item)
    return [item for key, item in distinct.items() if key][1:]


def _decoded(content: bytes) -> str | None:
    found = decode_text(content)
    return None if found.binary or found.doubtful else found.text


def _base64(text: str) -> str | None:
    try:
        return _decoded(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return None


def cards(text: str) -> tuple[str, list[str], bool]:
    """(the text unfolded, values decoded, whether all could be read) of a vCard, a calendar or LDIF."""
    soft = re.sub(r"=\r?\n", "", text) if "quoted-printable" in text.lower() else text
    plain, values, sound = _FOLD.sub("", soft), [], True
    for name, given, value in _PROPERTY.findall(plain):
        parameters = given.lower()
        if "quoted-printable" in parameters:
            values.append(_decoded(quopri.decodestring(value.encode("utf-8", "replace"))))
        elif re.search(r"encoding=(?:b|base64)\b|;base64\b|value=binary", parameters) or value.lower().startswith("data:"):
            values.append(None if name.lower() == "attach" else _base64(value))
    values += [_base64(value) for value in _LDIF.findall(plain)]
    sound = None not in values
    return plain, [value for value in values if value], sound
