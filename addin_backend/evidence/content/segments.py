"""Tells the new text of a body from the quoted mail and from the signature with its disclaimer."""

from __future__ import annotations

import re

from addin_backend.evidence.content.passage import Segment
from addin_backend.model.evidence import Location

SIGNATURE_LINES = 14  # a signature is short; what follows is text again
LONG_LINE = 160  # a line longer than this in a signature is a disclaimer or prose, and is read as text unless it is a disclaimer

_QUOTE = re.compile(
    r"^[ \t]*(?:-{2,}[ \t]*(?:oprindelig meddelelse|original message|videresendt|forwarded|opprinnelig melding|ursprungligt)"
    r"|_{10,}[ \t]*\n[ \t]*(?:fra|from):"
    r"|(?:fra|from|från|von):[^\n]{1,200}\n(?:[^\n]{1,200}\n){0,3}?[ \t]*(?:sendt|sent|dato|date|til|to|skickat|gesendet):"
    r"|(?:den|on|på|am)\b[^\n]{5,150}(?:skrev|wrote|schrieb)[^\n]{0,100}:[ \t]*$"
    r"|>)",
    re.IGNORECASE | re.MULTILINE,
)
_GREETING = re.compile(
    r"^[ \t]*(?:--[ \t]*$|(?:med[ \t]+)?(?:de[ \t]+)?(?:bedste|venlige?|kærlige?|mange)[ \t]+(?:hilsen|hilsner)|mvh\b|vh\b|hilsen\b|kh\b"
    r"|(?:kind|best|warm)(?:est)?[ \t]+(?:regards|wishes)|regards\b|sincerely\b|yours[ \t]+(?:sincerely|faithfully)|cheers\b)",
    re.IGNORECASE | re.MULTILINE,
)
_DISCLAIMER_OPENINGS = ("denne e-mail", "denne mail", "denne meddelelse", "this e-mail", "this email", "this message", "this communication")
_DISCLAIMER = re.compile(r"kan indeholde|indeholder|may contain|contains|is intended|er (?:kun )?(?:tiltænkt|bestemt)", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"^[ \t]*p\.?\s?s\b[.:]?", re.IGNORECASE)


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


def cut(text: str) -> tuple[Segment, ...]:
    """The quoted mail and the signatures in ``text``, in order; the rest is new text."""
    quote = _QUOTE.search(text)
    stop = quote.start() if quote else len(text)
    found: list[Segment] = []
    greeting = _GREETING.search(text, 0, stop)
    if greeting and text[: greeting.start()].strip():
        found.append(Segment(greeting.start(), _signature_end(text, greeting.start(), stop), Location.SIGNATURE))
    found += _disclaimers(text)
    if quote:
        found.append(Segment(stop, len(text), Location.QUOTED))
    return tuple(found)
