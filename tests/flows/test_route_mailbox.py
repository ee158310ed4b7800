"""Which transport a mailbox goes over and why; work stays on the one it began with; failures are remembered. On the real store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addin_backend.errors import BadInput, NotFound, NotYours, OutcomeUnknown, SendSecurelyError, Unavailable
from addin_backend.flows.route_mailbox import NoTransport, RoutedMailbox, Routing, ask_again, route_of
from addin_backend.model.delivery import ArrivedPage
from addin_backend.model.item_ids import rest_id
from addin_backend.model.ledger import SentEntry, SentPage
from addin_backend.model.routing import RoutingTable, Transport, Why
from addin_backend.model.send_folder import Lying, Written
from addin_backend.model.sending import Draft
from addin_backend.ports import Outgoing
from exchange_simulator import mail
from route_store import route_store

EWS, GRAPH = Transport.EWS, Transport.GRAPH
ANNA, BO = "anna@firma.example", "bo@lager.firma.example"
DRAFT = Draft(item_id="AAMk/a+", change_key="CQ")


@dataclass
class Edge:
    """A transport that writes down what it was asked for. What it raises and whom it reaches is set by the test."""

    reaches: set[str] = field(default_factory=set)
    failing: SendSecurelyError | None = None
    asked: list[str] = field(default_factory=list)

    def _act(self, what: str) -> None:
        self.asked.append(what)
        if self.failing is not None:
            raise self.failing

    def answers(self, mailbox: str) -> bool:
        self._act("answers")
        return mailbox in self.reaches

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        self._act("fetch_draft")
        return DRAFT, b""

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        self._act("disarm")
        return draft

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        self._act("restore")

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        self._act("discard")

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        self._act(f"sent_since {state}")
        return SentPage(entries=(), state="next", more=False)

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        self._act("read_sent")
        return {}

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        self._act(f"arrived_since {state}")
        return ArrivedPage(entries=(), state="next", more=False)

    def lying(self, mailbox: str, folder: str) -> Sequence[Lying]:
        self._act("lying")
        return ()

    def written(self, mailbox: str, item_id: str) -> Written:
        self._act("written")
        raise NotFound

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        self._act("move_item")

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        self._act("put_note")

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        self._act("sent_mime")
        return b""

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        self._act("remove_copy")

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        self._act("remove_draft")

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        self._act("save")
        return Draft(item_id=f"AAMk{outgoing.marker}", change_key="CQ")

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        self._act("send")

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        self._act("was_sent")
        return False

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        self._act("store_copy")


class World:
    """Two edges, the real store, and a clock that the test turns."""

    def __init__(self, path: Path) -> None:
        self.store = route_store(path)
        self.ews, self.graph = Edge({ANNA, BO}), Edge({ANNA, BO})
        self.at = datetime(2026, 11, 28, 12, tzinfo=UTC)
        self.drafts: dict[str, str] = {}
        self.routing = Routing({EWS: self.ews, GRAPH: self.graph}, RoutingTable(), None, self.store, lambda: self.at, self.drafts.get)

    def mailbox(self) -> RoutedMailbox:
        """As after a start of the server."""
        return RoutedMailbox(self.routing)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh one for each test."""
    made = World(tmp_path / "routes.sqlite")
    yield made
    made.store.close()


def test_the_strongest_word_counts(world: World) -> None:
    """A choice for the mailbox, then the table's mailbox, its domain, the setting, and last who answers."""
    table = RoutingTable(mailboxes={ANNA: EWS}, domains={"firma.example": GRAPH, "lager.firma.example": EWS})
    told = replace(world.routing, table=table, default=GRAPH)
    assert (EWS, Why.MAILBOX) == (route_of("Anna@Firma.example", told).transport, route_of(ANNA, told).why)
    assert (EWS, Why.DOMAIN) == (route_of(BO, told).transport, route_of(BO, told).why)
    assert (GRAPH, Why.DEFAULT) == (route_of("c@x.example", told).transport, route_of("c@x.example", told).why)
    world.store.choose(ANNA, GRAPH, world.at)
    assert (GRAPH, Why.CHOSEN) == (route_of(ANNA, told).transport, route_of(ANNA, told).why)
    world.store.choose(ANNA, None, world.at)
    assert Why.MAILBOX is route_of(ANNA, told).why
    assert [] == world.graph.asked == world.ews.asked


def test_the_only_transport_is_the_one(world: World) -> None:
    """Whatever a table says about one that is not set up."""
    alone = replace(world.routing, transports={EWS: world.ews}, table=RoutingTable(mailboxes={ANNA: GRAPH}))
    assert (EWS, Why.ONLY) == (route_of(ANNA, alone).transport, route_of(ANNA, alone).why)


@pytest.mark.parametrize(("graph", "ews", "expected"), [(True, True, GRAPH), (False, True, EWS), (True, False, GRAPH)])
def test_who_answers_is_asked_and_remembered_with_its_date(world: World, graph: bool, ews: bool, expected: Transport) -> None:
    """Graph first: EWS of Exchange Online ends. Asked once in thirty days."""
    world.graph.reaches, world.ews.reaches = ({ANNA} if graph else set()), ({ANNA} if ews else set())
    first = route_of(ANNA, world.routing)
    assert (expected, Why.ANSWERED, world.at, world.at) == (first.transport, first.why, first.since, first.asked_at)
    asked = len(world.graph.asked) + len(world.ews.asked)
    world.at += timedelta(days=29)
    assert first == route_of(ANNA, world.routing)
    assert asked == len(world.graph.asked) + len(world.ews.asked)
    world.at += timedelta(days=2)
    again = route_of(ANNA, world.routing)
    assert (first.since, world.at) == (again.since, again.asked_at)


