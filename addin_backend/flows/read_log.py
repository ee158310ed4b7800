"""Reading the newest records with the proof that each is in the signed log. Reading the log is itself recorded."""

from __future__ import annotations

from dataclasses import dataclass

from addin_backend.accountability import merkle, records
from addin_backend.accountability.notes import VerifierKey, open_checkpoint
from addin_backend.accountability.records import Act
from addin_backend.errors import LogBroken
from addin_backend.model.record import Checkpoint, LogEntry
from addin_backend.ports import AccountabilityLog, Pseudonymiser


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry, its inclusion path in the checkpoint's tree, and whether checking it gave the signed root."""

    entry: LogEntry
    path: tuple[bytes, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest entries first, against one checkpoint whose signature was checked."""

    checkpoint: Checkpoint
    signature_verified: bool
    entries: tuple[ProvenEntry, ...]


def _signed(checkpoint: Checkpoint, key: VerifierKey) -> bool:
    try:
        head = open_checkpoint(checkpoint.note, key)
    except LogBroken:
        return False
    return (head.size, head.root) == (checkpoint.size, checkpoint.root)


def _proven(entry: LogEntry, checkpoint: Checkpoint, log: AccountabilityLog) -> ProvenEntry:
    path = log.inclusion_proof(entry.index, checkpoint.size)
    same_leaf = merkle.leaf_hash(entry.entry) == entry.leaf_hash
    holds = merkle.inclusion_holds(entry.leaf_hash, entry.index, checkpoint.size, path, checkpoint.root)
    return ProvenEntry(entry, path, same_leaf and holds)


def read_log(limit: int, act: Act, log: AccountabilityLog, names: Pseudonymiser, key: VerifierKey) -> Reading:
    """The ``limit`` newest entries. The record of this reading is the newest of them. Raises Unavailable, LogBroken."""
    log.append(records.simple("log_read", act, names, limit=limit))
    checkpoint = log.checkpoint()
    entries = log.entries(max(0, checkpoint.size - limit), checkpoint.size)
    proven = tuple(_proven(entry, checkpoint, log) for entry in reversed(entries))
    return Reading(checkpoint, _signed(checkpoint, key), proven)
