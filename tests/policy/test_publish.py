"""Putting rules in force: refused on any fault, recorded first, in effect at once, without letting go of a request."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from addin_backend.bootstrap import policy_changes
from addin_backend.bootstrap.checking import policy_files, revisions, rulebook
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.policy_changes import People, put_in_force
from addin_backend.bootstrap.sending import Cabinet, open_cabinet
from addin_backend.decision.revision import policy_set
from addin_backend.errors import BadInput, SendSecurelyError
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.flows.check import Ask, check, with_facts
from addin_backend.flows.policy.publish import PUBLISHED, Refused, Trying, Wish, target_of_rollback, try_out, two_people
from addin_backend.model.evidence import OrganisationKind
from addin_backend.model.message import Message, Recipient
from addin_backend.model.policy import Diagnostic, PolicyReport
from addin_backend.ports import PolicySet
from addin_backend.settings import Settings
from policy.engines import POLICIES, product_files

PEOPLE = People("mette@firma.example", "karin@firma.example")
MAIL = Message(
    sender="bo@firma.example",
    recipients=(Recipient(address="a@modtager.example", domain="modtager.example"),),
    subject="Sag",
    body="CPR 010190-1235",
)


def changed_rules(title: str) -> PolicySet:
    """The product's rules with another title for CO-01."""
    path = "sendsecurely/content/content.rego"
    raw = product_files()[path].decode()
    old = "Mailen indeholder et CPR-nummer"
    assert old in raw
    return policy_set({**product_files(), path: raw.replace(old, title, 1).encode()})


