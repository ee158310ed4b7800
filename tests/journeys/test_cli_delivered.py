"""`transport delivered`: each row of a trace is held against the group that it belongs to; what is not said is never taken as kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from addin_backend.bootstrap.sending import key_path, open_store
from addin_backend.bootstrap.waiting import waits_of
from addin_backend.cli.main import app
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadInput
from addin_backend.evidence.transport.observed import read_observations
from addin_backend.evidence.transport.trace import Delivery, Secrecy, read_trace
from addin_backend.model.decision import Protection
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.model.waiting import End, Waiting, Wish
from addin_backend.settings import Settings

ANNA, PETER, BO = "anna@fynskpension.example", "peter@skovadvokat.example", "bo@postkasse.example"
JOB = "0123456789abcdef"


def planted(folder: Path) -> None:
    """A job with a promise of TLS to Anna and Peter, and a link to Bo."""
    store = open_store(Settings(data_dir=str(folder / "data")))
    groups = tuple(
        Group(group_id=name, protection=way, addresses=to, message_id=f"<{JOB}.{name}@nordlys.example>", state=SendState.SENT)
        for name, way, to in (("clear", Protection.TLS, (ANNA, PETER)), ("portal0", Protection.PORTAL, (BO,)))
    )
    store.create(
        SendJob(job_id=JOB, idempotency_key="k", mailbox="mette@nordlys.example", digest="d" * 64, draft=None, policy_revision="a" * 64,
                state=SendState.SENT, groups=groups, created_at=datetime(2026, 11, 28, tzinfo=UTC)), b"",
    )  # fmt: skip
    store.close()


def run(folder: Path, trace: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[int]]:
    """Exit code, and the eight counts: the last two are of mail that waits, and of mail that was withdrawn."""
    (folder / "trace").write_text(trace)
    monkeypatch.setenv("SENDSECURELY_REGISTERS_DIR", str(folder / "registers"))
    result = CliRunner().invoke(
        app, ["transport", "delivered", str(folder / "trace"), "--data", str(folder / "data"), "--at", "2026-11-28"]
    )
    return result.exit_code, [int(line[:7]) for line in result.stdout.splitlines() if line[:7].strip().isdigit()]


def row(group: str, recipient: str, tls: str, status: str = "Delivered") -> str:
    """A row of CSV."""
    return f"<{JOB}.{group}@nordlys.example>,{recipient},{status},{tls},2026-11-27\n"


def waits(folder: Path) -> Sequence[Waiting]:
    """What is kept of mail that waits."""
    settings = Settings(data_dir=str(folder / "data"))
    with closing(waits_of(settings, KeyFile.load_or_create(key_path(settings)))) as store:
        return store.of(JOB)


HEADER = "Message-ID,Recipient Address,Status,TLS Version,Date\n"


def test_kept_promises_are_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS where it was promised; a link that went as it pleased; somebody else's mail."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    trace = HEADER + row("clear", ANNA, "TLSv1.3") + row("clear", PETER.upper(), "SP_PROT_TLS1_2_CLIENT") + row("portal0", BO, "none")
    trace += "<x@y.example>,a@b.example,Delivered,none,2026-11-27\n"
    assert (0, [2, 0, 0, 0, 1, 1, 0, 0]) == run(tmp_path, trace, monkeypatch)
    assert [] == list((tmp_path / "registers").iterdir())


@pytest.mark.parametrize("tls", ["none", "plaintext", "TLS1.0", "TLSv1.1"])
def test_a_broken_promise_is_an_alarm_and_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    """In clear, or by a TLS that no longer counts: exit 1, and the register of observations holds the day and domain."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    assert (1, [1, 1, 0, 0, 0, 0, 0, 0]) == run(tmp_path, HEADER + row("clear", ANNA, tls) + row("clear", PETER, "TLSv1.2"), monkeypatch)
    path = tmp_path / "registers" / "observations" / "data.json"
    (entry,) = read_observations({"registers/observations/data.json": path.read_bytes()}).entries
    assert ("fynskpension.example", date(2026, 11, 27)) == (entry.domain, entry.day)


