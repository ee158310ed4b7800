"""The whole verification of a log, pure: entries in order and checkpoints in, a report out. It stops at nothing and trusts nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from addin_backend.accountability.canonical import read_record
from addin_backend.accountability.merkle import Frontier, grow, leaf_hash, root_of
from addin_backend.accountability.notes import TreeHead, VerifierKey, open_checkpoint
from addin_backend.errors import LogBroken
from addin_backend.model.record import LogEntry

SHOWN = 20  # problems that are told; the first is what matters
UNSIGNED_AT_MOST = 1_024  # entries after the newest checkpoint: the writer takes no more on before it has signed
UNSIGNED_FOR = timedelta(seconds=60)  # that they may stay so: the writer signs within a second, and at its next start after a crash


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold. ``code`` is stable; ``index`` is the entry's or -1."""

    code: str
    sentence: str
    sentence_da: str
    index: int = -1


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified. ``signed`` entries stand under the newest checkpoint; later ones only hang together."""

    origin: str
    entries: int
    signed: int
    checkpoints: int
    actions: dict[str, int]
    root: bytes
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing at all was wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Moment:
    """When the log is verified, and whether a server holds it then. Without it, how long entries stand unsigned is not judged."""

    at: datetime
    written: bool


@dataclass
class _Findings:
    """Problems as they turn up, the first of them kept."""

    kept: list[Problem] = field(default_factory=list)

    def add(self, code: str, sentence: str, sentence_da: str, index: int = -1) -> None:
        if len(self.kept) < SHOWN:
            self.kept.append(Problem(code, sentence, sentence_da, index))


def _heads(notes: Iterable[str], key: VerifierKey, found: _Findings) -> list[TreeHead]:
    heads = []
    for note in notes:
        try:
            heads.append(open_checkpoint(note, key))
        except LogBroken as error:
            found.add("bad_checkpoint", error.sentence, error.sentence_da)
    return heads


class _Walk:
    """One pass over the entries that compares the tree with every checkpoint on the way."""

    def __init__(self, heads: Sequence[TreeHead], found: _Findings) -> None:
        self.size = 0
        self.frontier: Frontier = ()
        self.actions: Counter[str] = Counter()
        self._found = found
        self._events: set[str] = set()
        self._signed = max((head.size for head in heads), default=0)
        self._newest: datetime | None = None
        self._wanted: dict[int, list[bytes]] = {}
        for head in heads:
            self._wanted.setdefault(head.size, []).append(head.root)
        self._compare()

    def take(self, entry: LogEntry) -> None:
        if entry.index != self.size:
            self._found.add(
                "gap",
                f"Entry {self.size} is missing: entry {entry.index} follows.",
                f"Post {self.size} mangler: post {entry.index} følger.",
                self.size,
            )
        leaf = leaf_hash(entry.entry)
        if leaf != entry.leaf_hash:
            self._found.add(
                "changed",
                f"Entry {self.size} is not the one that was hashed.",
                f"Post {self.size} er ikke den, der blev hashet.",
                self.size,
            )
        self._read(entry.entry)
        self.frontier = grow(self.frontier, self.size, leaf)
        self.size += 1
        self._compare()

    def _read(self, entry: bytes) -> None:
        try:
            record = read_record(entry)
        except LogBroken as error:
            self._found.add("not_a_record", f"Entry {self.size}: {error.sentence}", f"Post {self.size}: {error.sentence_da}", self.size)
            return
        if record.event_id in self._events:
            self._found.add(
                "repeated", f"Entry {self.size} repeats an earlier event.", f"Post {self.size} gentager en tidligere hændelse.", self.size
            )
        self._events.add(record.event_id)
        self.actions[record.action] += 1
        self._newest = max(self._newest or record.occurred_at, record.occurred_at)

    def _compare(self) -> None:
        roots = self._wanted.pop(self.size, [])
        if roots and set(roots) != {root_of(self.frontier)}:
            self._found.add(
                "inconsistent",
                f"The first {self.size} entries are not those that were signed.",
                f"De første {self.size} poster er ikke dem, der blev underskrevet.",
                self.size,
            )

    def end(self) -> None:
        if self._wanted:
            newest = max(self._wanted)
            self._found.add(
                "truncated",
                f"{newest} entries were signed, and only {self.size} are here.",
                f"{newest} poster blev underskrevet, og kun {self.size} er her.",
                self.size,
            )

    def judge_tail(self, moment: Moment | None) -> None:
        """Whether the entries that nobody signed can be what a server has just written, or what a crash left a moment ago."""
        tail = self.size - self._signed
        old = moment is not None and not moment.written and self._newest is not None and moment.at - self._newest > UNSIGNED_FOR
        if tail > UNSIGNED_AT_MOST or (tail > 0 and old):
            self._found.add(
                "unsigned_tail",
                f"{tail} entries, from {self._signed} on, are under no checkpoint: anybody may have written them. A server signs what it "
                "writes within a second; after a crash its next start signs the rest, or refuses.",
                f"{tail} poster, fra {self._signed} og frem, er ikke under noget stempel: enhver kan have skrevet dem. En server "
                "stempler det, den skriver, inden for et sekund; efter et nedbrud stempler næste start resten eller afviser.",
                self._signed,
            )


def _check_order(notes: Sequence[TreeHead], beside: Sequence[TreeHead], mark: TreeHead | None, found: _Findings) -> None:
    """Each place is written after the one before it, so none is ahead of another unless checkpoints were taken away."""
    sizes = [max((head.size for head in notes), default=0), *(head.size for head in beside), *([mark.size] if mark else [])]
    if sizes != sorted(sizes, reverse=True):
        found.add(
            "rolled_back",
            f"{max(sizes)} entries were signed, and the newest checkpoints have been taken away.",
            f"{max(sizes)} poster blev underskrevet, og de nyeste stempler er fjernet.",
            min(sizes),
        )


def verify(
    entries: Iterable[LogEntry],
    checkpoints: Sequence[str],
    kept: str | None,
    key: VerifierKey,
    since: Sequence[str] = (),
    *,
    mark: TreeHead | None = None,
    moment: Moment | None = None,
) -> Report:
    """Whether the log is whole: no gap, every entry a record and hashed as stored, every checkpoint signed and true of its prefix.

    ``checkpoints`` are the notes in the log, ``kept`` the newest as written beside it (None: missing, which is a problem), ``since``
    notes that the auditor kept from earlier: the log must contain what they commit to, and ``mark`` what the key's holder wrote down
    last. Entries after the newest checkpoint are checked too, but no signature stands for them: they must be few, and at ``moment`` new.
    """
    found = _Findings()
    if kept is None:
        found.add("no_checkpoint", "The newest checkpoint is missing.", "Det nyeste stempel mangler.")
    notes, beside = _heads(checkpoints, key, found), _heads([kept] if kept is not None else [], key, found)
    _check_order(notes, beside, mark, found)
    heads = [*notes, *beside, *_heads(since, key, found), *([mark] if mark else [])]
    walk = _Walk(heads, found)
    try:
        for entry in entries:
            walk.take(entry)
    except LogBroken as error:
        found.add("unreadable", error.sentence, error.sentence_da, walk.size)
    walk.end()
    walk.judge_tail(moment)
    signed = max((head.size for head in heads), default=0)
    return Report(
        origin=key.name,
        entries=walk.size,
        signed=min(signed, walk.size),
        checkpoints=len(checkpoints),
        actions=dict(sorted(walk.actions.items())),
        root=root_of(walk.frontier),
        problems=tuple(found.kept),
    )
