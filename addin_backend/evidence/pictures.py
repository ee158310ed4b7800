"""Small pictures: whether some bytes are one low raster picture and nothing else. Never raises, and reads no pixels.

Sources: PNG (W3C REC-png §5), GIF89a, JPEG (ITU-T T.81 annex B).
"""

from __future__ import annotations

import struct

MAX_BYTES = 200_000
MAX_HEIGHT = 100  # pixels: a logo or a line, hardly a page
MAX_WIDTH = 600


def _png(content: bytes) -> tuple[int, int] | None:
    """(width, height) when the chunks run to IEND, with nothing behind it, and there is one frame only."""
    position, size = 8, None
    while position + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        if kind == b"IHDR" and length >= 8:
            size = struct.unpack(">II", content[position + 8 : position + 16])
        if kind == b"acTL":
            return None
        position += 12 + length
        if kind == b"IEND":
            return size if position == len(content) else None
    return None


def _gif_blocks(content: bytes, position: int) -> int:
    """The place behind a row of sub-blocks."""
    while position < len(content) and content[position]:
        position += 1 + content[position]
    return position + 1


def _table(flags: int) -> int:
    """The length in bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif(content: bytes) -> tuple[int, int] | None:
    """(width, height) when there is one frame within the screen and nothing behind the trailer."""
    width, height, flags = struct.unpack("<HHB", content[6:11])
    position, frames = 13 + _table(flags), 0
    while position < len(content):
        kind = content[position]
        if kind == 0x3B:
            return (width, height) if frames == 1 and position + 1 == len(content) else None
        if kind == 0x21:
            position = _gif_blocks(content, position + 2)
        elif kind == 0x2C and position + 10 <= len(content):
            left, top, wide, high, local = struct.unpack("<HHHHB", content[position + 1 : position + 10])
            frames += 1
            if left + wide > width or top + high > height:
                return None
            position = _gif_blocks(content, position + 11 + _table(local))
        else:
            return None
    return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """(width, height) when the segments run to the end of the image, with nothing behind it."""
    position, size = 2, None
    while position + 2 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xD9:
            return size if position + 2 == len(content) else None
        if position + 4 > len(content):
            return None
        length = int(struct.unpack(">H", content[position + 2 : position + 4])[0])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            high, wide = struct.unpack(">HH", content[position + 5 : position + 9].ljust(4, b"\0"))
            if size:
                return None
            size = (wide, high)
        position += 2 + length
        if marker == 0xDA:  # coded data: FF is followed by 00 or a restart mark
            position = content.find(b"\xff", position)
            while 0 <= position < len(content) - 1 and (content[position + 1] == 0 or 0xD0 <= content[position + 1] <= 0xD7):
                position = content.find(b"\xff", position + 2)
            if position < 0:
                return None
    return None


def is_small_picture(content: bytes, media_type: str) -> bool:
    """One whole PNG, GIF or JPEG, declared as an image: at most 200 kB, 600 pixels wide and 100 high, with nothing hung on at its end."""
    if not media_type.lower().startswith("image/") or len(content) > MAX_BYTES:
        return False
    size = None
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        size = _png(content)
    elif content.startswith((b"GIF87a", b"GIF89a")) and len(content) > 13:
        size = _gif(content)
    elif content.startswith(b"\xff\xd8\xff"):
        size = _jpeg(content)
    return size is not None and 0 < size[0] <= MAX_WIDTH and 0 < size[1] <= MAX_HEIGHT
