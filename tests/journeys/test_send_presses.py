"""Presses that are repeated, concurrent, foreign, stale or malformed: one delivery or none, and an answer that says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from addin_backend.edges.ews.properties import DISARMED
from addin_backend.sandbox.outlook import Outlook
from demo_world import ANNA, BO, JONAS, LISE, METTE, PETER, DemoWorld, attachment, draft, eventually, running

CPR = "010190-1234"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("presses") / "data") as made:
        yield made


def sensitive(*to: str, **more: Any) -> dict[str, Any]:
    """A mail that must be protected."""
    return draft(*to, body=f"CPR-nummer: {CPR}\n", **more)


def error(answer: Any) -> tuple[int, str, str | None]:
    """Status, code and field of an error in the one shape, both languages given."""
    found = answer.json()["error"]
    assert answer.headers["X-Request-Id"] == found["request_id"]
    assert all(found[part][language] for part in ("sentence", "next_step") for language in ("da", "en"))
    return answer.status_code, found["code"], found["field"]


# --- again and again -----------------------------------------------------------------------------------------------------


def test_the_same_key_again_is_the_same_send(world: DemoWorld) -> None:
    """Pressed again, while it runs and after it ended and the draft is gone: the same job, one delivery, one copy."""
    mail = world.save(sensitive(BO, subject="Igen og igen"))
    first, second = world.press(mail, "again-0001"), world.press(mail, "again-0001")
    job = world.ended(first.json()["job"]["job_id"])
    world.tidied(job)
    third = world.press(mail, "again-0001")
    assert [202] * 3 == [answer.status_code for answer in (first, second, third)]
    assert {job["job_id"]} == {answer.json()["job"]["job_id"] for answer in (second, third)}
    assert len(world.left(job)) == 1
    assert len([item for item in world.items("sentitems") if item["subject"] == "Igen og igen"]) == 1


@pytest.mark.parametrize("saved", [True, False])
def test_ten_presses_at_once_are_one_send(world: DemoWorld, saved: bool) -> None:
    """Ten at the same moment: one job, one delivery to each, whether the draft was saved or not."""
    mail = sensitive(ANNA, PETER, BO, subject="Ti på én gang")
    mail = world.save(mail) if saved else mail
    with ThreadPoolExecutor(10) as many:
        answers = list(many.map(lambda _: world.press(mail, f"ten-presses-{saved}"), range(10)))
    assert [202] * 10 == [answer.status_code for answer in answers], [answer.text for answer in answers if answer.status_code != 202]
    (job_id,) = {answer.json()["job"]["job_id"] for answer in answers}
    job = world.ended(job_id)
    assert sorted([ANNA, PETER, BO]) == sorted(entry["recipient"] for entry in world.left(job))


def test_the_same_key_with_another_content_is_refused(world: DemoWorld) -> None:
    """Subject, body, a recipient or an attachment changed: 409 naming the key, and nothing more leaves."""
    mail = sensitive(BO, subject="Nøgle")
    job = world.send(mail, "conflict-0001")
    file = attachment("a.txt", "text/plain", b"a")
    others = [
        {**mail, "subject": "nøgle"},
        {**mail, "body": mail["body"] + "."},
        {**mail, "attachments": [file]},
        sensitive(BO, ANNA, subject="Nøgle"),
    ]
    for other in others:
        assert (409, "conflict", "idempotency_key") == error(world.press(other, "conflict-0001"))
    assert len(world.left(job)) == 1


def test_one_draft_is_never_sent_under_two_keys(world: DemoWorld) -> None:
    """A second window on the same draft, with a key of its own, while the first send runs: 409, one delivery."""
    mail = world.save(sensitive(BO, subject="To vinduer"))
    world.fault("CreateItem", "delay", seconds=1.0)
    first = world.press(mail, "window-0001")
    assert (409, "conflict", "draft.item_id") == error(world.press(mail, "window-0002"))
    job = world.ended(first.json()["job"]["job_id"])
    assert ("sent", 1) == (job["state"], len(world.left(job)))


# --- what may not be sent ------------------------------------------------------------------------------------------------


def test_presses_that_are_refused(world: DemoWorld) -> None:
    """Unknown draft, someone else's mailbox or sender, no sign-in, a foreign job: the status that fits, and nothing leaves."""
    before = len(world.journal())
    stranger = {"Authorization": "Bearer nobody"}
    body = {"idempotency_key": "refused-0009", "mailbox": METTE, "draft": sensitive(BO)}
    assert (404, "not_found") == error(world.press(sensitive(BO, item_id="AAMkunknown"), "refused-0001"))[:2]
    assert (403, "not_yours", "mailbox") == error(world.press(sensitive(BO), "refused-0002", mailbox=JONAS))
    assert (403, "not_yours", "draft.from") == error(world.press({**sensitive(BO), "from": JONAS}, "refused-0003"))
    assert (401, "not_signed_in") == error(world.client.post("/api/v1/send", json=body, headers=stranger))[:2]
    assert (401, "not_signed_in") == error(world.client.post("/api/v1/send", json=body, headers={"Authorization": ""}))[:2]
    assert before == len(world.journal())


