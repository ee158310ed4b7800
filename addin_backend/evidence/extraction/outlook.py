"""msg: subject, body in each of its forms, recipients, headers and attachments of an Outlook item, also of items within it.

Sources: MS-OXMSG §2, MS-OXPROPS (property numbers), MS-OXRTFCP (compressed RTF).
"""

from __future__ import annotations

import struct
from typing import Any

from addin_backend.evidence.decoding import decode_text
from addin_backend.evidence.extraction.reading import Reading, Refused
from addin_backend.evidence.html import to_text

_PREFIX = "__substg1.0_"
_HTML, _RTF, _DATA = "1013", "1009", "3701"
_LONG_NAME, _SHORT_NAME, _MIME = "3707", "3704", "370E"
_TEXT = {"001F": "utf-16-le", "001E": ""}
MAX_RTF = 64 * 1024 * 1024
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes) -> bytes:
    """Compressed RTF (MS-OXRTFCP §3.1). Raises Refused("damaged")."""
    if len(data) < 16:
        raise Refused("damaged")
    _, raw_size, kind = struct.unpack_from("<III", data)
    if kind == 0x414C454D:
        return data[16 : 16 + raw_size]
    if kind != 0x75465A4C or raw_size > MAX_RTF:
        raise Refused("damaged")
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write, position, out = len(_DICTIONARY), 16, bytearray()
    while position < len(data):
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= len(data):
                return bytes(out)
            if not control >> bit & 1:
                run = data[position : position + 1]
                position += 1
            else:
                pair = int.from_bytes(data[position : position + 2], "big")
                position += 2
                offset, length = pair >> 4, (pair & 15) + 2
                if offset == write:
                    return bytes(out)
                run = b""
                for step in range(length):
                    byte = window[(offset + step) % 4096]
                    window[(write + step) % 4096] = byte
                    run += bytes([byte])
            for byte in run:
                window[write] = byte
                write = (write + 1) % 4096
            out += run
            if len(out) > MAX_RTF:
                raise Refused("too_large")
    return bytes(out)


def _text(data: bytes, kind: str) -> str:
    codec = _TEXT[kind]
    return data.decode(codec, "replace") if codec else decode_text(data).text


def _storages(ole: Any) -> dict[tuple[str, ...], dict[str, tuple[str, bytes]]]:
    """Storage -> property number -> (type, bytes)."""
    found: dict[tuple[str, ...], dict[str, tuple[str, bytes]]] = {}
    for path in ole.listdir(streams=True, storages=False):
        if path[-1].startswith(_PREFIX) and not path[0].startswith("__nameid"):
            name = path[-1].removeprefix(_PREFIX)
            data: bytes = ole.openstream(path).read()
            kind, value = name[4:8].upper(), name[8:]  # "-00000001": a value of a property that has several
            if value and kind in {"101F", "101E"}:
                kind = "0" + kind[1:]
            found.setdefault(tuple(path[:-1]), {})[name[:4].upper() + value] = (kind, data)
    return found


def _body(properties: dict[str, tuple[str, bytes]], reading: Reading) -> None:
    if _HTML in properties:
        kind, data = properties[_HTML]
        shown = to_text(decode_text(data).text if kind == "0102" else _text(data, kind))
        reading.put_all((shown.text, shown.apart, shown.other))
        if shown.doubtful:
            reading.fail("unparsable")
    if _RTF in properties:
        reading.file("", decompress_rtf(properties[_RTF][1]), "text/rtf")


def _attachment(properties: dict[str, tuple[str, bytes]], reading: Reading) -> None:
    def word(number: str) -> str:
        kind, data = properties.get(number, ("001F", b""))
        return _text(data, kind).rstrip("\0") if kind in _TEXT else ""

    if _DATA in properties and properties[_DATA][0] == "0102":
        reading.file(word(_LONG_NAME) or word(_SHORT_NAME), properties[_DATA][1], word(_MIME))


def read(ole: Any, _: bytes, reading: Reading) -> None:
    """Everything in an Outlook item."""
    try:
        storages = _storages(ole)
    except Exception:  # noqa: BLE001 olefile raises many kinds for a broken stream; all of them mean that it is damaged
        raise Refused("damaged") from None
    for properties in storages.values():
        for number, (kind, data) in properties.items():
            if kind in _TEXT and number != _HTML:
                reading.put(_text(data, kind).rstrip("\0"))
        _body(properties, reading)
        _attachment(properties, reading)
    if not storages:
        reading.fail("damaged")
