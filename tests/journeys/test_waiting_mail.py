"""A mail that waits for a secure connection, against the whole demo world: offered, asked for, withdrawn, sent as a secure page once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from demo_world import ANNA, JONAS, METTE, DemoWorld, delivered, draft, eventually, running

SECRET = "010190-1234"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world in which nobody waits for half an hour."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENDSECURELY_WAITING_MINUTES", "0")
        patch.setenv("SENDSECURELY_WAITING_SECONDS", "0.3")
        with running(tmp_path_factory.mktemp("waiting") / "data") as made:
            yield made


def switches(world: DemoWorld, **wanted: bool) -> None:
    """How the simulator behaves."""
    world.outside.post("/sandbox/switches", json=wanted).raise_for_status()


@contextmanager
def without_tls(world: DemoWorld, **wanted: bool) -> Iterator[None]:
    """No server outside offers TLS."""
    switches(world, tls_offered=False, **wanted)
    try:
        yield
    finally:
        switches(world, tls_offered=True, withdrawal_answers=True, arrives_first=False)


def waiting_mail(world: DemoWorld, key: str) -> dict[str, Any]:
    """A ticketed mail that lies in the queue, and is known to."""
    mail = draft(ANNA, subject=f"Sag {key}", body=f"CPR-nummer: {SECRET}\n")
    job = world.send(world.save(mail), key)
    assert [("tls", "sent")] == [(group["protection"], group["state"]) for group in job["groups"]]
    world.tidied(job)
    eventually(lambda: states(world, job), "the row of what waits")
    return job


def asked_about(world: DemoWorld, job: dict[str, Any]) -> dict[str, Any]:
    """What the pane is told beside the mail."""
    about = {"mailbox": METTE, "message_id": f"<{job['job_id']}.clear@nordlys.example>"}
    found: dict[str, Any] = world.client.post("/api/v1/sent", json=about).raise_for_status().json()
    return found


def states(world: DemoWorld, job: dict[str, Any]) -> dict[str, str]:
    """How far each recipient is."""
    return {row["address"]: row["state"] for row in asked_about(world, job)["waiting"]}


def ask(world: DemoWorld, job: dict[str, Any], mailbox: str = METTE) -> int:
    """The press."""
    return world.client.post("/api/v1/instead", json={"mailbox": mailbox, "job_id": job["job_id"], "language": "da"}).status_code


def until(world: DemoWorld, job: dict[str, Any], state: str) -> None:
    """Wait for a state."""
    eventually(lambda: states(world, job).get(ANNA) == state, f"{state}, not {states(world, job)}", 60)


def got(world: DemoWorld, address: str, after: int) -> list[str]:
    """How what left for somebody went, from a place in the journal."""
    return [entry["via"] for entry in world.journal()[after:] if entry["recipient"] == address]


def notes(world: DemoWorld, job: dict[str, Any]) -> list[str]:
    """The subjects of our notes about it, oldest first."""
    rows = world.items("inbox")
    about = f"<{job['job_id']}.clear@nordlys.example>"
    return [
        row["subject"].partition(" / ")[0] for row in reversed(rows) if row["marker"].endswith(".waiting") and row["references"] == about
    ]


def test_withdrawn_and_sent_as_a_secure_page_once(world: DemoWorld) -> None:
    """The queue holds it, the sender is told, presses twice, and the recipient gets one link and never the mail."""
    before = len(world.journal())
    with without_tls(world):
        job = waiting_mail(world, "waiting-0001")
        assert [True] == [row["may_ask"] for row in asked_about(world, job)["waiting"]]
        eventually(lambda: notes(world, job), "the offer")
        assert (202, 202) == (ask(world, job), ask(world, job))
        until(world, job, "sent")
    assert ["opportunistic"] == got(world, ANNA, before)
    (link,) = (delivered(entry) for entry in world.journal()[before:] if entry["recipient"] == ANNA)
    assert b"/portal/" in link
    assert SECRET.encode() not in link
    eventually(lambda: len(notes(world, job)) == 2, "the second note")
    assert ["En mail venter på en sikker forbindelse", "Mailen er sendt som sikker side"] == notes(world, job)
    assert [False] == [row["may_ask"] for row in asked_about(world, job)["waiting"]]


def test_what_arrives_just_before_is_not_sent_again(world: DemoWorld) -> None:
    """The wish is void: one mail, over TLS."""
    before = len(world.journal())
    with without_tls(world, arrives_first=True):
        job = waiting_mail(world, "waiting-0002")
        assert 202 == ask(world, job)
        until(world, job, "void")
    assert ["connector_always_tls"] == got(world, ANNA, before)
    assert 409 == ask(world, job)


def test_an_unknown_withdrawal_sends_nothing_and_stands_on_the_officers_page(world: DemoWorld) -> None:
    """The mail stays in the queue, and arrives once the server offers TLS again."""
    before = len(world.journal())
    with without_tls(world, withdrawal_answers=False):
        job = waiting_mail(world, "waiting-0003")
        assert 202 == ask(world, job)
        until(world, job, "not_withdrawn")
        assert [] == got(world, ANNA, before)
        page = world.client.get("/console/sends?lang=da").text
        assert "kunne ikke trækkes tilbage" in page
        assert ANNA not in page
    until(world, job, "void")
    assert ["connector_always_tls"] == got(world, ANNA, before)


def test_nobody_elses_mail(world: DemoWorld) -> None:
    """A job of another mailbox does not exist, another mailbox is refused, and a mail that does not wait cannot be asked for."""
    job = world.send(world.save(draft(ANNA, subject="Sag 4", body=f"CPR-nummer: {SECRET}\n")), "waiting-0004")
    assert (404, 403) == (ask(world, job), ask(world, job, JONAS))
    assert 404 == ask(world, {"job_id": "nobody"})
