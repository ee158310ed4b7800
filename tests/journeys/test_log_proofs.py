"""The accountability log of the running product: verified from outside beside the server, refused after any change, and never left out."""

from __future__ import annotations

import io
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from addin_backend import settings
from addin_backend.bootstrap import logbook
from addin_backend.errors import SendSecurelyError
from demo_world import ANNA, BO, LISE, PETER, DemoWorld, draft, running
from program import ROOT
from sizes import size

CPR = "010190-1234"
VKEY = re.compile(r"sendsecurely\.[\w.]+/audit\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+")


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line as an auditor uses it."""
    return subprocess.run(
        [sys.executable, "-m", "addin_backend", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def key_of(world: DemoWorld) -> str:
    """The log's public key as the log page shows it."""
    found = VKEY.search(unescape(world.client.get("/log").text))
    assert found
    return found[0]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("log") / "data") as made:
        yield made


@dataclass(frozen=True)
class Kept:
    """What an auditor has in hand: the data folder of a server that was stopped, the key, and a checkpoint from half-way."""

    data: Path
    key: str
    since: Path


@pytest.fixture(scope="module")
def kept(world: DemoWorld, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A thousand checks (fewer in a sampled run) and a send, verified beside the server and once more after it stopped."""
    since = tmp_path_factory.mktemp("kept") / "checkpoint"
    count = size(sample=200, full=1000)
    mails = [
        draft(to, subject=f"Nr. {number}", body=f"CPR-nummer: {CPR}\n") for number, to in enumerate((LISE, BO, ANNA, PETER) * (count // 4))
    ]
    for half in (mails[: count // 2], mails[count // 2 :]):
        with ThreadPoolExecutor(4) as clients:
            assert {200} == {answer.status_code for answer in clients.map(world.check, half)}
        if not since.exists():
            world.client.get("/log")  # reading the log signs it
            shutil.copy(world.data / "log.checkpoint", since)
    world.send(mails[3], "log-send-0001")
    key = key_of(world)
    beside = cli("log", "verify", "--data", str(world.data), "--key", key, "--since", str(since))
    assert (0, "") == (beside.returncode, beside.stderr)
    assert int(beside.stdout.partition("checked ")[2].partition(",")[0]) >= count
    world.end(signal.SIGINT)
    after = cli("log", "verify", "--data", str(world.data), "--key", key, "--since", str(since))
    assert (0, "") == (after.returncode, after.stderr)
    return Kept(world.data, key, since)


# --- while it runs (before ``kept`` stops it) ----------------------------------------------------------------------------


def test_the_log_page_shows_proven_records(world: DemoWorld) -> None:
    """The newest records stand on the page, each proven against the signed checkpoint; this reading is the newest."""
    world.check(draft(BO, body=f"CPR-nummer: {CPR}\n"))
    page = unescape(world.client.get("/log?lang=da").text)
    assert page.index("Logbogen læst") < page.index("Mail tjekket")
    assert "✓ bevist" in page
    assert "kan ikke bevises" not in page
    assert BO not in page
    assert "✓ proven" in world.client.get("/log?lang=en").text


def test_the_console_shows_what_is_in_force(world: DemoWorld) -> None:
    """The revision that decisions name, and every rule that they cite, with its words."""
    decision = world.check(draft(BO, body=f"CPR-nummer: {CPR}\n")).json()
    page = unescape(world.client.get("/console?lang=da").text)
    assert decision["policy_revision"] in page
    assert {"CO-01", "TR-01", "TF-01", "RC-01", "EV-01", "DE-01"} <= set(re.findall(r"<code>([A-Z]{2}-\d\d)</code>", page))


def test_a_blocked_press_is_recorded(world: DemoWorld) -> None:
    """A press that may not be sent is a decision too: it stands in the log, under no job."""
    before = world.client.get("/log?lang=da").text.count("Afgørelse om at sende")
    assert world.press(draft(body="Til ingen\n"), "blocked-0001").json()["outcome"] == "not_sent"
    assert world.client.get("/log?lang=da").text.count("Afgørelse om at sende") == before + 1


def test_a_second_server_on_the_same_data_is_refused(world: DemoWorld) -> None:
    """It says why and what to do, with no traceback, and the first one works on."""
    second = cli("run", "--port", "0", "--data", str(world.data))
    assert second.returncode == 1
    assert "Another process writes to this log" in second.stderr
    assert "Traceback" not in second.stderr
    assert world.check(draft(LISE)).status_code == 200


def test_without_the_log_there_is_no_answer_and_no_send(world: DemoWorld) -> None:
    """A full disk: check and press are answered with 503 in words, nothing leaves, the draft is where it was; then it works again."""
    mail = world.save(draft(BO, subject="Disken er fuld", body=f"CPR-nummer: {CPR}\n"))
    before, was = len(world.journal()), world.item("drafts", mail["item_id"])
    world.limit_files(1)
    try:
        answers = [world.check(mail), world.check(draft(LISE)), world.press(mail, "disk-full-01")]
    finally:
        world.limit_files(None)
    assert [(503, "unavailable")] * 3 == [(answer.status_code, answer.json()["error"]["code"]) for answer in answers]
    assert "ikke sendt" in answers[0].json()["error"]["sentence"]["da"]
    assert (before, was) == (len(world.journal()), world.item("drafts", mail["item_id"]))
    assert "sent" == world.send(mail, "disk-full-01")["state"]


def test_a_send_whose_decision_cannot_be_recorded_does_nothing(world: DemoWorld) -> None:
    """The log alone refuses, after the press was accepted: nothing leaves, the draft is as it was, and the outcome is told later."""
    mail = world.save(draft(BO, subject="Loggen svigter", body=f"CPR-nummer: {CPR}\n"))
    with closing(sqlite3.connect(world.data / "log.sqlite", isolation_level=None, timeout=10)) as other:
        other.execute("ALTER TABLE entry RENAME TO hidden")
        try:
            job = world.send(mail, "log-held-001")
        finally:
            other.execute("ALTER TABLE hidden RENAME TO entry")
    kept = world.item("drafts", mail["item_id"])
    assert ("not_sent", "unavailable", []) == (job["state"], job["error_code"], world.left(job))
    assert kept is not None
    assert ([BO], False) == ([person["address"] for person in kept["to"]], kept["disarmed"])
    world.tidied(job)
    assert "Ikke sendt" in world.client.get("/log?lang=da").text, "the outcome is recorded once the log answers again"


# --- after it stopped ----------------------------------------------------------------------------------------------------


def _sql(*statements: str) -> Callable[[Path], None]:
    """What somebody with the database file could do; the triggers are no obstacle to them."""

    def change(data: Path) -> None:
        with closing(sqlite3.connect(data / "log.sqlite", isolation_level=None)) as database:
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                database.execute(statement)

    return change


def _cut_everywhere(data: Path) -> None:
    """Back to the kept state of yesterday: entries, tiles and checkpoints, in the database and beside it."""
    _sql("DELETE FROM entry WHERE idx >= 3", "DELETE FROM tile", "DELETE FROM checkpoint WHERE size > 3")(data)
    (data / "log.checkpoint").unlink()


CHANGES: dict[str, Callable[[Path], None]] = {
    "an entry's words": _sql("UPDATE entry SET entry = CAST(replace(CAST(entry AS TEXT), 'decision', 'opinions') AS BLOB) WHERE idx = 50"),
    "one byte of an entry": _sql("UPDATE entry SET entry = CAST(substr(entry, 1, length(entry) - 1) || X'20' AS BLOB) WHERE idx = 50"),
    "an entry with its leaf hash": _sql("UPDATE entry SET entry = X'7B7D', leaf_hash = zeroblob(32) WHERE idx = 20"),
    "an entry dropped": _sql("DELETE FROM entry WHERE idx = 11"),
    "an entry dropped and the rest moved up": _sql(
        "DELETE FROM entry WHERE idx = 11", "UPDATE entry SET idx = -idx WHERE idx > 11", "UPDATE entry SET idx = -idx - 1 WHERE idx < 0"
    ),
    "two entries swapped": _sql(
        "UPDATE entry SET idx = -1 WHERE idx = 4", "UPDATE entry SET idx = 4 WHERE idx = 5", "UPDATE entry SET idx = 5 WHERE idx = -1"
    ),
    "the last entry cut off": _sql("DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)"),
    "everything cut off": _cut_everywhere,
    "an entry invented": _sql("INSERT INTO entry SELECT max(idx) + 1, 'made-up', zeroblob(32), X'7B7D' FROM entry"),
    "a checkpoint forged": _sql("UPDATE checkpoint SET note = replace(note, substr(note, -20, 4), 'AAAA')"),
    "no log at all": lambda data: (data / "log.sqlite").unlink(),
}


def verified(kept: Kept, data: Path, key: str | None = None) -> tuple[int, str]:
    """Exit status and words of ``log verify``, in this process."""
    out, err = io.StringIO(), io.StringIO()
    try:
        code = logbook.verify(settings.load({}, data_dir=str(data)), None, key or kept.key, kept.since, (out, err))
    except SendSecurelyError as error:
        return 1, error.sentence
    return code, out.getvalue() + err.getvalue()


def copy_of(kept: Kept, folder: Path) -> Path:
    """The data folder again, to be tampered with."""
    data = folder / "data"
    data.mkdir()
    for path in kept.data.glob("log.*"):
        shutil.copy(path, data)
    return data


def test_the_log_holds_after_the_server_stopped(kept: Kept, tmp_path: Path) -> None:
    """A copy that nobody touched verifies: what the other tests refuse is the tampering, not the copying."""
    assert verified(kept, copy_of(kept, tmp_path))[0] == 0


@pytest.mark.parametrize("change", CHANGES)
def test_a_log_that_was_changed_is_refused(kept: Kept, tmp_path: Path, change: str) -> None:
    """Changed, dropped, swapped, cut, invented, forged: exit 1 and a sentence."""
    data = copy_of(kept, tmp_path)
    CHANGES[change](data)
    code, words = verified(kept, data)
    assert code == 1
    assert words.strip()


def test_the_command_line_says_so_too(kept: Kept, tmp_path: Path) -> None:
    """The auditor's command on a changed log: exit 1, the problem on standard error, no traceback."""
    data = copy_of(kept, tmp_path)
    CHANGES["two entries swapped"](data)
    told = cli("log", "verify", "--data", str(data), "--key", kept.key)
    assert told.returncode == 1
    assert "THE LOG DOES NOT HOLD" in told.stdout
    assert told.stderr
    assert "Traceback" not in told.stderr


def test_another_key_verifies_nothing(kept: Kept, tmp_path: Path) -> None:
    """The right log under the wrong key is refused."""
    other = kept.key[:-8] + ("AAAAAAA=" if kept.key[-8:] != "AAAAAAA=" else "BBBBBBB=")
    assert verified(kept, copy_of(kept, tmp_path), other)[0] == 1


def test_a_changed_log_does_not_start_a_server(kept: Kept) -> None:
    """A server on a log that was changed refuses to start and says so: nothing is sent on top of a broken log."""
    was = (kept.data / "log.sqlite").read_bytes()
    CHANGES["two entries swapped"](kept.data)
    try:
        told = cli("run", "--port", "0", "--data", str(kept.data))
    finally:
        (kept.data / "log.sqlite").write_bytes(was)
    assert told.returncode == 1
    assert "log" in told.stderr.lower()
    assert "Traceback" not in told.stderr


def test_an_installation_verifies_its_own_log_without_a_key(kept: Kept) -> None:
    """Without --key the installation's own key is used: it proves less, and it must not raise a false alarm."""
    told = cli("log", "verify", "--data", str(kept.data))
    assert (0, "") == (told.returncode, told.stderr)
