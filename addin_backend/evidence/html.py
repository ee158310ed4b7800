"""HTML to text, tolerant and linear: what a reader sees and what is hidden both count. Every character knows its place in the source.

Inline tags join (a number cut by ``<b>`` is one number), blocks and cells separate. Script and style are left out; comments are read,
because Outlook shows conditional ones. A tag or a style that is never closed is read as text rather than swallowing the rest.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from urllib.parse import unquote

_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9:-]*+)([^"'>]*+(?:"[^"]*+"[^"'>]*+|'[^']*+'[^"'>]*+)*+)>""")
_SIMPLE_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?")
_SPOKEN = re.compile(
    r"""(?<![\w-])(?:alt|title|aria-label|placeholder|value)\s*=\s*(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE
)
_HREF = re.compile(r"""(?<![\w-])href\s*=\s*(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)
_SPOKEN_NAMES = ("alt", "title", "aria-label", "placeholder", "value")
_OPENING = re.compile(r"</?[a-zA-Z]")
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")
_NUMBER_IN_LINK = re.compile(r"\d{6}\D{0,3}\d{4}")
_CONDITION = re.compile(r"\[(?:if|endif)[^\]<>]{0,200}\](?:>|-->)?", re.IGNORECASE)

_CELL = frozenset({"td", "th"})
_BLOCK = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "head header hr html legend li main nav ol option p pre section select summary table tbody textarea tfoot thead title tr ul".split()
)
_RAW = {name: re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE) for name in ("script", "style")}


@dataclass(slots=True)
class HtmlText:
    """Text, and for each of its runs where it stands in the source: (start in text, start in source, length in source per character).

    A run with ``width`` 0 is one source character per text character; else the whole run stands for ``width`` source characters.
    """

    text: str = ""
    starts: list[int] = field(default_factory=list)
    sources: list[tuple[int, int]] = field(default_factory=list)

    def source_span(self, index: int) -> tuple[int, int] | None:
        """The (start, end) in the source of the character at ``index``, or None when it has none (a separator)."""
        run = bisect_right(self.starts, index) - 1
        if run < 0:
            return None
        place, width = self.sources[run]
        if place < 0:
            return None
        return (place, place + width) if width else (place + index - self.starts[run], place + index - self.starts[run] + 1)


