"""Opens a log again: the tree from what is stored, refused when it is not what was signed.

What was signed is told in three places: the checkpoints in the database, the newest one beside it, and the high-water mark. They are
written in this order, so a crash leaves each at most as new as the one before it. Entries after the newest of them may only be what a
crash leaves: the writer signs within a second, so there are few and they lie close together. Everything else was put there by others.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path

from addin_backend.edges.accountability_log.reader import kept_checkpoint, kept_mark
from addin_backend.edges.accountability_log.tree import WIDTH, Notary, Tree, broken

REHASHED = 1_000  # newest entries whose bytes are hashed again when the log is opened; ``log verify`` hashes all
UNSIGNED_SECONDS = 60.0  # of recorded time that entries without a checkpoint may span; usual is one second


def recover(db: sqlite3.Connection, path: Path, notary: Notary, unsigned_at_most: int) -> Tree:
    """The tree in ``db``, whose file is ``path``. Raises LogBroken. The caller may sign it."""
    heads = _heads(db, path, notary)
    wanted = dict(heads)
    if any(wanted[size] != root for size, root in heads):
        raise broken("two checkpoints contradict each other", "to stempler modsiger hinanden")
    if heads != sorted(heads, reverse=True):
        raise broken("checkpoints were taken away", "stempler er fjernet")
    tree = _recompute(db, notary, wanted)
    if wanted:
        raise broken("entries that were signed are missing", "poster, der er underskrevet, mangler")
    _check_tail(db, tree.size, max((size for size, _ in heads), default=0), unsigned_at_most)
    return tree


def _heads(db: sqlite3.Connection, path: Path, notary: Notary) -> list[tuple[int, bytes]]:
    """Size and root as the newest checkpoint in the database, the one beside it and the mark tell them, in this order."""
    mark, kept = kept_mark(path), kept_checkpoint(path)  # files first: what they commit to was in the database before them
    row = db.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    heads = [notary.read(note) for note in (row[0] if row else None, kept) if note is not None]
    if any(size for size, _ in heads) or db.execute("SELECT 1 FROM entry LIMIT 1").fetchone():
        if row is None:
            raise broken("its checkpoints are missing", "dens stempler mangler")
        if kept is None:
            raise broken("the checkpoint beside the database is missing", "stemplet ved siden af databasen mangler")
        if mark is None:
            raise broken("the file log.size beside the database is missing", "filen log.size ved siden af databasen mangler")
    return heads if mark is None else [*heads, notary.read_mark(mark)]


def _recompute(db: sqlite3.Connection, notary: Notary, wanted: dict[int, bytes]) -> Tree:
    """One pass over the leaf hashes; takes each checkpoint that holds out of ``wanted``."""
    count = db.execute("SELECT count(*) FROM entry").fetchone()[0]
    tiles = dict(db.execute("SELECT idx, hash FROM tile"))
    tree = Tree()
    if wanted.get(0) == notary.root(()):
        del wanted[0]
    for index, leaf in db.execute("SELECT idx, leaf_hash FROM entry ORDER BY idx"):
        tree, filled = tree.after(leaf, notary)
        sound = index == tree.size - 1 and (filled is None or tiles.get(tree.size // WIDTH - 1) == filled)
        if index >= count - REHASHED:
            sound = sound and notary.leaf(_entry(db, index)) == leaf
        root = wanted.pop(tree.size, None)
        if not sound or (root is not None and root != notary.root(tree.frontier)):
            raise broken(f"entry {tree.size - 1} or one before it was changed", f"post {tree.size - 1} eller en tidligere er ændret")
    return tree


def _check_tail(db: sqlite3.Connection, size: int, signed: int, at_most: int) -> None:
    """Whether entries [signed, size) can be what a crash left. The newest checkpoint's moment counts too: a step that a crash cut off
    may record later what happened long before.
    """
    if size - signed > at_most:
        raise broken(f"{size - signed} entries are under no checkpoint", f"{size - signed} poster er ikke under noget stempel")
    if size == signed:
        return
    row = db.execute("SELECT signed_at FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    try:
        moments = [datetime.fromisoformat(json.loads(_entry(db, index))["occurred_at"]) for index in range(signed, size)]
        began = max([moments[0], *([datetime.fromisoformat(row[0])] if row else [])])
        span = (max(moments) - began).total_seconds()
    except (ValueError, KeyError, TypeError):
        raise broken(
            "an entry under no checkpoint is no record", "en post, der ikke er under noget stempel, er ingen registrering"
        ) from None
    if span > UNSIGNED_SECONDS:
        raise broken(
            f"the entries from {signed} on span {span:.0f} seconds and are under no checkpoint",
            f"posterne fra {signed} spænder over {span:.0f} sekunder og er ikke under noget stempel",
        )


def _entry(db: sqlite3.Connection, index: int) -> bytes:
    return bytes(db.execute("SELECT entry FROM entry WHERE idx = ?", (index,)).fetchone()[0])
