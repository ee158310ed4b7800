"""Deciding without the service: what a client may know, an emergency of two people, and what is told afterwards, in the log once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from addin_backend.bootstrap.addin import open_addin, origin_of, snapshots
from addin_backend.bootstrap.demo import DIRECTORY, REGISTERS
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.sending import Cabinet, act_of, open_cabinet, recording, with_history
from addin_backend.errors import BadInput
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.flows.intake import from_draft
from addin_backend.flows.offline import ADDRESSES, Hearing, declare_emergency, hear, inside_of, snapshot_of
from addin_backend.model.decision import Action
from addin_backend.model.directory import DirectoryEntry, EntryKind
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.identity import Identity
from addin_backend.model.offline import EMERGENCY, SNAPSHOT, Entry, Inside, Paper
from addin_backend.sealing import paper as papers
from addin_backend.settings import Settings
from addin_backend.web.services import Addin, CheckCall

METTE, JONAS, BO = "mette.holm@nordlys.example", "jonas.friis@nordlys.example", "bo.madsen@postkasse.example"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON = int(AT.timestamp())


class Heard:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        """Keep it."""
        self.events.append((event, fields))

    info = error = warning


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample organisation with its registers and its directory."""
    data = tmp_path_factory.mktemp("offline")
    return msgspec.structs.replace(
        Settings(), data_dir=str(data), resolver="127.0.0.1:9", registers_dir=str(REGISTERS), directory_file=str(DIRECTORY)
    )


@pytest.fixture(scope="module")
def installation(settings: Settings) -> Iterator[tuple[LiveRules, Cabinet]]:
    """Real rules, a real log, no web."""
    rules, cabinet = LiveRules(settings, read_here), open_cabinet(settings)
    rules.start(cabinet)
    yield rules, cabinet
    rules.close()
    cabinet.close()


@pytest.fixture
def cabinet(installation: tuple[LiveRules, Cabinet]) -> Cabinet:
    """Its log and keys."""
    return installation[1]


@pytest.fixture(scope="module")
def addin(settings: Settings, installation: tuple[LiveRules, Cabinet]) -> Addin:
    """What the web room is given."""
    return open_addin(settings, *installation)


@pytest.fixture
def hearing(installation: tuple[LiveRules, Cabinet]) -> tuple[Hearing, Heard]:
    """What takes the reports in, with a clock that stands still."""
    rules, cabinet = installation
    log, own = Heard(), rules.current.book.registers.own_domains
    checking = with_history(rules.current.checking, cabinet)
    return Hearing(checking, recording(cabinet), cabinet.keys.secret("offline"), own, lambda: AT, log), log


def _paper(cabinet: Cabinet, kind: str = SNAPSHOT) -> Paper:
    return papers.issue(cabinet.keys.secret("offline"), kind, AT - timedelta(hours=1), 4 * 3600, "v1")


def _records(cabinet: Cabinet, *actions: str) -> list[dict[str, Any]]:
    found = [json.loads(item.entry) for item in cabinet.log.latest(1000)]
    return [item for item in found if item["action"] in actions]


def _entry(name: str, **changes: Any) -> Entry:
    told = Entry(id=name, at=NOON, mailbox=METTE, allowed=True, reason="internal", recipients=(JONAS,))
    return msgspec.structs.replace(told, **changes)


