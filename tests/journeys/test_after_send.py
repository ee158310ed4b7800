"""After a mail has gone, against the whole demo world: how it was sent, its links closed, and *Sendt forkert?* with and without faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo_world import ANNA, BO, JONAS, LISE, METTE, DemoWorld, delivered, draft, running

KARIN = "karin.bach@nordlys.example"
SECRET = "010190-1234"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("after") / "data") as made:
        yield made


def post(world: DemoWorld, path: str, **body: Any) -> httpx.Response:
    """A call of the pane, as Mette."""
    return world.client.post(f"/api/v1/{path}", json={"mailbox": METTE, **body})


def sent_by_link(world: DemoWorld, key: str, *to: str) -> tuple[dict[str, Any], str, str]:
    """A mail with a CPR number that went as a link: its job, the Message-ID of Mette's own copy, and the link."""
    job = world.send(world.save(draft(*(to or (BO,)), subject=f"Sag {key}", body=f"CPR-nummer: {SECRET}\n")), key)
    assert job["state"] == "sent"
    world.tidied(job)
    message_id = f"<{job['job_id']}.copy@nordlys.example>"
    body = delivered(next(entry for entry in world.left(job) if entry["recipient"] == BO)).decode()
    link = next(word for word in body.replace("=\r\n", "").split() if "/portal/" in word)
    return job, message_id, link


def notices(world: DemoWorld, case: str) -> dict[str, bytes]:
    """What left for a case, by recipient."""
    return {entry["recipient"]: delivered(entry) for entry in world.journal() if entry["marker"].startswith(f"case-{case}.")}


def test_a_press_is_found_by_its_key(world: DemoWorld) -> None:
    """The key gives the job to its mailbox and to nobody else, and an unknown key is 404: nothing has been taken in."""
    job, _, _ = sent_by_link(world, "found-by-key")
    found = world.client.get("/api/v1/pressed/found-by-key", params={"mailbox": METTE})
    assert found.json() == job
    assert world.client.get("/api/v1/pressed/found-by-ke", params={"mailbox": METTE}).status_code == 404
    assert world.client.get("/api/v1/pressed/found-by-key", params={"mailbox": JONAS}).status_code == 403


def test_the_senders_copy_tells_how_it_was_sent_and_its_link_can_be_closed(world: DemoWorld) -> None:
    """The copy's Message-ID leads to the job, its decision and its link; closed, the link answers 410 and holds nothing any more."""
    job, message_id, link = sent_by_link(world, "closing-0001")
    found = post(world, "sent", message_id=message_id).json()
    assert found["job"]["job_id"] == job["job_id"]
    assert [(item["address"], item["open"]) for item in found["links"]] == [(BO, True)]
    assert world.client.get(found["proof"]).status_code == 200
    assert world.client.get(link).status_code == 200
    assert post(world, "revoke", job_id=job["job_id"]).json() == {"revoked": [BO], "not_revoked": []}
    page = world.client.get(link, headers={"Accept-Language": "da"})
    assert (page.status_code, "Afsenderen har lukket beskeden" in page.text) == (410, True)
    assert [item["open"] for item in post(world, "sent", message_id=message_id).json()["links"]] == [False]
    assert post(world, "revoke", job_id=job["job_id"]).json()["revoked"] == [BO]


def test_a_mail_of_somebody_else_is_not_found(world: DemoWorld) -> None:
    """Neither by Message-ID nor by job, and a mailbox that is not the caller's is refused."""
    job, message_id, link = sent_by_link(world, "not-yours-001")
    as_jonas = {"Authorization": f"Bearer {world.token(JONAS)}"}
    body = {"mailbox": JONAS, "message_id": message_id}
    assert world.client.post("/api/v1/sent", json=body, headers=as_jonas).json()["job"] is None
    assert world.client.post("/api/v1/revoke", json={"mailbox": JONAS, "job_id": job["job_id"]}, headers=as_jonas).status_code == 404
    assert world.client.post("/api/v1/revoke", json={"mailbox": METTE, "job_id": job["job_id"]}, headers=as_jonas).status_code == 403
    assert world.client.get(link).status_code == 200
    assert post(world, "sent", message_id="<some.other@nordlys.example>").json()["job"] is None


