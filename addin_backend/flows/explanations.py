"""What can explain a sent item: a check that let its mail go, or a ticket; each of them one item only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from addin_backend.model.ledger import Note


class Explanations:
    """What can explain the items of one page: each note one item, and the same item again after a run that was cut off."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = {note.event_id: note for note in notes}
        self.used: list[Note] = []

    def take(self, name: str, key: str, earliest: datetime, latest: datetime) -> bool:
        """Whether something noted under ``name`` in that time explains the item ``key``."""
        fits = [note for note in self._notes.values() if note.name == name and earliest <= note.at <= latest]
        chosen = next((note for note in fits if note.used_by == key), None) or next((note for note in fits if not note.used_by), None)
        if chosen is None:
            return False
        self._notes[chosen.event_id] = taken = Note(name=name, event_id=chosen.event_id, at=chosen.at, used_by=key)
        self.used.append(taken)
        return True

    def offer(self, note: Note) -> None:
        """A note that the mail itself brings, unless it is known."""
        self._notes.setdefault(note.event_id, note)
