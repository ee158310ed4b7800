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


class Particular(Durable, Protocol):
    """An engine that does not go on with everything by itself."""

    def left_lying(self, executor_id: str) -> Sequence[tuple[str, bool]]:
        """What this executor began and the engine never goes on with: of another version of the workflow, or begun in too many lives. And
        whether something may have come of it. Raises Unavailable.
        """
        ...

    def give_up(self, job_id: str, *, anew: bool) -> None:
        """Nothing goes on with it any more; with ``anew`` as if it had never been started. Raises Unavailable."""
        ...


def pick_up(executor_id: str, rounds: SendRounds, durable: Particular, clock: Clock) -> int:
    """Sends that the engine has left lying; how many. Only for an executor that is gone, or is ourselves.

    Of which nothing can have come begins anew. For any other a later round looks what became of its copies, and what cannot be found out
    goes to a person. Raises Unavailable: the next call does the rest.
    """
    lying = durable.left_lying(executor_id)
    for work, begun in lying:
        job_id, number = work_of(work)
        if begun:
            rounds.end(job_id, number, clock(), waits=True)
        durable.give_up(work, anew=not begun)
        if not begun:
            durable.start(work)
    return len(lying)
