"""What kind of file some bytes are: by the bytes, not by the name. A name decides only between kinds of text."""

from __future__ import annotations

import re

_FIRST_BYTES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "unknown_type"),  # a piece of an archive over several disks
    (b"PK00PK", "unknown_type"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
)
_NOT_READ = (
    b"Rar!", b"7z\xbc\xaf", b"\x78\x9f\x3e\x22", b"\x7fELF", b"OggS", b"ID3", b"RIFF", b"%!PS", b"\x00\x00\x01\x00", b"SQLite format 3",
    b"\x1aE\xdf\xa3", b"\x28\xb5\x2f\xfd", b"MSCF",
    b"ITSF", b"\xd7\xcd\xc6\x9a", b"AC10", b"\xca\xfe\xba\xbe", b"LZIP", b"\x04\x22\x4d\x18",
)  # fmt: skip
_METADATA = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")  # what a Mac adds to an archive: AppleDouble and .DS_Store
_BITMAP = re.compile(rb"BM.{4}\0\0\0\0.{4}[\x0c\x28\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)
MAX_METADATA = 64 * 1024


def kind_of(content: bytes) -> str:
    """A word for the kind; "text" when the first bytes tell of nothing else; "unknown_type" for one that is known and not read."""
    head = content[:1100]
    if head[:1].isspace() or head[:3] == b"\xef\xbb\xbf":
        head = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, kind in _FIRST_BYTES:
        if head.startswith(mark):
            return kind
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if content[257:262] == b"ustar":
        return "tar"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "picture"
    if _BITMAP.match(head):
        return "picture"
    if head.startswith(_METADATA) and len(content) <= MAX_METADATA:
        return "strings"
    if head.startswith(_NOT_READ) or head[4:8] == b"ftyp" or (head.startswith(b"MZ") and b"\0" in head):
        return "unknown_type"
    if head.startswith(b"PK"):
        return "unknown_type" if b"\0" in head[:30] else "text"
    return "text"
