"""`snapshot degrade` and `snapshot end`: two people declare that mail may go unchecked for some hours while the service is dead."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TextIO

import msgspec

from addin_backend.accountability import records
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import act_of, key_path, open_log
from addin_backend.bootstrap.setting_files import make_data_folder
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadInput
from addin_backend.flows.offline import declare_emergency
from addin_backend.model.offline import Paper
from addin_backend.settings import Settings

FILE = "degraded.json"


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


def degrade(settings: Settings, people: tuple[str, str], hours: int, out: Path | None, stream: TextIO) -> None:
    """Declare it: recorded first, then written to the data folder and to ``out``. Raises BadInput, Unavailable (a server is alive)."""
    make_data_folder(Path(settings.data_dir))
    key = KeyFile.load_or_create(key_path(settings)).secret("offline")
    opened = open_log(settings)
    try:
        act = act_of(people[0].strip().lower(), people[0].strip().lower(), "")
        paper = declare_emergency(key, people, hours, act, opened.log, opened.names, secrets.token_hex(8))
    finally:
        opened.log.close()
    content = msgspec.json.encode(paper)
    for folder in [Path(settings.data_dir), *([out] if out else [])]:
        print(f"{_write(folder, content)}", file=stream)
    print(
        f"In force for {hours} hours. The front must serve it at /addin/{FILE}. `addin-backend snapshot end` ends it before.", file=stream
    )


def end(settings: Settings, by: str, out: Path | None, stream: TextIO) -> None:
    """End it before its time. Raises BadInput, Unavailable."""
    if not by.strip():
        raise BadInput("Say who ends it.", sentence_da="Angiv, hvem der afslutter den.", field="by")
    opened = open_log(settings)
    try:
        opened.log.append(records.simple("snapshot_restored", act_of(by.strip().lower(), by.strip().lower(), ""), opened.names))
    finally:
        opened.log.close()
    for folder in [Path(settings.data_dir), *([out] if out else [])]:
        _write(folder, b"null")
    print(f"Ended ({now():%Y-%m-%d %H:%M}).", file=stream)
