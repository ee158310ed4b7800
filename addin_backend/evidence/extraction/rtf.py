"""RTF: the running text with hidden text, notes and comments, metadata, pictures, objects. Source: RTF 1.9.1 (Microsoft, 2008)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from addin_backend.evidence.extraction.reading import Reading, Refused

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,40})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\")
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator themedata colorschememapping datastore latentstyles "
    b"pntext xmlnstbl fchars lchars panose filetbl mmathPr blipuid picprop htmltag mhtmltag".split()
)
_BREAKS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t", b"nestcell": "\t",
    b"nestrow": "\n", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_CHARSETS = {0: "cp1252", 128: "cp932", 161: "cp1253", 162: "cp1254", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
             238: "cp1250"}  # fmt: skip
_SIGNS = {b"~": " ", b"_": "-", b"\n": "\n", b"\r": "\n", b"\\": "\\", b"{": "{", b"}": "}"}
MAX_GROUPS = 2_000  # groups within groups


@dataclass(frozen=True, slots=True)
class _Group:
    skipped: bool = False
    binary: str = ""  # "pict" or "objdata": hexadecimal digits
    unicode_skip: int = 1
    codec: str = "cp1252"
    font: bool = False  # within the font table: charsets are learnt there


class _Rtf:
    """One pass over the tokens."""

    def __init__(self, reading: Reading) -> None:
        self.pieces: list[str] = []
        self.reading = reading
        self.groups = [_Group()]
        self.raw = bytearray()
        self.data: list[bytes] = []
        self.files: list[tuple[str, bytes]] = []
        self.skip = 0
        self.codepage = "cp1252"
        self.fonts: dict[int, str] = {}
        self.current_font = 0

    @property
    def group(self) -> _Group:
        return self.groups[-1]

    def change(self, **values: object) -> None:
        self.groups[-1] = replace(self.groups[-1], **values)  # type: ignore[arg-type]  # the fields of _Group by name

    def flush(self) -> None:
        if self.raw:
            self.pieces.append(bytes(self.raw).decode(self.group.codec, "replace"))
            self.raw.clear()

    def write(self, text: str) -> None:
        if not self.group.skipped and not self.group.binary:
            self.flush()
            self.pieces.append(text)

    def literal(self, data: bytes) -> None:
        if self.group.binary:
            self.data.append(data)
        elif not self.group.skipped:
            if self.skip:
                taken = min(self.skip, len(data))
                self.skip -= taken
                data = data[taken:]
            self.raw += data

    def brace(self, opening: bool) -> None:
        self.flush()
        self.skip = 0
        if opening:
            if len(self.groups) > MAX_GROUPS:
                raise Refused("too_many")
            self.groups.append(self.group)
        elif len(self.groups) > 1:
            left = self.groups.pop()
            if left.binary and not self.group.binary:
                self.files.append((left.binary, _unhex(b"".join(self.data))))
                self.data.clear()

    def word(self, name: bytes, value: int | None) -> None:
        if name in _BREAKS:
            self.write(_BREAKS[name])
        elif name == b"u" and value is not None:
            self.write(chr(value % 65536))
            self.skip = self.group.unicode_skip
        elif name == b"uc" and value is not None:
            self.change(unicode_skip=min(max(value, 0), 16))
        elif name in {b"pict", b"objdata"}:
            self.flush()
            self.change(binary=name.decode())
        elif name == b"ansicpg" and value:
            self.codepage = f"cp{value}"
            self.codec(self.codepage)
        elif name == b"fonttbl":
            self.change(skipped=True, font=True)
        elif name in _SKIPPED:
            self.flush()
            self.change(skipped=True)
        elif name in {b"f", b"fcharset"} and value is not None:
            self.font(name, value)

    def font(self, name: bytes, value: int) -> None:
        if self.group.font:
            if name == b"f":
                self.current_font = value
            else:
                self.fonts[self.current_font] = _CHARSETS.get(value, "")
        elif name == b"f":
            self.codec(self.fonts.get(value) or self.codepage)

    def codec(self, name: str) -> None:
        self.flush()
        try:
            b"".decode(name)
        except LookupError:
            self.reading.fail("damaged")
            name = "cp1252"
        self.change(codec=name)


def _unhex(data: bytes) -> bytes:
    digits = re.sub(rb"[^0-9a-fA-F]", b"", data)
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _binary(content: bytes, found: re.Match[bytes]) -> int:
    """Behind the raw bytes that \\bin announces."""
    return min(found.end() + max(0, int(found[2] or 0)), len(content))


def _text(pieces: list[str]) -> str:
    joined = "".join(pieces)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read(content: bytes, reading: Reading) -> None:
    """Everything in an RTF file."""
    state, position = _Rtf(reading), content.find(b"{\\rtf")
    while position < len(content):
        found = _TOKEN.match(content, position)
        if found is None:
            break
        position = found.end()
        if found[1] == b"bin":
            end = _binary(content, found)
            state.files.append(("pict", content[position:end]))
            position = end
        elif found[1]:
            state.word(found[1], int(found[2]) if found[2] else None)
        elif found[3]:
            state.literal(bytes.fromhex(found[3].decode()))
        elif found[4]:
            state.write(_SIGNS.get(found[4], ""))
        elif found[5]:
            state.brace(found[5] == b"{")
        elif found[6]:
            state.literal(found[6])
    state.flush()
    if len(state.groups) > 1:
        reading.fail("damaged")
    reading.put(_text(state.pieces))
    for kind, data in state.files:
        if kind == "pict":
            reading.file("", data, "image/embedded")
        else:
            reading.file("", data, "application/x-ole-object")
