"""The send workflow under faults and crashes: never twice, never in clear, and never "not sent" about a mail that left."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from addin_backend.errors import BadInput, Conflict, NotFound, NotYours, SendSecurelyError, Unavailable
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.resume_send import resume
from addin_backend.flows.seal_groups import Sealing
from addin_backend.flows.send import send
from addin_backend.flows.send_parts import LATE_FOR, Sending, overall
from addin_backend.model.decision import Protection
from addin_backend.model.message import Message, Recipient
from addin_backend.model.record import Record
from addin_backend.model.sending import Act, Draft, Group, Left, PortalPackage, SendJob, SendState
from sizes import size
from world import Crash, Fate, MemoryExchange, MemoryRounds, RecordedSteps, Silent, Unfenced

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENDS = {SendState.SENT, SendState.NOT_SENT, SendState.PARTLY_SENT, SendState.UNCERTAIN}
MANY = "abcdef"


class Ring:
    """A key ring that wraps nothing: this test is about order, not about sealing."""

    def wrap(self, key: bytes, aad: bytes) -> tuple[str, bytes]:
        """The key as it is."""
        return "k", key

    def unwrap(self, key_id: str, wrapped: bytes, aad: bytes) -> bytes:
        """The key as it is."""
        return wrapped


class MemoryStore:
    """Jobs and bytes in memory."""

    def __init__(self, job: SendJob) -> None:
        self.current = job
        self.bytes: dict[str, bytes] = {}
        self.packages: dict[str, PortalPackage] = {}

    def claim_draft(self, job: SendJob) -> None:
        """Nobody else has it."""

    def job(self, job_id: str) -> SendJob:
        """The one job."""
        return self.current

    def save(self, job: SendJob, *, forget: bool = False) -> None:
        """Keep it; or forget what was kept for it."""
        self.current = job
        if forget:
            self.bytes.clear()

    def put_bytes(self, job_id: str, name: str, sealed: bytes) -> None:
        """Keep them."""
        self.bytes[name] = sealed

    def get_bytes(self, job_id: str, name: str) -> bytes:
        """Or NotFound."""
        if name not in self.bytes:
            raise NotFound()
        return self.bytes[name]

    def put_package(self, package: PortalPackage) -> None:
        """Idempotent."""
        self.packages[package.package_id] = package


class MemoryLog:
    """Records in memory; may be unavailable."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.actions: list[str] = []

    def append(self, record: Record) -> int:
        """One more."""

        def effect() -> int:
            self.actions.append(record.action)
            return len(self.actions)

        return self.fate.around("log", effect)


def _recipients(count: int) -> tuple[Recipient, ...]:
    return tuple(Recipient(address=f"{name}@outside.example", domain="outside.example") for name in MANY[:count])


def _job(count: int) -> tuple[SendJob, JobContent]:
    """A clear copy and a portal link for each recipient after the first."""
    recipients = _recipients(count)
    message = Message(sender="me@own.example", recipients=recipients, subject="s", body="b")
    protections = [Protection.TLS] + [Protection.PORTAL] * (count - 1)
    groups = tuple(
        Group(
            group_id=f"{protection.value}{index}" if index else "clear",
            protection=protection,
            addresses=(item.address,),
            message_id=f"<j.{index}@own.example>",
            state=SendState.DECIDED,
        )
        for index, (item, protection) in enumerate(zip(recipients, protections, strict=True))
    )
    job = SendJob(
        job_id="j",
        idempotency_key="k",
        mailbox="me@own.example",
        digest="0" * 64,
        draft=Draft(item_id="draft", change_key="ck"),
        policy_revision="0" * 64,
        state=SendState.DECIDED,
        groups=groups,
        created_at=NOW,
    )
    record = Record(event_id="e", occurred_at=NOW, action="decided", actor="a", request_id="r", body={})
    content = JobContent(
        message=message,
        protections={item.address: protection.value for item, protection in zip(recipients, protections, strict=True)},
        language="da",
        subject_sensitive=False,
        record=msgspec.json.encode(record),
    )
    return job, content


def _outcome(job: SendJob, number: int) -> Record:
    return Record(event_id=f"o{number}", occurred_at=NOW, action=job.state.value, actor="a", request_id="r", body={})


