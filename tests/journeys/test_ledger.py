"""Sent Items of mixed sends reconcile to nothing unexplained, over EWS and over Graph, on real stores, real rules and the simulator."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from addin_backend.bootstrap.demo import DIRECTORY
from addin_backend.bootstrap.ledger import LedgerLoop
from addin_backend.errors import Unavailable
from addin_backend.flows.ledger import SentItems
from addin_backend.flows.patience import TRIES
from addin_backend.flows.seal_groups import TICKET_HEADER
from addin_backend.model.decision import Action
from addin_backend.model.ledger import How, SentEntry, SentPage
from addin_backend.sandbox.playground.invitations import calendar_request
from addin_backend.settings import Settings
from exchange_simulator import METTE, TRANSPORTS, World, mail, running
from ledger_lab import COLLEAGUE, CPR, PARTNER, PRIVATE, Lab, draft, fill, lab_over
from sizes import size

NEXT_SECOND = 1.1  # Exchange tells when a mail was sent in whole seconds: what the test before sent would belong to this ledger too


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; nothing that went either way broke a schema."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        yield world
        assert world.violations() == []


@pytest.fixture(params=TRANSPORTS)
def lab(world: World, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A new ledger that begins now."""
    world.over(request.param)
    time.sleep(NEXT_SECOND)
    with lab_over(world, tmp_path_factory.mktemp("data"), world.graph if request.param == "graph" else world.ews) as made:
        made.run()
        yield made


def records(lab: Lab) -> list[dict[str, object]]:
    """The records of mails that were judged afterwards."""
    entries = [json.loads(entry.entry) for entry in lab.cabinet.log.entries(0, lab.cabinet.log.checkpoint().size)]
    return [entry for entry in entries if entry["action"] == "unchecked"]


@pytest.mark.timeout(1800)  # a thousand mails are really sent
def test_mixed_sends_reconcile_to_nothing_unexplained(lab: Lab) -> None:
    """Each item is of the kind that it was sent as; a second run finds nothing new; every unchecked one has its record, once."""
    expected = fill(lab, size(sample=20, full=1000))
    assert expected == lab.run().by
    assert dict.fromkeys(How, 0) == lab.run().by
    assert expected[How.CASE] + expected[How.UNCHECKED] == len(lab.lines()) == len(records(lab))
    assert {(how, how is not How.CASE) for how in (How.CASE, How.UNCHECKED)} == {(line.how, line.action == "allow") for line in lab.lines()}
    assert {line.event_id for line in lab.lines()} == {str(entry["event_id"]) for entry in records(lab)}


