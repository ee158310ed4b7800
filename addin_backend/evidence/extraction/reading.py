"""The state of reading one attachment: what was found, what could not be read, and the limits that hold for all files within it.

Nothing is cut off silently: whoever passes a limit is refused with a word of UnreadablePart, and what had been read stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from addin_backend.evidence.pictures import is_small_picture
from addin_backend.model.extracted import Extracted

MAX_TEXT = 48 * 1024 * 1024  # characters of all text together: a mail of 35 MB, and what other forms of it add
MAX_INFLATED = 256 * 1024 * 1024  # bytes of all files within the attachment together, unpacked
RATIO = 400  # bytes that one packed byte may become, once more than RATIO_FROM came out; deflate itself stops at 1,032
RATIO_FROM = 16 * 1024 * 1024
MAX_FILES = 2_000  # files within the attachment, at all depths
MAX_ENTRIES = 10_000  # parts of one package, most of them no files of their own (slides, relations, styles)
MAX_DEPTH = 5  # files within files
MAX_PICTURES = 100  # that are handed to character recognition

Ocr = Callable[[bytes], str]
"""The words in a picture file (PNG, JPEG, TIFF, BMP, GIF, WebP, PNM). Raises Refused."""


class Refused(Exception):
    """A part cannot be read; ``reason`` is a word of UnreadablePart. Holds no content."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Reading:
    """One attachment on its way to text. ``recurse`` reads a file within it: (name, media type, content, reading)."""

    recurse: Callable[[str, str, bytes, Reading], None]
    ocr: Ocr | None = None
    pieces: list[str] = field(default_factory=list)
    reason: str = ""
    inside: str = ""
    notes: set[str] = field(default_factory=set)
    characters: int = 0
    inflated: int = 0
    files: int = 0
    pictures: int = 0
    depth: int = 0
    name: str = ""

    def put(self, text: str) -> None:
        """Keep a piece of text."""
        if text and not text.isspace():
            self.characters += len(text) + 2
            if self.characters > MAX_TEXT:
                raise Refused("too_large")
            self.pieces.append(text)

    def put_all(self, texts: Iterable[str]) -> None:
        """Keep many."""
        for text in texts:
            self.put(text)

    def fail(self, reason: str) -> None:
        """Something could not be read. The first reason counts."""
        if reason and not self.reason:
            self.reason, self.inside = reason, self.name

    def unpacked(self, count: int, out: int, packed: int) -> None:
        """``count`` more bytes came out of a packed part, which gave ``out`` in all for ``packed``."""
        self.inflated += count
        if self.inflated > MAX_INFLATED or (out > RATIO_FROM and out > RATIO * max(packed, 1)):
            raise Refused("too_large")

    def file(self, name: str, content: bytes, media_type: str = "") -> None:
        """Read a file that lies within this one: its name is text too."""
        self.files += 1
        if self.files > MAX_FILES or self.depth >= MAX_DEPTH:
            self.fail("too_many")
            if self.files > MAX_FILES:
                raise Refused("too_many")
            return
        self.put(name)
        outer, self.name, self.depth = self.name, name or self.name, self.depth + 1
        try:
            self.recurse(name, media_type, content, self)
        finally:
            self.name, self.depth = outer, self.depth - 1

    def picture(self, content: bytes, *, embedded: bool = True) -> None:
        """The words in a picture. One that lies in a document may be without words; a low one there is decoration."""
        if embedded and is_small_picture(content, "image/any"):
            return
        if self.ocr is None:
            self.fail("picture" if embedded else "unknown_type")
            return
        self.pictures += 1
        if self.pictures > MAX_PICTURES:
            raise Refused("too_slow")
        words = self.ocr(content)
        self.put(words)
        if not embedded and not words.strip():
            self.fail("empty")

    def result(self) -> Extracted:
        """What was read."""
        text = "\n\n".join(self.pieces)
        reason = self.reason or ("" if text.strip() else "empty")
        return Extracted(text or None, reason, self.inside if self.reason else "", tuple(sorted(self.notes)))
