"""The layout in which a log is given to an auditor (C2SP tlog-tiles): ``checkpoint``, hash tiles and entry bundles as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from addin_backend.accountability.merkle import HASH_BYTES, root
from addin_backend.errors import LogBroken

WIDTH = 256  # hashes of a tile, entries of a bundle: height 8
Read = Callable[[str], bytes]  # the bytes at a path inside the export; raises NotFound


def _number(index: int) -> str:
    """The tile number as path elements: 1234067 becomes x001/x234/067."""
    text = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03d}/{text}"
    return text


def tile_path(level: str, index: int, width: int) -> str:
    """Where a tile stands; ``level`` is "0", "1", … or "entries"; a tile that is not full names its width."""
    return f"tile/{level}/{_number(index)}" + ("" if width == WIDTH else f".p/{width}")


def widths(count: int) -> Iterator[tuple[int, int]]:
    """(index, width) of each tile over ``count`` hashes."""
    for index in range(-(-count // WIDTH)):
        yield index, min(WIDTH, count - index * WIDTH)


def _bundle(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def export(entries: Callable[[int, int], Sequence[bytes]], leaves: Sequence[bytes], checkpoint: str) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of every file. ``entries(start, end)`` gives entries; ``leaves`` are the leaf hashes of the checkpoint's tree.

    The checkpoint comes last, so that what it commits to is already there.
    """
    for index, width in widths(len(leaves)):
        yield tile_path("entries", index, width), _bundle(entries(index * WIDTH, index * WIDTH + width))
    hashes, level = list(leaves), 0
    while hashes:
        for index, width in widths(len(hashes)):
            yield tile_path(str(level), index, width), b"".join(hashes[index * WIDTH : index * WIDTH + width])
        hashes = [root(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1
    yield "checkpoint", checkpoint.encode()


def _entries_of(bundle: bytes, width: int) -> list[bytes]:
    found, at = [], 0
    while at + 2 <= len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        found.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(bundle) or len(found) != width:
        raise LogBroken("A bundle of entries is damaged.", sentence_da="Et bundt poster er beskadiget.")
    return found


def read_entries(read: Read, size: int) -> Iterator[tuple[bytes, bytes]]:
    """(leaf hash as the tile holds it, entry) of the first ``size`` entries. Raises LogBroken for a damaged file, NotFound."""
    for index, width in widths(size):
        tile = read(tile_path("0", index, width))
        if len(tile) != width * HASH_BYTES:
            raise LogBroken("A tile is damaged.", sentence_da="En flise i logbogen er beskadiget.")
        for at, entry in enumerate(_entries_of(read(tile_path("entries", index, width)), width)):
            yield tile[at * HASH_BYTES : (at + 1) * HASH_BYTES], entry


def upper_tiles_hold(read: Read, leaves: Sequence[bytes]) -> bool:
    """Whether every tile above the leaves is what the leaf hashes make of it."""
    wanted = export(lambda start, end: [b""] * (end - start), leaves, "")
    return all(read(path) == content for path, content in wanted if path.startswith("tile/") and not path.startswith("tile/entries"))
