"""A mail that waits for TLS: the recipient never gets it twice, and the second copy never goes before the first is dead."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from addin_backend.errors import Conflict, NotFound, SendSecurelyError
from addin_backend.flows.waiting_ask import CannotBeSentInstead
from addin_backend.flows.waiting_facts import hear_report
from addin_backend.model.decision import Action, Protection
from addin_backend.model.delivery import Delivery, Fate, Source
from addin_backend.model.sending import SendState
from addin_backend.model.waiting import WANTS_A_PERSON, End, Wish, may_ask, shown
from sizes import size
from waiting_lab import ANNA, HALF_HOUR, JOB, METTE, PETER, Crash, Lab, fates, first_job

LATER = HALF_HOUR + timedelta(minutes=1)


def waiting(*addresses: str, **more: object) -> Lab:
    """A copy that has waited for more than half an hour, and is known to."""
    lab = Lab(addresses or (ANNA,), **more)  # type: ignore[arg-type]  # the lab's own fields
    for address in lab.addresses:
        lab.attempt(address, tls=False)
    lab.now += LATER
    lab.hear()
    return lab


def report(lab: Lab, fate: Fate, source: Source) -> None:
    """A report on the mail to Anna."""
    one = Delivery(job_id=JOB, mailbox=METTE, address=ANNA, protection=Protection.TLS, fate=fate, source=source, at=lab.now, status="4.7.5")
    hear_report(one, first_job(lab.addresses).groups[0].message_id, lab.hearing)


def test_nothing_is_offered_before_half_an_hour() -> None:
    """And then one note, once."""
    lab = Lab()
    lab.attempt(ANNA, tls=False)
    lab.hear()
    lab.round()
    assert [] == lab.told()
    with pytest.raises(Conflict, match="long enough"):
        lab.ask()
    lab.now += HALF_HOUR
    lab.round()
    lab.round()
    assert (["offer"], 1) == (lab.told(), len(lab.notes))
    (note,) = lab.notes.values()
    assert b"fynskpension.example" in note.mime
    assert (note.to, note.save_to) == ((METTE,), "inbox")


def test_what_was_delivered_before_anybody_asked_is_not_offered() -> None:
    """The delivery row ends it."""
    lab = waiting()
    lab.attempt(ANNA, tls=True)
    lab.hear()
    lab.round()
    assert [] == lab.told()
    with pytest.raises(Conflict, match="arrived"):
        lab.ask()


def test_withdrawn_and_sent_once() -> None:
    """The way it is meant to go, with every stage in the log, and only pseudonyms there."""
    lab = waiting()
    lab.round()
    lab.ask()
    assert Wish.ASKED is lab.row().wish
    lab.round()
    assert ("withdrawn", Wish.SENDING, 1) == (lab.queue[ANNA], lab.row().wish, len(lab.seconds()))
    lab.send_on()
    lab.round()
    lab.round()
    assert (Wish.SENT, ["offer", "sent"], 1) == (lab.row().wish, lab.told(), len(lab.seconds()))
    stages = [one.body["stage"] for one in lab.log.entries_by_id.values()]
    assert ["deferred", "asked", "withdrawn", "sending", "second_sent"] == stages
    assert lab.row().second == lab.log.stages("second_sent")[0]["second"]
    assert not any("@" in str(one.body) for one in lab.log.entries_by_id.values())
    assert {} == lab.waits.contents


def test_pressed_twice_is_one_wish() -> None:
    """Before the round, between, and after."""
    lab = waiting()
    lab.ask()
    lab.ask()
    lab.round()
    lab.ask()
    lab.send_on()
    lab.round()
    lab.ask()
    lab.round()
    assert (1, 1, 1) == (len(lab.seconds()), lab.withdrawals, lab.row().asks)


def test_delivered_just_before_the_withdrawal() -> None:
    """The wish is void, the sender is told, and nothing more is sent."""
    lab = waiting()
    lab.ask()
    lab.queue[ANNA] = "delivered"
    lab.round()
    lab.round()
    assert (Wish.VOID, End.DELIVERED, ["void"], []) == (lab.row().wish, lab.row().end, lab.told(), lab.seconds())


@pytest.mark.parametrize("withdrawing", ["unknown", "silent"])
def test_an_unknown_withdrawal_sends_nothing(withdrawing: str) -> None:
    """Whether it was taken out or not: nobody says so. The sender is told, and it stays open for the officer and for later facts."""
    lab = waiting(withdrawing=withdrawing)
    lab.ask()
    lab.round()
    lab.round()
    assert (Wish.NOT_WITHDRAWN, ["not_withdrawn"], []) == (lab.row().wish, lab.told(), lab.seconds())
    assert shown(lab.row()) in WANTS_A_PERSON
    assert [] == lab.waits.open(), "a round has nothing to do about it until something more is heard"


def test_later_facts_decide_what_was_unknown() -> None:
    """It expires: the wish still stands. It arrives: the wish is void."""
    lab = waiting(withdrawing="unknown")
    lab.ask()
    lab.round()
    lab.expire(ANNA)
    lab.hear()
    lab.round()
    assert 1 == len(lab.seconds())
    other = waiting(withdrawing="unknown")
    other.ask()
    other.round()
    other.attempt(ANNA, tls=True)
    other.hear()
    other.round()
    assert (Wish.VOID, [], "void") == (other.row().wish, other.seconds(), other.told()[-1])


def test_asked_again_after_it_could_not_be_withdrawn() -> None:
    """A new press asks the relay anew, and is a stage of its own in the log."""
    lab = waiting(withdrawing="unknown")
    lab.ask()
    lab.round()
    lab.withdrawing = "works"
    lab.ask()
    lab.round()
    assert (1, 2, 2) == (len(lab.seconds()), lab.withdrawals, len(lab.log.stages("asked")))


def test_handed_over_and_answered_by_a_row() -> None:
    """Until the row comes nothing is sent, however many rounds there are."""
    lab = waiting(withdrawing="handed_over")
    lab.ask()
    for _ in range(3):
        lab.round()
    assert (Wish.HANDED_OVER, [], 1) == (lab.row().wish, lab.seconds(), lab.withdrawals)
    lab.administrator()
    lab.hear()
    lab.round()
    assert 1 == len(lab.seconds())


def test_expired_before_the_press_needs_no_withdrawal() -> None:
    """It is dead already."""
    lab = waiting()
    lab.expire(ANNA)
    lab.hear()
    lab.ask()
    lab.round()
    assert (0, 1) == (lab.withdrawals, len(lab.seconds()))


def test_a_report_from_outside_makes_nothing_dead() -> None:
    """Whoever got the mail can write one. That it waits may be believed: it leads to an offer only."""
    lab = waiting(withdrawing="unknown")
    lab.ask()
    lab.round()
    report(lab, Fate.NOT_DELIVERED, Source.REPORT)
    lab.round()
    assert (End.NONE, []) == (lab.row().end, lab.seconds())
    report(lab, Fate.NOT_DELIVERED, Source.OWN_REPORT)
    lab.round()
    assert (End.FAILED, 1) == (lab.row().end, len(lab.seconds()))


def test_a_delay_report_begins_a_row() -> None:
    """As a relay's log does."""
    lab = Lab()
    report(lab, Fate.DELAYED, Source.REPORT)
    assert ANNA == lab.row().address
    lab.now += LATER
    assert may_ask(lab.row(), lab.now, HALF_HOUR)


