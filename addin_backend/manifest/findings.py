"""What a rule says about a manifest, and the small questions that rules of both forms ask."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong: the file, the line, the rule, and what to do about it."""

    file: str
    line: int
    code: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.sentence}"


@dataclass(frozen=True, slots=True)
class EventCode:
    """What launchevent.js says of itself: the functions it associates, and the controls that its dialogs open."""

    functions: frozenset[str]
    controls: frozenset[str]


def read_event_code(text: str) -> EventCode:
    """The two sets, read from the source text."""
    functions = frozenset(re.findall(r'Office\.actions\.associate\("([A-Za-z]+)"', text))
    panes = re.search(r"^const PANE = \{([^}]*)\}", text, re.MULTILINE)
    return EventCode(functions, frozenset(re.findall(r'"([A-Za-z]+)"', panes[1])) if panes else frozenset())


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a PNG's header, or None."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height
