"""The demo world over Graph: a mailbox is switched on the page, the press goes by Graph, and what goes wrong is told as with EWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo_world import BO, METTE, SEALED, DemoWorld, draft, running

CPR = "010190-1234"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world where Mette's mailbox was switched to Graph on the page."""
    with running(tmp_path_factory.mktemp("over-graph") / "data") as made:
        pressed(made, act="use", mailbox=METTE, transport="graph")
        yield made


def pressed(world: DemoWorld, **fields: str) -> None:
    """A form of the page, sent."""
    assert world.client.post("/demo/exchange", data=fields).status_code == 303


def counted(world: DemoWorld, *operations: str) -> tuple[int, ...]:
    """How often each was asked for."""
    counts = world.outside.get("/sandbox/requests").json()["counts"]
    return tuple(counts.get(operation, 0) for operation in operations)


def sent(world: DemoWorld, subject: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft that must be protected, pressed and ended: the draft and the job."""
    mail = world.save(draft(BO, subject=subject, body=f"CPR-nummer: {CPR}\n"))
    answer = world.press(mail, key)
    assert answer.status_code == 202, answer.text
    job = world.ended(answer.json()["job"]["job_id"])
    world.tidied(job)
    return mail, job


def test_a_press_goes_over_graph_and_ends_as_over_ews(world: DemoWorld) -> None:
    """One delivery, the draft gone, one readable copy, the sealed copy in its own folder; and not one send by EWS."""
    before = counted(world, "SendMessage", "SendItem")
    mail, job = sent(world, "Over Graph", "graph-plain-1")
    assert ("sent", 1) == (job["state"], len(world.left(job)))
    assert world.item("drafts", mail["item_id"]) is None
    assert [f"{job['job_id']}.copy"] == [item["marker"] for item in world.items("sentitems") if item["marker"].startswith(job["job_id"])]
    assert 1 == len([item for item in world.items(SEALED) if item["marker"].startswith(job["job_id"])])
    assert (1, 0) == tuple(after - was for after, was in zip(counted(world, "SendMessage", "SendItem"), before, strict=True))


@pytest.mark.parametrize(("fault", "state", "left"), [
    ("lost_answer", "sent", 1), ("gateway", "sent", 1), ("silent", "sent", 1), ("lost_request", "sent", 1),
    ("full", "not_sent", 0), ("send_as", "not_sent", 0), ("claims", "sent", 1),
])  # fmt: skip
def test_a_fault_of_the_page_ends_as_it_should(world: DemoWorld, fault: str, state: str, left: int) -> None:
    """Sent once when it left or could be tried again, not sent with the draft armed again when it did not leave; never twice."""
    world.no_faults()
    pressed(world, act="fault", fault=fault, mailbox=METTE, transport="graph")
    mail, job = sent(world, f"Fejl {fault}", f"graph-{fault}")
    assert (state, left) == (job["state"], len(world.left(job)))
    found = world.item("drafts", mail["item_id"])
    assert {"sent": None, "not_sent": False}[state] is (found and found["disarmed"])
    html = world.client.get("/demo/exchange?lang=en").text
    assert job["job_id"][:12] in html


def test_the_console_says_why_and_what_failed(world: DemoWorld) -> None:
    """In the page of transports: chosen by an administrator, and the last failure."""
    html = world.client.get("/console/transports?lang=en").text
    assert "Microsoft Graph" in html
    assert "Chosen by an administrator" in html
