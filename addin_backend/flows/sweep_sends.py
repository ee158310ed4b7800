"""The rounds that are due are begun, and those that a crash left are taken up. Called every second or so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from addin_backend.flows.rounds import SendRounds
from addin_backend.ports import Clock, Durable

JOINT = "~"  # between a job's id and the number of its round, in the id of the workflow


def work_id(job_id: str, number: int) -> str:
    """The id of the workflow that is round ``number`` of a job; the press itself has the job's own id."""
    return job_id if number == 1 else f"{job_id}{JOINT}{number}"


def work_of(work: str) -> tuple[str, int]:
    """The reverse."""
    job_id, joint, number = work.partition(JOINT)
    return job_id, int(number) if joint else 1


def sweep(rounds: SendRounds, durable: Durable, clock: Clock) -> int:
    """Begin what is due; how many. Raises Unavailable: the next call does it then."""
    begun = [(job_id, number + 1) for job_id, number in rounds.due(clock()) if rounds.begin(job_id, number + 1, None)]
    for job_id, number in rounds.running():
        durable.start(work_id(job_id, number))  # one that was started before is left alone
    return len(begun)


class Versioned(Durable, Protocol):
    """An engine that goes on only with what was begun under its own version of the workflow."""

    def of_other_versions(self, executor_id: str) -> Sequence[tuple[str, bool]]:
        """What this executor began under another version and did not end, and whether a step of it was recorded. Raises Unavailable."""
        ...

    def give_up(self, job_id: str, *, anew: bool) -> None:
        """Nothing goes on with it any more; with ``anew`` as if it had never been started. Raises Unavailable."""
        ...


def carry_over(executor_id: str, rounds: SendRounds, durable: Versioned, clock: Clock) -> int:
    """Sends that the program before an upgrade began and did not end; how many. Only for an executor that is gone, or is ourselves.

    Without a recorded step nothing was saved for sending yet: it begins anew. Otherwise a round of the new version looks what became of
    its copies, and what cannot be found out goes to a person. Raises Unavailable: the next call does the rest.
    """
    begun = durable.of_other_versions(executor_id)
    for work, recorded in begun:
        job_id, number = work_of(work)
        if recorded:
            rounds.end(job_id, number, clock(), waits=True)
        durable.give_up(work, anew=not recorded)
        if not recorded:
            durable.start(work)
    return len(begun)