def test_a_mail_to_the_wrong_person_is_reported_once_however_often_it_is_pressed(world: DemoWorld) -> None:
    """The link is closed, manager and officer have one mail each, without content, and the log tells of the case."""
    _, message_id, link = sent_by_link(world, "wrong-person-1", BO, ANNA)
    report = {"idempotency_key": "report-0001", "message_id": message_id, "recipients": [BO.upper(), ANNA]}
    first = post(world, "missent", **report).json()
    again = post(world, "missent", **report).json()
    told = {"manager": "told", "officer": "told"}
    expected = {"case": first["case"], "revoked": [BO], "not_revoked": [], "open": [ANNA], "notices": told}
    assert [first, again] == [expected, expected]
    assert world.client.get(link).status_code == 410
    left = notices(world, first["case"])
    assert set(left) == {JONAS, KARIN}
    assert len([entry for entry in world.journal() if entry["marker"].startswith(f"case-{first['case']}.")]) == 2
    for mime in left.values():
        assert SECRET.encode() not in mime
        assert first["case"].encode() in mime
        assert BO.encode() in mime
    log = world.client.get("/log?lang=da").text
    assert first["case"] in log
    assert "Meldt som sendt forkert" in log


def test_a_mail_that_never_came_through_us_can_be_reported(world: DemoWorld) -> None:
    """Nothing can be closed, and the people are told all the same."""
    report = post(world, "missent", idempotency_key="report-0002", message_id="<abc@outlook.example>", recipients=[LISE]).json()
    assert (report["revoked"], report["open"]) == ([], [LISE])
    assert set(notices(world, report["case"])) == {JONAS, KARIN}


def test_who_could_not_be_told_is_said_and_is_told_at_the_next_press(world: DemoWorld) -> None:
    """Exchange refuses one notice: the answer says so, the case is open, and the next press sends that one alone."""
    world.fault("SendItem", "error", code="ErrorMailboxStoreUnavailable", count=1)
    body = {"idempotency_key": "report-0003", "message_id": "", "recipients": [LISE]}
    first = post(world, "missent", **body).json()
    world.no_faults()
    assert first["notices"] == {"manager": "not_told", "officer": "told"}
    again = post(world, "missent", **body).json()
    assert (again["case"], again["notices"]) == (first["case"], {"manager": "told", "officer": "told"})
    assert sorted(notices(world, first["case"])) == sorted([JONAS, KARIN])


def test_a_notice_whose_answer_got_lost_is_not_sent_twice(world: DemoWorld) -> None:
    """Exchange sent it and said nothing: it counts as not told until the mailbox shows it, and is looked for before another one."""
    world.fault("SendItem", "drop_after_commit", count=1)
    body = {"idempotency_key": "report-0004", "message_id": "", "recipients": [LISE]}
    first = post(world, "missent", **body).json()
    world.no_faults()
    assert first["notices"]["manager"] == "not_told"
    assert post(world, "missent", **body).json()["notices"] == {"manager": "told", "officer": "told"}
    assert len([entry for entry in world.journal() if entry["marker"] == f"case-{first['case']}.manager"]) == 1


@pytest.mark.parametrize("recipients", [[], ["  "]])
def test_a_report_names_somebody(world: DemoWorld, recipients: list[str]) -> None:
    """Without a recipient it is refused, with the field named."""
    answer = post(world, "missent", idempotency_key="report-0005", recipients=recipients)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "recipients")


def test_my_record_is_mine_alone_and_holds_no_content(world: DemoWorld) -> None:
    """Mette sees her check and her send, Jonas sees neither; the reading itself stands in the log."""
    mail = world.save(draft(BO, subject="Min egen", body=f"CPR-nummer: {SECRET}\n"))
    world.check(mail).raise_for_status()
    world.tidied(world.send(mail, "my-record-001"))
    answer = world.client.get("/api/v1/me/decisions", params={"limit": 3})
    assert answer.status_code == 200, answer.text
    mine = answer.json()["decisions"]
    assert [line["event"] for line in mine] == ["sent", "decided", "checked"]
    assert (mine[1]["action"], mine[1]["classes"]) == ("protect", ["cpr"])
    assert not {SECRET, BO, "Min egen"} & set(str(mine).split("'"))
    as_jonas = {"Authorization": f"Bearer {world.token(JONAS)}"}
    assert world.client.get("/api/v1/me/decisions", headers=as_jonas).json() == {"decisions": []}
    for limit in ("0", "501", "x", "-1", "٣"):
        assert world.client.get("/api/v1/me/decisions", params={"limit": limit}).status_code == 400
