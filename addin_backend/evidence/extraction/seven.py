"""7z with the standard library's decoders. Source: 7zFormat.txt of the LZMA SDK (public domain).

Our own reader, because the library for it is LGPL. Chains of coders that are not one after the other (BCJ2) and PPMd are not read.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from addin_backend.evidence.extraction.reading import MAX_ENTRIES, Reading, Refused

_SIGNATURE = b"7z\xbc\xaf\x27\x1c"
_END, _HEADER, _STREAMS, _FILES, _PACK, _UNPACK, _SUBSTREAMS, _SIZE, _CRC, _FOLDER, _CODERS, _COUNT = 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
_EMPTY_STREAM, _NAMES, _ENCODED = 14, 17, 23
_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2, _DELTA = b"\0", b"\x03\x01\x01", b"\x21", b"\x04\x01\x08", b"\x04\x02\x02", b"\x03"
_BRANCHES = {
    b"\x04": lzma.FILTER_X86, b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x05": lzma.FILTER_POWERPC, b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x07": lzma.FILTER_ARM, b"\x03\x03\x05\x01": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB, b"\x09": lzma.FILTER_SPARC,
}  # fmt: skip
_AES = b"\x06\xf1\x07\x01"
MAX_DICTIONARY = 128 * 1024 * 1024
CHUNK = 1024 * 1024


@dataclass(slots=True)
class _Folder:
    """A chain of coders, in the order in which they are undone."""

    coders: list[tuple[bytes, bytes]] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    checked: bool = False
    sizes: list[int] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)


class _Bytes:
    """A cursor. Raises Refused("damaged") at the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.position + count > len(self.data):
            raise Refused("damaged")
        self.position += count
        return self.data[self.position - count : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        first, mask, value = self.byte(), 0x80, 0
        for index in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * index)
            value |= self.byte() << (8 * index)
            mask >>= 1
        return value

    def count(self) -> int:
        value = self.number()
        if value > MAX_ENTRIES:
            raise Refused("too_many")
        return value

    def bits(self, count: int) -> list[bool]:
        raw = self.take((count + 7) // 8)
        return [bool(raw[index // 8] & 0x80 >> index % 8) for index in range(count)]

    def digests(self, count: int) -> list[bool]:
        """Which of ``count`` streams have a checksum; the sums themselves are passed over."""
        defined = [True] * count if self.byte() else self.bits(count)
        self.take(4 * sum(defined))
        return defined

    def expect(self, wanted: int) -> None:
        if self.byte() != wanted:
            raise Refused("damaged")


def _folder(source: _Bytes) -> _Folder:
    folder = _Folder()
    count = source.count()
    for _ in range(count):
        flags = source.byte()
        identity = source.take(flags & 15)
        if flags & 0x10 and (source.number(), source.number()) != (1, 1):
            raise Refused("unknown_type")
        properties = source.take(source.number()) if flags & 0x20 else b""
        if identity == _AES:
            raise Refused("encrypted")
        folder.coders.append((identity, properties))
    bonds = {source.number(): source.number() for _ in range(count - 1)}  # input of one coder: output of another
    after = {output: entry for entry, output in bonds.items()}
    place = next((index for index in range(count) if index not in bonds), None)
    while place is not None and len(folder.order) < count:
        folder.order.append(place)
        place = after.get(place)
    if sorted(folder.order) != list(range(count)) or len(bonds) != max(count - 1, 0):
        raise Refused("unknown_type")
    folder.coders = [folder.coders[index] for index in folder.order]
    return folder


def _unpack_info(source: _Bytes) -> list[_Folder]:
    source.expect(_FOLDER)
    count = source.count()
    if source.byte():
        raise Refused("unknown_type")
    folders = [_folder(source) for _ in range(count)]
    source.expect(_CODERS)
    for folder in folders:
        given = [source.number() for _ in folder.coders]
        folder.sizes = [given[index] for index in folder.order]
        folder.streams = [folder.sizes[-1]]
    while (kind := source.byte()) != _END:
        if kind != _CRC:
            raise Refused("damaged")
        for folder, checked in zip(folders, source.digests(count), strict=True):
            folder.checked = checked
    return folders


def _substreams(source: _Bytes, folders: list[_Folder]) -> None:
    """How each folder's output is cut into files."""
    kind, counts = source.byte(), [1] * len(folders)
    if kind == _COUNT:
        counts = [source.count() for _ in folders]
        kind = source.byte()
    if max(counts, default=0) > 1 and kind != _SIZE:
        raise Refused("damaged")
    for folder, count in zip(folders, counts, strict=True):
        sizes = [source.number() for _ in range(count - 1)]
        rest = folder.sizes[-1] - sum(sizes)
        if rest < 0:
            raise Refused("damaged")
        folder.streams = [*sizes, rest] if count else []
    if kind == _SIZE:
        kind = source.byte()
    while kind != _END:
        if kind != _CRC:
            raise Refused("damaged")
        source.digests(sum(len(folder.streams) for folder in folders if not (len(folder.streams) == 1 and folder.checked)))
        kind = source.byte()


def _streams(source: _Bytes) -> tuple[int, list[int], list[_Folder]]:
    """(place of the packed data, sizes of the packed streams, folders)."""
    place, sizes, folders = 0, [], []
    while (kind := source.byte()) != _END:
        if kind == _PACK:
            place, count = source.number(), source.count()
            while (inner := source.byte()) != _END:
                if inner == _SIZE:
                    sizes = [source.number() for _ in range(count)]
                elif inner == _CRC:
                    source.digests(count)
                else:
                    raise Refused("damaged")
        elif kind == _UNPACK:
            folders = _unpack_info(source)
        elif kind == _SUBSTREAMS:
            _substreams(source, folders)
        else:
            raise Refused("damaged")
    return place, sizes, folders


def _decoder(identity: bytes, properties: bytes, size: int) -> Any:
    if identity == _LZMA and len(properties) == 5:
        first, dictionary = properties[0], struct.unpack_from("<I", properties, 1)[0]
        _check(dictionary)
        options = {"id": lzma.FILTER_LZMA1, "lc": first % 9, "lp": first // 9 % 5, "pb": first // 45, "dict_size": max(dictionary, 4096)}
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[options])
    if identity == _LZMA2 and len(properties) == 1:
        bits = properties[0]
        dictionary = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << (bits // 2 + 11)
        _check(dictionary)
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": max(dictionary, 4096)}])
    if identity == _BZIP2:
        return bz2.BZ2Decompressor()
    if identity == _DEFLATE:
        return zlib.decompressobj(-15)
    raise Refused("unknown_type")


def _check(dictionary: int) -> None:
    if dictionary > MAX_DICTIONARY:
        raise Refused("too_large")


def _undo(identity: bytes, properties: bytes, packed: bytes, size: int, reading: Reading) -> bytes:
    """One coder. Raises Refused."""
    if identity == _COPY:
        return packed
    if identity == _DELTA or identity in _BRANCHES:
        return _unfiltered(identity, properties, packed)
    decoder, pieces, out, given = _decoder(identity, properties, size), [], 0, packed
    try:
        while out < size:
            chunk = decoder.decompress(given, CHUNK)
            given = decoder.unconsumed_tail if identity == _DEFLATE else b""
            if not chunk:
                break
            out += len(chunk)
            reading.unpacked(len(chunk), out, len(packed))
            pieces.append(chunk)
    except (lzma.LZMAError, OSError, EOFError, zlib.error, ValueError):
        raise Refused("damaged") from None
    whole = b"".join(pieces)[:size]
    if len(whole) < size:
        raise Refused("damaged")
    return whole


def _unfiltered(identity: bytes, properties: bytes, packed: bytes) -> bytes:
    """Undo a filter: the standard library undoes filters only in front of LZMA2, so the bytes are wrapped as stored LZMA2 chunks."""
    if identity == _DELTA:
        options: dict[str, int] = {"id": lzma.FILTER_DELTA, "dist": (properties[0] if properties else 0) + 1}
    else:
        options = {"id": _BRANCHES[identity]}
    pieces = []
    for start in range(0, len(packed), 65536):
        part = packed[start : start + 65536]
        pieces.append((b"\x01" if start == 0 else b"\x02") + struct.pack(">H", len(part) - 1) + part)
    chain = [options, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain).decompress(b"".join(pieces) + b"\0")
    except lzma.LZMAError:
        raise Refused("damaged") from None


def _unfold(folder: _Folder, packed: bytes, reading: Reading) -> bytes:
    for (identity, properties), size in zip(folder.coders, folder.sizes, strict=True):
        packed = _undo(identity, properties, packed, size, reading)
    return packed


def _header(content: bytes, reading: Reading) -> _Bytes:
    place, size = struct.unpack_from("<QQ", content, 12)
    raw = content[32 + place : 32 + place + size]
    if len(raw) != size:
        raise Refused("damaged")
    source = _Bytes(raw)
    kind = source.byte()
    while kind == _ENCODED:
        place, sizes, folders = _streams(source)
        if len(folders) != 1 or not sizes:
            raise Refused("damaged")
        source = _Bytes(_unfold(folders[0], content[32 + place : 32 + place + sizes[0]], reading))
        kind = source.byte()
    if kind != _HEADER:
        raise Refused("damaged")
    return source


def _names(source: _Bytes) -> tuple[list[str], list[bool]]:
    """(names, whether each has a stream)."""
    count = source.count()
    names, full = [""] * count, [True] * count
    while (kind := source.byte()) != _END:
        size = source.number()
        data = source.take(size)
        if kind == _EMPTY_STREAM:
            full = [not bit for bit in _Bytes(data).bits(count)]
        elif kind == _NAMES:
            names = data[1:].decode("utf-16-le", "replace").split("\0")[:count]
    if len(names) != count:
        raise Refused("damaged")
    return names, full


def files(content: bytes, reading: Reading) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file. Raises Refused: encrypted, unknown_type, damaged, too_large, too_many."""
    if len(content) < 32 or not content.startswith(_SIGNATURE):
        raise Refused("damaged")
    source = _header(content, reading)
    place, sizes, folders = 0, list[int](), list[_Folder]()
    names: list[str] = []
    full: list[bool] = []
    while (kind := source.byte()) != _END:
        if kind == _STREAMS:
            place, sizes, folders = _streams(source)
        elif kind == _FILES:
            names, full = _names(source)
        else:
            raise Refused("unknown_type")
    if len(sizes) != len(folders) or sum(len(folder.streams) for folder in folders) != sum(full):
        raise Refused("damaged")
    filled = iter([name for name, has in zip(names, full, strict=True) if has])
    yield from ((name, b"") for name, has in zip(names, full, strict=True) if not has)
    position = 32 + place
    for folder, size in zip(folders, sizes, strict=True):
        whole, start = _unfold(folder, content[position : position + size], reading), 0
        position += size
        for length in folder.streams:
            yield next(filled), whole[start : start + length]
            start += length
