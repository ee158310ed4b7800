"""What else a client may show of a body than the one reading that counts as its text: comments, style sheets, embedded files.

These readings come as further inline attachments, behind the real ones, of a copy of the message that is classified and then dropped.
A file and a draft from the add-in pass here alike.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

import msgspec

from addin_backend.evidence.html import to_text
from addin_backend.evidence.other_order import is_turned, turned
from addin_backend.evidence.pictures import is_small_picture
from addin_backend.evidence.wrapped import forms, wrapping
from addin_backend.model.message import Attachment, BodyFormat, Message

DAMAGED = "; damaged=yes"  # told to extraction: the bytes could not be decoded
READ = "; reading=yes"  # told to extraction: a text of ours, in which nothing further is looked for


def doubt() -> Attachment:
    """Stands for what a client may show and we could not read."""
    return Attachment(name="", media_type="text/plain" + DAMAGED, content=b"?", inline=True)


def reading(text: str) -> Attachment:
    """Another text that a client may show."""
    return Attachment(name="", media_type="text/plain; charset=utf-8" + READ, content=text.encode("utf-8", "replace"), inline=True)


def is_decoration_link(link: str) -> bool:
    """Whether a data: link holds nothing but a small picture (RFC 2397)."""
    head, _, data = link.partition(",")
    parameters = head[5:].split(";")
    raw = unquote_to_bytes(data)
    if parameters[-1].strip().lower() == "base64":
        try:
            raw = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            return False
    return is_small_picture(raw, parameters[0].strip())


def _of_body(message: Message) -> list[Attachment]:
    body = message.body
    if message.body_format is not BodyFormat.HTML:
        other = turned(body) if is_turned(body) else ""
        return [*([doubt()] if wrapping(body) else []), *(reading(text) for text in (*forms(body), other) if text)]
    shown = to_text(body)
    unsure = shown.doubtful or wrapping(shown.text) or wrapping(shown.apart) or not all(map(is_decoration_link, shown.embedded))
    other = turned(shown.text) if is_turned(body) else ""
    return [*([doubt()] if unsure else []), *(reading(text) for text in (shown.apart, shown.other, other) if text.strip())]


def complete(message: Message) -> Message:
    """``message`` with every other reading of its body and subject. Never raises."""
    found = _of_body(message)
    if any(wrapping(text) == "unparsable" for text in (message.subject, *(item.name for item in message.attachments))):
        found.append(doubt())
    return msgspec.structs.replace(message, attachments=(*message.attachments, *found)) if found else message
