"""Files and folders that settings name. One that is not there is told by the setting's name, before anything starts."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from addin_backend.errors import BadRegister
from addin_backend.settings import Settings


def refused(name: str, why: str, why_da: str) -> BadRegister:
    """The setting ``name`` cannot be used."""
    return BadRegister(
        f"The setting {name} {why}.",
        sentence_da=f"Indstillingen {name} {why_da}.",
        next_step="`addin-backend settings` lists every setting.",
        next_step_da="`addin-backend settings` viser alle indstillinger.",
    )


def read_setting(settings: Settings, name: str) -> bytes:
    """The file that the setting ``name`` names. Raises BadRegister."""
    path = str(getattr(settings, name))
    if not path:
        raise refused(name, "is missing", "mangler")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise refused(
            name, f"names a file that cannot be read ({error.strerror})", f"peger på en fil, der ikke kan læses ({error.strerror})"
        ) from None


def folder_of(settings: Settings, name: str) -> Path:
    """The folder that the setting ``name`` names. Raises BadRegister when it is not there."""
    path = Path(getattr(settings, name))
    if not path.is_dir():
        raise refused(name, f"names {path}, which is no folder", f"peger på {path}, som ikke er en mappe")
    return path


def make_data_folder(path: Path) -> Path:
    """The data folder, made for its owner alone when it is not there. Raises BadRegister when it cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        why = f"names {path}, which cannot be used as a folder ({error.strerror})"
        raise refused("data_dir", why, f"peger på {path}, som ikke kan bruges som mappe ({error.strerror})") from None
    return path


def private_file(path: Path) -> Path:
    """``path``, made empty for its owner alone when it is not there, whatever the umask. SQLite gives its -wal and -shm the same mode."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return path  # it is there, or cannot be made, which the database says in its own words
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
    return path
