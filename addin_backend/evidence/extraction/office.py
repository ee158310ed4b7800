"""docx and pptx, and the parts of xlsx that are no cells: every XML part of the package is read, shown or hidden.

Runs join (a number cut by formatting is one number), cells stand side by side, deleted text, comments, notes, alternative texts, field
codes, document properties and outside links count. Pictures and embedded files are read as such. Source: ECMA-376 part 1.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping

from addin_backend.evidence.extraction import books, sheets, strings
from addin_backend.evidence.extraction.packages import Package
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.extraction.xml import local, parse
from addin_backend.evidence.html import to_text

_INLINE = frozenset({"t", "delText", "instrText", "delInstrText"})
_LAYOUT = frozenset({"posOffset", "align", "pctWidth", "pctHeight", "pctPosHOffset", "pctPosVOffset"})
_TELLING = frozenset(
    "descr title tooltip author initials alias displayText userName name displayName screenTip string prompt error promptTitle "
    "errorTitle".split()
)
_VALUED = frozenset({"docVar", "listItem", "alias", "tag", "placeholder", "s", "n", "d"})  # the last three: the cache of a pivot table
_GENERIC_NAME = re.compile(r"(?:[A-Za-zæøåÆØÅ -]+ )?\d+")  # "Picture 1"
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
_XML = (".xml", ".rels", ".vml")
_SKIPPED = re.compile(r"(?:^|/)(?:fonts/|printerSettings/|docProps/thumbnail\.|_xmlsignatures/)", re.IGNORECASE)
_DRAWN = (".emf", ".wmf", ".emz", ".wmz")  # small ones are previews and signs; their words stand in them as text
MAX_DRAWN = 100 * 1024


class _Part:
    """One XML part as text."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.others: dict[str, None] = {}
        self._names: list[str] = []
        self._run: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._names.append(name)
        mark = _BREAKS.get(name)
        if mark:
            self.pieces.append(mark)
        elif name == "sym":
            self.pieces.append("\ufffd")
        for key, value in attributes.items():
            word = local(key)
            telling = (word in _TELLING and not _GENERIC_NAME.fullmatch(value)) or (word in {"val", "value", "v"} and name in _VALUED)
            if telling or (word == "Target" and attributes.get("TargetMode") == "External"):
                self.others[value] = None

    def end(self, name: str) -> None:
        if self._run:
            self.others["".join(self._run)] = None
            self._run.clear()
        self._names.pop()
        if name in {"p", "tr", "row", "si"}:
            self.pieces.append("\n")
        elif name == "tc":
            while self.pieces and self.pieces[-1] == "\n":
                self.pieces.pop()
            self.pieces.append("\t")

    def text(self, data: str) -> None:
        name = self._names[-1] if self._names else ""
        if name in _INLINE:
            self.pieces.append(data)
        elif name not in _LAYOUT and not data.isspace():
            self._run.append(data)

    def texts(self) -> tuple[str, str]:
        return "".join(self.pieces), "\n".join(self.others)


def part_texts(chunks: Iterable[bytes]) -> tuple[str, str]:
    """(the running text, everything else that was written) of one XML part. Raises Refused("damaged")."""
    part = _Part()
    parse(chunks, part.start, part.end, part.text)
    return part.texts()


def _read_xml(package: Package, entry: zipfile.ZipInfo, reading: Reading) -> None:
    try:
        reading.put_all(part_texts(package.chunks(entry)))
    except Refused as refused:
        if not (refused.reason == "damaged" and entry.filename.lower().endswith(".vml")):
            raise
        shown = to_text(package.read(entry).decode("utf-8", "replace"))  # old VML is not always well-formed
        reading.put_all((shown.text, shown.apart))


def _read_other(package: Package, entry: zipfile.ZipInfo, reading: Reading) -> None:
    name = entry.filename.lower()
    if name.endswith("vbaproject.bin"):
        reading.notes.add("macros")
        reading.put_all(strings.runs(package.read(entry)))
    elif name.endswith(_DRAWN) or "/activex/" in name:
        content = package.read(entry)
        reading.put_all(strings.runs(content))
        if len(content) > MAX_DRAWN:
            reading.fail("picture")
    elif "/media/" in name:
        reading.file("", package.read(entry), "image/embedded")
    elif "/embeddings/" in name or "/afchunk" in name:
        reading.file(entry.filename.rpartition("/")[2], package.read(entry))
    else:
        reading.file("", package.read(entry))


def read(package: Package, content: bytes, reading: Reading) -> None:
    """Everything in an Office package."""
    cells: frozenset[str] = frozenset()
    if package.entry("xl/workbook.bin"):
        books.read_book(content, reading)
        reading.put_all(text for entry in package.entries if entry.filename.endswith(".bin") for text in strings.runs(package.read(entry)))
        cells = frozenset(entry.filename for entry in package.entries if entry.filename.endswith(".bin"))
    elif package.entry("xl/workbook.xml"):
        cells = sheets.read(package, content, reading)
    for entry in package.entries:
        if entry.filename in cells or _SKIPPED.search(entry.filename):
            continue
        try:
            if entry.filename.lower().endswith(_XML):
                _read_xml(package, entry, reading)
            else:
                _read_other(package, entry, reading)
        except Refused as refused:
            if refused.reason in {"too_large", "too_many", "too_slow"}:
                raise
            reading.fail(refused.reason)
