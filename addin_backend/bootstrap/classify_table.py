"""`classify` for a person at a terminal: a table of what was found, and the sentences with it highlighted.

The matches are shown to the one who holds the file; nothing of them is kept.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from addin_backend.evidence.content.classify import min_protection
from addin_backend.evidence.html import to_text
from addin_backend.model.evidence import ContentEvidence, ContentHit, Location
from addin_backend.model.message import BodyFormat, Message

AROUND = 40  # characters shown before and after a match
_BODY = frozenset({Location.BODY, Location.QUOTED, Location.SIGNATURE})


def _source(message: Message, hit: ContentHit) -> str:
    """The text that the hit's offsets count in; "" for the text of an attachment, which is not kept."""
    if hit.location is Location.SUBJECT:
        return message.subject
    if hit.location in _BODY:
        return to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body
    return message.attachments[hit.part].name if hit.location is Location.ATTACHMENT_NAME else ""


def _excerpt(message: Message, hit: ContentHit) -> Text:
    source = _source(message, hit)
    start, end = max(0, hit.start - AROUND), min(len(source), hit.end + AROUND)
    text = Text(" ".join(source[start : hit.start].split()) + " ")
    text.append(" ".join(source[hit.start : hit.end].split()), style="bold reverse")
    text.append(" " + " ".join(source[hit.end : end].split()))
    return text


def _where(message: Message, hit: ContentHit) -> str:
    if hit.part < 0:
        return hit.location.value
    return f"{hit.location.value}: {message.attachments[hit.part].name}"


def table(name: str, message: Message, evidence: ContentEvidence, *, explain: bool) -> Table:
    """The findings of one file; with ``explain`` also which recogniser found it and why."""
    title = f"{name}: {', '.join(sorted(item.value for item in evidence.classes)) or 'none'} ({min_protection(evidence)})"
    found = Table(title=Text(title), title_justify="left", expand=False)
    for column in ("class", "where", "sure", "match", *(("recogniser", "why") if explain else ())):
        found.add_column(column)
    for hit in sorted(evidence.hits, key=lambda item: -item.certainty):
        why = (hit.recogniser, Text(hit.explanation)) if explain else ()
        found.add_row(hit.sensitivity.value, Text(_where(message, hit)), f"{hit.certainty} %", _excerpt(message, hit), *why)
    for part in evidence.unreadable:
        name_of = message.attachments[part.part].name if 0 <= part.part < len(message.attachments) else "the mail"
        found.add_row("unknown", Text(name_of), "", Text(part.reason), *(("extraction", "could not be read") if explain else ()))
    return found


def console(out: TextIO) -> Console:
    """A console on ``out``."""
    return Console(file=out, highlight=False)


def progress(err: TextIO) -> Progress:
    """A bar on standard error, gone when it is done; nothing where nobody looks."""
    return Progress(console=Console(file=err), transient=True, disable=not err.isatty())
