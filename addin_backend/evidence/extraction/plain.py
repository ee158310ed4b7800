"""Files that are text: plain, HTML, CSV, JSON, XML, calendars, cards, with each other form that a program may show of them."""

from __future__ import annotations

import re

from addin_backend.evidence.decoding import Decoded, decode_text
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.extraction.tables import beside_headings
from addin_backend.evidence.html import to_text
from addin_backend.evidence.readings import DAMAGED, READ, is_decoration_link
from addin_backend.evidence.wrapped import cards, forms, holds_coded_mail, wrapping
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

EXTRACTED = "; extracted=yes"  # told by our own command line: somebody has extracted this text already

_TEXT_TYPES = frozenset(
    "application/json application/xml application/csv application/ics application/yaml application/x-yaml application/javascript "
    "application/x-ndjson application/sql".split()
)
_TEXT_NAMES = frozenset("txt csv tsv json xml md log ics vcf yaml yml ini htm html xhtml text asc ldif vcs rtf".split())
_SHEET_NAMES = frozenset("csv tsv".split())
_OFFICE_NAMES = frozenset("doc docx xls xlsx ppt".split())  # web pages that are called so, because Office opens them
_NOT_TEXT_TYPES = frozenset({"text/richtext", "text/enriched"})
_DRAWING = re.compile(r"<(?:\w+:)?svg\b|<!ENTITY\b", re.IGNORECASE)
_OPENING = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html)\b", re.IGNORECASE)
_CARD_NAMES = frozenset({"ics", "vcf", "ldif", "vcs"})
_CARD_TYPES = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/directory"})


def extension(name: str) -> str:
    """The ending of a file's name, in lower case."""
    return name.rpartition(".")[2].lower().strip() if "." in name else ""


def bare(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _parameter(media_type: str, name: str) -> str:
    found = re.search(rf";\s*{name}=\"?([^\s;\"]+)", media_type)
    return found[1] if found else ""


def is_extracted(media_type: str) -> bool:
    """Whether our own command line was given the text by somebody who has extracted it."""
    return _parameter(media_type, "extracted") == "yes"


def _decoded(content: bytes, charset: str) -> Decoded:
    decoded = decode_text(content, charset)
    if decoded.binary and content.count(b"\0") * 3 > len(content):  # UTF-16 without its mark
        for codec in ("utf-16-le", "utf-16-be"):
            other = decode_text(content, codec)
            if not other.binary and not other.defect and sum(char < "\u0250" for char in other.text) * 2 > len(other.text):
                return other
    return decoded


def is_text(name: str, media_type: str) -> bool:
    """Whether type or name say that this is text of a kind that is read."""
    kind = bare(media_type)
    if kind in _NOT_TEXT_TYPES:
        return False
    known = kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml"))
    return known or (extension(name) in _TEXT_NAMES and kind in {"", "application/octet-stream"})


def _page(source: str, reading: Reading) -> str:
    """A page of HTML, with all that its readers may see of it; a word when not all could be read."""
    shown = to_text(source)
    text = "\n\n".join(item for item in (shown.text, shown.apart, shown.other) if item.strip())
    reading.put(text)
    unsure = shown.doubtful or not all(map(is_decoration_link, shown.embedded))
    return "unknown_type" if unsure else wrapping(text)


def _is_page(text: str, name: str, kind: str) -> bool:
    return kind in {"text/html", "application/xhtml+xml"} or extension(name) in {"htm", "html", "xhtml"} or bool(_OPENING.match(text))


def _of_text(text: str, name: str, kind: str, reading: Reading) -> str:
    """Text, then each other form that a program may show of it; a word when not all could be read."""
    if _is_page(text, name, kind):
        return _page(text, reading)
    reason = wrapping(text)
    if _DRAWING.search(text) or kind.startswith("image/"):
        reason = reason or "unknown_type"  # what is drawn is no text
    values: list[str] = []
    if extension(name) in _CARD_NAMES or kind in _CARD_TYPES or "::" in text:
        text, values, sound = cards(text)
        reason = reason or ("" if sound else "unknown_type")
    if holds_coded_mail(text):
        reason = reason or "unparsable"
    beside = [beside_headings(text)] if extension(name) in _SHEET_NAMES or kind in {"text/csv", "application/csv"} else []
    reading.put_all([text, *values, *forms(text), *(form for value in values for form in forms(value)), *beside])
    return reason


def read_text(name: str, media_type: str, content: bytes, reading: Reading, *, alone: bool = True) -> None:
    """Put the text of ``content``. ``alone``: nothing but this reading will be made of it. Raises Refused("unknown_type") for no text."""
    decoded = _decoded(content, _parameter(media_type, "charset"))
    if decoded.binary:
        raise Refused("unknown_type")
    known = is_text(name, media_type)
    if not known and alone and not (extension(name) in _OFFICE_NAMES and _OPENING.match(decoded.text)):
        reading.fail("unknown_type")  # the words count, but what the program shows that opens it is not known
    reason = _of_text(decoded.text, name, bare(media_type), reading)
    reading.fail("damaged" if decoded.doubtful else reason)


def own_text(attachment: Attachment) -> Extracted | None:
    """What needs no format: nothing at all, bytes that could not be decoded, and texts that the product itself made. Else None."""
    if not attachment.content:
        return Extracted(None, "empty")
    if attachment.media_type.endswith(DAMAGED):
        return Extracted(None, "damaged")
    if not (attachment.media_type.endswith(READ) or is_extracted(attachment.media_type)):
        return None
    text = _decoded(attachment.content, "utf-8").text
    return Extracted(text, "" if text.strip() or attachment.media_type.endswith(READ) else "empty")
