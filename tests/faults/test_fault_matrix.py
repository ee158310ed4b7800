"""Crashes, faults of Exchange, stale processes and full disks: sent once and recorded, or not sent and the draft as it was.

`make matrix` prints every cell; here is a sample of them.
"""

from __future__ import annotations

import random
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from driver import ANNA, DELIVERED, GIVEN_BACK, Backend, Sent, Stage, stage, traced
from exchange_simulator import BO, METTE, running
from matrix import DATABASES, KINDS, OPERATIONS, TRANSPORTS, Place, crash_at, fault_at, random_kills, stages
from postgres import Cluster
from sizes import size

pytestmark = [pytest.mark.slow, pytest.mark.timeout(5400)]
PLACES: list[Place] = [(database, transport) for database in DATABASES for transport in TRANSPORTS]
ALLOWED = {DELIVERED, GIVEN_BACK}


@pytest.fixture(scope="module")
def everywhere(cluster: Cluster) -> Iterator[dict[Place, Stage]]:
    """A stage on each database over each transport."""
    with stages(PLACES, cluster.fresh) as made:
        yield made


def test_killed_at_every_point(everywhere: dict[Place, Stage]) -> None:
    """SIGKILL before and after each step and each effect, on each database over each transport."""
    points = traced(everywhere["sqlite", "ews"])
    wanted = [(place, point) for point in points for place in PLACES]
    chosen = random.Random(6).sample(wanted, size(sample=5, full=len(wanted)))
    found = {(place, point): crash_at(everywhere[place], point) for place, point in chosen}
    assert {cell: word for cell, word in found.items() if word not in ALLOWED} == {}


def test_every_fault_of_exchange(everywhere: dict[Place, Stage]) -> None:
    """Requests and answers lost, answers too late, a gateway that gave up although it was done."""
    wanted = [(place, operation, kind) for operation in OPERATIONS for kind in KINDS for place in PLACES]
    chosen = random.Random(7).sample(wanted, size(sample=3, full=len(wanted)))
    found = {cell: fault_at(everywhere[cell[0]], *cell[1:]) for cell in chosen}
    assert {cell: word for cell, word in found.items() if word not in ALLOWED} == {}


def test_random_kills(everywhere: dict[Place, Stage]) -> None:
    """Killed at any moment under random faults: 0 lost, 0 twice, 0 in clear."""
    for place in PLACES:
        ends = random_kills(everywhere[place], size(sample=1, full=125), random.Random(f"{place}"))
        print(place, dict(ends))
        assert set(ends) <= ALLOWED


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_build_that_does_not_look_sends_twice(tmp_path: Path, transport: str) -> None:
    """The judge is awake: an edge that never looks, and makes a new message for each attempt, is caught with a duplicate.

    On a stage of its own, since nobody waits for the end of what such an edge began.
    """
    with running(tmp_path / "exchange") as world, stage(world, tmp_path / "data", transport) as on:
        backend = on.live(blind=True)
        backend.say({"arm": "mailbox.send 1 after"})
        sent = on.press()
        assert backend.died(60)
        on.live(blind=True)
        eventually(lambda: on.judged(sent, on.state(sent)).startswith("DUPLICATE"))


UPGRADED = (
    ("step.prepare 1 before", "sent"),
    ("mailbox.disarm 1 after", "sent"),
    ("mailbox.save 1 after", "uncertain"),
    ("mailbox.send 1 after", "sent"),
    ("step.tidy 1 before", "sent"),
)


def test_an_upgrade_in_mid_send(everywhere: dict[Place, Stage]) -> None:
    """The next life runs another version of the workflow: what had not begun begins, what left is found, and the rest goes to a person."""
    wanted = [(point, ends, place) for point, ends in UPGRADED for place in PLACES]
    for point, ends, place in random.Random(12).sample(wanted, size(sample=4, full=len(wanted))):
        _upgraded(everywhere[place], point, ends)


