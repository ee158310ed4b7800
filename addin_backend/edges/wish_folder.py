"""The letter box between `policy publish` and the server that writes the log: one wish at a time, and its answer, in the data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from addin_backend.errors import Conflict

W = TypeVar("W", bound=msgspec.Struct)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Why a wish was not granted; a granted one shows as the revision in force."""

    event_id: str
    sentence: str
    sentence_da: str


class WishFolder:
    """``folder`` is the one of the revisions; whoever may write there may publish, and nobody else."""

    def __init__(self, folder: Path) -> None:
        self._wish, self._answer = folder / "wish.json", folder / "answer.json"

    def put(self, wish: msgspec.Struct) -> None:
        """Leave a wish. Raises Conflict when another one waits."""
        self._wish.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(self._wish, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Conflict(
                "Another publication is under way.",
                sentence_da="En anden udgave er ved at blive sat i kraft.",
                next_step="Wait a moment and try again.",
                next_step_da="Vent et øjeblik, og prøv igen.",
            ) from None
        self._answer.unlink(missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(wish))
            file.flush()
            os.fsync(file.fileno())

    def wish(self, kind: type[W]) -> W | None:
        """The wish that waits; None: there is none, or it is still being written."""
        try:
            return msgspec.json.decode(self._wish.read_bytes(), type=kind)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def done(self, refused: Answer | None = None) -> None:
        """The wish was granted, or refused with an answer."""
        if refused is not None:
            beside = self._answer.with_name("answer.json.part")
            beside.write_bytes(msgspec.json.encode(refused))
            beside.replace(self._answer)
        self._wish.unlink(missing_ok=True)

    def answer(self, event_id: str) -> Answer | None:
        """Why the wish with that id was not granted, once that is known."""
        try:
            found = msgspec.json.decode(self._answer.read_bytes(), type=Answer)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return found if found.event_id == event_id else None
