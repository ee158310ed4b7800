"""odt, ods, odp and their kin: text, tables, notes, comments, alternative texts, metadata. Source: OpenDocument 1.3 (OASIS)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from addin_backend.evidence.extraction import strings
from addin_backend.evidence.extraction.packages import Package
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.extraction.tables import Table, number
from addin_backend.evidence.extraction.xml import local, parse

MIMETYPE = b"application/vnd.oasis.opendocument"
_ENCRYPTED = re.compile(rb"<[\w:]*encryption-data\b")
_TELLING = frozenset({"value", "string-value", "formula", "content", "title", "name", "help-message"})
_MACROS = re.compile(r"(?:Basic|Scripts)/", re.IGNORECASE)
_PLAIN_PARTS = frozenset({"mimetype", "layout-cache"})
MAX_BLANKS = 1_000


class _Part:
    """content.xml and the like."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.others: dict[str, None] = {}
        self.table = Table()
        self._open: list[tuple[list[str], str]] = []  # a cell may hold a table of its own
        self._cells: list[tuple[int, str]] = []
        self._column = 0

    def _put(self, text: str) -> None:
        (self._open[-1][0] if self._open else self.pieces).append(text)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        given = {local(key): value for key, value in attributes.items()}
        if name in {"table-cell", "covered-table-cell"}:
            self._open.append(([], given.get("value", "") if given.get("value-type") in {"float", "string", None} else ""))
        elif name == "s":
            count = given.get("c", "1")
            self._put(" " * min(int(count) if count.isdigit() else 1, MAX_BLANKS))
        elif name in {"tab", "line-break"}:
            self._put("\t" if name == "tab" else "\n")
        elif name == "a" and "href" in given:
            self.others[given["href"]] = None
        if name in {
            "title",
            "desc",
            "annotation",
            "database-range",
            "named-range",
            "content-validation",
            "user-field-decl",
            "variable-set",
        }:
            self.others.update(dict.fromkeys(value for key, value in given.items() if key in _TELLING))

    def end(self, name: str) -> None:
        if name in {
            "p",
            "h",
            "title",
            "desc",
            "creator",
            "keyword",
            "user-defined",
            "subject",
            "description",
            "generator",
            "initial-creator",
        }:
            self._put("\n")
        elif name in {"table-cell", "covered-table-cell"} and self._open:
            pieces, value = self._open.pop()
            shown, exact = "".join(pieces).strip(), number(value)
            if self._open:
                self._put(shown + "\t")
            elif shown or exact:
                self._cells.append((self._column, shown or exact))
                if exact not in {shown, ""}:
                    self.others[exact] = None
            self._column += 1
        elif name == "table-row":
            if self._cells:
                self.table.row(self._cells)
            self._cells, self._column = [], 0

    def text(self, data: str) -> None:
        self._put(data)


def _read_xml(package: Package, name: str, reading: Reading) -> None:
    entry = package.entry(name)
    if entry is None:
        return
    part = _Part()
    parse(package.chunks(entry), part.start, part.end, part.text)
    reading.put("".join(part.pieces))
    reading.put_all((*part.table.texts(), "\n".join(part.others)))


def read(package: Package, reading: Reading) -> None:
    """Everything in an OpenDocument package."""
    manifest = package.entry("META-INF/manifest.xml")
    if manifest and _ENCRYPTED.search(package.read(manifest)):
        raise Refused("encrypted")
    for entry in package.entries:
        name = entry.filename
        try:
            if name.startswith("META-INF/") or name in _PLAIN_PARTS or name.startswith(("Thumbnails/", "Configurations2/")):
                continue
            if _MACROS.match(name):
                reading.notes.add("macros")
                reading.put_all(strings.runs(package.read(entry)))
            elif name.endswith((".xml", ".rdf")):
                _read_xml(package, name, reading)
            elif name.startswith("Pictures/") or "/Pictures/" in name or name.startswith("ObjectReplacements/"):
                _read_picture(package.read(entry), reading)
            else:
                reading.file("", package.read(entry))
        except Refused as refused:
            if refused.reason in {"too_large", "too_many", "too_slow"}:
                raise
            reading.fail(refused.reason)


def _read_picture(content: bytes, reading: Reading) -> None:
    if content.startswith((b"\x01\0\0\0", b"\xd7\xcd\xc6\x9a", b"VCLMTF")):  # a drawing: its words stand in it as text
        reading.put_all(strings.runs(content))
    else:
        reading.file("", content, "image/embedded")