def _upgraded(on: Stage, point: str, ends: str) -> None:
    """One send that is cut off at ``point`` by the end of the old version."""
    backend = on.live()
    backend.say({"arm": point})
    sent = on.press((BO,))
    assert backend.died(60)
    on.live(version="of tomorrow")
    if ends == "sent":
        assert on.verdict(sent) == DELIVERED
        return
    eventually(lambda: on.state(sent)["state"] == ends)
    eventually(lambda: on.recorded(sent)[-1] == ends)
    assert left(on, sent) == []
    (draft,) = [item for item in on.world.items(METTE, "drafts") if item["marker"] == sent.draft_marker]
    assert draft["disarmed"]  # it cannot be sent in clear while nobody knows


def test_a_stopped_process_that_wakes_up_does_not_send(cluster: Cluster, tmp_path: Path) -> None:
    """SIGSTOP in the middle; a second process takes over once the lock has run out, and sends; SIGCONT: the first one does not."""
    with running(tmp_path / "exchange") as world, stage(world, tmp_path / "first", "ews", cluster.fresh()) as on:
        first = on.live(life=3.0, trace=True)
        world.fault("CreateItem", "delay_after_commit", seconds=2.0, count=3)  # the second is the copy: the first one is the draft itself
        sent = on.press((BO, ANNA))
        eventually(lambda: any(item["marker"].startswith(sent.job_id) for item in world.items(METTE, "drafts")))
        first.signal(signal.SIGSTOP)
        (tmp_path / "second").mkdir(0o700)
        shutil.copy(tmp_path / "first" / "keys.json", tmp_path / "second" / "keys.json")
        second = Stage(world, tmp_path / "second", "ews", on.start.database_url)
        second.live(life=3.0)
        assert second.settled(sent)["state"] == "sent"
        first.signal(signal.SIGCONT)
        time.sleep(6)
        assert [point for point in first.points if point.startswith("mailbox.send")] == []
        left = [entry["recipient"] for name in ("clear", "portal0") for entry in world.journal(f"{sent.job_id}.{name}")]
        assert [ANNA, BO] == sorted(left)
        second.close()


def eventually(holds: Callable[[], bool]) -> None:
    """Within a minute."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_disk_that_takes_no_more(everywhere: dict[Place, Stage]) -> None:
    """No file may grow for a while: nothing is sent, or it is sent and recorded once there is room."""
    on = everywhere["sqlite", "ews"]
    backend: Backend = on.live()
    limit(backend, 1)
    try:
        sent = on.press()
        time.sleep(1.0)
    finally:
        limit(backend, -1)
    assert on.verdict(sent) in ALLOWED


@pytest.mark.parametrize("killed", [False, True])
def test_a_database_that_turns_read_only_in_the_middle(everywhere: dict[Place, Stage], killed: bool) -> None:
    """The first copy is on its way when nothing can be written any more: it is not sent again, and once that is over the send ends well.

    So it does when the process is ended meanwhile.
    """
    on = everywhere["sqlite", "ews"]
    backend = on.live()
    sent = on.press((BO, ANNA), before=lambda: on.world.fault("SendItem", "delay_after_commit", seconds=1.5))
    eventually(lambda: bool(left(on, sent)))
    backend.say({"read_only": True})
    time.sleep(3.0)  # the answer has come, and what it says cannot be written
    assert len(left(on, sent)) == 1
    assert backend.say({"ask": sent.job_id})["state"] in {"sealed", "sending"}
    if killed:
        on.live()
    else:
        backend.say({"read_only": False})
    assert on.verdict(sent) == DELIVERED


def test_a_press_on_a_database_that_is_read_only(everywhere: dict[Place, Stage]) -> None:
    """It is refused in words, nothing leaves, and the draft is where it was; the next press goes well."""
    on = everywhere["sqlite", "ews"]
    backend = on.live()
    prepared = on.prepare((BO, ANNA))
    backend.say({"read_only": True})
    assert backend.say({"send": msgspec.to_builtins(prepared[1])}) == {"failed": "unavailable"}
    backend.say({"read_only": False})
    assert on.verdict(prepared[0]) == GIVEN_BACK
    assert on.verdict(on.press()) == DELIVERED


def left(on: Stage, sent: Sent) -> list[str]:
    """The recipients whom the job has reached so far."""
    return [entry["recipient"] for entry in on.journal() if entry["marker"].startswith(f"{sent.job_id}.")]


def limit(backend: Backend, octets: int) -> None:
    """From now on no file of the process may grow beyond this."""
    resource.prlimit(backend.pid, resource.RLIMIT_FSIZE, (octets, -1))
