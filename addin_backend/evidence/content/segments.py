"""Tells the new text of a body from the quoted mail and from the signature with its disclaimer."""

from __future__ import annotations

import re

from addin_backend.evidence.content.passage import Segment
from addin_backend.model.evidence import Location

SIGNATURE_LINES = 14  # a signature is short; what follows is text again
LONG_LINE = 160  # a line longer than this in a signature is a disclaimer or prose, and is read as text unless it is a disclaimer

_QUOTE = (
    r"[ \t]*(?:-{2,}[ \t]*(?:oprindelig meddelelse|original message|videresendt|forwarded|opprinnelig melding|ursprungligt)"
    r"|_{10,}[ \t]*\n[ \t]*(?:fra|from):"
    r"|(?:fra|from|från|von):[^\n]{1,200}\n(?:[^\n]{1,200}\n){0,3}?[ \t]*(?:sendt|sent|dato|date|til|to|skickat|gesendet):"
    r"|(?:den|on|på|am)\b[^\n]{5,150}(?:skrev|wrote|schrieb)[^\n]{0,100}:[ \t]*$"
    r"|>)"
)
_GREETING = (
    r"[ \t]*(?:--[ \t]*$|(?:med[ \t]+)?(?:de[ \t]+)?(?:bedste|venlige?|kærlige?|mange)[ \t]+(?:hilsen|hilsner)|mvh\b|vh\b|hilsen\b|kh\b"
    r"|(?:kind|best|warm)(?:est)?[ \t]+(?:regards|wishes)|regards\b|sincerely\b|yours[ \t]+(?:sincerely|faithfully)|cheers\b)"
)
_FLAGS = re.IGNORECASE | re.MULTILINE
_QUOTES = re.compile(_QUOTE, _FLAGS), re.compile("\n" + _QUOTE, _FLAGS)
_GREETINGS = re.compile(_GREETING, _FLAGS), re.compile("\n" + _GREETING, _FLAGS)
_DISCLAIMER_OPENINGS = ("denne e-mail", "denne mail", "denne meddelelse", "this e-mail", "this email", "this message", "this communication")
_DISCLAIMER = re.compile(r"kan indeholde|indeholder|may contain|contains|is intended|er (?:kun )?(?:tiltænkt|bestemt)", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"^[ \t]*p\.?\s?s\b[.:]?", re.IGNORECASE)


def _first(patterns: tuple[re.Pattern[str], re.Pattern[str]], text: str, stop: int) -> int:
    """The first line that matches, or -1. A pattern that begins with a line break is looked for much faster than one with ``^``."""
    at_start, after_break = patterns
    if at_start.match(text, 0, stop):
        return 0
    found = after_break.search(text, 0, stop)
    return found.start() + 1 if found else -1


def _signature_end(text: str, start: int, stop: int) -> int:
    position = start
    for number in range(SIGNATURE_LINES):
        line_end = text.find("\n", position, stop)
        line_end = stop if line_end < 0 else line_end
        line = text[position:line_end]
        if number and (len(line) > LONG_LINE or _POSTSCRIPT.match(line)):
            return position
        position = min(line_end + 1, stop)
        if position >= stop:
            break
    return position


def _disclaimers(text: str) -> list[Segment]:
    """The lines that speak of the mail itself."""
    lower, found = text.lower(), []
    for opening in _DISCLAIMER_OPENINGS:
        place = lower.find(opening)
        while place >= 0:
            start = text.rfind("\n", 0, place) + 1
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            if place - start <= 80 and _DISCLAIMER.search(text, place, min(end, place + 250)):
                found.append(Segment(start, end, Location.SIGNATURE))
            place = lower.find(opening, max(end, place + 1))
    return found


def cut(text: str, vocabulary: str = "denne this") -> tuple[Segment, ...]:
    """The quoted mail and the signatures in ``text``, in order; the rest is new text. ``vocabulary`` are its distinct words."""
    quote = _first(_QUOTES, text, len(text))
    stop = quote if quote >= 0 else len(text)
    found: list[Segment] = []
    greeting = _first(_GREETINGS, text, stop)
    if greeting > 0 and text[:greeting].strip():
        found.append(Segment(greeting, _signature_end(text, greeting, stop), Location.SIGNATURE))
    if "denne" in vocabulary or "this" in vocabulary:
        found += _disclaimers(text)
    if quote >= 0:
        found.append(Segment(stop, len(text), Location.QUOTED))
    return tuple(found)
