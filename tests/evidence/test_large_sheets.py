"""A large sheet that is read many rows at a time has the text that the careful reader finds; what is written otherwise is left to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.extraction import large_sheets, sheets
from addin_backend.evidence.extraction.reading import Refused
from addin_backend.evidence.extraction.tables import Table
from addin_backend.evidence.extraction.xml import parse
from sizes import size

SHARED = ["Navn", "CPR-nummer", "Bo Madsen", "a & b", "", "010190-1234", "x\ty", "<løn>", " "]
_plain = st.one_of(
    st.integers(0, len(SHARED) - 1).map(lambda place: f'<c r="@" t="s"><v>{place}</v></c>'),
    st.integers(0, len(SHARED) - 1).map(lambda place: f'<c r="@" s="2" t="s"><v>{place}</v></c>'),
    st.sampled_from(["101901234", "1.01901234E8", "101901234.0", "3.14", "0", "-7", "40574", "1E-5"]).map(
        lambda v: f'<c r="@"><v>{v}</v></c>'
    ),
    st.just('<c r="@" s="1"/>'),
    st.just('<c r="@"><f>SUM(A1:A2)</f><v>12</v></c>'),
    st.just('<c r="@" t="n"><v>405741235</v></c>'),
)
_rows = st.lists(st.lists(_plain, max_size=5), max_size=70)


def _sheet(rows: list[list[str]]) -> bytes:
    written = []
    for number, cells in enumerate(rows, start=1):
        named = "".join(cell.replace("@", f"{'ABCDE'[column]}{number}") for column, cell in enumerate(cells))
        written.append(f'<row r="{number}">{named}</row>')
    return f'<worksheet xmlns="x"><sheetData>{"".join(written)}</sheetData></worksheet>'.encode()


def _carefully(raw: bytes) -> tuple[Table, set[int]]:
    sheet = sheets._Sheet(SHARED)
    parse((raw,), sheet.start, sheet.end, sheet.text)
    return sheet.table, sheet.used


@settings(max_examples=size(sample=100, full=3000), deadline=None)
@given(_rows)
def test_the_text_is_that_of_the_careful_reader(rows: list[list[str]]) -> None:
    """Rows, numbers beside their headings, and which texts are shown."""
    raw = _sheet(rows)
    found = large_sheets.table(raw, SHARED)
    careful, used = _carefully(raw)
    assert found is not None
    assert (careful.texts(), used) == (found[0].texts(), found[1])


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1" t="inlineStr"><is><t>CPR 010190-1234</t></is></c>',
        '<c r="A1" t="str"><v>010190-1234</v></c>',
        "<c><v>1</v></c>",
        '<x:c r="A1"><x:v>1</x:v></x:c><c r="B1" t="b"><v>1</v></c>',
        '<c r="A1"><v>1</v><extLst/></c>',
        '<c t="s" r="A1"><v>1</v></c>',
    ],
)
def test_what_is_written_otherwise_is_left_to_the_careful_reader(cell: str) -> None:
    """Texts within cells, prefixes, another order of attributes, more within a cell."""
    assert large_sheets.table(_sheet([[cell]]), SHARED) is None


def test_a_text_that_is_not_there_is_damage() -> None:
    """A cell points behind the last shared string."""
    with pytest.raises(Refused, match="damaged"):
        large_sheets.table(_sheet([['<c r="A1" t="s"><v>99</v></c>']]), SHARED)


@pytest.mark.parametrize(
    ("expected", "items"),
    [
        (["a", "b & c", ""], "<si><t>a</t></si><si><t>b &amp; c</t></si><si><t/></si>"),
        ([" a "], '<si><t xml:space="preserve"> a </t></si>'),
        (None, "<si><r><t>a</t></r><r><t>b</t></r></si>"),
        (None, "<si><t>a</t><rPh><t>b</t></rPh></si>"),
        (None, "<si/><si><t>a</t></si>"),
        (None, '<si><t foo="1">a</t></si>'),
        (None, "<x:si><x:t>a</x:t></x:si>"),
    ],
)
def test_shared_strings_of_one_form(expected: list[str] | None, items: str) -> None:
    """Texts of several forms, and empty items, are for a real parser."""
    assert expected == large_sheets.strings(f'<sst xmlns="x">{items}</sst>'.encode())
