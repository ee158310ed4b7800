"""The server is killed at any moment and started again on the same data: every send ends, nothing goes twice, the log comes first."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_world import ANNA, BO, ENDED, JONAS, PETER, DemoWorld, alive, draft, eventually, running
from sizes import size

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CPR = "010190-1234"
SLOW = 0.12  # seconds that each request to Exchange takes, so that a kill falls between any two of them
WHOLE = 3.0  # seconds that the sends of one round take at that pace
ENDS = {"sent", "not_sent", "partly_sent", "uncertain"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("durable") / "data") as made:
        yield made


def recorded(data: Path) -> list[tuple[str, str]]:
    """(action, job) of every record in the log's database, in order, as a kill left it."""
    with closing(sqlite3.connect(data / "log.sqlite")) as database:
        rows = database.execute("SELECT entry FROM entry ORDER BY idx").fetchall()
    records = [json.loads(row[0]) for row in rows]
    return [(record["action"], record["body"].get("job", "")) for record in records]


def delivered_before(data: Path) -> list[tuple[str, str]]:
    """(marker, recipient) of everything that left, read from the simulator's own file."""
    with closing(sqlite3.connect(data / "exchange" / "exchange.sqlite")) as database:
        entries = [json.loads(row[0]) for row in database.execute("SELECT entry FROM journal ORDER BY seq")]
    return [(entry["marker"], entry["recipient"]) for entry in entries]


def mails(world: DemoWorld, number: int) -> dict[str, dict[str, Any]]:
    """Three mails for a round, by idempotency key: three protections with a draft, one page with a draft, a colleague without one."""
    body = f"CPR-nummer: {CPR}\n"
    return {
        f"round-{number}-three": world.save(draft(ANNA, PETER, BO, subject=f"Runde {number} tre", body=body)),
        f"round-{number}-page0": world.save(draft(BO, subject=f"Runde {number} side", body=body)),
        f"round-{number}-inner": draft(JONAS, ANNA, subject=f"Runde {number} inde", body=body),
    }


def press_all(world: DemoWorld, round_of: dict[str, dict[str, Any]]) -> list[threading.Thread]:
    """Press all at once, in the background; an answer that the kill swallows is no matter."""

    def press(key: str) -> None:
        try:
            world.press(round_of[key], key)
        except httpx.HTTPError:
            return

    pressing = [threading.Thread(target=press, args=(key,)) for key in round_of]
    for thread in pressing:
        thread.start()
    return pressing


def job_of(world: DemoWorld, mail: dict[str, Any], key: str) -> dict[str, Any]:
    """The client presses again under the same key, as it does when an answer was lost, and waits for the end."""
    answer = world.press(mail, key)
    assert answer.status_code == 202, answer.text
    return world.ended(answer.json()["job"]["job_id"])


def judge(world: DemoWorld, mail: dict[str, Any], job: dict[str, Any]) -> None:
    """What must hold for one mail, whatever happened."""
    left = Counter(entry["recipient"] for entry in world.left(job))
    asked = {person["address"] for person in mail["to"]}
    assert not [recipient for recipient, count in left.items() if count > 1], "a copy left twice"
    for group in job["groups"]:
        for address in group["addresses"]:
            assert (group["state"] == "sent") <= (left[address] == 1), "said sent, and it was not"
            assert (group["state"] == "not_sent") <= (left[address] == 0), "said not sent, and it was"
    kept = world.item("drafts", mail["item_id"]) if mail["item_id"] else None
    if job["state"] == "sent":
        assert asked == set(left)
        eventually(lambda: not mail["item_id"] or world.item("drafts", mail["item_id"]) is None, "the end of the draft")
    elif job["state"] == "not_sent" and mail["item_id"]:
        eventually(lambda: not (world.item("drafts", mail["item_id"]) or {"disarmed": True})["disarmed"], "the recipients of the draft")
    elif mail["item_id"]:
        assert kept is not None
        assert kept["disarmed"]


