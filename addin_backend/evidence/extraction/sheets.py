"""The cells of xlsx: each sheet, hidden or not, row by row, as a stream. Source: ECMA-376 part 1 §18.3, §18.4."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from addin_backend.evidence.extraction import books, large_sheets
from addin_backend.evidence.extraction.packages import Package
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.extraction.tables import Table, number
from addin_backend.evidence.extraction.xml import check, parse

_SHEET = re.compile(r"xl/(?:worksheets|dialogsheets|macrosheets|chartsheets)/[^/]+\.xml", re.IGNORECASE)
_EXCEL4_MACROS = re.compile(r"xl/macrosheets/", re.IGNORECASE)
LARGE = 4 * 1024 * 1024  # bytes of cells
_WORDS = re.compile(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]+)")
_BESIDE = re.compile(
    rb"<(?:\w+:)?(?:f|odd(?:Header|Footer)|even(?:Header|Footer)|first(?:Header|Footer)|formula[12])(?:\s[^<>]*)?>([^<]+)"
    rb"|<((?:\w+:)?(?:dataValidation|hyperlink|protectedRange)\s[^<>]*)>"
)
_SHARED = "xl/sharedStrings.xml"
_LETTERS = {letter: value for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}


class _Strings:
    """The shared strings."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._item: list[str] = []
        self._inside = False

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self._inside = name == "t"

    def end(self, name: str) -> None:
        self._inside = False
        if name == "si":
            self.found.append("".join(self._item))
            self._item.clear()

    def text(self, data: str) -> None:
        if self._inside:
            self._item.append(data)


def _column(reference: str, following: int) -> int:
    value = 0
    for char in reference:
        if char not in _LETTERS:
            break
        value = value * 26 + _LETTERS[char]
    return value - 1 if value else following


class _Sheet:
    """One sheet."""

    def __init__(self, shared: list[str]) -> None:
        self.table = Table()
        self.others: dict[str, None] = {}
        self._shared = shared
        self.used: set[int] = set()
        self._cells: list[tuple[int, str]] = []
        self._name = self._kind = self._reference = ""
        self._value: list[str] = []
        self._run: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._name = name
        if name == "c":
            self._kind, self._reference = attributes.get("t", "n"), attributes.get("r", "")
            self._value.clear()
        elif name in {"dataValidation", "hyperlink", "protectedRange", "sheetPr", "definedName"}:
            self.others.update(dict.fromkeys(value for key, value in attributes.items() if key not in {"sqref", "ref", "uid", "type"}))

    def text(self, data: str) -> None:
        if self._name in {"v", "t"}:
            self._value.append(data)
        elif not data.isspace():
            self._run.append(data)

    def end(self, name: str) -> None:
        if self._run:  # formulas, headers and footers, lists
            self.others["".join(self._run)] = None
            self._run.clear()
        self._name = ""
        if name == "c":
            self._cell("".join(self._value))
        elif name == "row" and self._cells:
            self.table.row(self._cells)
            self._cells = []

    def _cell(self, value: str) -> None:
        if self._kind == "s":
            place = int(value) if value.strip().isdigit() else -1
            if not 0 <= place < len(self._shared):
                raise Refused("damaged")
            self.used.add(place)
            value = self._shared[place]
        elif self._kind in {"n", ""}:
            value = number(value.strip())
        if value:
            self._cells.append((_column(self._reference, len(self._cells)), value))


def _is_large(package: Package) -> bool:
    return sum(item.file_size for item in package.entries if _SHEET.fullmatch(item.filename) or item.filename == _SHARED) > LARGE


def _read_large(package: Package, content: bytes, reading: Reading) -> frozenset[str] | None:
    """The same for a large workbook, as most programs write them; else with the cells by calamine; None when it must be read the careful
    way.
    """
    sheets: dict[str, bytes] = {}
    texts = b""
    for item in package.entries:
        if not (_SHEET.fullmatch(item.filename) or item.filename == _SHARED) or _EXCEL4_MACROS.match(item.filename):
            continue
        raw = package.read(item)
        if b"<!" in raw or not raw.lstrip(b"\xef\xbb\xbf").startswith(b"<"):
            return None  # comments and other encodings are for a real parser
        check((raw,))
        if item.filename == _SHARED:
            texts = raw
        else:
            sheets[item.filename] = raw
    beside: dict[str, None] = {}
    for raw in sheets.values():
        if b"<f" not in raw and b":f" not in raw:  # no formulas: the cells hold nothing but values
            raw = raw[: raw.find(b"<sheetData>") + 1] + raw[raw.rfind(b"</sheetData>") + 1 :]
        beside.update(dict.fromkeys(html.unescape((text or tag).decode("utf-8", "replace")) for text, tag in _BESIDE.findall(raw)))
    if not _put_plain(sheets, texts, reading) and not _put_by_calamine(content, texts, reading):
        return None
    reading.put("\n".join(beside))
    return frozenset({*sheets, *([_SHARED] if texts else [])})


def _put_plain(sheets: Mapping[str, bytes], texts: bytes, reading: Reading) -> bool:
    """Whether every sheet is written in the common way; then its cells are put, and the texts that none of them shows."""
    shared = large_sheets.strings(texts) if texts else []
    if shared is None:
        return False
    found = []
    unused = set(range(len(shared)))
    for raw in sheets.values():
        one = large_sheets.table(raw, shared)
        if one is None:
            return False
        found.append(one[0])
        unused -= one[1]
    for table in found:
        reading.put_all(table.texts())
    reading.put("\n".join([shared[place] for place in sorted(unused)]))  # what stood in a cell once
    return True


def _put_by_calamine(content: bytes, texts: bytes, reading: Reading) -> bool:
    shared = {html.unescape(found.decode("utf-8", "replace")) for found in _WORDS.findall(texts)}
    try:
        found = books.tables(content)
    except Refused as refused:
        if refused.reason == "too_large":
            raise
        return False
    for name, table in found:
        reading.put(name)
        reading.put_all(table.texts())
        for line in table.lines if shared else ():
            shared.difference_update(line.split("\t"))
    reading.put("\n".join(shared))  # what stood in a cell once, and texts of several forms
    return True


def read(package: Package, content: bytes, reading: Reading) -> frozenset[str]:
    """Put the cells of every sheet; the names of the entries that need no other reading."""
    if _is_large(package):
        done_fast = _read_large(package, content, reading)
        if done_fast is not None:
            return done_fast
    shared = _Strings()
    entry = package.entry(_SHARED)
    done: set[str] = set()
    used: set[int] = set()
    if entry:
        parse(package.chunks(entry), shared.start, shared.end, shared.text)
        done.add(entry.filename)
    for item in package.entries:
        if not _SHEET.fullmatch(item.filename):
            continue
        if _EXCEL4_MACROS.match(item.filename):
            reading.notes.add("macros")
        sheet = _Sheet(shared.found)
        parse(package.chunks(item), sheet.start, sheet.end, sheet.text)
        reading.put_all((*sheet.table.texts(), "\n".join(sheet.others)))
        used |= sheet.used
        done.add(item.filename)
    reading.put("\n".join(text for place, text in enumerate(shared.found) if place not in used))  # what stood in a cell once
    return frozenset(done)
