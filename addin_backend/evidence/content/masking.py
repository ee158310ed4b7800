"""Blots identifiers out of a copy of the mail: "010190-1234" becomes "XXXXXX-XXXX"."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from addin_backend.evidence.extraction.mail import text_file
from addin_backend.evidence.html import to_text
from addin_backend.model.evidence import ContentEvidence, ContentHit, Location
from addin_backend.model.message import Attachment, BodyFormat, Message

_BODY = frozenset({Location.BODY, Location.QUOTED, Location.SIGNATURE})


def _spans(hits: Iterable[ContentHit], locations: frozenset[Location], part: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((hit.start, hit.end) for hit in hits if hit.identifier and hit.location in locations and hit.part == part))


def _blot(text: str, spans: Iterable[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = ["X" if char.isalnum() else char for char in chars[start:end]]
    return "".join(chars)


def mask(text: str, hits: Iterable[ContentHit], location: Location, part: int) -> str:
    """``text`` with every letter and digit of its identifiers replaced by X. Offsets are those of the hits."""
    return _blot(text, _spans(hits, _BODY if location in _BODY else frozenset({location}), part))


def _mask_html(source: str, spans: Iterable[tuple[int, int]]) -> str:
    """The source with the identifiers of its text blotted out: tags between digits stay, entities become an X."""
    shown = to_text(source)
    places: list[tuple[int, int]] = []
    for start, end in spans:
        for index in range(start, end):
            place = shown.source_span(index)
            if place and shown.text[index].isalnum():
                places.append(place)
    pieces, last = [], 0
    for start, end in sorted(set(places)):
        if start >= last:
            pieces += [source[last:start], "X"]
            last = end
    return "".join([*pieces, source[last:]])


def _mask_attachment(attachment: Attachment, evidence: ContentEvidence, part: int) -> Attachment:
    name = _blot(attachment.name, _spans(evidence.hits, frozenset({Location.ATTACHMENT_NAME}), part))
    spans = _spans(evidence.hits, frozenset({Location.ATTACHMENT}), part)
    if not spans:
        return msgspec.structs.replace(attachment, name=name)
    text, shown = text_file(attachment)
    if text and shown.startswith(text):  # what follows says the same in other forms
        within = [span for span in spans if span[1] <= len(text)]
        return msgspec.structs.replace(attachment, name=name, content=_blot(text, within).encode())
    if text and shown == to_text(text).text:
        return msgspec.structs.replace(attachment, name=name, content=_mask_html(text, spans).encode())
    return msgspec.structs.replace(attachment, name=name)  # any other kind of file stays as it is: this way out will not be offered


def mask_identifiers(message: Message, evidence: ContentEvidence) -> Message:
    """A copy of ``message`` without its identifiers, where they can be reached; classify it again before relying on it."""
    spans = _spans(evidence.hits, _BODY, -1)
    body = _mask_html(message.body, spans) if message.body_format is BodyFormat.HTML else _blot(message.body, spans)
    return msgspec.structs.replace(
        message,
        subject=_blot(message.subject, _spans(evidence.hits, frozenset({Location.SUBJECT}), -1)),
        body=body,
        attachments=tuple(_mask_attachment(item, evidence, index) for index, item in enumerate(message.attachments)),
    )