def test_a_crash_between_the_dead_copy_and_the_second() -> None:
    """On either side of the press the next life sends it, once."""
    for where in ("crash_before", "crash_after"):
        lab = waiting()
        lab.ask()
        lab.fault = {"press": where}.get  # type: ignore[assignment]  # every other call goes well
        with pytest.raises(Crash):
            lab.round()
        lab.fault = lambda _name: ""
        lab.round()
        lab.send_on()
        lab.round()
        assert (1, Wish.SENT) == (len(lab.seconds()), lab.row().wish)


def test_what_cannot_go_by_itself_is_refused_before_anything_is_withdrawn() -> None:
    """To be confirmed, blocked, or not by the page: said at the press."""
    for change in ({"action": Action.CONFIRM}, {"action": Action.BLOCK}, {"protection": Protection.TLS}):
        lab = waiting(**change)
        with pytest.raises(CannotBeSentInstead):
            lab.ask()
        lab.round()
        assert (0, Wish.NONE) == (lab.withdrawals, lab.row().wish)


def test_a_second_that_did_not_leave_is_told_and_may_be_asked_for_again() -> None:
    """The first is dead, so the sender must know that nothing arrived."""
    lab = waiting(next_state=SendState.NOT_SENT)
    lab.ask()
    lab.round()
    lab.send_on()
    lab.round()
    assert (Wish.NOT_SENT, "not_sent") == (lab.row().wish, lab.told()[-1])
    lab.next_state = SendState.SENT
    lab.ask()
    lab.round()
    lab.send_on()
    lab.round()
    assert (Wish.SENT, [SendState.NOT_SENT, SendState.SENT]) == (lab.row().wish, [job.state for job in lab.seconds()])


