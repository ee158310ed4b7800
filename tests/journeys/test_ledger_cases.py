"""A case of the ledger from its opening to its closing, from the server and from the command line, on real stores and a real log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.ledger import open_ledger
from addin_backend.bootstrap.sending import Cabinet, open_cabinet
from addin_backend.cli.main import app
from addin_backend.edges.ledger_store import SqlLedger
from addin_backend.errors import BadInput, Conflict, NotFound
from addin_backend.flows.ledger_cases import Closer, ask_to_close, close_case, record_closings
from addin_backend.model.ledger import How, LedgerLine, Place
from addin_backend.settings import Settings
from exchange_simulator import METTE

KARIN, JONAS = "karin.bach@nordlys.example", "jonas.friis@nordlys.example"
REASON = "Modtageren har slettet mailen og bekræftet det på telefonen."
AT = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


@dataclass
class Case:
    """An installation with one case and one unchecked mail without a finding."""

    cabinet: Cabinet
    ledger: SqlLedger
    item: str
    other: str

    @property
    def closer(self) -> Closer:
        """What closing takes."""
        return Closer(self.ledger, self.cabinet.log, self.cabinet.names, now)

    def records(self) -> list[dict[str, object]]:
        """What the log says of closings."""
        entries = [json.loads(one.entry) for one in self.cabinet.log.entries(0, self.cabinet.log.checkpoint().size)]
        return [entry for entry in entries if entry["action"] == "case_closed"]


@contextmanager
def opened(data: Path) -> Iterator[Case]:
    """It, in a folder."""
    settings = Settings(data_dir=str(data))
    cabinet = open_cabinet(settings)
    ledger = open_ledger(settings, cabinet)
    lines = [
        LedgerLine(key=str(how), mailbox=METTE, how=how, sent_at=AT, seen_at=AT, event_id=f"0198{number}", codes=("CO-01",))
        for number, how in enumerate((How.CASE, How.UNCHECKED))
    ]
    ledger.settle(METTE, lines, Place(state="s", since=AT, read_at=AT))
    (case,), (other,) = ledger.lines((How.CASE,), 9), ledger.lines((How.UNCHECKED,), 9)
    try:
        yield Case(cabinet, ledger, case.item, other.item)
    finally:
        ledger.close()
        cabinet.close()


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """An installation of its own."""
    with opened(tmp_path / "data") as made:
        yield made


def test_a_case_is_closed_once_by_a_named_person(case: Case) -> None:
    """Recorded with who and a digest of why; the reason can be read beside it; nobody closes it again."""
    assert 1 == case.ledger.open_cases()
    close_case(case.item, KARIN, f"  {REASON}\n", case.closer)
    assert (0, REASON, KARIN) == (
        case.ledger.open_cases(), case.ledger.closings([case.item])[case.item].reason, case.ledger.closings([case.item])[case.item].who
    )  # fmt: skip
    with pytest.raises(Conflict):
        close_case(case.item, JONAS, REASON, case.closer)
    (record,) = case.records()
    assert case.cabinet.names.pseudonym("address", KARIN, now()) == record["actor"]
    assert (False, False) == ("@" in str(record), "slettet" in str(record))


@pytest.mark.parametrize(("who", "reason"), [("", REASON), ("Karin Bach", REASON), (KARIN, "ok"), (KARIN, "x" * 1001)])
def test_without_a_person_or_a_reason_nothing_is_closed(case: Case, who: str, reason: str) -> None:
    """It stays open, and nothing is recorded."""
    with pytest.raises(BadInput):
        close_case(case.item, who, reason, case.closer)
    assert (1, []) == (case.ledger.open_cases(), case.records())


def test_only_a_case_can_be_closed(case: Case) -> None:
    """Neither a mail in which nothing was found, nor one that there is not."""
    for item in (case.other, "f" * 64):
        with pytest.raises(NotFound):
            close_case(item, KARIN, REASON, case.closer)


def test_a_crash_between_record_and_closing_is_made_good(case: Case) -> None:
    """It stands in the log and not in the ledger: the next round closes it, and the log has it once."""
    ask_to_close(case.item, KARIN, REASON, AT, case.ledger)
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(case.ledger, "closed", lambda closing: None)  # the process dies just here
        record_closings(case.closer)
    assert 1 == case.ledger.open_cases()
    assert (1, 0, 1) == (record_closings(case.closer), case.ledger.open_cases(), len(case.records()))


def _ran(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words, "--data", str(data)])


def test_from_the_command_line(tmp_path: Path) -> None:
    """Listed with the beginning of its number, which is enough to close it; without a server it is recorded at once."""
    data = tmp_path / "data"
    with opened(data) as made:
        item = made.item
    listed = _ran(data, "cases")
    assert (1, True) == (listed.exit_code, f"{item[:12]}  2026-11-28 10:00  CO-01  åben / open" in listed.stdout)
    assert 2 == _ran(data, "close", "abc", "--by", KARIN, "--reason", REASON).exit_code
    done = _ran(data, "close", item[:12], "--by", KARIN, "--reason", REASON)
    assert (0, "Sagen er lukket. / The case is closed.\n") == (done.exit_code, done.stdout)
    assert (0, 2) == (_ran(data, "cases").exit_code, _ran(data, "close", item[:12], "--by", JONAS, "--reason", REASON).exit_code)


def test_beside_a_running_server_the_server_records_it(case: Case, tmp_path: Path) -> None:
    """The server holds the log: the wish waits, counts for nothing until then, and is taken up in its round."""
    done = _ran(tmp_path / "data", "close", case.item[:12], "--by", KARIN, "--reason", REASON)
    assert (0, True, 1) == (done.exit_code, "server" in done.stdout, case.ledger.open_cases())
    assert (1, 0) == (record_closings(case.closer), case.ledger.open_cases())
