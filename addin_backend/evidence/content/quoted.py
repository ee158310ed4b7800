"""Leaves out the earlier mails below a reply, the commonest reason why a harmless answer carries protected content."""

from __future__ import annotations

import re

import msgspec

from addin_backend.evidence.content.segments import cut
from addin_backend.evidence.html import to_text
from addin_backend.model.evidence import Location
from addin_backend.model.message import BodyFormat, Message

_MARKED = re.compile(r"^[ \t]*>")


def _start(text: str) -> int:
    """Where the first quoted mail begins, or -1."""
    return next((segment.start for segment in cut(text) if segment.location is Location.QUOTED), -1)


def _kept_below(text: str) -> str:
    """What the writer put between or under lines marked with ">": those lines are the writer's own and stay."""
    lines = text.splitlines(keepends=True)
    marked = [number for number, line in enumerate(lines) if _MARKED.match(line)]
    if not marked:
        return ""
    return "".join(line for line in lines[marked[0] :] if not _MARKED.match(line))


def _plain(body: str) -> str:
    start = _start(body)
    if start < 0:
        return body
    below = _kept_below(body[start:])
    own = body[:start].rstrip() + "\n"
    return own + ("\n" + below.strip() + "\n" if below.strip() else "")


def _html(source: str) -> str:
    """The source up to the first quoted character. What is left open there, every reader of HTML closes by itself (WHATWG HTML §13.2.6)."""
    shown = to_text(source)
    start = _start(shown.text)
    if start < 0:
        return source
    places = (shown.source_span(index) for index in range(start, len(shown.text)))
    found = next((place for place in places if place), None)
    return source if found is None else source[: found[0]]


def without_quoted(message: Message) -> Message:
    """A copy of ``message`` without the quoted mails in its body; unchanged when there are none. Read it again before relying on it."""
    body = _html(message.body) if message.body_format is BodyFormat.HTML else _plain(message.body)
    return msgspec.structs.replace(message, body=body)