def test_somebody_elses_send_does_not_exist(world: DemoWorld) -> None:
    """Jonas asks for Mette's job: 404."""
    job = world.send(sensitive(BO), "foreign-0001")
    answer = world.client.get(f"/api/v1/send/{job['job_id']}", headers={"Authorization": f"Bearer {world.token(JONAS)}"})
    assert (404, "not_found") == error(answer)[:2]


@pytest.mark.parametrize("recipients", [[], ["uden-krølle-a"], ["bo@"]])
def test_mails_to_nobody_are_blocked(world: DemoWorld, recipients: list[str]) -> None:
    """No recipient, or one that is no address: a decision that blocks and says why, not an error."""
    answer = world.press(draft(*recipients), f"nobody-{len(recipients)}{len(''.join(recipients))}00")
    decision = answer.json()["decision"]
    assert (200, "not_sent", "block") == (answer.status_code, answer.json()["outcome"], decision["action"])
    assert any(finding["code"].startswith("RC-") and finding["texts"]["da"] for finding in decision["findings"])


@pytest.mark.parametrize("size", [36, 60])
def test_a_mail_over_the_limit_is_told_the_limit(world: DemoWorld, size: int) -> None:
    """Just over 35 MB, and so large that it is not read at all: 413 that names the limit."""
    answer = world.press(
        draft(LISE, attachments=[attachment("stor.bin", "application/octet-stream", bytes(size * MEGABYTE))]), "large-0001"
    )
    assert (413, "too_large") == error(answer)[:2]
    assert "35 MB" in answer.json()["error"]["sentence"]["da"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"idempotency_key": "abc', None),
        ("[]", None),
        ('{"mailbox": 7}', "mailbox"),
        ('{"idempotency_key":"bad-00001","mailbox":"m","draft":{"from":"a","to":[{"address":["x"]}]}}', "draft.to[0].address"),
        ('{"idempotency_key":"bad-00001","mailbox":"m","draft":{"from":"a","to":[{"address":"b"}],"hemmelig":1}}', "draft.hemmelig"),
        ('{"idempotency_key":"short","mailbox":"m"}', "idempotency_key"),
        ('{"idempotency_key":"bad-00001","mailbox":"m","language":"sv"}', "language"),
        ("[" * 5000, None),
        ("\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"), None),
    ],
)
def test_what_cannot_be_read_names_its_place(world: DemoWorld, body: str, field: str | None) -> None:
    """Broken JSON, wrong types, unknown and missing fields: 400 with the path, never a traceback."""
    answer = world.client.post("/api/v1/send", content=body.encode("latin-1"), headers={"Content-Type": "application/json"})
    assert (400, "bad_input", field) == error(answer)


# --- the draft changes under way -----------------------------------------------------------------------------------------


def test_a_draft_that_changed_after_the_press_is_not_sent(world: DemoWorld) -> None:
    """Somebody edits the draft between the press and its disarming: nothing leaves, and the draft is there with its recipients."""
    mail = world.save(sensitive(BO, subject="Ændret undervejs"))
    outlook = Outlook(f"{world.exchange}/EWS/Exchange.asmx")
    requests = outlook._requests(METTE)
    item = requests.get(mail["item_id"], "subject", DISARMED)
    item.subject = "Ændret af en anden"
    world.fault("GetItem", "delay", count=2, seconds=0.7)
    answers: list[Any] = []
    presser = threading.Thread(target=lambda: answers.append(world.press(mail, "changed-0001")))
    presser.start()
    time.sleep(1.0)  # the press has read the draft (0.7 s); the disarming reads it at 1.4 s
    requests.update(item, ["subject"])
    presser.join()
    job = world.ended(answers[0].json()["job"]["job_id"])
    world.tidied(job)
    kept = world.item("drafts", mail["item_id"])
    assert ("not_sent", "conflict", []) == (job["state"], job["error_code"], world.left(job))
    assert kept is not None
    assert ([BO], False, "Ændret af en anden") == ([person["address"] for person in kept["to"]], kept["disarmed"], kept["subject"])


def test_a_draft_that_is_deleted_after_the_press_is_not_sent(world: DemoWorld) -> None:
    """Thrown away before it could be disarmed: the sender did not want it sent."""
    mail = world.save(sensitive(BO, subject="Smidt ud"))
    world.fault("GetItem", "delay", count=2, seconds=0.5)
    answers: list[Any] = []
    presser = threading.Thread(target=lambda: answers.append(world.press(mail, "deleted-0001")))
    presser.start()
    time.sleep(0.75)
    Outlook(f"{world.exchange}/EWS/Exchange.asmx").delete_draft(METTE, mail["item_id"])
    presser.join()
    job = world.ended(answers[0].json()["job"]["job_id"])
    assert ("not_sent", "not_found", []) == (job["state"], job["error_code"], world.left(job))
    eventually(lambda: world.item("drafts", mail["item_id"]) is None, "no draft")
