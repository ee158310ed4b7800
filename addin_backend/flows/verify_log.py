"""What an auditor does with the log: verify it where it lies, take it away as files, verify those, prove one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from addin_backend.accountability import proof, tiles
from addin_backend.accountability import verify as verification
from addin_backend.accountability.merkle import inclusion_proof, subtree_of
from addin_backend.accountability.notary import Notary
from addin_backend.accountability.notes import TreeHead, VerifierKey, open_checkpoint
from addin_backend.accountability.verify import Moment, Problem, Report
from addin_backend.errors import LogBroken, NotFound
from addin_backend.model.record import Checkpoint, LogEntry


class LogSource(Protocol):
    """The log in its database, as of one moment: the checkpoint kept beside it, the checkpoints in it, the entries."""

    def read(self) -> AbstractContextManager[tuple[str | None, Sequence[str], Iterator[LogEntry]]]:
        """Raises NotFound, Unavailable, LogBroken."""

    def written(self) -> bool:
        """Whether a server holds the log at this moment."""


class ProofSource(Protocol):
    """What export and proofs read. Raises NotFound."""

    def entries(self, start: int, end: int) -> Sequence[LogEntry]:
        """Entries [start, end)."""

    def leaves(self, size: int) -> list[bytes]:
        """The first leaf hashes."""

    def checkpoint(self, origin: str) -> Checkpoint:
        """The newest checkpoint."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry with the text of its proof (C2SP tlog-proof)."""

    entry: bytes
    proof: str


def _unreadable(error: LogBroken, key: VerifierKey) -> Report:
    problem = Problem("unreadable", error.sentence, error.sentence_da)
    return Report(origin=key.name, entries=0, signed=0, checkpoints=0, actions={}, root=b"", problems=(problem,))


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a verifier who has the log's secret key can look at besides: the high-water mark beside the log (None: it is missing)."""

    notary: Notary
    mark: str | None

    def read(self, trusted: VerifierKey) -> TreeHead | None:
        """What the mark says, or None when the key is that of another log. Raises LogBroken when it is false or missing."""
        if self.notary.verifier_key != trusted:
            return None
        if self.mark is None:
            raise LogBroken("The file log.size beside the log is missing.", sentence_da="Filen log.size ved siden af logbogen mangler.")
        return TreeHead(trusted.name, *self.notary.read_mark(self.mark))


def verify(
    source: LogSource, key: str, since: Sequence[str] = (), *, at: datetime | None = None, holder: KeyHolder | None = None
) -> Report:
    """Verify the log in its database (``log verify --key VKEY [--since CHECKPOINT]``), also while a server writes it.

    ``key`` is a vkey, ``since`` the text of checkpoints kept from earlier, ``at`` the moment (None: the age of unsigned entries is not
    judged), ``holder`` what is known when the secret key is here, read before this is called. Raises BadInput (key), NotFound (no log),
    Unavailable; all that is wrong with the log itself stands in the report.
    """
    trusted = VerifierKey.parse(key)
    moment = Moment(at, source.written()) if at is not None else None
    try:
        with source.read() as (kept, notes, entries):
            mark = holder.read(trusted) if holder else None
            return verification.verify(entries, notes, kept, trusted, since, mark=mark, moment=moment)
    except LogBroken as error:
        return _unreadable(error, trusted)


def export(source: ProofSource, key: str, write: Callable[[str, bytes], None]) -> int:
    """Write the log under its newest checkpoint as tlog-tiles; the number of entries. Raises BadInput, LogBroken, NotFound."""
    trusted = VerifierKey.parse(key)
    note = source.checkpoint(trusted.name).note
    leaves = source.leaves(open_checkpoint(note, trusted).size)

    def entries(start: int, end: int) -> list[bytes]:
        return [item.entry for item in source.entries(start, end)]

    for path, content in tiles.export(entries, leaves, note):
        write(path, content)
    return len(leaves)


def _exported(read: Callable[[str], bytes], size: int, leaves: list[bytes]) -> Iterator[LogEntry]:
    for index, (leaf, entry) in enumerate(tiles.read_entries(read, size)):
        leaves.append(leaf)
        yield LogEntry(index=index, entry=entry, leaf_hash=leaf)


def verify_export(read: Callable[[str], bytes], key: str, since: Sequence[str] = ()) -> Report:
    """Verify an export (``log verify DIR --key VKEY``): as ``verify``, and that its tiles are what the entries make of them."""
    trusted = VerifierKey.parse(key)
    leaves: list[bytes] = []
    try:
        note = read("checkpoint").decode("utf-8", "replace")
        size = open_checkpoint(note, trusted).size
        report = verification.verify(_exported(read, size, leaves), [note], note, trusted, since)
        sound = report.problems or tiles.upper_tiles_hold(read, leaves)
    except LogBroken as error:
        return _unreadable(error, trusted)
    except NotFound as error:
        return _unreadable(LogBroken(f"{error.sentence} ({error.field})", sentence_da=f"{error.sentence_da} ({error.field})"), trusted)
    if sound:
        return report
    return replace(report, problems=(Problem("changed_tile", "A tile was changed.", "En flise er ændret."),))


def prove(source: ProofSource, index: int, key: str) -> Proven:
    """The proof that entry ``index`` stands in the log under its newest checkpoint. Raises BadInput, NotFound, LogBroken."""
    trusted = VerifierKey.parse(key)
    note = source.checkpoint(trusted.name).note
    head = open_checkpoint(note, trusted)
    if not 0 <= index < head.size:
        raise NotFound("The log has no such entry.", sentence_da="Logbogen har ingen sådan post.", field="INDEX")
    entry = source.entries(index, index + 1)[0].entry
    path = inclusion_proof(index, head.size, subtree_of(source.leaves(head.size)))
    text = proof.write_proof(index, path, note)
    proof.verify_proof(text, entry, trusted)
    return Proven(entry, text)
