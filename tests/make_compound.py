"""Writes compound files and the old Office formats in them, as small as they can be and still be real (MS-CFB, MS-DOC, MS-XLS, MS-PPT)."""

from __future__ import annotations

import struct
from typing import Any

FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096

Tree = dict[str, Any]
"""Name -> bytes (a stream) or another Tree (a storage)."""


def _chain(count: int, start: int) -> list[int]:
    return [start + step + 1 for step in range(count - 1)] + [END] if count else []


def _padded(data: bytes, size: int) -> bytes:
    return data + b"\0" * (-len(data) % size)


def _entries(tree: Tree) -> list[list[Any]]:
    """[name, kind, left, right, child, data] in order; siblings hang in a chain to the right, in the order of MS-CFB §2.6.4."""
    found: list[list[Any]] = [["Root Entry", 5, FREE, FREE, FREE, b""]]

    def add(parent: int, level: Tree) -> None:
        names = sorted(level, key=lambda name: (len(name), name.upper()))
        before = None
        for name in names:
            index = len(found)
            value = level[name]
            found.append([name, 2 if isinstance(value, bytes) else 1, FREE, FREE, FREE, value if isinstance(value, bytes) else b""])
            if before is None:
                found[parent][4] = index
            else:
                found[before][3] = index
            before = index
            if not isinstance(value, bytes):
                add(index, value)

    add(0, tree)
    return found


def compound(tree: Tree) -> bytes:
    """A compound file of version 3."""
    entries = _entries(tree)
    mini, minifat, sectors, fat = b"", list[int](), b"", list[int]()
    starts: dict[int, int] = {}
    for index, entry in enumerate(entries):
        data = entry[5]
        if entry[1] == 2 and 0 < len(data) < CUTOFF:
            starts[index] = len(minifat)
            minifat += _chain(-(-len(data) // MINI), len(minifat))
            mini += _padded(data, MINI)
    entries[0][5] = mini
    for index, entry in enumerate(entries):
        data = entry[5]
        if data and index not in starts:
            starts[index] = len(fat)
            fat += _chain(-(-len(data) // SECTOR), len(fat))
            sectors += _padded(data, SECTOR)
    directory = b""
    for index, (name, kind, left, right, child, data) in enumerate(entries):
        raw = name.encode("utf-16-le")
        directory += raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, left, right, child) + b"\0" * 36
        directory += struct.pack("<IQ", starts.get(index, END if kind == 2 else 0), len(data))
    parts = [(_padded(directory, SECTOR), 0), (_padded(struct.pack(f"<{len(minifat)}I", *minifat), SECTOR), 1)]
    places = []
    for raw, _ in parts:
        places.append(len(fat) if raw else END)
        fat += _chain(len(raw) // SECTOR, len(fat))
        sectors += raw
    count = 1
    while count * 128 < len(fat) + count:
        count += 1
    first = len(fat)
    fat += [FAT_SECTOR] * count
    fat += [FREE] * (count * 128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIIII", 0, count, places[0], 0, CUTOFF, places[1], len(parts[1][0]) // SECTOR, END, 0, first)
    header += struct.pack("<108I", *[first + step if step < count else FREE for step in range(1, 109)])
    return header + sectors + struct.pack(f"<{len(fat)}I", *fat)


def doc(text: str, *, locked: bool = False) -> bytes:
    """A Word 97 file with one piece of UTF-16 text."""
    start, raw = 1024, text.encode("utf-16-le")
    clx = b"\x02" + struct.pack("<I", 16) + struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, start, 0)
    head = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x0406, 0, 0x0200 | (0x0100 if locked else 0))
    fib = bytearray(head.ljust(start, b"\0"))
    struct.pack_into("<II", fib, 0x1A2, 0, len(clx))
    return compound({"WordDocument": bytes(fib) + raw, "1Table": clx, "\x05SummaryInformation": b"\0" * 40 + b"Titel: Sagsakt 17\0"})


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(rows: list[list[str | float]], *, hidden: bool = False, locked: bool = False) -> bytes:
    """An Excel 97 file with one sheet."""
    bof = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0xDBB, 0x7CC, 0, 6))
    book = bof + (_record(0x2F, b"\0" * 54) if locked else b"") + _record(0x42, struct.pack("<H", 1200))
    name = b"Ark1"
    sheet_at = len(book) + 4 + 8 + len(name) + 4
    book += _record(0x85, struct.pack("<IBBBB", sheet_at, 1 if hidden else 0, 0, len(name), 0) + name) + _record(0x0A, b"")
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0xDBB, 0x7CC, 0, 6))
    sheet += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                raw = cell.encode("utf-16-le")
                sheet += _record(0x204, struct.pack("<HHHHB", row, column, 0, len(cell), 1) + raw)
            else:
                sheet += _record(0x203, struct.pack("<HHHd", row, column, 0, cell))
    return compound({"Workbook": book + sheet + _record(0x0A, b"")})


def ppt(lines: list[str]) -> bytes:
    """A PowerPoint 97 file with its texts in one container."""
    atoms = b"".join(struct.pack("<HHI", 0, 0x0FA0, 2 * len(line)) + line.encode("utf-16-le") for line in lines)
    latin = "Noter på siden".encode("cp1252")
    atoms += struct.pack("<HHI", 0, 0x0FA8, len(latin)) + latin
    return compound({"PowerPoint Document": struct.pack("<HHI", 0xF, 0x03E8, len(atoms)) + atoms, "Current User": b"\0" * 20})


def msg(subject: str, body: str, html: str, attachments: list[tuple[str, bytes]]) -> bytes:
    """An Outlook item with attachments."""

    def text(number: str, value: str) -> tuple[str, bytes]:
        return f"__substg1.0_{number}001F", value.encode("utf-16-le")

    tree: Tree = dict([text("0037", subject), text("1000", body), text("0C1A", "Mette Holm")])
    tree["__substg1.0_10130102"] = html.encode()
    tree["__properties_version1.0"] = b"\0" * 64
    tree["__recip_version1.0_#00000000"] = {"__properties_version1.0": b"\0" * 8, **dict([text("3001", "Bo Madsen")])}
    for number, (name, content) in enumerate(attachments):
        stored = {"__substg1.0_37010102": content, "__properties_version1.0": b"\0" * 8, **dict([text("3707", name)])}
        tree[f"__attach_version1.0_#{number:08X}"] = stored
    return compound(tree)


def locked_office() -> bytes:
    """How Office keeps a document with a password (MS-OFFCRYPTO §2.3.4.10)."""
    return compound({"EncryptionInfo": b"\x04\0\x04\0\x40\0\0\0<encryption/>", "EncryptedPackage": b"\x10" + b"\0" * 5000})