def test_a_transport_that_gives_no_answer_is_no_no(world: World) -> None:
    """Unknown is not "the other one": nothing is decided, except by what was learnt before."""
    world.graph.failing = Unavailable()
    with pytest.raises(Unavailable):
        route_of(ANNA, world.routing)
    world.graph.failing = None
    known = route_of(ANNA, world.routing)
    world.graph.failing = Unavailable()
    assert known == ask_again(ANNA, world.routing)


def test_a_mailbox_that_nobody_reaches_is_told(world: World) -> None:
    """With what an administrator can do."""
    with pytest.raises(NoTransport) as caught:
        world.mailbox().fetch_draft("nobody@firma.example", "AAMk")
    assert caught.value.next_step_da


def outgoing(name: str) -> Outgoing:
    """A copy of job ``name``."""
    return mail(f"{name}.g1")


def test_a_job_stays_on_the_transport_that_it_began_with(world: World) -> None:
    """Also after a restart, for its draft, its copies, the look and the readable copy; the next job goes the new way."""
    world.store.choose(ANNA, EWS, world.at)
    world.drafts["job1"] = DRAFT.item_id
    world.mailbox().disarm(ANNA, DRAFT)
    world.store.choose(ANNA, GRAPH, world.at)
    later = world.mailbox()
    saved = later.save(ANNA, outgoing("job1"))
    later.was_sent(ANNA, outgoing("job1"))
    later.send(ANNA, saved, outgoing("job1"))
    later.store_copy(ANNA, mail("job1.copy"))
    later.restore(ANNA, Draft(item_id=rest_id(DRAFT.item_id), change_key="CR"))
    later.remove_draft(ANNA, saved)
    later.discard(ANNA, outgoing("job1"))
    later.remove_copy(ANNA, mail("job1.copy"))
    assert ["disarm", "save", "was_sent", "send", "store_copy", "restore", "remove_draft", "discard", "remove_copy"] == world.ews.asked
    assert [] == world.graph.asked
    later.save(ANNA, outgoing("job2"))
    assert ["save"] == world.graph.asked


def test_work_on_a_transport_that_is_gone_waits(world: World, tmp_path: Path) -> None:
    """It is not carried on over the other ones: the setting brings it back."""
    world.store.choose(ANNA, EWS, world.at)
    world.mailbox().save(ANNA, outgoing("job1"))

    class Third(str):
        """A transport of a later version."""

    without = RoutedMailbox(replace(world.routing, transports={GRAPH: world.graph, Third("third"): Edge()}))  # type: ignore[dict-item]  # so that two are set up
    with pytest.raises(Unavailable):
        without.was_sent(ANNA, outgoing("job1"))
    assert world.graph.asked == []


@pytest.mark.parametrize(("error", "noted"), [
    (Unavailable(), "unavailable"), (OutcomeUnknown(), "outcome_unknown"), (NotYours(), "not_yours"), (NotFound(), ""), (BadInput(), ""),
])  # fmt: skip
def test_a_failure_of_the_transport_is_remembered_and_one_of_the_mail_is_not(world: World, error: SendSecurelyError, noted: str) -> None:
    """With its date; the error reaches the caller as it was."""
    world.mailbox().fetch_draft(ANNA, "AAMk")
    world.graph.failing = error
    with pytest.raises(type(error)):
        world.mailbox().fetch_draft(ANNA, "AAMk")
    (route,) = world.store.routes()
    assert (noted, world.at if noted else None) == (route.failed_code, route.failed_at)


def test_a_mailbox_that_was_moved_is_asked_for_again(world: World) -> None:
    """Whoever answered once and refuses now is asked again at the next use, and the other one takes over."""
    world.graph.reaches = set()
    world.mailbox().fetch_draft(ANNA, "AAMk")
    world.ews.failing, world.graph.reaches = NotYours(), {ANNA}
    with pytest.raises(NotYours):
        world.mailbox().fetch_draft(ANNA, "AAMk")
    world.mailbox().fetch_draft(ANNA, "AAMk")
    assert GRAPH is world.store.routes()[0].transport


def test_a_state_of_sent_items_is_good_on_its_own_transport_only(world: World) -> None:
    """After a change the ledger begins anew, as it does when Exchange has forgotten a state."""
    world.store.choose(ANNA, EWS, world.at)
    page = world.mailbox().sent_since(ANNA, "", 10)
    world.mailbox().sent_since(ANNA, page.state, 10)
    assert ["sent_since ", "sent_since next"] == world.ews.asked
    world.store.choose(ANNA, GRAPH, world.at)
    with pytest.raises(NotFound):
        world.mailbox().sent_since(ANNA, page.state, 10)
    assert [] == world.graph.asked
    world.mailbox().read_sent(ANNA, ())
    assert ["read_sent"] == world.graph.asked


def test_two_processes_agree_on_what_work_began_with(world: World, tmp_path: Path) -> None:
    """The first one that pins decides."""
    other = route_store(tmp_path / "routes.sqlite")
    assert [EWS, EWS] == [world.store.pin("job x", EWS, world.at), other.pin("job x", GRAPH, world.at)]
    other.forget_pins_before(world.at + timedelta(seconds=1))
    assert world.store.pinned("job x") is None
    other.close()


def test_no_address_stands_in_the_file(world: World, tmp_path: Path) -> None:
    """Neither of a mailbox that was asked about or chosen for, nor in what work began with."""
    route_of(ANNA, world.routing)
    world.store.choose(BO, EWS, world.at)
    world.store.pin(f"item {ANNA}", EWS, world.at)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("routes.sqlite*"))
    assert held
    assert [False, False] == [address.encode() in held for address in (ANNA, BO)]
    assert [ANNA] == [route.mailbox for route in world.store.routes()]
