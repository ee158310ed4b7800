"""Exchange loses requests and answers, throttles, refuses, stops and is killed: sent once or not at all, and the sender is told which."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from demo_world import ANNA, BO, JONAS, PETER, SEALED, DemoWorld, draft, eventually, running
from sizes import size

CPR = "010190-1234"
SENTENCES = ("Mailen er ikke sendt", "has not been sent")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("exchange-faults") / "data") as made:
        yield made


@pytest.fixture
def world(shared: DemoWorld) -> Iterator[DemoWorld]:
    """The world without faults left over."""
    yield shared
    shared.no_faults()


def saved(world: DemoWorld, *to: str, subject: str) -> dict[str, Any]:
    """A draft that must be protected, saved as Outlook does."""
    return world.save(draft(*to, subject=subject, body=f"CPR-nummer: {CPR}\n"))


def is_armed(world: DemoWorld, mail: dict[str, Any]) -> bool:
    """Whether the draft lies where it was, with its recipients."""
    found = world.item("drafts", mail["item_id"])
    there = [person["address"] for person in found["to"]] if found else []
    return found is not None and not found["disarmed"] and there == [person["address"] for person in mail["to"]]


def copies_among_drafts(world: DemoWorld, job: dict[str, Any]) -> list[str]:
    """Sealed copies of the job that lie ready to be sent by hand."""
    return [item["marker"] for item in world.items("drafts") if item["marker"].startswith(job["job_id"])]


def started(world: DemoWorld, mail: dict[str, Any], key: str) -> str:
    """Pressed and accepted; the job's id."""
    answer = world.press(mail, key)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job"]["job_id"])


# --- lost requests and answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("SendItem", "drop_after_commit"),
        ("SendItem", "http_after_commit"),
        ("SendItem", "drop_before"),
        ("SendItem", "server_busy"),
        ("CreateItem", "drop_before"),
        ("CreateItem", "drop_after_commit"),
        ("CreateItem", "server_busy"),
        ("UpdateItem", "drop_before"),
        ("UpdateItem", "drop_after_commit"),
        ("DeleteItem", "drop_before"),
        ("DeleteItem", "drop_after_commit"),
        ("FindItem", "drop_before"),
    ],
)
def test_a_lost_request_or_answer_is_made_good(world: DemoWorld, operation: str, kind: str) -> None:
    """Looked up, never repeated blindly: each recipient gets it once, one readable copy stands among the sent, the draft is gone."""
    subject = f"{operation} {kind}"
    mail = saved(world, ANNA, PETER, BO, subject=subject)
    world.fault(operation, kind)
    job = world.send(mail, f"lost-{operation}-{kind}")
    world.tidied(job)
    assert ("sent", sorted([ANNA, PETER, BO])) == (job["state"], sorted(entry["recipient"] for entry in world.left(job)))
    assert len([item for item in world.items("sentitems") if item["subject"] == subject]) == 1
    assert ([], None) == (copies_among_drafts(world, job), world.item("drafts", mail["item_id"]))


def test_every_answer_to_a_send_lost(world: DemoWorld) -> None:
    """All three copies leave and all three answers are lost: each was looked up and left once."""
    mail = saved(world, ANNA, PETER, BO, subject="Alle svar tabt")
    world.fault("SendItem", "drop_after_commit", count=3)
    job = world.send(mail, "all-lost-01")
    assert ("sent", sorted([ANNA, PETER, BO])) == (job["state"], sorted(entry["recipient"] for entry in world.left(job)))


def test_send_requests_that_vanish_are_not_sent(world: DemoWorld) -> None:
    """Each copy still lies unsent and is withdrawn, so it is certain: not sent, the draft is as it was, and a new press sends it."""
    mail = saved(world, BO, subject="Forsvundet")
    world.fault("SendItem", "drop_before", count=3)
    job = world.send(mail, "vanished-1")
    world.tidied(job)
    assert ("not_sent", "unavailable", []) == (job["state"], job["error_code"], world.left(job))
    assert (True, []) == (is_armed(world, mail), copies_among_drafts(world, job))
    assert ("sent", 1) == ((again := world.send(mail, "vanished-2"))["state"], len(world.left(again)))


