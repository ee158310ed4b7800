"""The text of an attachment, or the word that says why there is none. First bytes go before the declared type: a ZIP named .txt is no text.

Text, HTML, CSV, JSON, XML, calendars, cards and mails are read; every other kind is ``unknown_type``, which the policy treats as
"in doubt, encrypt". A small picture that the body shows as decoration (``is_decoration``) is the one exception, and it is narrow on
purpose: a screenshot pasted into a mail is inline too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from addin_backend.evidence.decoding import Decoded, decode_text
from addin_backend.evidence.html import referenced_ids, to_text
from addin_backend.evidence.mime import parse_message
from addin_backend.evidence.pictures import is_small_picture
from addin_backend.evidence.readings import DAMAGED, READ, complete, is_decoration_link
from addin_backend.evidence.wrapped import cards, forms, holds_coded_mail, wrapping
from addin_backend.model.message import Attachment, BodyFormat, Message

MAX_TEXT_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 3  # mails within mails
EXTRACTED = "; extracted=yes"  # told by our own command line: somebody has extracted this text already

_ENCRYPTED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_TEXT_TYPES = frozenset(
    "application/json application/xml application/csv application/ics application/yaml application/x-yaml application/javascript "
    "application/x-ndjson application/sql".split()
)
_TEXT_NAMES = frozenset("txt csv tsv json xml md log ics vcf yaml yml ini htm html xhtml text asc".split())
_NOT_TEXT_TYPES = frozenset({"text/rtf", "text/richtext", "text/enriched"})
_SIGNATURES = (
    b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"BZh",
    b"\xfd7zXZ", b"{\\rtf", b"\x78\x9f\x3e\x22", b"\x7fELF", b"OggS", b"ID3", b"RIFF", b"%!PS", b"\x00\x00\x01\x00", b"SQLite format 3",
    b"\x1aE\xdf\xa3",
)  # fmt: skip
_MAIL = re.compile(rb"\s*(?:[!-9;-~]{1,60}[ \t]*:[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+\r?\n)+", re.IGNORECASE)
_MIME_FIELD = re.compile(rb"^(?:content-type|content-transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_DRAWING = re.compile(r"<(?:\w+:)?svg\b|<!ENTITY\b", re.IGNORECASE)
_OPENING = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Extracted:
    """``reason`` is "" when all was read; else a word of UnreadablePart, and ``text`` holds what could be read, or None."""

    text: str | None
    reason: str


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower().strip() if "." in name else ""


def _by_signature(content: bytes) -> str:
    """ "encrypted" or "unknown_type" when the first bytes tell of a kind that is not read here, else ""."""
    head = content[:64].lstrip() if content[:1].isspace() else content[:64]
    if head.startswith(b"PK\x03\x04"):
        return "encrypted" if len(head) > 7 and head[6] & 1 else "unknown_type"
    if head.startswith(b"PK"):
        return "unknown_type" if head[2:4] in {b"\x05\x06", b"\x07\x08"} else ""
    if head.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    if head.startswith(b"%PDF") and b"/Encrypt" in content:
        return "encrypted"
    if b"%PDF-" in content[:1024] or head.startswith(_SIGNATURES) or head[4:8] == b"ftyp" or (head.startswith(b"MZ") and b"\0" in head):
        return "unknown_type"
    return ""


def _parameter(media_type: str, name: str) -> str:
    found = re.search(rf";\s*{name}=\"?([^\s;\"]+)", media_type)
    return found[1] if found else ""


def _read_text(content: bytes, charset: str) -> Decoded:
    decoded = decode_text(content, charset)
    if decoded.binary and content.count(b"\0") * 3 > len(content):  # UTF-16 without its mark
        for codec in ("utf-16-le", "utf-16-be"):
            other = decode_text(content, codec)
            if not other.binary and not other.defect and sum(char < "\u0250" for char in other.text) * 2 > len(other.text):
                return other
    return decoded


def _mail_text(content: bytes, depth: int) -> Extracted:
    if depth >= MAX_DEPTH:
        return Extracted(None, "unparsable")
    message = complete(parse_message(content))
    body = to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body
    pieces, reason = [message.subject, body], "" if message.readable else "unparsable"
    decorations = decoration_ids(message)
    for item in message.attachments:
        pieces.append(item.name)
        if is_decoration(item, decorations):
            continue
        inner = extract(item, depth + 1)
        pieces.append(inner.text or "")
        reason = reason or inner.reason
    return Extracted("\n\n".join(piece for piece in pieces if piece), reason)


def _is_text(attachment: Attachment, media_type: str) -> bool:
    if _parameter(attachment.media_type, "extracted") == "yes":
        return True
    if media_type in _NOT_TEXT_TYPES:
        return False
    known = media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(("+json", "+xml"))
    return known or (_extension(attachment.name) in _TEXT_NAMES and media_type in {"", "application/octet-stream"})


def _page(source: str) -> Extracted:
    """A page of HTML, with all that its readers may see of it."""
    shown = to_text(source)
    text = "\n\n".join(item for item in (shown.text, shown.apart, shown.other) if item.strip())
    unsure = shown.doubtful or not all(map(is_decoration_link, shown.embedded))
    return Extracted(text, "unknown_type" if unsure else wrapping(text))


def _of_text(text: str, extension: str, media_type: str) -> Extracted:
    """Text, then each other form that a program may show of it."""
    if media_type in {"text/html", "application/xhtml+xml"} or extension in {"htm", "html", "xhtml"} or _OPENING.match(text):
        return _page(text)
    reason = wrapping(text)
    if _DRAWING.search(text) or media_type.startswith("image/"):
        reason = reason or "unknown_type"  # what is drawn is no text
    values: list[str] = []
    if (
        extension in {"ics", "vcf", "ldif", "vcs"}
        or media_type in {"text/calendar", "text/vcard", "text/x-vcard", "text/directory"}
        or "::" in text
    ):
        text, values, sound = cards(text)
        reason = reason or ("" if sound else "unknown_type")
    if holds_coded_mail(text):
        reason = reason or "unparsable"
    pieces = [text, *values, *forms(text), *(form for value in values for form in forms(value))]
    return Extracted("\n\n".join(pieces), reason or ("" if text.strip() else "empty"))


def _text_or_reason(attachment: Attachment, media_type: str) -> Extracted:
    content, extension = attachment.content, _extension(attachment.name)
    if not _is_text(attachment, media_type):
        return Extracted(None, "unknown_type")
    if len(content) > MAX_TEXT_BYTES:
        return Extracted(None, "too_large")
    decoded = _read_text(content, _parameter(attachment.media_type, "charset"))
    if decoded.binary:
        return Extracted(None, "unknown_type")
    if attachment.media_type.endswith(READ):
        return Extracted(decoded.text, "")
    if _parameter(attachment.media_type, "extracted") == "yes":
        return Extracted(decoded.text, "" if decoded.text.strip() else "empty")
    found = _of_text(decoded.text, extension, media_type)
    return Extracted(found.text, "damaged" if decoded.doubtful else found.reason)


def _is_mail(attachment: Attachment, media_type: str) -> bool:
    """Whether a mail program may open the bytes as a mail: by type, by name, or because they begin like one."""
    if media_type in {"message/rfc822", "message/global"} or _extension(attachment.name) in {"eml", "mht", "mhtml"}:
        return True
    head = _MAIL.match(attachment.content[:20_000])
    return bool(head and _MIME_FIELD.search(head.group()))


def extract(attachment: Attachment, depth: int = 0) -> Extracted:
    """The text of ``attachment``; ``depth`` counts the mails around it. Never raises."""
    content, media_type = attachment.content, attachment.media_type.partition(";")[0].strip().lower()
    if not content:
        return Extracted(None, "empty")
    if attachment.media_type.endswith(DAMAGED):
        return Extracted(None, "damaged")
    if media_type in _ENCRYPTED_TYPES:
        return Extracted(None, "encrypted")
    found = "" if attachment.media_type.endswith(READ) else _by_signature(content)
    if found:
        return Extracted(None, found)
    if not _is_mail(attachment, media_type) or attachment.media_type.endswith(READ):
        return _text_or_reason(attachment, media_type)
    mail = _mail_text(content, depth)
    if media_type in {"message/rfc822", "message/global"} or not _is_text(attachment, media_type):
        return mail
    plain = _text_or_reason(attachment, media_type)  # a program that goes by the type shows it as it stands
    return Extracted("\n\n".join(item for item in (plain.text, mail.text) if item), mail.reason or ("" if mail.text else plain.reason))


def decoration_ids(message: Message) -> frozenset[str]:
    """The Content-IDs that the HTML body shows."""
    return referenced_ids(message.body) if message.body_format is BodyFormat.HTML else frozenset()


def is_decoration(attachment: Attachment, shown: frozenset[str]) -> bool:
    """A logo: inline, shown by the HTML body, and nothing but a small picture (see ``pictures``). Anything else is ``unknown_type``."""
    if not attachment.inline or not attachment.content_id or attachment.content_id.strip("<>") not in shown:
        return False
    return is_small_picture(attachment.content, attachment.media_type.partition(";")[0].strip())