def test_killed_at_any_moment_nothing_goes_twice_and_every_send_ends(world: DemoWorld) -> None:
    """SIGKILL at random times; after each the log has *decided* for all that left, and the next life brings every job to its end."""
    dice = random.Random(20261123)
    ends: Counter[str] = Counter()
    kept: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for number in range(size(sample=4, full=40)):
        round_of = mails(world, number)
        world.fault("*", "delay" if dice.random() < 0.5 else "delay_after_commit", seconds=SLOW, count=10_000)
        pressing = press_all(world, round_of)
        time.sleep(dice.uniform(0.05, WHOLE))
        had = world.end(signal.SIGKILL)
        for thread in pressing:
            thread.join()
        eventually(lambda had=had: not any(map(alive, had)), "the end of every child process")  # type: ignore[misc]  # binds the loop's value
        decided = {job for action, job in recorded(world.data) if action == "decided"}
        assert {marker.partition(".")[0] for marker, _ in delivered_before(world.data)} <= decided
        world.start()
        for key, mail in round_of.items():
            job = job_of(world, mail, key)
            kept.append((mail, job))
            ends[job["state"]] += 1
    for mail, job in kept:
        judge(world, mail, job)
    print("ends:", dict(ends))
    assert ends["sent"] >= len(kept) // 2


def test_decided_stands_before_every_outcome(world: DemoWorld) -> None:
    """For every job that the log knows: one *decided*, then an outcome, then perhaps another that is better known; never another order."""

    def complete() -> dict[str, list[str]] | None:
        found: dict[str, list[str]] = {}
        for action, job in recorded(world.data):
            if job:
                found.setdefault(job, []).append(action)
        return found if all(len(actions) >= 2 for actions in found.values()) else None

    found = eventually(complete, "the outcome of every job")
    assert found
    assert [actions for actions in found.values() if actions[0] != "decided" or not set(actions[1:]) <= ENDS] == []
    assert [actions for actions in found.values() if "uncertain" in actions[2:]] == []


def test_a_full_disk_in_the_middle_is_only_a_pause(world: DemoWorld) -> None:
    """No file can grow for a second of a send: it goes on by itself once there is room again, and nothing goes twice."""
    dice = random.Random(7)
    for number in range(size(sample=1, full=10)):
        mail = world.save(draft(ANNA, PETER, BO, subject=f"Fuld disk {number}", body=f"CPR-nummer: {CPR}\n"))
        world.fault("*", "delay", seconds=SLOW, count=1000)
        job_id = world.press(mail, f"full-disk-{number}").json()["job"]["job_id"]
        time.sleep(dice.uniform(0.4, 1.2))
        world.limit_files(1)
        time.sleep(1.0)
        world.limit_files(None)
        world.no_faults()
        job = world.ended(job_id)
        judge(world, mail, job)
        assert job["state"] != "uncertain"


def test_stopped_in_the_middle_it_goes_on_at_the_next_start(world: DemoWorld) -> None:
    """Ctrl-C during a send: it stops soon, without a trace of the mail on its output, and the next start finishes the send."""
    round_of = mails(world, 1000)
    world.fault("*", "delay", seconds=SLOW, count=10_000)
    pressing = press_all(world, round_of)
    time.sleep(0.8)
    began = time.monotonic()
    had = world.end(signal.SIGINT)
    took = time.monotonic() - began
    for thread in pressing:
        thread.join()
    eventually(lambda: not any(map(alive, had)), "the end of every child process")
    assert took < 15
    assert "Traceback" not in world.said.read_text(errors="replace")
    world.start()
    jobs = {key: job_of(world, mail, key) for key, mail in round_of.items()}
    assert {"sent"} == {job["state"] for job in jobs.values()} & ENDED
    for key, job in jobs.items():
        judge(world, round_of[key], job)


def test_stopped_while_a_draft_waits_for_exchange(world: DemoWorld) -> None:
    """Exchange is gone and a draft waits disarmed: the server stops at once all the same, and the next start gives the recipients back."""
    mail = world.save(draft(BO, subject="Venter", body=f"CPR-nummer: {CPR}\n"))
    world.fault("UpdateItem", "delay_after_commit", seconds=30.0)
    job_id = world.press(mail, "waiting-0001").json()["job"]["job_id"]
    eventually(lambda: (world.item("drafts", mail["item_id"]) or {}).get("disarmed"), "the disarming")
    world.kill_exchange()
    assert world.ended(job_id)["state"] == "not_sent"
    began = time.monotonic()
    world.end(signal.SIGINT)
    assert time.monotonic() - began < 10
    world.start()
    eventually(lambda: not (world.item("drafts", mail["item_id"]) or {"disarmed": True})["disarmed"], "the recipients of the draft")
    assert [BO] == [person["address"] for person in (world.item("drafts", mail["item_id"]) or {"to": []})["to"]]
