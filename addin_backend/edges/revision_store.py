"""Every set of rules that was in force, by its revision: files by their digest, a list of paths per revision, and what was published when.

    objects/<sha256>          the bytes of a file, once
    revisions/<revision>.json path -> sha256, for every file of the set
    history.jsonl             one line per publication, oldest first
    in_force.json             the last of them, put in place whole

Nothing is changed or removed here, so a decision that names a revision can always be looked at with the rules of its own time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from addin_backend.errors import BadRegister, NotFound
from addin_backend.model.policy import Publication
from addin_backend.ports import PolicySet

_REVISION = re.compile(r"[0-9a-f]{64}")
_SHORTEST = 6  # characters of a revision that may stand for it


class UnknownRevision(NotFound):
    """No set of rules with that revision is kept here."""

    sentence = "No rules with that revision are kept here."
    sentence_da = "Der er ingen regler gemt med den udgave."
    next_step = "Name a revision from the log, or a folder with rules."
    next_step_da = "Angiv en udgave fra logbogen eller en mappe med regler."


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content) if len(content) < 2**20 else _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


class RevisionFolder:
    """``folder`` is made for its owner alone. ``policy_set`` gives files their revision (decision/revision.py).

    Raises BadRegister for a store that was damaged: what is loaded always has the digest that it is called by.
    """

    def __init__(self, folder: Path, policy_set: Callable[[Mapping[str, bytes]], PolicySet]) -> None:
        self.folder, self._policy_set = folder, policy_set

    def _prepare(self) -> None:
        for name in ("objects", "revisions"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, policies: PolicySet) -> None:
        """Store the set. Idempotent."""
        self._prepare()
        paths = {}
        for path, raw in policies.files:
            paths[path] = hashlib.sha256(raw).hexdigest()
            target = self.folder / "objects" / paths[path]
            if not target.exists():
                _write(target, raw)
        written = json.dumps(paths, sort_keys=True, indent=0).encode()
        target = self.folder / "revisions" / f"{policies.revision}.json"
        if not target.exists() or target.read_bytes() != written:  # the same rules with other cases: the newest cases are kept
            _write(target, written)

    def load(self, revision: str) -> PolicySet:
        """The set with that revision. Raises UnknownRevision, BadRegister (damaged)."""
        path = self.folder / "revisions" / f"{revision}.json"
        if not _REVISION.fullmatch(revision) or not path.is_file():
            raise UnknownRevision
        try:
            paths: dict[str, str] = json.loads(path.read_bytes())
            files = {name: (self.folder / "objects" / digest).read_bytes() for name, digest in paths.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            raise self._damaged(revision) from None
        found = self._policy_set(files)
        if found.revision != revision:
            raise self._damaged(revision)
        return found

    def _damaged(self, revision: str) -> BadRegister:
        return BadRegister(
            f"The kept rules of revision {revision[:12]} were changed or are incomplete.",
            sentence_da=f"De gemte regler med udgave {revision[:12]} er ændret eller ufuldstændige.",
            next_step="Put the folder policies in the data folder back from a copy.",
            next_step_da="Læg mappen policies i datamappen tilbage fra en kopi.",
            field=str(self.folder / "revisions" / f"{revision}.json"),
        )

    def revisions(self) -> tuple[str, ...]:
        """All that are kept."""
        folder = self.folder / "revisions"
        return tuple(sorted(path.stem for path in folder.glob("*.json"))) if folder.is_dir() else ()

    def find(self, beginning: str) -> str:
        """The one revision that begins so. Raises UnknownRevision when there is none, or more than one."""
        found = [item for item in self.revisions() if item.startswith(beginning)] if len(beginning) >= _SHORTEST else []
        if len(found) != 1:
            raise UnknownRevision
        return found[0]

    def in_force(self) -> Publication | None:
        """What was published last; None: nothing ever was, and the folder of rules counts. Raises BadRegister."""
        path = self.folder / "in_force.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Publication)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):
            raise BadRegister(
                "The file that says which rules are in force cannot be read.",
                sentence_da="Filen, der siger, hvilke regler der gælder, kan ikke læses.",
                field=str(path),
            ) from None

    def put_in_force(self, publication: Publication) -> None:
        """From here on its revision counts. The set must have been kept."""
        self.load(publication.revision)
        line = msgspec.json.encode(publication) + b"\n"
        descriptor = os.open(self.folder / "history.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _write(self.folder / "in_force.json", msgspec.json.encode(publication))

    def history(self) -> tuple[Publication, ...]:
        """Every publication, oldest first. A line that a crash cut off is left out."""
        path = self.folder / "history.jsonl"
        found = []
        for line in path.read_bytes().split(b"\n") if path.is_file() else ():
            try:
                found.append(msgspec.json.decode(line, type=Publication))
            except msgspec.DecodeError:
                continue
        return tuple(found)