class World:
    """One sender, one press, and as many lives of the process as it takes."""

    def __init__(self, count: int, fate: Fate) -> None:
        job, content = _job(count)
        self.fate = fate
        self.exchange = MemoryExchange(fate, drafts={"draft": "the draft itself"}, armed={"draft"})
        self.store = MemoryStore(job)
        self.store.bytes["content"] = msgspec.msgpack.encode(content)
        self.log = MemoryLog(fate)
        self.steps = RecordedSteps(fate)
        self.rounds = MemoryRounds()
        self.fence = Unfenced()
        self.lives = 0
        self.now = NOW

    def parts(self) -> Sending:
        sealing = Sealing(
            certificates=None,  # type: ignore[arg-type]  # no S/MIME group in this test
            signer=None,
            ring=Ring(),
            store=self.store,  # type: ignore[arg-type]  # the methods that sealing uses
            ticket_key=b"t" * 32,
            public_url="https://x.example",
            organisation="X",
            new_id=lambda: "f" * 32,
            package_id=lambda name: "p" + name.replace("/", "-"),
        )
        return Sending(
            mailbox=self.exchange,
            store=self.store,  # type: ignore[arg-type]  # the methods that the workflow uses
            log=self.log,  # type: ignore[arg-type]  # likewise
            sealing=sealing,
            events=Silent(),
            outcome=_outcome,
            read_record=lambda raw: msgspec.json.decode(raw, type=Record),
            seal=lambda raw, name: raw,
            open=lambda raw, name: raw,
            sleep=lambda seconds: None,
            clock=lambda: self.now,
            rounds=self.rounds,  # type: ignore[arg-type]  # the methods that the workflow uses
            fence=self.fence,
            dice=lambda: 0.5,
        )

    def _end(self, work: Callable[[], None], lives: int) -> None:
        """Run until it ends; each crash is followed by another life that knows the recorded steps only."""
        for _ in range(lives):
            self.lives += 1
            try:
                work()
                return
            except Crash:
                continue
        self.fate.next = lambda name: ""
        work()

    def live(self, lives: int = 12) -> SendJob:
        """The press to its end."""
        self._end(lambda: send(self.steps, "j", self.parts()), lives)
        return self.store.current

    def later(self, act: Act | None = None, lives: int = 12) -> SendJob:
        """The next round, because it is due or somebody did something."""
        self.now = max(self.now, self.rounds.now.due or self.now)
        self.fate.carry_out()
        assert self.rounds.begin("j", self.rounds.now.number + 1, act)
        return self.run_round(lives)

    def run_round(self, lives: int = 12) -> SendJob:
        """The round that has begun."""
        number = self.rounds.now.number
        self.steps = RecordedSteps(self.fate)
        self._end(lambda: resume(self.steps, "j", number, self.parts()), lives)
        return self.store.current

    def settled(self) -> SendJob:
        """Round after round as long as one is due within the day."""
        while self.store.current.left and self.rounds.now.due:
            self.later()
        return self.store.current


def _judge(world: World, job: SendJob) -> None:
    """What must hold whatever happened; the journal of what left is the judge."""
    journal = world.exchange.journal
    copies = [marker for marker in journal if marker.startswith("j.")]
    assert len(copies) == len(set(copies)), "a copy left twice"
    assert "the draft itself" not in journal, "the draft left in clear"
    assert job.state in ENDS
    for group in job.groups:
        left = f"j.{group.group_id}" in journal
        assert not (group.state is SendState.SENT and not left), "said sent, and it was not"
        assert not (group.state is SendState.NOT_SENT and left), "said not sent, and it was"
    if copies:
        assert world.log.actions[:1] == ["decided"], "something left before the decision was recorded"
        assert "draft" not in world.exchange.armed, "a copy left while the draft could be sent in clear"
    if job.state is SendState.NOT_SENT:
        assert "draft" in world.exchange.drafts, "not sent, and the draft is gone"


