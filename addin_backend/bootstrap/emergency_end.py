"""The end of an emergency that could not be recorded at once: a note in the data folder, which whoever writes the log next records.

Each end has a note of its own: two people may end two emergencies before the first is recorded.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput
from addin_backend.ports import AccountabilityLog, Pseudonymiser
from addin_backend.settings import Settings

NOTES = "emergency_ended*.json"


class Ended(msgspec.Struct, frozen=True):
    """Who ended it, and the event that the record gets, however often it is tried."""

    event_id: str
    by: str
    at: datetime
    request_id: str = ""


def leave_note(settings: Settings, act: Act) -> None:
    """Leave it for whoever writes the log. Raises BadInput where the data folder cannot be written to."""
    folder = Path(settings.data_dir)
    note = folder / f"emergency_ended-{act.event_id}.json"
    beside = note.with_suffix(".part")
    try:
        beside.touch(mode=0o600)
        beside.write_bytes(msgspec.json.encode(Ended(act.event_id, act.actor, act.at, act.request_id)))
        beside.replace(note)
    except OSError:
        raise BadInput(f"{folder} cannot be written to.", sentence_da=f"Der kan ikke skrives i {folder}.", field="data") from None


def _found(settings: Settings) -> list[tuple[Ended, Path]]:
    """The notes that can be read, oldest first."""
    found = []
    for note in Path(settings.data_dir).glob(NOTES):
        try:
            found.append((msgspec.json.decode(note.read_bytes(), type=Ended), note))
        except (OSError, msgspec.MsgspecError):
            continue
    return sorted(found, key=lambda one: one[0].at)


def record_end(settings: Settings, log: AccountabilityLog, names: Pseudonymiser) -> None:
    """Record what each note says, and take it away. One that cannot be read stays. Raises Unavailable, LogBroken."""
    for found, note in _found(settings):
        log.append(records.simple("snapshot_restored", Act(found.event_id, found.at, found.by, found.by, found.request_id), names))
        note.unlink(missing_ok=True)
