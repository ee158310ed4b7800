"""Two people declare that mail may go unchecked for some hours while the service is dead: by `snapshot …`, or in the console beforehand."""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import msgspec

from addin_backend.accountability import records
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.emergency_end import leave_note, record_end
from addin_backend.bootstrap.sending import Cabinet, OpenLog, act_of, key_path, open_log
from addin_backend.bootstrap.setting_files import make_data_folder
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadInput, Conflict, SendSecurelyError, Unavailable
from addin_backend.flows.offline import ask_for_emergency, declare_emergency
from addin_backend.model.offline import Asked, Paper
from addin_backend.settings import Settings

FILE = "degraded.json"
ASKED_FOR = timedelta(minutes=30)  # then whoever asked has to ask again


def in_force(folder: Path, at: int) -> Paper | None:
    """The emergency that counts at ``at`` (seconds since 1970), or None. A file that cannot be read is none."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=Paper)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if at < found.expires else None


def _write(folder: Path, content: bytes) -> Path:
    beside = folder / f"{FILE}.part"
    try:
        beside.write_bytes(content)
        return beside.replace(folder / FILE)
    except OSError:
        raise BadInput(f"{folder} cannot be written to.", sentence_da=f"Der kan ikke skrives i {folder}.", field="out") from None


def _folders(settings: Settings, out: Path | None) -> list[Path]:
    """Where the file is written: the data folder and the front."""
    front = out or (Path(settings.front_folder) if settings.front_folder else None)
    return [Path(settings.data_dir), *([front] if front else [])]


def _named(by: str) -> str:
    if not by.strip():
        raise BadInput("Say who ends it.", sentence_da="Angiv, hvem der afslutter den.", field="by")
    return by.strip().lower()


def _note(what: str, by: str, opened: OpenLog, request_id: str, **body: str) -> None:
    opened.log.append(records.simple(what, act_of(_named(by), _named(by), request_id), opened.names, **body))


def _declare(key: bytes, people: tuple[str, str], hours: int, opened: OpenLog, request_id: str) -> Paper:
    act = act_of(people[0].strip().lower(), people[0].strip().lower(), request_id)
    return declare_emergency(key, people, hours, act, opened.log, opened.names, secrets.token_hex(8))


def degrade(settings: Settings, people: tuple[str, str], hours: int, out: Path | None, stream: TextIO) -> None:
    """Declare it: recorded first, then written to the data folder and to ``out``. Raises BadInput, Unavailable (a server is alive)."""
    make_data_folder(Path(settings.data_dir))
    key = KeyFile.load_or_create(key_path(settings)).secret("offline")
    opened = open_log(settings)
    try:
        paper = _declare(key, people, hours, opened, "")
    finally:
        opened.log.close()
    content = msgspec.json.encode(paper)
    for folder in _folders(settings, out):
        print(f"{_write(folder, content)}", file=stream)
    print(
        f"In force for {hours} hours. The front must serve it at /addin/{FILE}. `addin-backend snapshot end` ends it before.", file=stream
    )


def end(settings: Settings, by: str, out: Path | None, stream: TextIO) -> None:
    """End it before its time, also while a server runs: out of force first, and then recorded. Raises BadInput, LogBroken."""
    act = act_of(_named(by), _named(by), "")
    for folder in _folders(settings, out):
        _write(folder, b"null")
    print(f"Ended ({now():%Y-%m-%d %H:%M}).", file=stream)
    try:
        opened = open_log(settings)
    except Unavailable:
        leave_note(settings, act)
        print("A server writes the log: it records this when it next looks at the emergency, or starts again.", file=stream)
        return
    try:
        record_end(settings, opened.log, opened.names)
        opened.log.append(records.simple("snapshot_restored", act, opened.names))
    finally:
        opened.log.close()


@dataclass(slots=True)
class EmergencyDesk:
    """The same from the console of a server that runs: one person asks, another approves, anybody ends it. Thread-safe.

    What was asked for lives in this process for half an hour. Recorded first, then written.
    """

    settings: Settings
    key: bytes
    opened: OpenLog
    _asked: Asked | None = None
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def asked(self) -> Asked | None:
        """What waits for somebody to approve it, if anything."""
        found = self._asked
        return found if found is not None and now() - found.at < ASKED_FOR else None

    def in_force(self) -> Paper | None:
        """The emergency that counts now, if any. What a command ended meanwhile is recorded."""
        with suppress(SendSecurelyError):  # the note stays
            record_end(self.settings, self.opened.log, self.opened.names)
        return in_force(Path(self.settings.data_dir), int(now().timestamp()))

    def ask(self, by: str, hours: int, request_id: str) -> None:
        """Raises BadInput, Conflict (one waits or is in force), Unavailable, LogBroken."""
        with self._gate:
            if self.asked() is not None or self.in_force() is not None:
                raise _overtaken()
            act = act_of(by.strip().lower(), by.strip().lower(), request_id)
            self._asked = ask_for_emergency(by, hours, act, self.opened.log, self.opened.names, secrets.token_hex(8))

    def approve(self, asked: str, by: str, request_id: str) -> None:
        """Put what ``asked`` names in force. Raises BadInput (the same person), Conflict (another one by now), Unavailable, LogBroken."""
        with self._gate:
            found = self._found(asked)
            paper = _declare(self.key, (found.by, by), found.hours, self.opened, request_id)
            for folder in _folders(self.settings, None):
                _write(folder, msgspec.json.encode(paper))
            self._asked = None

    def withdraw(self, asked: str, by: str, request_id: str) -> None:
        """Take back what was asked for, or say no to it. Raises as ``approve``."""
        with self._gate:
            found = self._found(asked)
            _note("snapshot_withdrawn", by, self.opened, request_id, request=found.request_id)
            self._asked = None

    def end(self, by: str, request_id: str) -> None:
        """End what is in force: first that, then the record, which waits in a note where the log takes none.

        Raises BadInput, Conflict (nothing is in force), Unavailable, LogBroken.
        """
        with self._gate:
            if self.in_force() is None:
                raise _overtaken()
            act = act_of(_named(by), _named(by), request_id)
            for folder in _folders(self.settings, None):
                _write(folder, b"null")
            leave_note(self.settings, act)
            record_end(self.settings, self.opened.log, self.opened.names)

    def _found(self, asked: str) -> Asked:
        found = self.asked()
        if found is None or found.request_id != asked:
            raise _overtaken()
        return found


def _overtaken() -> Conflict:
    return Conflict(
        "Somebody else has done something meanwhile, or the time is over.",
        sentence_da="En anden har gjort noget imens, eller tiden er gået.",
        next_step="Look at the page again.",
        next_step_da="Se på siden igen.",
    )


def open_desk(settings: Settings, cabinet: Cabinet) -> EmergencyDesk:
    """The console's."""
    return EmergencyDesk(settings, cabinet.keys.secret("offline"), OpenLog(cabinet.log, cabinet.names))
