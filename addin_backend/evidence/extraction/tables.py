"""Rows of cells as text: a row is a line, cells stand side by side, and numbers stand once more beside the heading of their column.

A spreadsheet keeps 010190-1234 as the number 101901234, and the heading that says what it is may stand thousands of rows above.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from addin_backend.evidence.extraction.reading import MAX_TEXT, Refused

_TELLING = re.compile(r"\d{9,10}|\d{5,6}-\d{4}")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_EMPTY = (None, "")
MAY_TELL = re.compile(r"[0-9]{5}[0-9-][0-9]{3}")
HEADING_ROWS = 50  # a heading stands among the first rows
MAX_HEADING = 60  # characters
MAX_ROW_CONTEXT = 120


def number(value: str) -> str:
    """A number cell as it is shown: "1.01901234E8" and "101901234.0" are 101901234."""
    if value.isdigit() or not _PLAIN_NUMBER.fullmatch(value):
        return value
    try:
        exact = float(value)
    except (ValueError, OverflowError):
        return value
    return str(int(exact)) if abs(exact) < 1e15 and exact == int(exact) else value


def padded(value: str) -> str:
    """A nine-digit number with the zero that it may have lost."""
    digits = value.replace("-", "")
    return "0" + value if len(digits) == 9 else value


@dataclass(slots=True)
class Table:
    """One sheet. ``lines`` are its rows; ``beside`` holds the numbers with their headings."""

    lines: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    _headings: dict[int, str] = field(default_factory=dict)
    _characters: int = 0

    def row(self, cells: Sequence[tuple[int, str]]) -> None:
        """Cells as (column from 0, text). Raises Refused("too_large"): one long text may stand in every cell."""
        line = "\t".join([text for _, text in cells])
        self.line(line)
        if len(self.lines) <= HEADING_ROWS:
            for column, text in cells:
                if column not in self._headings and text and not text[0].isdigit():
                    self._headings[column] = text.strip()[:MAX_HEADING]
        if MAY_TELL.search(line):
            for column, text in cells:
                stripped = text.strip()
                if len(stripped) in {9, 10, 11} and _TELLING.fullmatch(stripped):
                    self._number(column, stripped, cells)

    def line(self, text: str) -> None:
        """A row as text, behind the headings, none of whose numbers is told. Raises Refused("too_large")."""
        self._characters += len(text)
        if self._characters > MAX_TEXT:
            raise Refused("too_large")
        self.lines.append(text)

    def _number(self, column: int, value: str, cells: Sequence[tuple[int, str]]) -> None:
        around = " ".join(text.strip() for place, text in cells if place != column and not text.strip().isdigit())[:MAX_ROW_CONTEXT]
        self.beside.append(f"{self._headings.get(column, '')}: {padded(value)}\t{around}".lstrip(": "))

    def texts(self) -> tuple[str, str]:
        """The rows, and the numbers with their headings."""
        return "\n".join(self.lines), "\n".join(self.beside)


def _shown(cell: object) -> str:
    """A value of a library as it is shown."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and abs(cell) < 1e15 and cell.is_integer():
        return str(int(cell))
    return number(str(cell))


def of_rows(rows: Iterable[Sequence[object]]) -> Table:
    """A table of values as a library gives them: text, numbers, days; empty cells are None or ""."""
    table = Table()
    for cells in rows:
        table.row([(column, _shown(cell)) for column, cell in enumerate(cells) if cell not in _EMPTY])
    return table


def beside_headings(text: str) -> str:
    """The numbers of a comma-, semicolon- or tab-separated text with their headings; "" when it holds none."""
    if not _TELLING.search(text):
        return ""
    first = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=first.count)
    if delimiter not in first:
        return ""
    try:
        return of_rows(csv.reader(text.splitlines(), delimiter=delimiter)).texts()[1]
    except csv.Error:
        return ""
