"""What the look into the words of a mail costs: 2, 20 and 100 kB, plain and HTML, ordinary and full of look-alikes.

The peer of each size does the least that any such check must do: one pattern for the shape of a CPR number over the text, and the
look-up of its distinct words in a set of the register's stems.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.model.message import BodyFormat, Message
from check_over_http import notes
from table import Line, rounds, show

ROOT = Path(__file__).resolve().parent.parent
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
MAILS = ROOT / "tests/evidence/data/mails.jsonl"
SIZES = (2_000, 20_000, 100_000)
CPR = re.compile(r"\d{6}[- ]?\d{4}")
WORD = re.compile(r"[^\W\d_]+")
CELL = (
    '<tr><td style="padding:4px;font-family:Arial,sans-serif;color:#333333" class="c{number}"><p style="margin:0 0 12px 0">{text}</p>'
    '<a href="https://nyhed.example/l?id={number}&amp;k=a1" target="_blank">L&aelig;s mere</a>&nbsp;'
    '<img src="https://nyhed.example/b{number}.png" alt="Billede {number}" width="120"></td></tr>\n'
)


def newsletter(size: int) -> str:
    """About ``size`` characters of HTML: the same notes in the cells of a table, with styles, links and pictures."""
    paragraphs, length = notes(size).split("\n\n"), 0
    cells: list[str] = []
    while length < size:
        cells.append(CELL.format(number=len(cells), text=paragraphs[len(cells) % len(paragraphs)]))
        length += len(cells[-1])
    return "<html><head><style>p{margin:0}</style></head><body><table>" + "".join(cells) + "</table></body></html>"


def look_alikes(size: int) -> str:
    """``size`` characters of the labelled mails that need no protection though they look like it, one after the other."""
    mails = [json.loads(line) for line in MAILS.read_text(encoding="utf-8").splitlines()]
    text = "\n\n".join(item["body"] for item in mails if not item["classes"] and item["format"] == "plain") + "\n\n"
    return (text * (size // len(text) + 1))[:size]


def peer(text: str, stems: frozenset[str]) -> int:
    """The least work: numbers by shape and words by look-up."""
    return len(CPR.findall(text)) + len(stems.intersection(WORD.findall(text.lower())))


def _classify(body: str, form: BodyFormat, terms: Terms) -> Callable[[], object]:
    message = Message(sender="", recipients=(), subject="Noter", body=body, body_format=form)
    return lambda: classify(message, terms)


REPETITIVE = (
    ("one word of letters", "sygdomskræftdiabetes"),
    ("pay", "løn 45.000 kr. "),
    ("debt", "gæld 52.000 kr. "),
    ("a verb of the law", "dømt "),
    ("ten digits", "0405741235 "),
    ("spaced digits with a label", "cpr 0 7 0 7 6 1 4 2 8 5 "),
    ("marks that make no letter", "\u0315\u0300"),
    ("digits with marks", "0\u0301"),
)


def _repetitive(terms: Terms) -> None:
    """Texts that say one thing over and over, which once took the square of their length."""
    lines = []
    for name, unit in REPETITIVE:
        for length in (125_000, 500_000):
            body = "a" + (unit * (length // len(unit) + 1))[:length] + " Bo Madsen"
            lines.append(Line(f"{name}, {length // 1000} kB", rounds(1, _classify(body, BodyFormat.PLAIN, terms))))
    show("Texts that say one thing over and over", lines)


def main() -> None:
    """Measure and print, one table for each size."""
    raw = REGISTER.read_bytes()
    terms = read_terms(raw)
    stems = frozenset(stem.lower() for group in json.loads(raw)["groups"] for stem in group["stems"])
    for size in SIZES:
        text = notes(size)
        count = max(50, 2_000_000 // size)
        floor = "one pattern and a look-up of words (peer)"
        lines = [Line(floor, rounds(count, lambda text=text: peer(text, stems)))]  # type: ignore[misc] # bound at once
        for name, body, form in (
            ("plain notes", text, BodyFormat.PLAIN),
            ("HTML newsletter", newsletter(size), BodyFormat.HTML),
            ("look-alikes", look_alikes(size), BodyFormat.PLAIN),
        ):
            action = _classify(body, form, terms)
            rounds(3, action)
            lines.append(Line(f"classify, {name}", rounds(count, action)))
        show(f"Content of a mail of {size // 1000} kB", lines, floor)
    _repetitive(terms)


if __name__ == "__main__":
    main()
