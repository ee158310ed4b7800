"""The rounds that are due are begun, and those that a crash left are taken up. Called every second or so."""

from __future__ import annotations

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
