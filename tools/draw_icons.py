"""Draws the add-in's icons: an envelope with a lock, in the product's blue. Standard library only; each pixel is its covered share.

`python tools/draw_icons.py` writes addin_backend/web/static/addin/assets/icon-*.png, manifest/color.png and manifest/outline.png. They
are kept in the project, because an icon that is drawn anew by another zlib would be other bytes for the same picture.
"""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "addin_backend" / "web" / "static" / "addin" / "assets"
BLUE, WHITE, CLEAR = (15, 94, 168, 255), (255, 255, 255, 255), (255, 255, 255, 0)
SAMPLES = 5  # per pixel and direction

Colour = tuple[int, int, int, int]
Shape = Callable[[float, float], bool]
Layer = tuple[Shape, Colour]


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Shape:
    """A rectangle with rounded corners."""

    def inside(x: float, y: float) -> bool:
        dx = max(left + radius - x, x - right + radius, 0.0)
        dy = max(top + radius - y, y - bottom + radius, 0.0)
        return left <= x <= right and top <= y <= bottom and dx * dx + dy * dy <= radius * radius

    return inside


def stroke(points: list[tuple[float, float]], width: float) -> Shape:
    """A line through ``points`` with round ends."""

    def near(x: float, y: float, a: tuple[float, float], b: tuple[float, float]) -> bool:
        dx, dy = b[0] - a[0], b[1] - a[1]
        along = max(0.0, min(1.0, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)))
        return math.hypot(x - a[0] - along * dx, y - a[1] - along * dy) <= width / 2

    return lambda x, y: any(near(x, y, a, b) for a, b in itertools.pairwise(points))


def ring(x0: float, y0: float, radius: float, width: float) -> Shape:
    """The upper half of a circle's line."""
    return lambda x, y: y <= y0 and abs(math.hypot(x - x0, y - y0) - radius) <= width / 2


def lock(x: float, y: float, size: float) -> list[Shape]:
    """A padlock whose body has its centre at (x, y): body, shackle."""
    half = size / 2
    return [box(x - half, y - size * 0.35, x + half, y + size * 0.45, size * 0.12), ring(x, y - size * 0.35, size * 0.3, size * 0.17)]


def small() -> list[Layer]:
    """16 x 16, on whole pixels: a white envelope on blue. A lock would be a smudge."""
    return [
        (box(0, 0, 16, 16, 3), BLUE),
        (box(2, 4, 14, 12, 1), WHITE),
        (stroke([(2.6, 4.7), (8, 8.9), (13.4, 4.7)], 1.3), BLUE),
    ]


def plain(size: float, left: float = 0.0, corner: float = 0.18) -> list[Layer]:
    """``size`` wide, from ``left``: envelope with a lock at its lower right, on blue."""

    def at(share: float) -> float:
        return left + size * share

    layers: list[Layer] = [
        (box(left, left, left + size, left + size, size * corner), BLUE),
        (box(at(0.12), at(0.24), at(0.88), at(0.76), size * 0.05), WHITE),
        (stroke([(at(0.15), at(0.28)), (at(0.5), at(0.55)), (at(0.85), at(0.28))], size * 0.055), BLUE),
        (box(at(0.54), at(0.47), at(0.94), at(0.90), size * 0.10), BLUE),
    ]
    return layers + [(shape, WHITE) for shape in lock(at(0.74), at(0.71), size * 0.29)]


def outline() -> list[Layer]:
    """32 x 32, white lines on nothing, as Teams and the Office store want it."""
    layers: list[Layer] = [
        (stroke([(3, 7), (29, 7), (29, 15)], 2.0), WHITE),
        (stroke([(3, 7), (3, 24), (17, 24)], 2.0), WHITE),
        (stroke([(4, 8), (16, 16.5), (28, 8)], 2.0), WHITE),
    ]
    return layers + [(shape, WHITE) for shape in lock(25, 24.5, 9)]


def draw(pixels: int, layers: list[Layer]) -> list[bytes]:
    """Rows of RGBA."""
    rows = []
    steps = [(index + 0.5) / SAMPLES for index in range(SAMPLES)]
    for row in range(pixels):
        made = bytearray()
        for column in range(pixels):
            found = [_top(column + dx, row + dy, layers) for dy in steps for dx in steps]
            alpha = sum(colour[3] for colour in found)
            parts = [round(sum(colour[part] * colour[3] for colour in found) / alpha) if alpha else 255 for part in range(3)]
            made += bytes([*parts, round(alpha / len(found))])
        rows.append(bytes(made))
    return rows


def _top(x: float, y: float, layers: list[Layer]) -> Colour:
    return next((colour for shape, colour in reversed(layers) if shape(x, y)), CLEAR)


def png(rows: list[bytes]) -> bytes:
    """A PNG file (ISO/IEC 15948) of eight-bit RGBA."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(rows[0]) // 4, len(rows), 8, 6, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pictures() -> dict[Path, tuple[int, list[Layer]]]:
    """Every icon: its file, its size, what is on it."""
    ribbon = {ASSETS / f"icon-{size}.png": (size, small() if size == 16 else plain(size)) for size in (16, 32, 64, 80, 128)}
    full = [(box(0, 0, 192, 192), BLUE), *plain(144, 24)]
    return {**ribbon, ROOT / "manifest" / "color.png": (192, full), ROOT / "manifest" / "outline.png": (32, outline())}


def main() -> None:
    """Draw them all."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    for path, (size, layers) in pictures().items():
        path.write_bytes(png(draw(size, layers)))
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