def test_what_is_not_said_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or strange word is counted apart; a mail that did not arrive is exit 1."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    assert (0, [0, 0, 2, 0, 0, 0, 0, 0]) == run(tmp_path, HEADER + row("clear", ANNA, "") + row("clear", PETER, "?"), monkeypatch)
    assert (1, [0, 0, 0, 1, 0, 0, 0, 0]) == run(tmp_path, HEADER + row("clear", ANNA, "TLSv1.3", "Failed"), monkeypatch)


def test_what_waits_is_not_kept_yet_and_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the relay calls it. The mail over a link was promised nothing, so nobody waits for it."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    trace = HEADER + row("clear", ANNA, "TLSv1.3", "deferred") + row("clear", PETER, "", "Pending") + row("portal0", BO, "", "deferred")
    assert (0, [0, 0, 0, 0, 0, 0, 3, 0]) == run(tmp_path, trace, monkeypatch)
    assert [ANNA, PETER] == [one.address for one in waits(tmp_path)]
    answer = HEADER + row("clear", PETER, "", "withdrawn") + row("clear", ANNA, "", "not_withdrawn")
    assert (0, [0, 0, 0, 0, 0, 0, 1, 1]) == run(tmp_path, answer, monkeypatch)
    assert [End.NONE, End.WITHDRAWN] == [one.end for one in waits(tmp_path)]


def test_what_is_asked_for_is_listed_until_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hand-over: only what the server has recorded and handed over."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    run(tmp_path, HEADER + row("clear", ANNA, "", "deferred") + row("clear", PETER, "", "deferred"), monkeypatch)
    settings = Settings(data_dir=str(tmp_path / "data"))
    with closing(waits_of(settings, KeyFile.load_or_create(key_path(settings)))) as store:
        for address, wish in ((ANNA, Wish.HANDED_OVER), (PETER, Wish.ASKED)):
            known = next(one for one in store.of(JOB) if one.address == address)
            changed = msgspec.structs.replace(known, wish=wish)
            store.change(JOB, address, partial(lambda made, _known: made, changed))
    listing = ["transport", "withdrawals", "--data", str(tmp_path / "data")]
    asked = CliRunner().invoke(app, listing)
    assert {"message_id": f"<{JOB}.clear@nordlys.example>", "recipients": [ANNA]} == json.loads(asked.stdout)
    run(tmp_path, HEADER + row("clear", ANNA, "", "withdrawn"), monkeypatch)
    assert (0, "") == ((again := CliRunner().invoke(app, listing)).exit_code, again.stdout)


def test_our_id_with_another_recipient_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forwarded mail keeps its Message-ID: nothing was promised to whoever got it then."""
    planted(tmp_path)
    (tmp_path / "registers").mkdir()
    assert (0, [0, 0, 0, 0, 0, 1, 0, 0]) == run(tmp_path, HEADER + row("clear", "x@other.example", "none"), monkeypatch)


def test_json_and_utf16_are_read_too() -> None:
    """A list, lines of objects, and what PowerShell writes."""
    one = {
        "MessageId": "<a@b>",
        "RecipientAddress": "X@Y.example",
        "Detail": "TlsVersion=SP_PROT_TLS1_3_CLIENT",
        "Received": "2026-11-27T10:00:00Z",
    }
    wanted = (
        Delivery(
            message_id="<a@b>",
            recipient="x@y.example",
            secrecy=Secrecy.TLS,
            version="1.3",
            day=date(2026, 11, 27),
            at=datetime(2026, 11, 27, 10, tzinfo=UTC),
        ),
    )
    for raw in (json.dumps([one]).encode(), json.dumps(one).encode() + b"\n", json.dumps([one]).encode("utf-16")):
        assert wanted == read_trace(raw)


@pytest.mark.parametrize("raw", [b"\xff\x00\xff", b"[1, 2]", b"{", b"a,b\n1,2\n", b'{"message_id": "<a@b>"}', b"[" * 100_000])
def test_what_is_no_trace_is_refused(raw: bytes) -> None:
    """With a sentence, and nothing is taken in."""
    with pytest.raises(BadInput) as refused:
        read_trace(raw)
    assert refused.value.sentence_da.startswith("Sporingen kan ikke bruges")