class _Writer:
    """Collects runs of text with their places."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.starts: list[int] = []
        self.sources: list[tuple[int, int]] = []

    def put(self, text: str, source: int, width: int = 0) -> None:
        if text:
            self.pieces.append(text)
            self.starts.append(self.length)
            self.sources.append((source, width))
            self.length += len(text)

    def gap(self, separator: str) -> None:
        """A separator, unless one at least as strong stands there already."""
        last = self.pieces[-1][-1:] if self.pieces else "\n"
        if last == "\n" or (last == "\t" and separator == "\t"):
            return
        self.put(separator, -1)

    def text(self, source: str, start: int, end: int, keep_lines: bool) -> None:
        """Source text with its entities decoded; line breaks are blanks unless they are kept."""
        chunk = source[start:end]
        if not keep_lines:
            chunk = chunk.replace("\n", " ").replace("\r", " ")
            if not chunk.strip() and (not self.pieces or self.pieces[-1][-1:] in "\n\t "):
                return
        if "&" not in chunk:
            self.put(chunk, start)
            return
        last = 0
        for found in _ENTITY.finditer(chunk):
            self.put(chunk[last : found.start()], start + last)
            self.put(html.unescape(found.group()), start + found.start(), found.end() - found.start())
            last = found.end()
        self.put(chunk[last:], start + last)


class _Scanner:
    """One pass over the source. Each kind of search that once ran to the end without success is not tried again, so that it is linear."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out = _Writer()
        self.quoted_tags = True
        self.raw_open = dict.fromkeys(_RAW, True)
        self.pre = 0

    def _tag(self, position: int) -> re.Match[str] | None:
        simple = _SIMPLE_TAG.match(self.source, position)
        if simple:
            attributes = simple[2]
            if not attributes or (attributes.count('"') % 2 == 0 and attributes.count("'") % 2 == 0):
                return simple
        if self.quoted_tags and self.source[position + 1 : position + 2] not in "!?":
            if _OPENING.match(self.source, position) is None:
                return None
            found = _TAG.match(self.source, position)
            if found:
                return found
            self.quoted_tags = False  # the quotation marks never close: from here on the simple form must do
        return simple

    def _after_raw(self, name: str, position: int) -> int:
        if self.raw_open[name]:
            closing = _RAW[name].search(self.source, position)
            if closing:
                return closing.end()
            self.raw_open[name] = False
        return position

    def _attributes(self, tag: re.Match[str]) -> None:
        attributes = tag[2]
        lower = attributes.lower() if attributes.isascii() else ""  # a plain search first: most attributes are styles
        for found in _SPOKEN.finditer(attributes) if not lower or any(name in lower for name in _SPOKEN_NAMES) else ():
            group = found.lastindex or 1
            self.out.gap("\t")
            self.out.text(self.source, tag.start(2) + found.start(group), tag.start(2) + found.end(group), keep_lines=False)
            self.out.gap("\t")
        link = _HREF.search(attributes) if not lower or "href" in lower else None
        if link:
            group = link.lastindex or 1
            if _NUMBER_IN_LINK.search(unquote(link[group])):
                self.out.gap("\n")
                self._percent_decoded(tag.start(2) + link.start(group), tag.start(2) + link.end(group))
                self.out.gap("\n")

    def _percent_decoded(self, start: int, end: int) -> None:
        last = start
        for found in _HEX.finditer(self.source, start, end):
            self.out.put(self.source[last : found.start()], last)
            self.out.put(chr(int(found.group()[1:], 16)), found.start(), 3)
            last = found.end()
        self.out.put(self.source[last:end], last)

    def _open(self, tag: re.Match[str]) -> int:
        """Write what the tag stands for; the place to read on from."""
        name, closing = tag[1].lower(), self.source.startswith("</", tag.start())
        if name == "pre":
            self.pre = max(0, self.pre + (-1 if closing else 1))
        if name in _CELL:
            if not closing:
                self.out.gap("\t")
        elif name in _BLOCK:
            self.out.gap("\n")
        if not closing:
            if "=" in tag[2]:
                self._attributes(tag)
            if name in _RAW:
                return self._after_raw(name, tag.end())
        return tag.end()

    def run(self) -> HtmlText:
        source, position, scanned = self.source, 0, 0
        while True:
            opening = source.find("<", scanned)
            if opening < 0:
                self.out.text(source, position, len(source), self.pre > 0)
                break
            declared = source.startswith(("<!", "<?"), opening)
            tag = None if declared else self._tag(opening)
            if not declared and tag is None:  # the mark is text like what follows it: a long row of them is written at once
                if opening > position and source[position] != "<":
                    self.out.text(source, position, opening, self.pre > 0)
                    position = opening
                scanned = opening + 1
                continue
            if opening > position:
                self.out.text(source, position, opening, self.pre > 0)
            position = scanned = self._open(tag) if tag else self._declaration(opening)
        return HtmlText("".join(self.out.pieces), self.out.starts, self.out.sources)

    def _declaration(self, opening: int) -> int:
        """A comment is read on as text behind its mark; a doctype or a processing instruction is left out."""
        source = self.source
        start = opening + (4 if source.startswith("<!--", opening) else 2)
        condition = _CONDITION.match(source, start)
        if condition:
            return condition.end()
        self.out.gap("\n")
        if start == opening + 4:
            return start
        simple = re.compile(r"[^<>]{0,2000}+>").match(source, start)
        return simple.end() if simple else start


def to_text(source: str) -> HtmlText:
    """The text of ``source``. Never raises; time and memory grow with the length only."""
    return _Scanner(source).run()


_REFERENCE = re.compile(r"""(?:cid|CID):([^"'\s>)]{1,300})""")


def referenced_ids(source: str) -> frozenset[str]:
    """The Content-IDs that the HTML shows (RFC 2392), percent-decoded, without brackets."""
    return frozenset(unquote(found[1]) for found in _REFERENCE.finditer(source))