def _clock(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def _request(name: str) -> str:
    """How an entry of Mette's stands in the log."""
    return hashlib.sha256(f"{METTE}\n{name}".encode()).hexdigest()[:32]


def _draft(body: str) -> DraftInput:
    return msgspec.convert({"from": METTE, "to": [{"address": BO}], "subject": "Din sag", "body": body}, DraftInput)


def test_the_snapshot_says_what_is_inside(addin: Addin, cabinet: Cabinet) -> None:
    """The domains; the own addresses that lead out again; the groups that do not; a seal, and a day at most."""
    made = addin.snapshot()
    assert made is not None
    assert made.domains == ("nordlys.example",)
    assert made.groups == ("alle@nordlys.example", "skade@nordlys.example")
    assert {item.split("@")[0] for item in made.leads_out} == {"projekt", "arkiv", "sofie.lind", "revisor", "konsulent"}
    assert made.switches.internal
    assert made.expires - made.issued == 86_400
    key = cabinet.keys.secret("offline")
    assert (
        papers.judge(key, SNAPSHOT, Paper(issued=made.issued, expires=made.expires, version=made.version, seal=made.seal), made.issued)
        == "holds"
    )
    assert len(msgspec.json.encode(made)) < 1000


def test_the_administrators_word_counts(settings: Settings, installation: tuple[LiveRules, Cabinet]) -> None:
    """Mail to colleagues can be switched off, and the day made shorter, never longer."""
    strict = msgspec.structs.replace(settings, offline_internal=False, offline_hours=2)
    made = snapshots(strict, installation[0], b"k" * 32)()
    assert (False, 7200) == (made.switches.internal, made.expires - made.issued)
    longer = snapshot_of(Inside(domains=("a.example",)), b"k" * 32, AT, timedelta(hours=200))
    assert longer.expires - longer.issued == 86_400


def test_without_a_directory_or_with_a_too_large_one_mail_to_colleagues_waits() -> None:
    """Nobody can say then what an own address leads to, and a failure must not make an answer milder."""

    class Many:
        """A directory full of guests."""

        def entries(self, addresses: Any, budget: float) -> dict[str, DirectoryEntry]:
            """All of them."""
            return {item: DirectoryEntry(kind=EntryKind.GUEST) for item in addresses}

    own = frozenset({"a.example"})
    nobody = inside_of(own, (), None, 100, True)
    assert (("a.example",), (), False) == (nobody.domains, nobody.leads_out, nobody.switches.internal)
    few = inside_of(own, [f"g{n}@a.example" for n in range(ADDRESSES)], Many(), 100, True)
    assert (ADDRESSES, True) == (len(few.leads_out), few.switches.internal)
    many = inside_of(own, [f"g{n}@a.example" for n in range(ADDRESSES + 1)], Many(), 100, True)
    assert (0, False) == (len(many.leads_out), many.switches.internal)


def test_what_is_told_twice_stands_in_the_log_once(hearing: tuple[Hearing, Heard], cabinet: Cabinet) -> None:
    """The client's own id decides; the record holds counts and words, and no address."""
    entry = _entry("told-twice-1", paper=_paper(cabinet))
    for _ in range(3):
        (received,) = hear([entry], METTE, hearing[0])
        assert ("told-twice-1", "holds", "") == (received.id, received.paper, received.action)
    found = [item for item in _records(cabinet, "offline_decided") if item["request_id"] == _request("told-twice-1")]
    assert len(found) == 1
    expected = {"reason": "internal", "allowed": "yes", "paper": "holds", "paper_version": "v1", "recipients": 1, "outside": 0}
    assert expected == {key: found[0]["body"][key] for key in expected}
    assert "@" not in json.dumps(found)
    assert hearing[1].events == []


@pytest.mark.parametrize(
    ("at", "said"),
    [(4_102_444_800, "ahead"), (0, "long ago"), (NOON + 3600, "ahead"), (NOON - 90, "2026-11-23T11:58Z"), (NOON + 30, "2026-11-23T12:00Z")],
)
def test_a_clients_clock_never_dates_a_record(hearing: tuple[Hearing, Heard], cabinet: Cabinet, at: int, said: str) -> None:
    """The record's time is ours (a log whose newest records lie decades apart would not open again); the client's is told beside it."""
    name = f"clock-{at}"
    for later in range(2):
        hear([_entry(name, at=at)], METTE, replace(hearing[0], clock=_clock(AT + timedelta(seconds=later))))
    (record,) = (item for item in _records(cabinet, "offline_decided") if item["request_id"] == _request(name))
    assert ("2026-11-23T12:00:00.000000Z", said) == (record["occurred_at"], record["body"]["client_at"])
    assert name not in json.dumps(record)


def test_the_same_id_with_another_content_changes_nothing_and_is_noticed(hearing: tuple[Hearing, Heard], cabinet: Cabinet) -> None:
    """What was told first stands."""
    hear([_entry("told-twice-2", paper=_paper(cabinet))], METTE, hearing[0])
    (received,) = hear([_entry("told-twice-2", paper=_paper(cabinet), recipients=(JONAS, METTE))], METTE, hearing[0])
    assert received.id == "told-twice-2"
    assert len([item for item in _records(cabinet, "offline_decided") if item["request_id"] == _request("told-twice-2")]) == 1
    assert [event for event, _ in hearing[1].events] == ["offline_decision_told_differently"]


@pytest.mark.parametrize(
    ("name", "changes", "state"),
    [
        ("ground-none", {"paper": None}, "none"),
        ("ground-forged", {"paper": Paper(issued=NOON, expires=NOON + 9, version="v1", seal="0" * 64)}, "forged"),
        ("ground-late", {"at": NOON + 5 * 3600}, "late"),
        ("ground-kind", {"reason": "degraded"}, "forged"),
        ("ground-outside", {"recipients": (JONAS, BO)}, "holds"),
        ("ground-address", {"recipients": ("ikke en adresse",)}, "holds"),
    ],
)
def test_a_mail_that_went_without_ground_raises_an_alarm(
    hearing: tuple[Hearing, Heard], cabinet: Cabinet, name: str, changes: dict[str, Any], state: str
) -> None:
    """No paper, a forged one, one that had ended, one of the other kind, or an outsider who was called a colleague."""
    (received,) = hear([_entry(name, **{"paper": _paper(cabinet), **changes})], METTE, hearing[0])
    assert received.paper == state
    assert [event for event, _ in hearing[1].events] == ["offline_decision_without_ground"]
    assert "@" not in repr(hearing[1].events)


def test_what_was_held_is_recorded_and_needs_no_ground(hearing: tuple[Hearing, Heard], cabinet: Cabinet) -> None:
    """A mail that did not go raises no alarm."""
    hear([_entry("held-1", allowed=False, reason="external", recipients=(BO,))], METTE, hearing[0])
    (record,) = (item for item in _records(cabinet, "offline_decided") if item["request_id"] == _request("held-1"))
    assert ("no", "external", 1) == (record["body"]["allowed"], record["body"]["reason"], record["body"]["outside"])
    assert hearing[1].events == []


def test_what_went_in_an_emergency_is_judged_once(hearing: tuple[Hearing, Heard], cabinet: Cabinet) -> None:
    """The decision that the service would have made is recorded with its question; one that should have been held raises an alarm."""
    paper = _paper(cabinet, EMERGENCY)
    told = [
        _entry("judged-mild", reason="degraded", recipients=(BO,), paper=paper, draft=_draft("Vi ses i morgen.")),
        _entry("judged-hard", reason="degraded", recipients=(BO,), paper=paper, draft=_draft("Hans CPR-nummer er 010190-1233.")),
    ]
    for _ in range(2):
        mild, hard = hear(told, METTE, hearing[0])
        assert ("allow", "confirm") == (mild.action, hard.action)
    wanted = {_request("judged-hard"), _request("judged-mild")}
    found = [item for item in _records(cabinet, "offline_judged") if item["request_id"] in wanted]
    assert (2, wanted) == (len(found), {item["request_id"] for item in found})
    assert "010190" not in json.dumps(found)
    assert {event for event, _ in hearing[1].events} == {"offline_mail_should_have_been_held"}
    judged = next(item for item in found if item["request_id"] == _request("judged-hard"))
    assert cabinet.questions.question(judged["event_id"]) is not None


def test_an_emergency_needs_two_people_and_lasts_hours(cabinet: Cabinet) -> None:
    """One person, nobody, the same one in other letters, no hours or five: refused, and nothing is recorded."""
    before = len(_records(cabinet, "snapshot_degraded"))
    act = act_of(METTE, METTE, "")
    for people, hours in [
        ((METTE, METTE), 1),
        ((METTE, ""), 1),
        ((METTE, f" {METTE.upper()} "), 1),
        ((METTE, JONAS), 0),
        ((METTE, JONAS), 5),
    ]:
        with pytest.raises(BadInput):
            declare_emergency(b"k" * 32, people, hours, act, cabinet.log, cabinet.names, "paper-1")
    assert len(_records(cabinet, "snapshot_degraded")) == before
    made = declare_emergency(b"k" * 32, (METTE, JONAS), 4, act, cabinet.log, cabinet.names, "paper-1")
    assert (4 * 3600, "holds") == (made.expires - made.issued, papers.judge(b"k" * 32, EMERGENCY, made, made.issued))
    record = _records(cabinet, "snapshot_degraded")[-1]
    assert (4, "paper-1") == (record["body"]["hours"], record["body"]["paper"])
    assert record["actor"] != record["body"]["approver_named"]
    declare_emergency(b"k" * 32, (METTE, JONAS), 1, act_of(METTE, METTE, "r-2"), cabinet.log, cabinet.names, "paper-2")
    assert record["body"]["approver_named"] == _records(cabinet, "snapshot_degraded")[-1]["body"]["approved_by"]


def test_a_hint_records_nothing_and_remembers_nobody(addin: Addin, cabinet: Cabinet) -> None:
    """A draft that is still being written is no mail that left: the log is as long as before."""
    size = cabinet.log.checkpoint().size
    identity = Identity(address=METTE, name="Mette", mailboxes=frozenset({METTE}))
    message = from_draft(_draft("Hans CPR-nummer er 010190-1233."))
    call = CheckCall(identity, METTE, "da", message, frozenset(), "", False, "r-1")
    assert addin.preflight(call).action is Action.CONFIRM
    assert addin.preflight(replace(call, message=from_draft(_draft("Vi ses i morgen.")))).action is Action.ALLOW
    assert cabinet.log.checkpoint().size == size


def test_what_the_add_in_tells_goes_through_the_same_door(addin: Addin, cabinet: Cabinet) -> None:
    """The web room's way in records too, with the real clock."""
    (received,) = addin.hear(METTE, [_entry("by-the-web", paper=_paper(cabinet))])
    assert received.id == "by-the-web"
    assert [item["request_id"] for item in _records(cabinet, "offline_decided")].count(_request("by-the-web")) == 1


@pytest.mark.parametrize(
    ("url", "origin"), [("https://a.example/x?y", "https://a.example"), ("http://127.0.0.1:8000", "http://127.0.0.1:8000")]
)
def test_the_origin_is_scheme_and_host(url: str, origin: str) -> None:
    """What the event code asks is the public address without its path."""
    assert origin == origin_of(url)


def test_an_emergency_file_counts_until_it_ends(addin: Addin, settings: Settings) -> None:
    """What is not there, is no paper, or has ended is no emergency."""
    file = Path(settings.data_dir) / "degraded.json"
    now = int(datetime.now(UTC).timestamp())
    assert addin.emergency() is None
    for content, expected in [
        (b"{", False),
        (b"null", False),
        (msgspec.json.encode(Paper(issued=0, expires=now - 1, version="v", seal="s")), False),
    ]:
        file.write_bytes(content)
        assert (addin.emergency() is not None) is expected
    file.write_bytes(msgspec.json.encode(Paper(issued=now, expires=now + 60, version="v", seal="s")))
    assert addin.emergency() is not None
    file.unlink()
