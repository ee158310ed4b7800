"""HTML to text, tolerant and linear: what a reader sees and what is hidden both count. Every character knows its place in the source.

Inline tags and comments join (a number cut by them is one number), blocks and cells separate. The text is what a browser shows, with the
contents of conditional comments, which Outlook shows, and with the words of attributes at the end. What a browser leaves out (comments,
style sheets, scripts) is read apart; where clients may cut the source otherwise, the whole is read in those other ways too.

Source: WHATWG HTML §13.2.5 (tags, attributes, comments).
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from urllib.parse import unquote

_TAG = re.compile(r"""</?([a-zA-Z][^\s/>]*+)((?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\s>]++)?+)?+|=)*+)>""")
_SIMPLE_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")
_OPENS_TAG = re.compile(r"</?[a-zA-Z]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,2000}|#[xX][0-9a-fA-F]{1,2000}|[A-Za-z][A-Za-z0-9]{1,30});?")
_VALUE = r"""\s*=\s*(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))"""
_SPOKEN = re.compile(rf"(?<![\w-])(?:alt|title|aria-label|placeholder|value|label|summary|content){_VALUE}", re.IGNORECASE)
_COUNTED = re.compile(r"(?<![\w-])(?:start|value)\s*=\s*[\"']?(\d{3,10})(?!\d)", re.IGNORECASE)
_HREF = re.compile(rf"(?<![\w-])href{_VALUE}", re.IGNORECASE)
_NUMBER_IN_LINK = re.compile(r"\d{6}\D{0,3}\d{4}")
_CONDITION = re.compile(r"\[(?:if|endif)[^\]<>]{0,200}\](?:>|-->)?", re.IGNORECASE)
_COMMENT_END = re.compile(r"--!?>")
_LOOSE = re.compile(r"<!--+(?:\[if[^\]<>]{0,200}\]>)?|<!\[endif\]--+>|--+!?>|<!\[CDATA\[|\]\]>", re.IGNORECASE)
_INNER_TAG = re.compile(r"</?[a-zA-Z]|<!\[")
_ISLANDS = re.compile(r"<(xml|style)\b[^>]*+>(?:[^<]++|<(?!/\1))*+</\1>|<[^<>]*+>", re.IGNORECASE)
_EMBEDDED = re.compile(r"(?<![\w-])data:[^,\s\"'<>]{0,200},[^\"'<>\s)]*+", re.IGNORECASE)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|mso-hide|opacity\s*:\s*0|(?<![\w-])hidden\b", re.IGNORECASE
)
_REVERSING = re.compile(r"bidi-override|isolate-override", re.IGNORECASE)
_LINKED = re.compile(r"url\(\s*[\"']?https?:[^)]*+\)", re.IGNORECASE)

_CELL = frozenset({"td", "th"})
_BLOCK = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "head header hr html legend li main nav ol option p pre section select summary table tbody textarea tfoot thead title tr ul".split()
)
_RAW = {name: re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE) for name in ("script", "style", "xml")}
_BOXES = frozenset({"input", "option", "optgroup", "button"})  # their words are shown where they stand
_TRICKY = frozenset({"textarea", "xmp", "plaintext", "noscript", "noembed", "noframes", "iframe", "math", "template"})
_TITLE = re.compile(r"[^<]*+(?:</title|\Z)", re.IGNORECASE)
_DRAWING = frozenset({"svg", "bdo"})  # what they show is no text in reading order


@dataclass(slots=True)
class HtmlText:
    """Text, and for each of its runs where it stands in the source: (start in text, start in source, length in source per character).

    A run with ``width`` 0 is one source character per text character; else the whole run stands for ``width`` source characters.
    ``apart`` is what a browser leaves out; ``other`` the whole text where clients may cut it otherwise ("" when all agree); ``embedded``
    the data: links. ``doubtful`` means that a client may show something that stands in none of them.
    """

    text: str = ""
    starts: list[int] = field(default_factory=list)
    sources: list[tuple[int, int]] = field(default_factory=list)
    apart: str = ""
    other: str = ""
    embedded: tuple[str, ...] = ()
    doubtful: bool = False

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

    @property
    def last(self) -> str:
        """The last character, or "" when there is none."""
        return self.pieces[-1][-1:] if self.pieces else ""

    def put(self, text: str, source: int, width: int = 0) -> None:
        if text:
            self.pieces.append(text)
            self.starts.append(self.length)
            self.sources.append((source, width))
            self.length += len(text)

    def gap(self, separator: str) -> None:
        """A separator, unless one at least as strong stands there already."""
        last = self.last or "\n"
        if last == "\n" or (last == "\t" and separator == "\t"):
            return
        self.put(separator, -1)

    def text(self, source: str, start: int, end: int, keep_lines: bool) -> None:
        """Source text with its entities decoded; line breaks are blanks unless they are kept."""
        chunk = source[start:end]
        if not keep_lines:
            chunk = chunk.replace("\n", " ").replace("\r", " ")
            if not chunk.strip() and (not self.pieces or self.last in "\n\t "):
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
    """One pass over the source. Each kind of search that once ran to the end without success is not tried again, so that it is linear.

    ``loose``: style sheets and scripts are text like any other.
    """

    def __init__(self, source: str, *, loose: bool = False) -> None:
        self.source, self.loose = source, loose
        self.out = _Writer()
        self.quoted_tags = self.comments_close = self.bogus_close = True
        self.raw_open = dict.fromkeys(_RAW, True)
        self.pre = self.condition_end = 0
        self.apart: list[tuple[int, int]] = []
        self.spoken: list[tuple[int, int]] = []
        self.embedded: list[str] = []
        self.tricky = self.ambiguous = self.conditional = self.doubtful = False

    def _tag(self, position: int) -> re.Match[str] | None:
        if not _OPENS_TAG.match(self.source, position):
            return None
        if self.quoted_tags:
            found = _TAG.match(self.source, position)
            if found:
                return found
            self.quoted_tags = False  # never closed: from here on the simple form must do
        self.doubtful = True
        return _SIMPLE_TAG.match(self.source, position)

    def _raw(self, name: str, position: int) -> int:
        """Behind a style sheet, a script or an island of data, which is read apart."""
        if self.raw_open[name]:
            closing = _RAW[name].search(self.source, position)
            if closing:
                self.apart.append((position, closing.start()))
                self.ambiguous |= name != "xml" and bool(_INNER_TAG.search(self.source, position, closing.start()))
                self._look_for_data(self.source[position : closing.start()])
                return closing.end()
            self.raw_open[name] = False
        return position

    def _look_for_data(self, text: str) -> None:
        flat = html.unescape(text) if "&" in text else text
        if "\\" in flat or "data" in flat.lower() or "\n" in flat:
            flat = flat.replace("\n", "").replace("\r", "").replace("\t", "")
            self.embedded += _EMBEDDED.findall(flat)

    def _attributes(self, tag: re.Match[str], name: str) -> None:
        attributes, offset = tag[2], tag.start(2)
        for found in _SPOKEN.finditer(attributes):
            group = found.lastindex or 1
            span = (offset + found.start(group), offset + found.end(group))
            if name in _BOXES:
                self.out.gap("\t")
                self.out.text(self.source, *span, keep_lines=False)
                self.out.gap("\t")
            elif name != "meta" or any(char.isdigit() for char in found[group]):
                self.spoken.append(span)
        counted = _COUNTED.search(attributes) if name in {"ol", "li"} else None
        if counted:  # the number that a reader sees before the item
            self.out.text(self.source, offset + counted.start(1), offset + counted.end(1), keep_lines=False)
        link = _HREF.search(attributes)
        if link and _NUMBER_IN_LINK.search(unquote(link[link.lastindex or 1])):
            group = link.lastindex or 1
            self.spoken.append((-1 - offset - link.start(group), offset + link.end(group)))
        self._look_for_data(attributes)
        self.doubtful |= "srcdoc" in attributes.lower() or bool(_REVERSING.search(attributes))
        if self.out.last.isdigit() and _HIDING.search(attributes):
            self.doubtful = True  # a client that hides it joins the digits around it

    def _percent_decoded(self, start: int, end: int) -> None:
        last = start
        for found in re.compile(r"%[0-9A-Fa-f]{2}").finditer(self.source, start, end):
            self.out.put(self.source[last : found.start()], last)
            self.out.put(chr(int(found.group()[1:], 16)), found.start(), 3)
            last = found.end()
        self.out.put(self.source[last:end], last)

    def _open(self, tag: re.Match[str]) -> int:
        """Write what the tag stands for; the place to read on from."""
        name, closing = tag[1].lower(), tag.group().startswith("</")
        if name == "pre":
            self.pre = max(0, self.pre + (-1 if closing else 1))
        if name in _CELL:
            if not closing:
                self.out.gap("\t")
        elif name in _BLOCK:
            self.out.gap("\n")
        if closing:
            return tag.end()
        if "=" in tag[2]:
            self._attributes(tag, name)
        elif sum(char.isdigit() for char in tag.group()) >= 6:
            self.apart.append((tag.start() + 1, tag.end() - 1))  # a client that knows no such tag may show it
        self.tricky |= name in _TRICKY or (name == "title" and not _TITLE.match(self.source, tag.end()))
        self.doubtful |= name in _DRAWING
        if not self.loose and (name in {"script", "style"} or (name == "xml" and tag.start() < self.condition_end)):
            return self._raw(name, tag.end())
        return tag.end()

    def _comment(self, opening: int) -> int:
        """Behind a comment, which is read apart. Of a conditional one only the mark is left out."""
        source, start = self.source, opening + 4
        condition = _CONDITION.match(source, start)
        if condition:
            if opening >= self.condition_end and self.comments_close:
                closing = _COMMENT_END.search(source, condition.end())
                self.condition_end = closing.end() if closing else 0
                self.comments_close = bool(closing)
                self.conditional |= bool(closing and _ISLANDS.sub("", source[condition.end() : closing.start()]).strip(" \t\r\n\xa0<!-"))
            return condition.end()
        if source.startswith((">", "->"), start):
            return source.index(">", start) + 1
        closing = _COMMENT_END.search(source, start) if self.comments_close else None
        if closing is None:
            self.comments_close = False
            self.out.gap("\n")
            return start
        self.apart.append((start, closing.start()))
        inner = source[start : closing.start()].lower()
        self.ambiguous |= any(inner.count(f"<{name}") != inner.count(f"</{name}") for name in ("style", "script", *_TRICKY, "title"))
        return closing.end()

    def _declaration(self, opening: int) -> int:
        """Behind a doctype, an instruction or an empty or odd closing tag, which a browser takes for a comment."""
        source = self.source
        condition = _CONDITION.match(source, opening + 2)
        if condition:
            return condition.end()
        closing = source.find(">", opening + 2) if self.bogus_close else -1
        if closing < 0:
            self.bogus_close = False
            self.out.gap("\n")
            return opening + 2
        self.ambiguous |= source.startswith("<![", opening)
        self.apart.append((opening + 2, closing))
        return closing + 1

    def run(self) -> _Scanner:
        """Read all; what was found stands in the fields."""
        source, position = self.source, 0
        while True:
            opening = source.find("<", position)
            if opening < 0:
                self.out.text(source, position, len(source), self.pre > 0)
                break
            if opening > position:
                self.out.text(source, position, opening, self.pre > 0)
            following = source[opening + 1 : opening + 3]
            if source.startswith("<!--", opening):
                position = self._comment(opening)
            elif following[:1] in {"!", "?"} or (following[:1] == "/" and len(following) == 2 and not _OPENS_TAG.match(source, opening)):
                position = self._declaration(opening)
            elif tag := self._tag(opening):
                position = self._open(tag)
            else:
                self.out.put("<", opening)
                position = opening + 1
        for start, end in self.spoken:
            self.out.gap("\n")
            if start < 0:
                self._percent_decoded(-1 - start, end)
            else:
                self.out.text(source, start, end, keep_lines=False)
        return self

    def text(self) -> str:
        """All that was written."""
        return "".join(self.out.pieces)


def _without_conditional(source: str) -> str:
    pieces, position = [], 0
    while (opening := source.find("<!--[", position)) >= 0:
        closing = source.find("-->", opening)
        if closing < 0:
            break
        pieces.append(source[position:opening])
        position = closing + 3
    return "".join([*pieces, source[position:]])


def _loosely(source: str) -> str:
    return _Scanner(_LOOSE.sub("", source), loose=True).run().text()


def _readings(scan: _Scanner) -> str:
    """The text as clients may read it that know no conditional comments, or see a style sheet begin or end elsewhere."""
    found: dict[str, str] = {"".join(scan.text().split()): ""}
    if scan.conditional:
        text = _Scanner(_without_conditional(scan.source)).run().text()
        found.setdefault("".join(text.split()), text)
    if scan.ambiguous or (scan.tricky and scan.apart):
        text = _loosely(scan.source)
        found.setdefault("".join(text.split()), text)
    return "\n\n".join(text for text in found.values() if text)


def to_text(source: str) -> HtmlText:
    """The text of ``source``. Never raises; time and memory grow with the length only."""
    scan = _Scanner(source).run()
    apart = (_loosely(_LINKED.sub(" ", source[start:end])).strip() for start, end in scan.apart)
    return HtmlText(
        scan.text(),
        scan.out.starts,
        scan.out.sources,
        apart="\n".join(text for text in apart if text),
        other=_readings(scan),
        embedded=tuple(scan.embedded),
        doubtful=scan.doubtful,
    )


_REFERENCE = re.compile(r"""(?:cid|CID):([^"'\s>)]{1,300})""")


def referenced_ids(source: str) -> frozenset[str]:
    """The Content-IDs that the HTML shows (RFC 2392), percent-decoded, without brackets."""
    return frozenset(unquote(found[1]) for found in _REFERENCE.finditer(source))