def _judge_end(world: World, job: SendJob) -> None:
    """Once Exchange answers again: wholly sent and the draft gone, or nothing sent and the draft as it was; or partly, for a person."""
    assert job.state is not SendState.UNCERTAIN
    assert job.left == ()
    lying = [marker for marker in world.exchange.drafts.values() if marker.startswith("j.")]
    assert lying == [], "a copy lies ready to be sent by hand"
    if job.state is SendState.SENT:
        assert "draft" not in world.exchange.drafts
        assert world.exchange.copies == ([] if len(job.groups) == 1 else ["j.copy"])
    if job.state is SendState.NOT_SENT:
        assert "draft" in world.exchange.armed
    assert world.log.actions[-1] == job.state.value


def test_without_faults_everything_arrives_once() -> None:
    """The plain course: each copy once, the draft gone, one readable copy, two records."""
    world = World(3, Fate(lambda name: ""))
    job = world.live()
    assert (job.state, sorted(world.exchange.journal)) == (SendState.SENT, ["j.clear", "j.portal1", "j.portal2"])
    assert (world.exchange.drafts, world.exchange.copies, world.log.actions) == ({}, ["j.copy"], ["decided", "sent"])
    assert world.store.bytes == {}


@pytest.mark.parametrize("step", ["log", "disarm"])
def test_when_nothing_can_begin_nothing_is_sent(step: str) -> None:
    """Without the log, or with a draft that cannot be disarmed, nothing leaves and the draft is as it was."""
    world = World(2, Fate(lambda name: "before" if name == step else ""))
    job = world.live()
    assert (job.state, job.error_code, world.exchange.journal) == (SendState.NOT_SENT, Unavailable.code, [])
    assert "draft" in world.exchange.armed


def test_a_decision_that_waited_too_long_is_not_acted_on() -> None:
    """The server was down for an hour between the press and the start: nothing is sent, and the draft is where it was."""
    world = World(2, Fate(lambda name: ""))
    world.now = NOW + timedelta(hours=1)
    job = world.live()
    assert (job.state, job.error_code, world.exchange.journal, world.log.actions) == (SendState.NOT_SENT, "expired", [], ["not_sent"])
    assert "draft" in world.exchange.armed


def test_a_lost_answer_is_looked_up_and_not_sent_again() -> None:
    """The answer to each send is lost after the effect: looked up, found, sent once."""
    world = World(3, Fate(lambda name: "after" if name == "send" else ""))
    assert (world.live().state, len(world.exchange.journal)) == (SendState.SENT, 3)


def test_a_send_whose_look_up_fails_too_is_uncertain() -> None:
    """Nobody knows, so a person is asked; the draft stays disarmed and the content is kept. A later look finds it: sent, and told."""
    looks = iter(["", ""])
    world = World(1, Fate(lambda name: {"send": "after", "look": next(looks, "before")}.get(name, "") if name in {"send", "look"} else ""))
    job = world.live()
    assert (job.state, world.exchange.journal) == (SendState.UNCERTAIN, ["j.clear"])
    assert "draft" not in world.exchange.armed
    assert "content" in world.store.bytes
    world.fate.next = lambda name: ""
    assert (world.settled().state, world.exchange.journal) == (SendState.SENT, ["j.clear"])
    assert (world.exchange.drafts, world.log.actions) == ({}, ["decided", "uncertain", "sent"])
    assert world.store.bytes == {}


def test_one_failing_group_never_resends_another() -> None:
    """The second copy cannot be saved: the first stays sent once, and the sender is told that it is partly sent."""
    saves = iter(["", *["before"] * 5, ""])
    world = World(3, Fate(lambda name: next(saves, "") if name == "save" else ""))
    job = world.live()
    assert (job.state, sorted(world.exchange.journal)) == (SendState.PARTLY_SENT, ["j.clear", "j.portal2"])
    assert "draft" in world.exchange.drafts


def test_a_copy_that_is_refused_for_the_moment_is_tried_again() -> None:
    """Exchange is busy twice: each copy leaves once, the draft is gone, no copy lies among the drafts."""
    busy = iter(["before", "before"])
    world = World(2, Fate(lambda name: next(busy, "") if name == "send" else ""))
    assert (world.live().state, sorted(world.exchange.journal)) == (SendState.SENT, ["j.clear", "j.portal1"])
    assert world.exchange.drafts == {}


