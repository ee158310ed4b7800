"""Reads rules and registers from folders. The registers of an installation replace the product's, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from addin_backend.errors import BadRegister

_SUFFIXES = (".rego", ".json")
_LIMIT = 20 * 1024 * 1024  # bytes of one file; 100,000 register entries fit


def read_folder(folder: Path) -> Mapping[str, bytes]:
    """Relative path with forward slashes -> bytes, for every rule and JSON file. Raises BadRegister when the folder is not there."""
    if not folder.is_dir():
        raise BadRegister(
            f"The folder {folder} does not exist.",
            sentence_da=f"Mappen {folder} findes ikke.",
            next_step="Correct the setting policies_dir or registers_dir.",
            next_step_da="Ret indstillingen policies_dir eller registers_dir.",
        )
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file():
            if path.stat().st_size > _LIMIT:
                raise BadRegister(f"{path} is larger than 20 MB.", sentence_da=f"{path} er større end 20 MB.")
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def with_registers(files: Mapping[str, bytes], folder: Path | None) -> Mapping[str, bytes]:
    """``files`` with each ``<name>/data.json`` below ``folder`` put in place of the register of that name."""
    if folder is None:
        return files
    own = {f"registers/{path}": content for path, content in read_folder(folder).items() if path.endswith("/data.json")}
    unknown = sorted(set(own) - set(files))
    if unknown:
        names = ", ".join(path.split("/")[1] for path in unknown)
        raise BadRegister(f"There is no register called {names}.", sentence_da=f"Der findes intet register, der hedder {names}.")
    return {**files, **own}