def test_each_recipient_has_a_state_of_their_own() -> None:
    """One press asks for all who wait; who has got it meanwhile gets no second."""
    lab = waiting(ANNA, PETER)
    lab.ask()
    lab.queue[PETER] = "delivered"
    lab.round()
    assert (Wish.SENDING, Wish.VOID, []) == (lab.row(ANNA).wish, lab.row(PETER).wish, lab.seconds(PETER))


def test_nobody_elses_mail_can_be_asked_for() -> None:
    """A mail that nobody knows, and one whose delivery alone was heard."""
    lab = Lab()
    with pytest.raises(NotFound):
        lab.ask()
    lab.attempt(ANNA, tls=True)
    lab.hear()
    with pytest.raises(NotFound):
        lab.ask()


def _some(dice: random.Random, lab: Lab) -> None:
    """A part of what the relay has said is taken in, in any order, perhaps again."""
    rows = dice.sample(lab.said, dice.randint(0, len(lab.said)))
    lab.hear(rows)


def _live(lab: Lab, dice: random.Random, act: str) -> None:
    acts: dict[str, Callable[[], object]] = {
        "try": lambda: lab.attempt(dice.choice(lab.addresses), tls=False),
        "arrive": lambda: lab.attempt(dice.choice(lab.addresses), tls=True),
        "expire": lambda: lab.expire(dice.choice(lab.addresses)),
        "import": lambda: _some(dice, lab),
        "press": lab.ask,
        "round": lab.round,
        "administrator": lab.administrator,
        "workflow": lab.send_on,
        "forged": lambda: report(lab, Fate.NOT_DELIVERED, Source.REPORT),
        "delay report": lambda: report(lab, Fate.DELAYED, Source.REPORT),
    }
    with suppress(Crash, SendSecurelyError):
        acts[act]()


ACTS = ("try", "import", "press", "round", "round", "round", "administrator", "workflow", "forged", "delay report", "arrive", "expire")


def _judge(lab: Lab, where: str) -> None:
    """What must hold at any time: the queue says what is true."""
    for address in lab.addresses:
        seconds = lab.seconds(address)
        assert not seconds or lab.queue[address] in ("withdrawn", "expired"), where
        assert len([job for job in seconds if job.state is not SendState.NOT_SENT]) <= 1, where


def test_never_twice_and_never_before_it_is_dead() -> None:
    """Random orders of everything that can happen, with calls that fail or crash: the queue is the judge, at every step."""
    ends = dict.fromkeys(Wish, 0)
    for seed in range(size(sample=400, full=5_000)):
        dice = random.Random(seed)
        lab = Lab((ANNA, PETER)[: dice.randint(1, 2)], fault=fates(seed))
        for step in range(dice.randint(5, 40)):
            lab.now += timedelta(minutes=dice.choice((0, 1, 20)))
            lab.withdrawing = dice.choice(("works", "unknown", "silent", "handed_over"))
            lab.next_state = dice.choice((SendState.SENT, SendState.SENT, SendState.NOT_SENT))
            _live(lab, dice, dice.choice(ACTS))
            _judge(lab, f"seed {seed}, step {step}")
        _to_the_end(lab, seed)
        for row in lab.waits.rows.values():
            ends[row.wish] += 1
    assert all(ends[wish] for wish in (Wish.NONE, Wish.SENT, Wish.NOT_SENT, Wish.VOID)), ends


def _to_the_end(lab: Lab, seed: int) -> None:
    """Everything works again and all is known: each wish comes to its end, and the sender is told the truth."""
    lab.fault, lab.withdrawing = (lambda _name: ""), "works"
    for address in lab.addresses:
        lab.expire(address)
    for _ in range(4):
        lab.administrator()
        lab.hear()
        lab.round()
        lab.send_on()
    _judge(lab, f"seed {seed}, end")
    for (_, address), row in lab.waits.rows.items():
        silent = row.wish is Wish.NOT_WITHDRAWN and lab.queue[address] == "withdrawn"  # it is gone, and nobody ever says so
        assert silent or row.wish in (Wish.NONE, Wish.SENT, Wish.NOT_SENT, Wish.VOID), f"seed {seed}"
        assert (row.wish is Wish.VOID) <= (lab.queue[address] == "delivered"), f"seed {seed}"
        if row.wish is not Wish.NONE:
            assert row.wish.value == lab.told(address)[-1], f"seed {seed}"