def test_what_nobody_can_see_is_uncertain_until_exchange_answers_again(world: DemoWorld) -> None:
    """A copy lies ready and the look fails: the draft cannot be sent, the person is told; later it settles by itself, and nothing left."""
    mail = saved(world, BO, subject="Uvist")
    world.fault("CreateItem", "delay_after_commit", seconds=1.5)
    job_id = started(world, mail, "unseen-01")
    eventually(lambda: copies_among_drafts(world, {"job_id": job_id}), "the saving")
    for operation in ("FindItem", "FindFolder"):
        world.fault(operation, "drop_before", count=1000)
    job = world.ended(job_id)
    draft_now = world.item("drafts", mail["item_id"])
    assert ("uncertain", []) == (job["state"], world.left(job))
    assert draft_now is not None
    assert (True, []) == (draft_now["disarmed"], draft_now["to"])
    assert (409, "draft.item_id") == ((again := world.press(mail, "unseen-02")).status_code, again.json()["error"]["field"])
    assert ["was_sent", "send_again", "give_back", "look_again"] == world.client.get(f"/api/v1/send/{job_id}/actions").json()["actions"]
    world.no_faults()
    eventually(lambda: world.job(job_id)["state"] == "not_sent", "the end of uncertainty")
    eventually(lambda: is_armed(world, mail), "the recipients of the draft")
    assert ([], []) == (world.left(job), copies_among_drafts(world, job))


# --- a person's hand -----------------------------------------------------------------------------------------------------


