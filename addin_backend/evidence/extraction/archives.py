"""Files of files: zip, 7z, tar, and one file packed by gzip, bzip2 or xz. Each file within is read like an attachment of its own."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zlib
from typing import Any

from addin_backend.evidence.decoding import decode_text
from addin_backend.evidence.extraction import seven
from addin_backend.evidence.extraction.packages import CHUNK, Package
from addin_backend.evidence.extraction.reading import MAX_ENTRIES, Reading, Refused

_FATAL = frozenset({"too_large", "too_many", "too_slow"})
XZ_MEMORY = 256 * 1024 * 1024


def read_zip(package: Package, reading: Reading) -> None:
    """Every file of an archive; one that is locked or damaged does not hide the others."""
    reading.put(decode_text(package.comment).text if package.comment else "")
    for entry in package.entries:
        name = entry.filename
        outer, reading.name = reading.name, name
        try:
            reading.file(name, package.read(entry))
        except Refused as refused:
            if refused.reason in _FATAL:
                raise
            reading.put(name)
            reading.fail(refused.reason)
        finally:
            reading.name = outer


def read_seven(content: bytes, reading: Reading) -> None:
    """Every file of a 7z archive."""
    for name, data in seven.files(content, reading):
        if data:
            reading.file(name, data)
        else:
            reading.put(name)


def read_tar(content: bytes, reading: Reading) -> None:
    """Every file of a tar archive; links and folders are names only."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number > MAX_ENTRIES:
                    raise Refused("too_many")
                source = archive.extractfile(member) if member.isreg() else None
                if source is None:
                    reading.put(f"{member.name} {member.linkname}")
                    continue
                data = source.read()
                reading.unpacked(len(data), len(data), len(content))
                reading.file(member.name, data)
            if archive.offset and content[archive.offset :].strip(b"\0"):
                reading.fail("damaged")  # something stands behind the end
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, UnicodeError):
        raise Refused("damaged") from None


class _Gzip:
    """zlib with the interface of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self._tail = b""

    def decompress(self, data: bytes, limit: int) -> bytes:
        out = self._inner.decompress(self._tail + data, limit)
        self._tail = self._inner.unconsumed_tail
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _decoder(kind: str) -> Any:
    if kind == "gzip":
        return _Gzip()
    return bz2.BZ2Decompressor() if kind == "bzip2" else lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _unpacked(kind: str, content: bytes, reading: Reading) -> bytes:
    """All members, one after the other."""
    pieces: list[bytes] = []
    rest, total = content, 0
    while rest:
        decoder, given = _decoder(kind), rest
        while not decoder.eof:
            chunk = decoder.decompress(given, CHUNK)
            given = b""
            if not chunk and not decoder.eof:
                raise Refused("damaged")
            total += len(chunk)
            reading.unpacked(len(chunk), total, len(content))
            pieces.append(chunk)
        rest = decoder.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def read_packed(kind: str, name: str, content: bytes, reading: Reading) -> None:
    """The one file within; it has the name without the last ending."""
    try:
        data = _unpacked(kind, content, reading)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        raise Refused("damaged") from None
    inner, _, ending = name.rpartition(".")
    if ending.lower() in {"tgz", "tbz", "tbz2", "txz"}:
        inner += ".tar"
    reading.put_all(_original_names(kind, content))
    reading.file(inner if inner.strip() else "", data)


def _original_names(kind: str, content: bytes) -> list[str]:
    """The name and comment that gzip keeps (RFC 1952 §2.3)."""
    if kind != "gzip" or len(content) < 12 or not content[3] & 0x18:
        return []
    start = 10 + (2 + int.from_bytes(content[10:12], "little") if content[3] & 4 else 0)
    fields = content[start : start + 2000].split(b"\0")
    return [decode_text(item).text for item in fields[: bool(content[3] & 8) + bool(content[3] & 16)]]
