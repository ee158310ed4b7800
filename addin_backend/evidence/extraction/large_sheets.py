"""The cells of a large sheet as most programs write them, many rows at a time: none of the steps is taken cell by cell.

Only for XML that a parser found sound and that has no comments, so that a pattern can tell where a cell ends. Whatever is written in
another way (texts within cells, prefixes, cells out of order) is left to the careful reader. Source: ECMA-376 part 1 §18.3.1.4.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from addin_backend.evidence.extraction.reading import Refused
from addin_backend.evidence.extraction.tables import HEADING_ROWS, MAY_TELL, Table, number

_CELL = re.compile(r'<c r="([A-Z]{1,3})[0-9]+"(?: s="[0-9]+")?(?: t="([sn])")?(?:/>|>(?:<f>[^<]*</f>)?<v>([^<]*)</v></c>)')
_STRING = re.compile(r"<si><t(?: xml:space=\"preserve\")?(?:/>|>([^<]*)</t>)</si>")
_EMPTY_ITEM = "<si/>"
_ROW_END = "</row>"
BLOCK = 1_000_000  # characters of a sheet worked on at once


def strings(raw: bytes) -> list[str] | None:
    """The shared strings in order; None when one has several forms."""
    text = raw.decode("utf-8", "replace")
    found = _STRING.findall(text)
    if (
        len(found) != text.count("<si>")
        or _EMPTY_ITEM in text
        or ":si" in text
        or text.count("<t") != text.count("<t>") + text.count("<t ") + text.count("<t/")
    ):
        return None
    return [html.unescape(item) for item in found] if "&" in text else found


def _column(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value - 1


def _values(cells: Sequence[tuple[str, str, str]], shared: Sequence[str]) -> list[str]:
    """What each cell shows. Raises Refused("damaged")."""
    try:
        return [
            (shared[int(value)] if kind == "s" else value if value.isdigit() else number(value)) if value else ""
            for _, kind, value in cells
        ]
    except (IndexError, ValueError):
        raise Refused("damaged") from None


def _telling(lines: Sequence[str]) -> set[int]:
    """The rows that may hold a number which its heading tells, by one look at all of them."""
    ends = list(accumulate(len(line) + 1 for line in lines))
    return {bisect_right(ends, found.start()) for found in MAY_TELL.finditer("\n".join(lines))}


def _blocks(data: str) -> Iterator[str]:
    """Whole rows, so many at a time that what is known of their cells stays small."""
    start = 0
    while start < len(data):
        end = data.find(_ROW_END, start + BLOCK)
        stop = end + len(_ROW_END) if end >= 0 else len(data)
        yield data[start:stop]
        start = stop


def _put(block: str, shared: Sequence[str], sheet: Table, used: set[int]) -> bool:
    """Whether every cell of the block is written in the common way; then its rows are put."""
    cells = _CELL.findall(block)
    if len(cells) != block.count("<c ") + block.count("<c>"):
        return False
    values = _values(cells, shared)
    borders = list(accumulate((row.count("<c ") for row in block.split(_ROW_END)), initial=0))
    lines = ["\t".join(values[first:last]) for first, last in pairwise(borders)]
    telling = _telling(lines)
    for place, line in enumerate(lines):
        if len(sheet.lines) < HEADING_ROWS or place in telling or "\t\t" in line or line[:1] == "\t" or line[-1:] == "\t":
            first, last = borders[place], borders[place + 1]
            row = zip(cells[first:last], values[first:last], strict=True)
            shown = [(_column(letters), value) for (letters, _, _), value in row if value]
            if shown:
                sheet.row(shown)
        elif line:
            sheet.line(line)
    used.update([int(value) for _, kind, value in cells if kind == "s" and value])
    return True


def table(raw: bytes, shared: Sequence[str]) -> tuple[Table, set[int]] | None:
    """(the table, which shared strings it shows), or None when a cell is written in another way. Raises Refused("damaged", "too_large")."""
    start, end = raw.find(b"<sheetData>"), raw.rfind(b"</sheetData>")
    data = raw[start:end].decode("utf-8", "replace")
    if start < 0 or end < 0 or ":c" in data:
        return None
    sheet, used = Table(), set[int]()
    return (sheet, used) if all(_put(block, shared, sheet, used) for block in _blocks(data)) else None
