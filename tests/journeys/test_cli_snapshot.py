"""`snapshot degrade` and `snapshot end`: two people, some hours, a record, and a file for the front."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from addin_backend.bootstrap.emergency import FILE
from addin_backend.bootstrap.emergency_end import NOTES, record_end
from addin_backend.bootstrap.sending import open_log
from addin_backend.cli.main import app
from addin_backend.model.offline import Paper
from addin_backend.settings import Settings

KARIN, LEIF = "karin.bach@nordlys.example", "leif.dam@nordlys.example"


def _run(*arguments: str, data: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["snapshot", *arguments, "--data", str(data)])
    return done.exit_code, done.output


def _actions(data: Path) -> list[str]:
    opened = open_log(msgspec.structs.replace(Settings(), data_dir=str(data)))
    try:
        return [json.loads(item.entry)["action"] for item in opened.log.latest(100)]
    finally:
        opened.log.close()


def test_two_people_declare_an_emergency_and_end_it(tmp_path: Path) -> None:
    """Both are in the log as pseudonyms; the file stands in the data folder and at the front; ending it leaves null."""
    front = tmp_path / "front"
    front.mkdir()
    data = tmp_path / "data"
    code, said = _run("degrade", "--by", KARIN, "--and", LEIF, "--hours", "2", "--out", str(front), data=data)
    assert code == 0, said
    paper = msgspec.json.decode((front / FILE).read_bytes(), type=Paper)
    assert paper.expires - paper.issued == 7200
    assert (data / FILE).read_bytes() == (front / FILE).read_bytes()
    assert _run("end", "--by", KARIN, "--out", str(front), data=data)[0] == 0
    assert (front / FILE).read_bytes() == b"null"
    assert _actions(data) == ["snapshot_degraded", "snapshot_restored"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("degrade", "--by", KARIN),
        ("degrade", "--by", KARIN, "--and", KARIN.upper()),
        ("degrade", "--by", KARIN, "--and", LEIF, "--hours", "5"),
        ("degrade", "--by", KARIN, "--and", LEIF, "--hours", "0"),
        ("degrade", "--by", KARIN, "--and", LEIF, "--out", "/dev/null/x"),
        ("end",),
    ],
)
def test_what_is_no_emergency_is_refused_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """One person, too many hours, nobody: no file that would let a mail go."""
    assert _run(*arguments, data=tmp_path)[0] == 2
    if "--out" not in arguments:
        assert not (tmp_path / FILE).exists()


def test_a_server_that_is_alive_needs_no_emergency(tmp_path: Path) -> None:
    """Whoever writes the log is alive; the command says so with 1, and writes nothing."""
    opened = open_log(msgspec.structs.replace(Settings(), data_dir=str(tmp_path)))
    try:
        code, _ = _run("degrade", "--by", KARIN, "--and", LEIF, data=tmp_path)
    finally:
        opened.log.close()
    assert code == 1
    assert not (tmp_path / FILE).exists()


def test_an_emergency_is_ended_while_a_server_runs(tmp_path: Path) -> None:
    """It is out of force at once, at the front too; whoever writes the log records it, once."""
    front, data = tmp_path / "front", tmp_path / "data"
    front.mkdir()
    assert _run("degrade", "--by", KARIN, "--and", LEIF, "--out", str(front), data=data)[0] == 0
    settings = msgspec.structs.replace(Settings(), data_dir=str(data))
    opened = open_log(settings)
    try:
        code, said = _run("end", "--by", KARIN, "--out", str(front), data=data)
        assert (0, b"null", b"null") == (code, (front / FILE).read_bytes(), (data / FILE).read_bytes()), said
        record_end(settings, opened.log, opened.names)
        record_end(settings, opened.log, opened.names)
    finally:
        opened.log.close()
    assert _actions(data) == ["snapshot_degraded", "snapshot_restored"]
    assert [] == list(data.glob(NOTES))


def test_what_was_ended_beside_a_server_that_died_is_recorded_by_the_next_command(tmp_path: Path) -> None:
    """The note waits in the data folder."""
    assert _run("degrade", "--by", KARIN, "--and", LEIF, data=tmp_path)[0] == 0
    opened = open_log(msgspec.structs.replace(Settings(), data_dir=str(tmp_path)))
    try:
        assert _run("end", "--by", KARIN, data=tmp_path)[0] == 0
    finally:
        opened.log.close()
    assert _run("end", "--by", LEIF, data=tmp_path)[0] == 0
    assert _actions(tmp_path) == ["snapshot_degraded", "snapshot_restored", "snapshot_restored"]


def test_two_ends_before_either_is_recorded_are_two_records(tmp_path: Path) -> None:
    """The second note does not take the place of the first; a note that cannot be read stays, and holds up no other."""
    settings = msgspec.structs.replace(Settings(), data_dir=str(tmp_path))
    opened = open_log(settings)
    try:
        assert _run("end", "--by", KARIN, data=tmp_path)[0] == 0
        assert _run("end", "--by", LEIF, data=tmp_path)[0] == 0
        (tmp_path / "emergency_ended-broken.json").write_bytes(b"{")
        record_end(settings, opened.log, opened.names)
    finally:
        opened.log.close()
    assert _actions(tmp_path) == ["snapshot_restored", "snapshot_restored"]
    assert [tmp_path / "emergency_ended-broken.json"] == list(tmp_path.glob(NOTES))
