"""A person takes a send in hand: nothing goes again unless a fresh look says that it has not left, and the log says who did what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from addin_backend.errors import Conflict, Unavailable
from addin_backend.flows.send_copy import AGAIN
from addin_backend.flows.send_parts import outgoing_of
from addin_backend.flows.take_in_hand import AGAIN_WITHIN, SETTLING, Hand, acts_for, take_in_hand
from addin_backend.model.sending import Act, SendJob, SendState
from test_send_faults import NOW, World
from world import Fate

Fault = Callable[[str], str]


class Starts:
    """Notes what was started."""

    def __init__(self) -> None:
        self.works: list[str] = []

    def start(self, job_id: str) -> None:
        """Start it."""
        self.works.append(job_id)

    def wait(self, job_id: str, seconds: float) -> bool:
        """Nobody waits."""
        return True

    def close(self) -> None:
        """Nothing is open."""


def hand(world: World, recorded: list[tuple[str, str]], decide: Callable[[SendJob], None] = lambda job: None) -> Hand:
    """A hand in this world, which notes what it records."""
    return Hand(
        store=world.store,  # type: ignore[arg-type]  # the methods that a hand uses
        rounds=world.rounds,  # type: ignore[arg-type]  # likewise
        durable=Starts(),
        mailbox=world.exchange,
        outgoing=lambda job_id, name: outgoing_of(job_id, name, world.parts()),
        record=lambda job, act, seen: recorded.append((act.value, seen)),
        decide_again=decide,
        clock=lambda: world.now,
    )


def faults(**plan: str) -> Fault:
    """The same fault each time for the named calls."""
    return lambda name: plan.get(name, "")


def uncertain(left: bool) -> World:
    """One clear copy of which nobody knows whether it left; Exchange answers again now."""
    looks = iter([""])
    world = World(1, Fate(lambda name: next(looks, "before") if name == "look" else "after" if left and name == "send" else ""))
    if not left:
        world.fate.next = lambda name: "before" if name == "fetch" else "lost" if name == "send" else ""
    world.live()
    assert world.store.current.state is SendState.UNCERTAIN
    world.fate.next = faults()
    return world


def partly() -> World:
    """Three copies of which the second was refused."""
    sends = iter(["", *["before"] * (len(AGAIN) + 1), ""])
    world = World(3, Fate(lambda name: next(sends, "") if name == "send" else ""))
    assert world.live().state is SendState.PARTLY_SENT
    world.fate.next = faults()
    return world


def done(world: World, act: Act, recorded: list[tuple[str, str]]) -> SendJob:
    """The act, and the round that it begins."""
    take_in_hand("j", act, hand(world, recorded))
    return world.run_round()


def test_it_was_sent(recorded: list[tuple[str, str]]) -> None:
    """The look finds it; the job is sent, the draft goes, and both the act and the outcome are recorded."""
    world = uncertain(left=True)
    assert done(world, Act.WAS_SENT, recorded).state is SendState.SENT
    assert ([("was_sent", "found")], ["decided", "uncertain", "sent"]) == (recorded, world.log.actions)
    assert world.exchange.drafts == {}


def test_it_was_not_sent(recorded: list[tuple[str, str]]) -> None:
    """The copy still lies there: it is taken away, sealed anew and sent once."""
    world = uncertain(left=False)
    with pytest.raises(Conflict):
        take_in_hand("j", Act.WAS_SENT, hand(world, recorded))
    assert done(world, Act.SEND_AGAIN, recorded).state is SendState.SENT
    assert ([("send_again", "lies_unsent")], ["j.clear"], {}) == (recorded, world.exchange.journal, world.exchange.drafts)


def test_send_again_about_a_mail_that_was_sent_sends_nothing(recorded: list[tuple[str, str]]) -> None:
    """The person is mistaken; the look knows better."""
    world = uncertain(left=True)
    assert done(world, Act.SEND_AGAIN, recorded).state is SendState.SENT
    assert ([("send_again", "found")], ["j.clear"]) == (recorded, world.exchange.journal)


@pytest.mark.parametrize("act", [Act.SEND_AGAIN, Act.GIVE_BACK])
def test_nothing_is_done_while_exchange_is_away(act: Act, recorded: list[tuple[str, str]]) -> None:
    """No look, no act: nothing is recorded and no round begins."""
    world = uncertain(left=False)
    world.fate.next = faults(look="before")
    with pytest.raises(Unavailable):
        take_in_hand("j", act, hand(world, recorded))
    assert ([], 1) == (recorded, world.rounds.now.number)


@pytest.mark.parametrize("act", [Act.SEND_AGAIN, Act.GIVE_BACK])
def test_a_copy_that_is_nowhere_may_have_been_sent_just_now(act: Act, recorded: list[tuple[str, str]]) -> None:
    """Somebody took the copy away by hand. Until the index has had its time nothing is done; after that the person decides."""
    world = uncertain(left=False)
    world.exchange.drafts = {"draft": "the draft itself"}
    with pytest.raises(Conflict):
        take_in_hand("j", act, hand(world, recorded))
    world.now = NOW + SETTLING + timedelta(seconds=1)
    job = done(world, act, recorded)
    expected = (SendState.SENT, ["j.clear"]) if act is Act.SEND_AGAIN else (SendState.NOT_SENT, [])
    assert expected == (job.state, world.exchange.journal)
    assert ("draft" in world.exchange.armed) is (act is Act.GIVE_BACK)


def test_the_missing_recipients_can_be_sent_to_again(recorded: list[tuple[str, str]]) -> None:
    """Only the copy that did not leave goes; the readable copy that says so takes the place of the first."""
    world = partly()
    assert done(world, Act.SEND_AGAIN, recorded).state is SendState.SENT
    assert ["j.clear", "j.portal1", "j.portal2"] == sorted(world.exchange.journal)
    assert (["j.copy"], {}, {}) == (world.exchange.copies, world.exchange.drafts, world.store.bytes)
    assert world.log.actions == ["decided", "partly_sent", "sent"]


def test_the_draft_comes_back_with_the_missing_recipients_only(recorded: list[tuple[str, str]]) -> None:
    """Who has it already is not on the draft any more, and nothing more can be done with this send."""
    world = partly()
    job = done(world, Act.GIVE_BACK, recorded)
    assert (SendState.PARTLY_SENT, True, {"b@outside.example"}) == (job.state, job.closed, world.exchange.armed_for)
    assert ((), {}) == (acts_for(job, NOW), world.store.bytes)


def test_cancelled_after_a_part_was_sent(recorded: list[tuple[str, str]]) -> None:
    """The rest is not sent, and the draft goes."""
    world = partly()
    job = done(world, Act.CANCEL, recorded)
    assert (SendState.PARTLY_SENT, True, {}) == (job.state, job.closed, world.exchange.drafts)


def test_sent_again_after_it_was_stopped_under_way(recorded: list[tuple[str, str]]) -> None:
    """The wish to stop is over once somebody has it sent again."""
    world = partly()
    world.rounds.stop("j")
    assert done(world, Act.SEND_AGAIN, recorded).state is SendState.SENT
    assert ["j.clear", "j.portal1", "j.portal2"] == sorted(world.exchange.journal)


def test_cancelled_while_it_is_under_way(recorded: list[tuple[str, str]]) -> None:
    """Before the first copy leaves: nothing leaves, and the draft is where it was."""
    world = World(2, Fate(faults()))
    take_in_hand("j", Act.CANCEL, hand(world, recorded))
    assert (world.live().state, world.store.current.error_code, world.exchange.journal) == (SendState.NOT_SENT, "stopped", [])
    assert ("draft" in world.exchange.armed, recorded) == (True, [("cancel", "")])


def test_rules_that_changed_stop_a_second_send(recorded: list[tuple[str, str]]) -> None:
    """It is decided again first; what would go otherwise today does not go, and no act is recorded."""

    def refuse(job: SendJob) -> None:
        raise Conflict

    world = partly()
    with pytest.raises(Conflict):
        take_in_hand("j", Act.SEND_AGAIN, hand(world, recorded, refuse))
    assert ([], 1) == (recorded, world.rounds.now.number)


def test_two_people_at_once_are_one_act(recorded: list[tuple[str, str]]) -> None:
    """The second is told that it is not waiting any more."""
    world = partly()
    take_in_hand("j", Act.SEND_AGAIN, hand(world, recorded))
    with pytest.raises(Conflict):
        take_in_hand("j", Act.SEND_AGAIN, hand(world, recorded))
    world.run_round()
    assert len(world.exchange.journal) == 3


def test_what_can_be_done_depends_on_the_state() -> None:
    """A mail of yesterday is not sent again as it was sealed; one that is sent or given back waits for nobody."""
    job = partly().store.current
    assert {Act.SEND_AGAIN, Act.GIVE_BACK, Act.CANCEL} == set(acts_for(job, NOW))
    assert {Act.GIVE_BACK, Act.CANCEL} == set(acts_for(job, NOW + AGAIN_WITHIN + timedelta(seconds=1)))
    whole = World(1, Fate(faults())).live()
    assert acts_for(whole, NOW) == ()


@pytest.fixture
def recorded() -> list[tuple[str, str]]:
    """What was written to the log about acts: (act, what was seen)."""
    return []
