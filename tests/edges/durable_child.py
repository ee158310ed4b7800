"""A process with a durable workflow of three steps, which may kill itself on the way. Each step leaves a line in a journal.

Arguments: database, journal, where to die ("" nowhere; "before two", "in two"), what to do ("run", "recover" or "lying"), job ids.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from addin_backend.edges.durable import DbosWorkflows
from addin_backend.errors import NotFound
from addin_backend.ports import Steps

STEPS = ("one", "two", "three")
SECRET = "Kære bo.madsen@postkasse.example"


def main() -> int:
    """Run or take up the jobs; 0 when all of them ended."""
    database, journal, crash, what, *jobs = sys.argv[1:]

    def die_if(place: str) -> None:
        if place == crash:
            os.kill(os.getpid(), signal.SIGKILL)

    def note(line: str) -> None:
        descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)

    def step(job_id: str, name: str) -> str:
        note(f"{job_id} {name}")
        die_if(f"in {name}")
        if job_id.startswith("fails") and name == "two":
            raise NotFound(SECRET) if job_id.endswith("known") else ValueError(SECRET)
        return "ok"

    def workflow(steps: Steps, job_id: str) -> None:
        for name in STEPS:
            die_if(f"before {name}")
            try:
                steps.run(name, lambda name=name: step(job_id, name))  # type: ignore[misc]  # a default binds the loop's name
            except Exception as error:
                note(f"{job_id} {type(error).__name__} {SECRET in str(error)}")
                die_if("after error")
                raise
        die_if("before end")
        note(f"{job_id} end")

    durable = DbosWorkflows(f"sqlite:///{database}", workflow, executor_id="test", version="1", attempts=2)
    if what == "run":
        for job_id in jobs:
            durable.start(job_id)
    if what == "lying":
        time.sleep(1.0)  # DBOS takes up what is pending in the background
        note(str(durable.left_lying("test")))
        for work, begun in durable.left_lying("test"):
            durable.give_up(work, anew=False)
            note(f"{begun} {durable.left_lying('test')}")
    ended = [durable.wait(job_id, 20) for job_id in jobs]
    durable.close()
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