def test_what_lay_there_before_is_none_of_the_ledgers(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A mailbox that is met for the first time begins then."""
    old = mail(save_to="sentitems", extra=b"Date: Sat, 28 Nov 2020 10:00:00 +0100\r\n")
    world.over("ews").mailbox.store_copy(METTE, old)
    time.sleep(NEXT_SECOND)
    with lab_over(world, tmp_path_factory.mktemp("data"), world.ews) as made:
        count = made.run()
    assert (dict.fromkeys(How, 0), True) == (count.by, count.old > 0)


def test_the_ledger_begins_with_the_server(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The first round does not wait for the second one's time: what leaves from then on is in it."""
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(data_dir=str(folder), directory_file=str(DIRECTORY), ledger_seconds=3600)
    with lab_over(world, folder, world.ews) as lab:
        rules = SimpleNamespace(lent=lambda: nullcontext(SimpleNamespace(checking=lab.checking)))
        loop = LedgerLoop(settings, lab.cabinet, rules, world.ews)  # type: ignore[arg-type]  # all that it asks of the rules is to lend them
        loop.start()
        try:
            ends_at = time.monotonic() + 60
            while loop.view().mailboxes == 0 and time.monotonic() < ends_at:
                time.sleep(0.05)
            assert loop.view().mailboxes > 0
        finally:
            loop.stop()


@pytest.mark.parametrize("rich", [False, True])
def test_an_invitation_that_was_checked_is_explained(lab: Lab, rich: bool) -> None:
    """Checked as title, text and place; sent as a mail with a request. The same one with more in the request is judged as it left."""
    text = "Vi tager bordet ved vinduet." if not rich else '<html><head></head><body dir="ltr"><div>Vi tager bordet.</div></body></html>'
    made = {**draft(COLLEAGUE, f"Frokost {rich}", text), "body_format": "html" if rich else "plain"}
    lab.checked({**made, "body": f"{text}\nCafé Havnen"}, Action.ALLOW, sent=False)
    at = datetime.now(UTC)
    for described in (made, {**made, "body": f"Diagnosen er stillet. CPR-nummer: {CPR}"}):
        request = calendar_request(described, at, at + timedelta(hours=1), "Café Havnen", f"{rich}@nordlys.example", at)
        lab.outlook.send_draft(METTE, lab.outlook.save_draft(METTE, made, at, calendar=request))
    found = lab.run().by
    assert (1, 1) == (found[How.CHECKED], found[How.CASE] + found[How.UNCHECKED])


def test_one_check_explains_one_mail(lab: Lab) -> None:
    """The same mail sent twice after one check: the second one is unchecked."""
    made = draft(COLLEAGUE, "To gange", "Hej")
    lab.checked(made, Action.ALLOW)
    lab.send(made)
    found = lab.run().by
    assert (1, 1) == (found[How.CHECKED], found[How.UNCHECKED])


def test_a_ticket_explains_its_own_mail_only(lab: Lab) -> None:
    """Put on a mail to somebody else, or on the same mail again, it explains nothing."""
    made = draft(PARTNER, "Billet", f"CPR-nummer: {CPR}")
    _, ticket = lab.check(made)
    assert ticket
    lab.send(made, {TICKET_HEADER: ticket})
    lab.send(made, {TICKET_HEADER: ticket})
    lab.send(draft(PRIVATE, "Billet", f"CPR-nummer: {CPR}"), {TICKET_HEADER: ticket})
    lab.send(draft(PRIVATE, "Falsk", f"CPR-nummer: {CPR}"), {TICKET_HEADER: "v1.AAAA." + "A" * 43})
    found = lab.run().by
    assert (1, 3) == (found[How.TICKET], found[How.CASE])


def test_our_message_id_alone_is_not_enough(lab: Lab) -> None:
    """A client may write any Message-ID; without our own property on the item it is judged like any other."""
    lab.ours()
    (own,) = [item for item in lab.world.items(METTE, "sentitems") if item["marker"] == f"{lab.last_job}.clear"]
    forged = mail(save_to="sentitems")
    mime = forged.mime.replace(forged.message_id.encode(), own["message_id"].encode()).replace(b"Hej Bo", f"CPR-nummer: {CPR}".encode())
    copy = type(forged)(mime=mime, to=forged.to, cc=(), bcc=(), message_id=own["message_id"], marker=forged.marker, save_to="sentitems")
    lab.world.ews.store_copy(METTE, copy)
    found = lab.run().by
    assert (1, 1) == (found[How.OURS], found[How.CASE])


def test_a_changed_text_is_judged_again(lab: Lab) -> None:
    """Checked as one thing and sent as another: subject and recipient are the same, the letters are not."""
    lab.check(draft(PRIVATE, "Ændret", "Tak for sidst"))
    lab.send(draft(PRIVATE, "Ændret", f"CPR-nummer: {CPR}"))
    assert 1 == lab.run().by[How.CASE]


def test_a_mailbox_that_does_not_answer_is_read_the_next_time(lab: Lab) -> None:
    """What was not read is not settled: the next run finds it."""
    lab.send(draft(PRIVATE, "Senere", f"CPR-nummer: {CPR}"))
    lab.world.fault("GetMime" if lab.world.transport == "graph" else "GetItem", "http", status=503)
    with pytest.raises(Unavailable):
        lab.run()
    assert 1 == lab.run().by[How.CASE]


def test_a_forgotten_state_begins_again(lab: Lab) -> None:
    """The server does not know the state any more: everything is listed again, and nothing is judged twice."""
    lab.send(draft(PRIVATE, "Forfra", f"CPR-nummer: {CPR}"))
    lab.run()
    place = lab.ledger.place(METTE)
    assert place is not None
    lab.ledger.settle(
        METTE,
        (),
        type(place)(state="%24deltatoken=lost" if lab.world.transport == "graph" else "bG9zdA==", since=place.since, read_at=place.read_at),
    )
    lab.send(draft(PRIVATE, "Forfra igen", f"CPR-nummer: {CPR}"))
    assert 1 == lab.run().by[How.CASE]
    assert 2 == len(records(lab))


class Breaking:
    """Sent Items of which one mail breaks whatever reads it."""

    def __init__(self, real: SentItems, bad: str) -> None:
        """``bad`` is a Message-ID."""
        self._real, self._bad = real, bad

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """The real page."""
        return self._real.sent_since(mailbox, state, most)

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The real mails, or an exception of nobody's."""
        if self._bad in [entry.message_id for entry in entries]:
            raise RecursionError
        return self._real.read_sent(mailbox, entries)


def test_a_mail_that_cannot_be_read_is_a_case_and_holds_up_nobody(lab: Lab) -> None:
    """Whatever it does to its reader, the others are read in the next round, and it is never called checked."""
    before = {item["message_id"] for item in lab.world.items(METTE, "sentitems")}
    lab.checked(draft(COLLEAGUE, "Ulæselig", "Hej"), Action.ALLOW)
    (bad,) = {item["message_id"] for item in lab.world.items(METTE, "sentitems")} - before
    lab.checked(draft(COLLEAGUE, "Læselig", "Hej"), Action.ALLOW)
    lab.parts = replace(lab.parts, sent_items=Breaking(lab.parts.sent_items, bad))
    runs = [lab.run() for _ in range(TRIES + 1)]
    assert (1, 1) == tuple(sum(run.by[how] for run in runs) for how in (How.CHECKED, How.CASE))
    assert (2, [1] * (TRIES - 1), 0) == (runs[0].unread, [run.unread for run in runs[1:-1]], runs[-1].unread)
    assert 1 == runs[-1].by[How.CASE]
