"""The old binary formats of Office in their compound file: doc, xls, ppt, msg, and what is embedded like that.

Sources: MS-CFB, MS-DOC §2.4.1 (how text is found), MS-XLS, MS-PPT §2.9, MS-OXMSG, MS-OFFCRYPTO §2.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import olefile

from addin_backend.evidence.extraction import outlook, strings
from addin_backend.evidence.extraction.books import read_book
from addin_backend.evidence.extraction.reading import MAX_ENTRIES, Reading, Refused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = frozenset({"encryptedpackage", "encryptioninfo", "\x06dataspaces"})
_MACROS = frozenset({"macros", "_vba_project_cur", "vba"})
_MARKS = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x07": "\t", "\x1e": "-", "\x1f": "", "\x13": " ", "\x14": " ", "\x15": " "}
)
_PPT_ENCRYPTED = 0xF3D1C4DF
_FILEPASS, _BOF = 0x2F, 0x809
_UNICODE_ATOMS, _BYTE_ATOM = frozenset({0x0FA0, 0x0FBA}), 0x0FA8


def _open(content: bytes) -> olefile.OleFileIO[Any]:
    try:
        return olefile.OleFileIO(content)
    except Exception:  # noqa: BLE001 olefile raises many kinds for a broken file; all of them mean that it is damaged
        raise Refused("damaged") from None


def _stream(ole: olefile.OleFileIO[Any], path: str | list[str]) -> bytes:
    try:
        data: bytes = ole.openstream(path).read()
    except Exception:  # noqa: BLE001 olefile raises many kinds for a broken stream; all of them mean that it is damaged
        raise Refused("damaged") from None
    return data


def _word_text(ole: olefile.OleFileIO[Any]) -> str:
    """Main text, footnotes, headers, comments and text boxes, in this order, also what was deleted (MS-DOC §2.4.1)."""
    document = _stream(ole, "WordDocument")
    if len(document) < 0x1AA:
        raise Refused("damaged")
    (flags,) = struct.unpack_from("<H", document, 0x0A)
    if flags & 0x0100:
        raise Refused("encrypted")
    table = _stream(ole, "1Table" if flags & 0x0200 else "0Table")
    place, length = struct.unpack_from("<II", document, 0x01A2)
    pieces = table[place : place + length]
    position = 0
    while pieces[position : position + 1] == b"\x01":
        position += 3 + struct.unpack_from("<H", pieces, position + 1)[0]
    if pieces[position : position + 1] != b"\x02":
        raise Refused("damaged")
    (size,) = struct.unpack_from("<I", pieces, position + 1)
    plc = pieces[position + 5 : position + 5 + size]
    count = (len(plc) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", plc)
    found = []
    for index in range(count):
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * index + 2)
        characters = ends[index + 1] - ends[index]
        if characters < 0:
            raise Refused("damaged")
        if place & 0x40000000:
            start = (place & 0x3FFFFFFF) // 2
            found.append(document[start : start + characters].decode("cp1252", "replace"))
        else:
            found.append(document[place : place + 2 * characters].decode("utf-16-le", "replace"))
    return "".join(found).translate(_MARKS)


def _read_word(ole: olefile.OleFileIO[Any], _: bytes, reading: Reading) -> None:
    try:
        reading.put(_word_text(ole))
    except struct.error:
        raise Refused("damaged") from None


def _is_locked_book(book: bytes) -> bool:
    """Whether a FILEPASS record stands among the first records."""
    position = 0
    for _ in range(20):
        if position + 4 > len(book):
            break
        kind, length = struct.unpack_from("<HH", book, position)
        if kind == _FILEPASS:
            return True
        position += 4 + length
    return False


def _read_excel(ole: olefile.OleFileIO[Any], content: bytes, reading: Reading) -> None:
    name = "Workbook" if ole.exists("Workbook") else "Book"
    book = _stream(ole, name)
    if _is_locked_book(book):
        raise Refused("encrypted")
    read_book(content, reading)
    reading.put_all(strings.runs(book))  # comments, headers and text boxes are no cells


def _slide_texts(stream: bytes) -> Iterator[str]:
    """Every text atom, in the order of the file; a record with version 0xF holds other records (MS-PPT §2.3.1)."""
    position = 0
    while position + 8 <= len(stream):
        version, kind, length = struct.unpack_from("<HHI", stream, position)
        position += 8
        if version & 0xF == 0xF:
            continue
        if position + length > len(stream):
            raise Refused("damaged")
        if kind in _UNICODE_ATOMS:
            yield stream[position : position + length].decode("utf-16-le", "replace").translate(_MARKS)
        elif kind == _BYTE_ATOM:
            yield stream[position : position + length].decode("cp1252", "replace").translate(_MARKS)
        position += length


def _read_slides(ole: olefile.OleFileIO[Any], _: bytes, reading: Reading) -> None:
    user = _stream(ole, "Current User") if ole.exists("Current User") else b""
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _PPT_ENCRYPTED:
        raise Refused("encrypted")
    reading.put("\n".join(_slide_texts(_stream(ole, "PowerPoint Document"))))
    if ole.exists("Pictures"):
        reading.fail("picture")


def _read_native(ole: olefile.OleFileIO[Any], _: bytes, reading: Reading) -> None:
    """A file that was inserted as an object (Ole10Native: size, flags, name, path, …, size, bytes)."""
    data = _stream(ole, "\x01Ole10Native")
    names = data[6:].split(b"\0", 2)
    if len(names) < 3:
        raise Refused("damaged")
    rest = data[6 + len(names[0]) + len(names[1]) + 2 :]
    if len(rest) < 8:
        raise Refused("damaged")
    (length,) = struct.unpack_from("<I", rest, 4)
    position = 8 + length
    if position + 4 > len(rest):
        raise Refused("damaged")
    (size,) = struct.unpack_from("<I", rest, position)
    reading.file(names[0].decode("cp1252", "replace"), rest[position + 4 : position + 4 + size])


_FORMATS = (
    ("__properties_version1.0", outlook.read),
    ("WordDocument", _read_word),
    ("Workbook", _read_excel),
    ("Book", _read_excel),
    ("PowerPoint Document", _read_slides),
    ("\x01Ole10Native", _read_native),
)


def _metadata(ole: olefile.OleFileIO[Any], reading: Reading) -> None:
    for name in ("\x05SummaryInformation", "\x05DocumentSummaryInformation"):
        if ole.exists(name):
            reading.put_all(strings.runs(_stream(ole, name)))


def read(content: bytes, reading: Reading) -> None:
    """Everything in a compound file. Raises Refused("unknown_type") for one of another program."""
    ole = _open(content)
    with ole:
        parts = ole.listdir(streams=True, storages=True)
        if len(parts) > MAX_ENTRIES:
            raise Refused("too_many")
        top = {path[0].lower() for path in parts}
        if top & _ENCRYPTED:
            raise Refused("encrypted")
        if _MACROS & {name.lower() for path in parts for name in path}:
            reading.notes.add("macros")
        _metadata(ole, reading)
        format_of = next((reader for name, reader in _FORMATS if ole.exists(name)), None)
        if format_of is None:
            for name in ("Package", "CONTENTS"):
                if ole.exists(name):
                    reading.file("", _stream(ole, name))
                    return
            raise Refused("unknown_type")
        format_of(ole, content, reading)
        if ole.exists("ObjectPool"):
            reading.fail("unknown_type")
