"""ZIP files, strictly: every byte belongs to an entry that the directory names, and what is unpacked is counted while it comes out.

Sources: PKWARE APPNOTE 6.3.10 §4.3; Fifield, "A better zip bomb" (2019), for overlapping entries.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from addin_backend.evidence.extraction.reading import MAX_ENTRIES, Reading, Refused

CHUNK = 256 * 1024
_LOCAL = struct.Struct("<4s5H3I2H")
_GAP = 64  # bytes between two entries: a data descriptor (24) and what aligns an entry; more may hide something
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})


class Package:
    """An opened ZIP. Raises Refused("damaged"), or Refused("too_many") when it has more than MAX_ENTRIES."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, UnicodeError, OverflowError):
            raise Refused("damaged") from None
        self.entries = [item for item in self._zip.infolist() if not item.is_dir()]
        self._reading = reading
        if len(self.entries) > MAX_ENTRIES:
            raise Refused("too_many")
        self.sound = self._covers(content)

    @property
    def names(self) -> frozenset[str]:
        """The names of all entries."""
        return frozenset(item.filename for item in self.entries)

    @property
    def comment(self) -> bytes:
        """The comment of the archive."""
        return self._zip.comment

    def entry(self, name: str) -> zipfile.ZipInfo | None:
        """The entry of that name, ignoring case; the last, as most programs take it."""
        return next((item for item in reversed(self.entries) if item.filename.lower() == name.lower()), None)

    def _covers(self, content: bytes) -> bool:
        """Whether the entries follow one another from the first byte, without gaps or overlaps. Raises Refused."""
        end = 0
        for item in sorted(self._zip.infolist(), key=lambda one: one.header_offset):
            head = content[item.header_offset : item.header_offset + _LOCAL.size]
            if len(head) < _LOCAL.size or item.header_offset < end:
                raise Refused("damaged")  # two entries of the same bytes: a bomb, or a file that programs read differently
            if item.header_offset - end > (_GAP if end else 0):
                return False
            fields = _LOCAL.unpack(head)
            end = item.header_offset + _LOCAL.size + fields[9] + fields[10] + item.compress_size
        return 0 <= self._zip.start_dir - end <= _GAP

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """An entry, unpacked piece by piece. Raises Refused: encrypted, unknown_type (another method), damaged, too_large."""
        if entry.flag_bits & 0x41 or entry.compress_type == 99:  # 0x40: strong encryption; 99: AES
            raise Refused("encrypted")
        if entry.compress_type not in _METHODS:
            raise Refused("unknown_type")
        out = 0
        try:
            with self._zip.open(entry) as source:
                while chunk := source.read(CHUNK):
                    out += len(chunk)
                    self._reading.unpacked(len(chunk), out, entry.compress_size)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error):
            raise Refused("damaged") from None

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """A whole entry."""
        return b"".join(self.chunks(entry))
