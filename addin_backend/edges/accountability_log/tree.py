"""What writer and reader of the log share: the tree as far as storage knows it, and the errors that both raise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from addin_backend.errors import LogBroken, Unavailable
from addin_backend.model.record import Record

WIDTH = 256  # leaves of a tile; its root is stored, so that a proof reads a few hundred hashes and not all


class Notary(Protocol):
    """Form of entries, arithmetic of the tree, signature: given by bootstrap, since edges know no other room."""

    @property
    def origin(self) -> str:
        """The log's name."""

    def entry(self, record: Record) -> bytes:
        """Canonical bytes; raises BadInput."""

    def leaf(self, entry: bytes) -> bytes:
        """Leaf hash."""

    def grow(self, frontier: tuple[bytes, ...], size: int, leaf: bytes) -> tuple[bytes, ...]:
        """Frontier after one more leaf."""

    def root(self, frontier: tuple[bytes, ...]) -> bytes:
        """Root hash."""

    def subtree(self, hashes: Sequence[bytes]) -> bytes:
        """Root over hashes."""

    def path(self, index: int, size: int, subtree: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
        """Inclusion proof; raises ValueError."""

    def sign(self, size: int, root: bytes) -> str:
        """Signed checkpoint."""

    def read(self, note: str) -> tuple[int, bytes]:
        """Size and root of a checkpoint of ours; raises LogBroken."""

    def mark(self, size: int, root: bytes) -> str:
        """High-water mark, under a key that only the notary has."""

    def read_mark(self, mark: str) -> tuple[int, bytes]:
        """Size and root of a mark of ours; raises LogBroken."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Size, frontier, and the leaf hashes of the last tile as far as it is filled."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    tile: tuple[bytes, ...] = ()

    def after(self, leaf: bytes, notary: Notary) -> tuple[Tree, bytes | None]:
        """The tree with one more leaf, and the root of the tile that it filled, if any."""
        tile = (*self.tile, leaf)
        filled = notary.subtree(tile) if len(tile) == WIDTH else None
        return Tree(self.size + 1, notary.grow(self.frontier, self.size, leaf), () if filled else tile), filled


def unavailable() -> Unavailable:
    """The log cannot be reached: nothing may be done that would go unrecorded."""
    return Unavailable(
        "The log cannot be reached, so nothing has been sent and your draft is unchanged.",
        sentence_da="Logbogen kan ikke nås, så intet er sendt, og din kladde er uændret.",
    )


def broken(why: str, why_da: str) -> LogBroken:
    """The log is not what was signed."""
    return LogBroken(f"The log does not verify: {why}.", sentence_da=f"Logbogen kan ikke bevises: {why_da}.")
