"""Why a recorded decision came out as it did: asked again with the rules of then, also after the rules were changed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from command_line import ran, ran_anew, without_traceback
from demo_world import BO, RAVI, DemoWorld, draft, running

CPR = "Kundens CPR-nummer er 010190-1233."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A demo world with two checks in its log: one mail is protected, one is blocked."""
    with running(tmp_path_factory.mktemp("why") / "data") as world:
        for address in (BO, RAVI):
            world.check(draft(address, body=CPR)).raise_for_status()
        yield world


def _events(world: DemoWorld) -> list[str]:
    """The event ids of the recorded checks, oldest first."""
    with sqlite3.connect(world.data / "questions.sqlite") as connection:
        return [row[0] for row in connection.execute("SELECT event_id FROM questions ORDER BY number")]


def _why(world: DemoWorld, record: str) -> dict[str, Any]:
    run = ran("log", "why", record, "--json", folder=world.data, data_dir=str(world.data))
    without_traceback(run)
    assert run.code == 0, run.err
    return json.loads(run.out)  # type: ignore[no-any-return]  # one object, looked at by the test


def test_the_rules_of_then_give_the_very_same_answer(world: DemoWorld) -> None:
    """Both decisions, each with its rules, their place and law, and what the rules knew."""
    for event in _events(world)[:2]:
        found = _why(world, event)
        assert found["identical"]
        assert found["recorded"] == found["again"]
        assert {item["code"] for item in found["why"]["rules"]} >= {"CO-01"}
        assert all(item["law"] and item["file"].endswith(".rego") and item["row"] for item in found["why"]["rules"])
        assert found["why"]["message"]["classes"] == ["cpr"]


def test_an_officer_sees_it_on_a_page(world: DemoWorld) -> None:
    """In both languages, linked from the log; no address, and nothing of the mail."""
    event = _events(world)[0]
    for language, words in (("da", "præcis samme svar"), ("en", "the very same answer")):
        page = world.client.get(f"/log/why/{event}", params={"lang": language})
        assert (200, True) == (page.status_code, words in page.text)
        assert "bo.madsen" not in page.text
        assert "010190" not in page.text
    assert f"/log/why/{event}" in world.client.get("/log").text


@pytest.mark.parametrize("event", ["00000000-0000-7000-8000-000000000000", "x"])
def test_a_decision_that_is_not_there(world: DemoWorld, event: str) -> None:
    """404 on the page, and a sentence on the command line."""
    assert 404 == world.client.get(f"/log/why/{event}").status_code
    run = ran_anew("log", "why", event, folder=world.data, data_dir=str(world.data))
    without_traceback(run)
    assert (2, "") == (run.code, run.out)


def test_an_old_decision_outlives_a_change_of_the_rules(world: DemoWorld, tmp_path: Path) -> None:
    """The folder of rules says something else now; the decision is still asked with its own rules, and answers the same."""
    event = _events(world)[1]
    before = _why(world, event)
    root = Path(__file__).resolve().parent.parent.parent
    changed = tmp_path / "rego"
    for path in (root / "policies" / "rego").rglob("*"):
        if path.is_file():
            target = changed / path.relative_to(root / "policies" / "rego")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b'"effect": "block"', b'"effect": "note"'))
    run = ran("log", "why", event, "--json", folder=world.data, data_dir=str(world.data), policies_dir=str(changed))
    assert (0, before) == (run.code, json.loads(run.out))
