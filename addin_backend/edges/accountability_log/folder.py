"""The export as a folder: files written whole, and read again by path."""

from __future__ import annotations

import os
from pathlib import Path

from addin_backend.errors import BadInput, NotFound


def write_whole(path: Path, content: bytes, mode: int = 0o640) -> None:
    """``content`` at ``path``, whole or not at all, and on the disk: a temporary file, flushed, renamed, the folder flushed."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power cut as well as the bytes
    finally:
        os.close(folder)


class LogFolder:
    """An export on disk. Paths are relative, with slashes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check_empty(self) -> None:
        """Raise BadInput when something stands here already: files of an older export would pass for this one's."""
        if self._folder.exists() and (not self._folder.is_dir() or any(self._folder.iterdir())):
            raise BadInput(
                "The folder for the export is not empty.",
                sentence_da="Mappen til eksporten er ikke tom.",
                next_step="Name a new folder.",
                next_step_da="Angiv en ny mappe.",
                field="DIR",
            )

    def write(self, path: str, content: bytes) -> None:
        """Put ``content`` at ``path``."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)

    def read(self, path: str) -> bytes:
        """The bytes at ``path``. Raises NotFound."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise NotFound("A file of the export is missing.", sentence_da="En fil i eksporten mangler.", field=path) from None
