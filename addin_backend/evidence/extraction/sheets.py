"""The cells of xlsx: each sheet, hidden or not, row by row, as a stream. Source: ECMA-376 part 1 §18.3, §18.4."""

from __future__ import annotations

import re
from collections.abc import Mapping

from addin_backend.evidence.extraction.packages import Package
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.extraction.tables import Table, number
from addin_backend.evidence.extraction.xml import parse

_SHEET = re.compile(r"xl/(?:worksheets|dialogsheets|macrosheets|chartsheets)/[^/]+\.xml", re.IGNORECASE)
_EXCEL4_MACROS = re.compile(r"xl/macrosheets/", re.IGNORECASE)
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


def read(package: Package, reading: Reading) -> frozenset[str]:
    """Put the cells of every sheet; the names of the entries that need no other reading."""
    if package.entry("xl/workbook.bin"):
        raise Refused("binary_workbook")
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
