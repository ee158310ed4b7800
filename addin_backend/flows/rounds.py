"""What a send asks of the database besides its store: which round of a job is the newest, and whether this process still has the job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from addin_backend.model.sending import Act, Round


class SendRounds(Protocol):
    """Which run of a job's workflow is the newest, and when the next is due. One row a job; raises Unavailable."""

    def round(self, job_id: str) -> Round:
        """Where it is; a job that never needed a second run has the first one."""
        ...

    def begin(self, job_id: str, number: int, act: Act | None) -> bool:
        """Make ``number`` the running one. False when it is not the next, or one is running: somebody else was quicker."""
        ...

    def end(self, job_id: str, number: int, due: datetime | None, waits: bool) -> None:
        """It has ended; the next is due then, or never. ``waits``: for that, or for a person. Idempotent."""
        ...

    def waiting(self, limit: int) -> Sequence[str]:
        """The jobs that wait for a later round or a person."""
        ...

    def due(self, at: datetime) -> Sequence[tuple[str, int]]:
        """(job, number of its last round) for what is due."""
        ...

    def running(self) -> Sequence[tuple[str, int]]:
        """(job, number) of the later rounds that have begun and not ended."""
        ...

    def stop(self, job_id: str) -> None:
        """No further copy of the job is to leave."""
        ...


class Fence(Protocol):
    """Whether this process still has a job. A process that was away too long (stopped, cut off) finds that it has lost it."""

    def take(self, job_id: str) -> bool:
        """Write on the job that this process has it; whether nobody ever had it before, so that nothing of it was begun.

        Raises Fenced when this process itself was taken over; Unavailable.
        """
        ...

    def check(self, job_id: str) -> None:
        """Just before something that cannot be taken back. Raises Fenced, Unavailable."""
        ...