def wish(revision: str, number: int = 1) -> Wish:
    """A wish to publish it."""
    return Wish(
        event_id=f"01901234-5678-7abc-8def-{number:012d}",
        revision=revision,
        kind=PUBLISHED,
        asked_by=PEOPLE.asked_by,
        approved_by=PEOPLE.approved_by,
        at=datetime.now(UTC),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation of its own. The resolver answers nothing: nothing is looked up here."""
    return msgspec.structs.replace(Settings(), data_dir=str(tmp_path / "data"), resolver="127.0.0.1:9", engine_workers=2)


@pytest.fixture
def running(settings: Settings) -> Iterator[tuple[LiveRules, Cabinet]]:
    """A server's rules and its log, without its web."""
    rules, cabinet = LiveRules(settings, read_here), open_cabinet(settings)
    rules.start(cabinet)
    yield rules, cabinet
    rules.close()
    cabinet.close()


def actions(cabinet: Cabinet) -> list[dict[str, object]]:
    """The records of the log, oldest first."""
    return [json.loads(item.entry) for item in cabinet.log.latest(1000)]


def until(condition: threading.Event, seconds: float) -> None:
    """Wait for it, or fail."""
    assert condition.wait(seconds)


def test_new_rules_count_within_seconds_and_no_request_is_dropped(settings: Settings, running: tuple[LiveRules, Cabinet]) -> None:
    """Checks go on all the time: each is decided by the old or the new rules, none fails, and the record was written first."""
    rules, cabinet = running
    before = rules.current.book.policies.revision
    after = changed_rules("Der er et CPR-nummer i mailen")
    seen: list[tuple[str, str]] = []
    done, new_seen = threading.Event(), threading.Event()

    def go_on() -> None:
        while not done.is_set():
            with rules.lent() as in_force:
                offline = with_facts(in_force.checking, in_force.checking.facts, OrganisationKind.PRIVATE)
                decision, _ = check(MAIL, Ask(at=datetime.now(UTC)), offline)
            titles = [item.title.da for item in decision.findings if item.code == "CO-01"]
            seen.append((decision.policy_revision, titles[0] if titles else decision.findings[0].code))
            if decision.policy_revision == after.revision:
                new_seen.set()

    threads = [threading.Thread(target=go_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    old_pids = rules.current.checking.engine.pids()  # type: ignore[attr-defined]  # the embedded engine's own
    time.sleep(0.3)
    revisions(settings).keep(after)
    start = time.monotonic()
    publication = put_in_force(settings, wish(after.revision))
    until(new_seen, 10)
    took = time.monotonic() - start
    time.sleep(0.3)
    done.set()
    for thread in threads:
        thread.join()
    print(f"published to effect in {took:.2f} s over {len(seen)} checks")
    assert (publication.previous, publication.revision) == ("", after.revision)
    assert set(seen) == {
        (before, "Mailen indeholder et CPR-nummer"),
        (after.revision, "Der er et CPR-nummer i mailen"),
    }
    assert took < 10
    assert not any(Path(f"/proc/{pid}").exists() for pid in old_pids)
    last = actions(cabinet)[-1]
    assert last["action"] == "policy_published"
    assert last["body"]["revision"] == after.revision  # type: ignore[index]  # a record's body is an object
    assert {"asked_by", "approver_named"} <= set(last["body"])  # type: ignore[call-overload]  # one operator names both; nobody's approval is proved
    assert PEOPLE.asked_by not in json.dumps(last)


def test_rules_that_do_not_compile_leave_those_in_force(settings: Settings, running: tuple[LiveRules, Cabinet]) -> None:
    """Even when they reached the store: the server refuses the wish, nothing is recorded, the revision in force is untouched."""
    rules, cabinet = running
    before = rules.current.book.policies.revision
    path = "sendsecurely/content/content.rego"
    broken = policy_set(
        {**product_files(), path: product_files()[path].replace(b"findings contains finding if {", b"findings contains", 1)}
    )
    store = revisions(settings)
    store.keep(broken)
    with pytest.raises(Refused, match="cannot be used"):
        put_in_force(settings, wish(broken.revision))
    with pytest.raises(Refused, match="No rules with that revision"):
        put_in_force(settings, wish("0" * 64, 2))
    assert store.in_force() is None
    assert rules.current.book.policies.revision == before
    assert {item["action"] for item in actions(cabinet)} == {"started"}


def test_without_a_server_the_command_records_and_the_next_start_uses_it(settings: Settings) -> None:
    """The same wish twice is one record; what was published counts for every command, whatever the folder holds."""
    after = changed_rules("Andre ord")
    revisions(settings).keep(after)
    first = put_in_force(settings, wish(after.revision))
    assert put_in_force(settings, wish(after.revision)) == first
    assert rulebook(settings).policies.revision == after.revision
    assert policy_set(policy_files(settings)).revision != after.revision
    cabinet = open_cabinet(settings)
    assert [item["action"] for item in actions(cabinet)] == ["policy_published"]
    cabinet.close()


def test_a_recorded_decision_names_rules_that_can_be_loaded_again(settings: Settings, running: tuple[LiveRules, Cabinet]) -> None:
    """Those that were in force at the start are kept too, though nobody published them."""
    rules, _ = running
    revision = rules.current.book.policies.revision
    assert revisions(settings).load(revision).revision == revision


@pytest.mark.parametrize(("asked", "approved"), [("", "b@x.example"), ("a@x.example", ""), ("a@x.example", " A@X.example")])
def test_two_people_stand_behind_rules(asked: str, approved: str) -> None:
    """Neither nobody nor the same person twice."""
    with pytest.raises(BadInput):
        two_people(asked, approved)


REPORT = PolicyReport(revision="r", engines=("embedded", "opa"), rules=(), outcomes=(), without_must_fire=(), without_must_not_fire=())


@pytest.mark.parametrize(
    ("faults", "report", "told"),
    [
        ((Diagnostic(file="a.rego", row=3, col=1, sentence="x"),), REPORT, "a.rego:3"),
        ((), msgspec.structs.replace(REPORT, disagreements="3 of 20000 generated questions are answered differently"), ":0"),
        ((), msgspec.structs.replace(REPORT, unnoticed=("CO-01",)), ":0"),
        ((), msgspec.structs.replace(REPORT, unreached=("a.rego:9",)), ":0"),
    ],
)
def test_faults_failing_cases_and_differences_refuse(faults: tuple[Diagnostic, ...], report: PolicyReport, told: str) -> None:
    """Each with its place; what passed before need not be tried again."""
    rules = policy_set(product_files())
    trying = Trying(check=lambda _rules: faults, test=lambda _rules: report, tried=lambda _rules: False)
    with pytest.raises(Refused) as refused:
        try_out(rules, trying)
    assert any(told in f"{item.file}:{item.row}" for item in refused.value.faults)
    if not faults:
        try_out(rules, Trying(check=lambda _rules: (), test=lambda _rules: report, tried=lambda _rules: True))


def test_rollback_goes_to_what_was_in_force_and_nowhere_else(settings: Settings) -> None:
    """Without a name to the one before; a name must have been in force."""
    store = revisions(settings)
    with pytest.raises(Refused):
        target_of_rollback(store, None)
    first, second = changed_rules("Første"), changed_rules("Anden")
    for number, rules in enumerate((first, second)):
        store.keep(rules)
        put_in_force(settings, wish(rules.revision, number))
    assert target_of_rollback(store, None) == first.revision
    for name in ("0" * 64, second.revision):
        with pytest.raises(Refused):
            target_of_rollback(store, name)


def test_publishing_faulty_rules_by_the_command_names_the_place(settings: Settings, tmp_path: Path) -> None:
    """The whole journey of the command: refused with file, row and sentence; nothing is kept in force."""
    folder = tmp_path / "rego"
    for path, raw in product_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    rules = folder / "sendsecurely/recipients/recipients.rego"
    rules.write_text(rules.read_text().replace("recipient.valid == true", "time.now_ns() > 3", 1))
    out = io.StringIO()
    own = msgspec.structs.replace(settings, policies_dir=str(folder))
    with pytest.raises(SendSecurelyError):
        policy_changes.publish(own, PEOPLE, out)
    assert "recipients.rego:" in out.getvalue()
    assert "`time.now_ns` is not on the list" in out.getvalue()
    assert revisions(own).in_force() is None
    assert POLICIES.is_dir()
