"""What the iCalendar request of an invitation says beside the mail that it comes in (RFC 5545, RFC 5546 §3.2.2).

An invitation is checked as title, text and place; what is sent is a mail with a request in it that says the same again. Only a request
that says nothing else is passed over, whatever a program has put into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from addin_backend.evidence.html import to_text
from addin_backend.model.message import Attachment, Message

_LINE = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(?P<value>.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_WORD = re.compile(r"[A-Za-z0-9_.:+/-]{0,64}")
_UNSAID = frozenset(  # times, people and numbers: nothing that somebody writes
    ["UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "SEQUENCE", "STATUS", "CLASS", "PRIORITY", "TRANSP", "CREATED", "LAST-MODIFIED",
     "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "METHOD", "VERSION", "CALSCALE", "PRODID", "BEGIN", "END"]
)  # fmt: skip
_PEOPLE = frozenset({"ORGANIZER", "ATTENDEE"})
_LONGEST = 255  # characters of a value that nobody writes
_ZONE, _ALARM = "VTIMEZONE", "VALARM"
Letters = Callable[[str], str]


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of each content line; a line that is none has the name ""."""
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        found = _LINE.fullmatch(line)
        if found:
            yield found["name"].upper(), found["value"]
        elif line.strip():
            yield "", line


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _places(value: str, place: str, letters: Letters) -> bool:
    """Whether Exchange's list of places names none but the place."""
    try:
        return all(letters(item) in letters(place) for item in _strings(json.loads(_unescaped(value))))
    except ValueError:
        return False


def _says_nothing(name: str, value: str, inside: Sequence[str]) -> bool:
    if _ALARM in inside:
        return name in ("TRIGGER", "ACTION", "BEGIN", "END") or (name, value.upper()) == ("DESCRIPTION", "REMINDER")
    if _ZONE in inside:
        return len(value) <= _LONGEST
    return (name in _UNSAID and len(value) <= _LONGEST) or (name.startswith("X-") and bool(_WORD.fullmatch(value)))


def _repeats(name: str, value: str, message: Message, text: str, place: str, letters: Letters) -> bool:
    """Whether a line says again what the mail says. ``text`` is the mail's, in letters."""
    said = _unescaped(value)
    if name in _PEOPLE:
        known = {message.sender.lower(), *(item.address.lower() for item in message.recipients)}
        return value.lower().removeprefix("mailto:") in known
    if name == "X-MICROSOFT-LOCATIONS":
        return _places(value, place, letters)
    told = {"SUMMARY": letters(message.subject), "DESCRIPTION": text, "X-ALT-DESC": text, "LOCATION": letters(place)}
    if name not in told:
        return False
    return letters(to_text(said).text if name == "X-ALT-DESC" else said) in ("", told[name])


def place_of(part: Attachment, message: Message, text: str, letters: Letters) -> str | None:
    """The place of an invitation whose request says nothing but what ``message`` says; None for any other part.

    ``letters`` reduces a text to what counts of it; ``text`` is the message's, reduced so.
    """
    if part.media_type.partition(";")[0].strip().lower() != "text/calendar":
        return None
    lines = list(_lines(part.content.decode("utf-8", "replace")))
    places = [_unescaped(value) for name, value in lines if name == "LOCATION"]
    if len(places) > 1 or ("METHOD", "REQUEST") not in lines:
        return None
    place, inside = "".join(places), [""]
    for name, value in lines:
        if name == "BEGIN":
            inside.append(value.upper())
        if not _says_nothing(name, value, inside) and not _repeats(name, value, message, text, place, letters):
            return None
        if name == "END" and len(inside) > 1:
            inside.pop()
    return place