def partly_sent(world: DemoWorld, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first of three copies was refused; the mail and the job."""
    mail = saved(world, ANNA, PETER, BO, subject=f"Delvist {key}")
    world.fault("SendItem", "error", code="ErrorSendAsDenied")
    job = world.send(mail, key)
    world.tidied(job)
    assert job["state"] == "partly_sent"
    return mail, job


def test_the_missing_recipients_are_sent_to_again(world: DemoWorld) -> None:
    """The sender asks for it; each recipient has it once, one readable copy says so, the draft is gone, the log knows who asked."""
    mail, job = partly_sent(world, "missing-01")
    url = f"/api/v1/send/{job['job_id']}"
    assert ["send_again", "give_back", "cancel"] == world.client.get(f"{url}/actions").json()["actions"]
    jonas = {"Authorization": f"Bearer {world.token(JONAS)}"}
    assert [404, 404] == [world.client.post(f"{url}/cancel", headers=jonas).status_code, world.client.post(f"{url}/shout").status_code]
    assert world.client.post(f"{url}/send_again").status_code == 202
    eventually(lambda: world.job(job["job_id"])["state"] == "sent", "the missing copy")
    eventually(lambda: world.item("drafts", mail["item_id"]) is None, "the end of the draft")
    assert sorted([ANNA, PETER, BO]) == sorted(entry["recipient"] for entry in world.left(job))
    (copy,) = [item for item in world.items("sentitems") if item["subject"] == "Delvist missing-01"]
    assert f"{ANNA}: ikke sendt" not in world.mime(copy["id"]).decode()
    assert world.client.post(f"{url}/send_again").status_code == 409
    assert "En person har taget sig af en afsendelse" in world.client.get("/log?lang=da").text


def test_an_officer_gives_the_draft_back_with_the_missing_recipients(world: DemoWorld) -> None:
    """No address is shown to the officer, on the page or in the answer; the draft has only the recipient who is missing."""
    mail, job = partly_sent(world, "missing-02")
    karin = {"Authorization": f"Bearer {world.token('karin.bach@nordlys.example')}"}
    answer = world.client.post(f"/api/v1/send/{job['job_id']}/give_back", headers=karin)
    page = world.client.get("/console/sends?lang=da").text
    assert (202, {"state"}) == (answer.status_code, set(answer.json()))
    assert (True, False) == (job["job_id"][:12] in page, "@" in page)
    eventually(lambda: not (world.item("drafts", mail["item_id"]) or {"disarmed": True})["disarmed"], "the recipients of the draft")
    assert [ANNA] == [person["address"] for person in (world.item("drafts", mail["item_id"]) or {"to": []})["to"]]
    assert [] == world.client.get(f"/api/v1/send/{job['job_id']}/actions").json()["actions"]


# --- clear refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "server_busy", "count": 3}, "unavailable"),
        ({"kind": "error", "code": "ErrorSendAsDenied"}, "sender_refused"),
        ({"kind": "error", "code": "ErrorMessageSizeExceeded"}, "too_large"),
    ],
)
def test_a_refused_send_is_not_sent(world: DemoWorld, fault: dict[str, Any], code: str) -> None:
    """Exchange says no: not sent, with the reason; the draft has its recipients back, and no copy lies ready among the drafts."""
    mail = saved(world, ANNA, subject=f"Afvist {code}")
    world.fault("SendItem", **fault)
    job = world.send(mail, f"refused-{code}")
    world.tidied(job)
    assert ("not_sent", code, []) == (job["state"], job["error_code"], world.left(job))
    assert is_armed(world, mail)
    assert copies_among_drafts(world, job) == []


def test_one_refused_copy_stops_no_other(world: DemoWorld) -> None:
    """The first of three is refused: partly sent; the readable copy says who did not get it; the draft stays, unsendable, for a person."""
    mail = saved(world, ANNA, PETER, BO, subject="Delvist")
    world.fault("SendItem", "error", code="ErrorSendAsDenied")
    job = world.send(mail, "partly-001")
    world.tidied(job)
    states = {group["protection"]: group["state"] for group in job["groups"]}
    assert ("partly_sent", {"tls": "not_sent", "smime": "sent", "portal": "sent"}) == (job["state"], states)
    assert sorted([PETER, BO]) == sorted(entry["recipient"] for entry in world.left(job))
    (copy,) = [item for item in world.items("sentitems") if item["subject"] == "Delvist"]
    assert f"{ANNA}: ikke sendt" in world.mime(copy["id"]).decode()
    kept = world.item("drafts", mail["item_id"])
    assert kept is not None
    assert kept["disarmed"]
    assert copies_among_drafts(world, job) == []


# --- Exchange is gone ----------------------------------------------------------------------------------------------------


def test_exchange_is_stopped(world: DemoWorld) -> None:
    """The press is answered with 503 in words, checks go on, nothing leaves, and the draft is where it was."""
    mail = saved(world, BO, subject="Exchange er stoppet")
    before = len(world.journal())
    world.kill_exchange()
    answer, check = world.press(mail, "stopped-01"), world.check(mail)
    world.start_exchange()
    sentence = answer.json()["error"]["sentence"]
    assert (503, 200) == (answer.status_code, check.status_code)
    assert [True, True] == [words in sentence[language] for words, language in zip(SENTENCES, ("da", "en"), strict=True)]
    assert (True, before) == (is_armed(world, mail), len(world.journal()))
    assert ("sent", 1) == ((job := world.send(mail, "stopped-01"))["state"], len(world.left(job)))


@pytest.mark.parametrize(("operation", "kind"), [("CreateItem", "delay"), ("SendItem", "delay_after_commit")])
def test_exchange_is_killed_in_the_middle_and_comes_back(world: DemoWorld, operation: str, kind: str) -> None:
    """SIGKILL while it saves or sends, and back at once: sent, and never twice. What was being saved when it died may, where a loaded
    machine brings it back later than we look, be not sent, and then the draft is armed again; what was sent is found in the end.
    """
    mail = saved(world, BO, subject=f"Dræbt under {operation} {kind}")
    world.fault(operation, kind, seconds=30.0)
    count = world.outside.get("/sandbox/requests").json()["counts"].get(operation, 0)
    job_id = started(world, mail, f"killed-{operation}-{kind}")
    eventually(lambda: world.outside.get("/sandbox/requests").json()["counts"].get(operation, 0) > count, "the request")
    eventually(lambda: kind == "delay" or world.left({"job_id": job_id}), "the delivery")
    world.kill_exchange()
    world.start_exchange()
    eventually(lambda: world.ended(job_id)["state"] != "uncertain", "a look that finds it")
    job = world.ended(job_id)
    if (job["state"], operation) == ("not_sent", "CreateItem"):
        eventually(lambda: is_armed(world, mail), "the recipients")
        assert [] == world.left(job)
        return
    assert ("sent", 1) == (job["state"], len(world.left(job)))
    eventually(lambda: world.item("drafts", mail["item_id"]) is None, "the end of the draft")


def test_a_draft_gets_its_recipients_back_when_exchange_does(world: DemoWorld) -> None:
    """Exchange dies once the draft is disarmed, for longer than we wait: not sent; back again, the draft is as it was."""
    mail = saved(world, BO, subject="Længe væk")
    world.fault("UpdateItem", "delay_after_commit", seconds=30.0)
    job_id = started(world, mail, "long-gone-1")
    eventually(lambda: (world.item("drafts", mail["item_id"]) or {}).get("disarmed"), "the disarming")
    world.kill_exchange()
    job = world.ended(job_id)
    time.sleep(size(sample=0, full=7))  # the quick attempts to give them back last 4 s, then there is one every few seconds, then minutes
    world.start_exchange()
    eventually(lambda: is_armed(world, mail), "the recipients")
    assert ("not_sent", ["not_sent"], []) == (job["state"], [group["state"] for group in job["groups"]], world.left(job))
    assert [] == [item for item in world.items(SEALED) if item["marker"].startswith(job_id)]
