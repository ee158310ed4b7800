"""What the add-in asks and tells so that it can decide when nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from addin_backend.errors import Unavailable
from addin_backend.model.offline import Entry, Paper, Received, Snapshot, Switches
from addin_backend.web.services import Addin
from service_set import AS_METTE, METTE, Recorder, check_body, client, decision

LATER = "/api/v1/offline-decisions"
SNAPSHOT = Snapshot(domains=("nordlys.example",), switches=Switches(internal=True), issued=1, expires=2, version="v", seal="s")


def _told(**changes: Any) -> dict[str, Any]:
    return {"id": "entry-0001", "at": 1_795_000_000, "mailbox": METTE, "allowed": True, "reason": "internal", "recipients": [], **changes}


def _hearing(heard: list[tuple[str, Entry]], fail: bool = False) -> Callable[[str, list[Entry]], tuple[Received, ...]]:
    def hear(actor: str, entries: list[Entry]) -> tuple[Received, ...]:
        if fail:
            raise Unavailable
        heard.extend((actor, item) for item in entries)
        return tuple(Received(id=item.id, paper="holds", action="protect" if item.draft else "") for item in entries)

    return hear


def test_what_was_decided_alone_is_taken_in_and_may_be_forgotten() -> None:
    """Every entry with who tells it; the ids come back, and what was judged."""
    heard: list[tuple[str, Entry]] = []
    app = client(Recorder(), addin=Addin(hear=_hearing(heard)))
    draft = {"from": METTE, "to": [{"address": "bo@x.example"}], "subject": "s", "body": "b"}
    paper = {"issued": 1, "expires": 2, "version": "v1", "seal": "s1", "domains": ["more"]}
    told = [_told(paper=paper), _told(id="entry-0002", reason="degraded", draft=draft)]
    answer = app.post(LATER, json={"decisions": told}, headers=AS_METTE)
    assert answer.status_code == 200
    assert answer.json() == {
        "received": ["entry-0001", "entry-0002"],
        "judged": [{"id": "entry-0002", "paper": "holds", "action": "protect"}],
    }
    assert [actor for actor, _ in heard] == [METTE, METTE]
    assert heard[0][1].paper == Paper(issued=1, expires=2, version="v1", seal="s1")
    assert heard[1][1].draft is not None


@pytest.mark.parametrize(
    "changes",
    [{"reason": "because"}, {"at": -1}, {"at": "now"}, {"recipients": "x"}, {"extra": 1}, {"paper": {}}, {"draft": {}}, {"mailbox": None}],
)
def test_an_entry_that_cannot_be_read_does_not_stand_in_the_way(changes: dict[str, Any]) -> None:
    """It is recorded as unreadable under its id, and those behind it are heard."""
    heard: list[tuple[str, Entry]] = []
    app = client(Recorder(), addin=Addin(hear=_hearing(heard)))
    told = [_told(**changes), _told(id="entry-0002"), {"id": "?"}, {}]
    answer = app.post(LATER, json={"decisions": told}, headers=AS_METTE)
    assert answer.json()["received"] == ["entry-0001", "entry-0002"]
    assert [(item.reason, item.allowed) for _, item in heard] == [("unreadable", True), ("internal", True)]


@pytest.mark.parametrize(
    "changes",
    [
        {"mailbox": "jonas.friis@nordlys.example"},
        {"mailbox": ""},
        {"draft": {"from": "jonas.friis@nordlys.example", "to": [{"address": "bo@x.example"}], "subject": "s", "body": "b"}},
    ],
)
def test_nobody_tells_what_another_did(changes: dict[str, Any]) -> None:
    """A mailbox or a sender that is not theirs: recorded as unreadable, about the teller, and not judged."""
    heard: list[tuple[str, Entry]] = []
    app = client(Recorder(), addin=Addin(hear=_hearing(heard)))
    answer = app.post(LATER, json={"decisions": [_told(**changes)]}, headers=AS_METTE)
    assert ["entry-0001"] == answer.json()["received"]
    ((actor, entry),) = heard
    assert (METTE, "", "unreadable", None) == (actor, entry.mailbox, entry.reason, entry.draft)


def test_a_log_that_cannot_be_written_to_receives_nothing() -> None:
    """The client keeps what it has and tells it again."""
    app = client(Recorder(), addin=Addin(hear=_hearing([], fail=True)))
    assert app.post(LATER, json={"decisions": [_told()]}, headers=AS_METTE).status_code == 503
    assert client(Recorder()).post(LATER, json={"decisions": [_told()]}, headers=AS_METTE).status_code == 503


def test_a_report_is_of_a_person_and_of_a_size() -> None:
    """No token: 401; more than twenty, or what is no report: 400; too large: 413."""
    app = client(Recorder(), addin=Addin(hear=_hearing([])))
    assert app.post(LATER, json={"decisions": []}).status_code == 401
    assert app.post(LATER, json={"decisions": [_told()] * 21}, headers=AS_METTE).status_code == 400
    wrong: list[Any] = [{}, [], {"decisions": {}}, {"decisions": [1]}]
    for body in wrong:
        assert app.post(LATER, json=body, headers=AS_METTE).status_code == 400
    assert app.post(LATER, json={"decisions": [_told(mailbox="x" * 2_000_000)]}, headers=AS_METTE).status_code == 413


def test_the_snapshot_comes_with_each_answer_and_when_it_is_asked_for() -> None:
    """Check, hint and the address of its own; only for who is signed in."""
    app = client(Recorder(), addin=Addin(snapshot=lambda: SNAPSHOT, preflight=lambda _call: decision()))
    expected = {"domains": ["nordlys.example"], "leads_out": [], "groups": [], "switches": {"internal": True}}
    expected |= {"issued": 1, "expires": 2, "version": "v", "seal": "s"}  # type: ignore[dict-item] # a JSON object has values of many types
    assert app.get("/api/v1/snapshot").status_code == 401
    assert app.get("/api/v1/snapshot", headers=AS_METTE).json() == expected
    for path in ("/api/v1/check", "/api/v1/preflight"):
        answer = app.post(path, json=check_body(), headers=AS_METTE)
        assert (200, expected) == (answer.status_code, answer.json()["snapshot"])


def test_a_hint_is_a_decision_without_a_ticket_for_who_may_ask() -> None:
    """The same rules for who may ask as a check; nothing reaches the recorded check."""
    recorder = Recorder()
    app = client(recorder, addin=Addin(preflight=lambda _call: decision()))
    answer = app.post("/api/v1/preflight", json=check_body(), headers=AS_METTE).json()
    assert ("protect", None) == (answer["action"], answer["ticket"])
    assert "bliver beskyttet, når du sender" in answer["headline"]["da"]
    assert recorder.checks == []
    assert app.post("/api/v1/preflight", json=check_body()).status_code == 401
    assert app.post("/api/v1/preflight", json=check_body(mailbox="jonas.friis@nordlys.example"), headers=AS_METTE).status_code == 403
    assert app.post("/api/v1/preflight", json={}, headers=AS_METTE).status_code == 400


def test_the_emergency_is_there_for_everybody_and_null_otherwise() -> None:
    """A static file in form: no sign-in, never kept."""
    quiet = client(Recorder()).get("/addin/degraded.json")
    assert (200, None, "no-store") == (quiet.status_code, quiet.json(), quiet.headers["cache-control"])
    paper = Paper(issued=1, expires=2, version="v", seal="s")
    declared = client(Recorder(), addin=Addin(emergency=lambda: paper)).get("/addin/degraded.json")
    assert declared.json() == {"issued": 1, "expires": 2, "version": "v", "seal": "s"}