@pytest.mark.parametrize(("lag", "state"), [(1, SendState.SENT), (100, SendState.UNCERTAIN)])
def test_a_later_life_does_not_trust_a_refusal_of_its_own(lag: int, state: SendState) -> None:
    """Sent, and the process is gone; the next life does not see it among the sent yet, and its own request is refused: no second copy."""
    sends = iter(["crash_after", "before"])
    world = World(1, Fate(lambda name: next(sends, "") if name == "send" else ""))
    world.exchange.lag = lag
    assert (world.live().state, world.exchange.journal) == (state, ["j.clear"])


@pytest.mark.parametrize("refusal", [Conflict, NotYours, BadInput, Unavailable])
def test_no_refusal_of_a_later_life_counts_before_a_look(monkeypatch: pytest.MonkeyPatch, refusal: type[SendSecurelyError]) -> None:
    """Whatever word it is refused with, a mail that an earlier life sent is never told as not sent, and its draft is never armed again."""
    sends = iter(["crash_after"])
    world = World(1, Fate(lambda name: next(sends, "") if name == "send" else ""))
    world.exchange.lag = 1
    send = world.exchange.send

    def refusing(*given: object) -> None:
        if world.exchange.journal:
            raise refusal
        send(*given)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(world.exchange, "send", refusing)
    assert (world.live().state, world.exchange.journal) == (SendState.SENT, ["j.clear"])


def test_a_copy_that_is_saved_late_is_taken_away() -> None:
    """The request to save is given up, another one is sent, and then the first is carried out: no second copy lies ready in the end."""
    late = iter(["late"])
    world = World(1, Fate(lambda name: next(late, "") if name == "save" else ""))
    job = world.live()
    assert (job.state, job.left, world.exchange.journal) == (SendState.SENT, (Left.LATE,), ["j.clear"])
    world.fate.carry_out()
    assert sorted(world.exchange.drafts.values()) == ["j.clear"]
    assert "clear" in world.store.bytes
    assert (world.settled().left, world.exchange.drafts, world.store.bytes) == ((), {}, {})
    assert world.now - NOW >= LATE_FOR


def _dice_fate(dice: random.Random, weights: tuple[int, ...]) -> Callable[[str], str]:
    """Each call meets the next throw of the dice."""
    words = ["", "before", "after", "crash_before", "crash_after", "late"]
    return lambda name: dice.choices(words, weights)[0]


@pytest.mark.timeout(1800)  # the full count
def test_random_faults_and_crashes_never_break_the_promise() -> None:
    """Any order of lost requests, lost answers and crashes: the judge finds nothing wrong."""
    ends: dict[str, int] = {}
    for seed in range(size(sample=400, full=20_000)):
        dice = random.Random(seed)
        weights = dice.choice(
            [(90, 3, 3, 2, 2, 1), (60, 10, 10, 10, 10, 5), (97, 0, 0, 0, 3, 0), (70, 0, 30, 0, 0, 0), (70, 0, 0, 0, 0, 30)]
        )
        world = World(dice.randint(1, 4), Fate(_dice_fate(dice, weights)))
        first = world.live()
        _judge(world, first)
        world.fate.next = _dice_fate(dice, (90, 3, 3, 2, 2, 0))  # Exchange answers again, mostly
        job = world.settled()
        _judge(world, job)
        _judge_end(world, job)
        ends[f"{first.state.value} -> {job.state.value}"] = ends.get(f"{first.state.value} -> {job.state.value}", 0) + 1
    print("ends:", dict(sorted(ends.items())))
    assert {"sent -> sent", "not_sent -> not_sent", "uncertain -> not_sent"} <= set(ends)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([SendState.SENT, SendState.SENT], SendState.SENT),
        ([SendState.SENT, SendState.NOT_SENT], SendState.PARTLY_SENT),
        ([SendState.NOT_SENT], SendState.NOT_SENT),
        ([SendState.SENT, SendState.UNCERTAIN, SendState.NOT_SENT], SendState.UNCERTAIN),
    ],
)
def test_the_overall_state_is_the_one_a_person_must_know(states: list[SendState], expected: SendState) -> None:
    """Uncertain outweighs partly sent, which outweighs sent."""
    assert expected is overall(states)
