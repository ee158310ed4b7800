"""An employee's report of a wrong answer, from the decision in the log to the example that the training reads."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from addin_backend.bootstrap.sending import open_questions
from addin_backend.cli.main import app
from addin_backend.edges.keys import KeyFile
from addin_backend.model.policy import RecordedQuestion
from addin_backend.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = "Foredraget om stress og depression holdes af Birthe Thorvig, tlf. 40112233."


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(data folder, event) of an installation in which one mail was judged to be of health."""
    folder, event = tmp_path_factory.mktemp("mistakes"), "01990000-0000-7000-8000-000000000001"
    question = json.dumps({"message": {"classes": ["special_category"]}}).encode()
    questions = open_questions(Settings(data_dir=str(folder)), KeyFile.load_or_create(folder / "keys.json"))
    questions.keep(RecordedQuestion(event_id=event, at=datetime(2026, 11, 28, tzinfo=UTC), revision="", question=question, answer=b""))
    questions.close()
    return folder, event


def _ran(folder: Path, *words: str) -> Result:
    """In this process: what is tried is the command, and a process for each would take most of the time."""
    return CliRunner().invoke(app, ["mistakes", *words, "--data", str(folder)])


def test_from_the_report_to_the_example(held: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown as it is kept, counted, exported in the form that the training reads, and taken back."""
    folder, event = held
    refused = _ran(folder, "add", event, "--kind", "false_alarm", "--sentence", SENTENCE)
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert "its sender agrees" in refused.stderr
    added = _ran(folder, "add", event, "--kind", "false_alarm", "--consent", "--sentence", SENTENCE)
    assert (0, True) == (added.exit_code, "falsk alarm / false alarm" in added.stdout)
    assert not {"Birthe", "Thorvig", "40112233"} & set(added.stdout.replace(",", " ").replace(".", " ").split())
    assert "special_category 1" in _ran(folder, "list").stdout
    target = tmp_path / "examples.jsonl"
    assert 0 == _ran(folder, "export", str(target)).exit_code
    (line,) = target.read_text(encoding="utf-8").splitlines()
    assert [] == json.loads(line)["classes"]
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "tools")])
    import train_content_model as training  # here: its folder is on the path for this test only

    (mail,) = training.reported_mails(target)
    assert ("sentence", json.loads(line)["text"]) == (mail["slice"], mail["body"])
    for path in folder.rglob("*"):
        assert not path.is_file() or b"Foredraget" not in path.read_bytes(), f"{path.name} holds the sentence in clear"
    assert [0, 2] == [_ran(folder, "withdraw", event).exit_code for _ in range(2)]


def test_without_an_installation_nothing_is_made(tmp_path: Path) -> None:
    """A wrong folder is told, and stays empty."""
    assert 2 == _ran(tmp_path, "list").exit_code
    assert [] == list(tmp_path.iterdir())
