"""Header fields that cannot be broken out of: every value is cleaned, encoded and folded here (RFC 5322, 2047, 2231)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from addin_backend.errors import BadInput, NotSealed
from addin_backend.model.message import Recipient

LINE = 76  # RFC 5322 §2.1.1: SHOULD be at most 78
LONGEST_WORD = 300  # an ASCII word longer than this is encoded, so that a line never reaches 998 octets
ENCODED_BYTES = 42  # of UTF-8 in one encoded-word, which may be at most 75 characters long (RFC 2047 §2)
MAX_MESSAGE_ID = 250

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[!-Z^-~]+\]")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ]+")


def cleaned(text: str) -> str:
    """``text`` as one line: control characters and line separators become one space, lone surrogates a question mark."""
    return _CONTROLS.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()


def _chunks(text: str, size: int) -> list[str]:
    """``text`` in pieces of at most ``size`` UTF-8 octets, never inside a character (RFC 2047 §5)."""
    pieces, current, used = [], "", 0
    for character in text:
        width = len(character.encode())
        if used + width > size:
            pieces.append(current)
            current, used = "", 0
        current += character
        used += width
    return [*pieces, current]


def encoded_words(text: str) -> str:
    """``text`` as encoded-words, one to a line. A reader joins them without the white space between."""
    words = [f"=?utf-8?B?{base64.b64encode(piece.encode()).decode()}?=" for piece in _chunks(text, ENCODED_BYTES)]
    return "\r\n ".join(words)


def _is_simple(text: str) -> bool:
    return text.isascii() and "=?" not in text and max((len(word) for word in text.split(" ")), default=0) <= LONGEST_WORD


def unstructured(name: str, value: str) -> bytes:
    """A field of free text such as Subject."""
    text = cleaned(value)
    if not _is_simple(text):
        return f"{name}: {encoded_words(text)}\r\n".encode("ascii")
    lines, line = [], f"{name}:"
    for word in text.split(" "):
        if word and line != f"{name}:" and len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line = ""
        line += f" {word}"
    return ("\r\n".join([*lines, line]) + "\r\n").encode("ascii")


def writable(value: str) -> bool:
    """Whether ``value`` is an addr-spec that a header can carry in ASCII (RFC 5322 §3.4.1)."""
    local, _, domain = value.rpartition("@")
    return len(value) <= 320 and bool(_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)) and bool(_DOMAIN.fullmatch(domain))


def address(value: str) -> str:
    """``value`` as an addr-spec. Raises NotSealed for one that no header can carry in ASCII (RFC 5322 §3.4.1)."""
    if writable(value):
        return value
    raise NotSealed(
        "An address in the mail cannot be written in a mail header.",
        sentence_da="En adresse i mailen kan ikke skrives i et mailhoved.",
        next_step="Correct the recipient's address.",
        next_step_da="Ret modtagerens adresse.",
        field="recipients",
    )


def mailbox(display_name: str, addr: str) -> str:
    """``display_name <addr>``, folded before the address when it is long."""
    name, spec = cleaned(display_name), address(addr)
    if not name:
        return spec
    if not _is_simple(name) or len(name) > LINE:
        phrase = encoded_words(name)
    elif _PLAIN_NAME.fullmatch(name):
        phrase = name
    else:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{phrase}\r\n <{spec}>" if len(phrase) + len(spec) > LINE - 10 else f"{phrase} <{spec}>"


def address_list(name: str, recipients: Sequence[Recipient]) -> bytes:
    """A To or Cc field, one address to a line."""
    boxes = [mailbox(item.display_name, item.address) for item in recipients]
    return (f"{name}: " + ",\r\n ".join(boxes) + "\r\n").encode("ascii")


def message_id(value: str) -> str:
    """``value`` when it is a message identifier (RFC 5322 §3.6.4). Raises BadInput otherwise."""
    if len(value) <= MAX_MESSAGE_ID and _MESSAGE_ID.fullmatch(value):
        return value
    raise BadInput(
        "The Message-ID does not have the form <left@right>.",
        sentence_da="Message-ID har ikke formen <venstre@højre>.",
        field="message_id",
    )


def message_ids(name: str, value: str) -> bytes:
    """In-Reply-To or References with the identifiers that are well formed, or nothing."""
    found = [item for item in _MESSAGE_ID.findall(value) if len(item) <= MAX_MESSAGE_ID]
    return (f"{name}: " + "\r\n ".join(found) + "\r\n").encode("ascii") if found else b""


def date(value: datetime) -> bytes:
    """The Date field; ``value`` is timezone-aware."""
    return f"Date: {format_datetime(value)}\r\n".encode("ascii")


def added(name: str, value: str) -> bytes:
    """A field of the caller's. Raises BadInput for a name that is no name, or one that would change what the mail is or shows Bcc."""
    lower = name.lower()
    if not _NAME.fullmatch(name) or lower in {"bcc", "resent-bcc", "mime-version"} or lower.startswith("content-"):
        raise BadInput(
            "A header field with this name cannot be added.",
            sentence_da="Et hovedfelt med det navn kan ikke tilføjes.",
            field="headers",
        )
    return unstructured(name, value)


def media_type(value: str) -> str:
    """``value`` when a part may have it. Multiparts and messages come back as octets: base64 is not allowed there (RFC 2046 §5)."""
    lower = value.strip().lower()
    if not _MEDIA_TYPE.fullmatch(lower) or lower.startswith(("multipart/", "message/")):
        return "application/octet-stream"
    return lower


def content_id(value: str) -> str:
    """``<value>``, or "" when it is not an identifier."""
    bare = value.strip().removeprefix("<").removesuffix(">")
    return f"<{bare}>" if _CONTENT_ID.fullmatch(bare) else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def file_name(value: str) -> tuple[str, str]:
    """The file name as parameters: for Content-Type (RFC 2047, what old Outlook reads) and Content-Disposition (RFC 2231)."""
    text = cleaned(value)
    if not text:
        return "", ""
    if text.isascii() and len(text) <= LINE - 20 and "=?" not in text:
        return f";\r\n name={_quoted(text)}", f";\r\n filename={_quoted(text)}"
    pieces = [quote(piece, safe="") for piece in _chunks(text, 20)]
    if len(pieces) == 1:
        return f';\r\n name="{encoded_words(text)}"', f";\r\n filename*=utf-8''{pieces[0]}"
    pieces[0] = "utf-8''" + pieces[0]
    lines = [f"filename*{index}*={piece}" for index, piece in enumerate(pieces)]
    return f';\r\n name="{encoded_words(text)}"', "".join(f";\r\n {line}" for line in lines)
