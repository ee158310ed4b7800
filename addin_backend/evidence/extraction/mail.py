"""A mail within a mail, and the text that only looks like one."""

from __future__ import annotations

import re

from addin_backend.evidence.decoding import decode_text
from addin_backend.evidence.extraction import plain
from addin_backend.evidence.extraction.decoration import decoration_ids, is_decoration
from addin_backend.evidence.extraction.kinds import kind_of
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.html import to_text
from addin_backend.evidence.mime import parse_message
from addin_backend.evidence.readings import complete
from addin_backend.model.message import Attachment, BodyFormat

_MAIL = re.compile(rb"\s*(?:[!-9;-~]{1,60}[ \t]*:[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+\r?\n)+", re.IGNORECASE)
_MIME_FIELD = re.compile(rb"^(?:content-type|content-transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TYPES = frozenset({"message/rfc822", "message/global"})
_NAMES = frozenset({"eml", "mht", "mhtml"})


def _is_mail(name: str, bare: str, content: bytes) -> bool:
    """Whether a mail program may open the bytes as a mail: by type, by name, or because they begin like one."""
    if bare in _TYPES or plain.extension(name) in _NAMES:
        return True
    head = _MAIL.match(content[:20_000])
    return bool(head and _MIME_FIELD.search(head.group()))


def _read_mail(content: bytes, reading: Reading) -> None:
    message = complete(parse_message(content))
    reading.put(message.subject)
    reading.put(to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body)
    if not message.readable:
        reading.fail("unparsable")
    decorations = decoration_ids(message)
    for item in message.attachments:
        known = plain.own_text(item)
        if known is not None:
            reading.put(item.name)
            reading.put(known.text or "")
            reading.fail(known.reason)
        elif is_decoration(item, decorations):
            reading.put(item.name)
        else:
            reading.file(item.name, item.content, item.media_type)


def read_text_or_mail(name: str, media_type: str, content: bytes, reading: Reading) -> None:
    """Bytes without a mark of their own: a mail, a text, or both where programs differ. Raises Refused."""
    bare = plain.bare(media_type)
    if not _is_mail(name, bare, content):
        plain.read_text(name, media_type, content, reading)
        return
    if bare not in _TYPES and plain.is_text(name, media_type):  # a program that goes by the type shows it as it stands
        try:
            plain.read_text(name, media_type, content, reading, alone=False)
        except Refused as refused:
            reading.fail(refused.reason)
    _read_mail(content, reading)


def _nothing_within(_name: str, _media_type: str, _content: bytes, reading: Reading) -> None:
    reading.fail("unknown_type")


def text_file(attachment: Attachment) -> tuple[str, str]:
    """(the bytes as text, the text as it is read) of a file that is nothing but text; two empty ones for every other kind."""
    content, media_type = attachment.content, attachment.media_type
    if kind_of(content) != "text" or not plain.is_text(attachment.name, media_type):
        return "", ""
    if _is_mail(attachment.name, plain.bare(media_type), content):
        return "", ""
    reading = Reading(recurse=_nothing_within)
    try:
        plain.read_text(attachment.name, media_type, content, reading)
    except Refused:
        return "", ""
    return decode_text(content).text, reading.result().text or ""
