"""What is known around a mail reaches the rules; a source that fails never makes an answer milder; what left is remembered."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.edges.directory_file import read_directory
from addin_backend.errors import Unavailable
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.recipients import unknown_transport
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.surroundings import departed, remember
from addin_backend.model.decision import SEVERITY, Decision
from addin_backend.model.directory import DirectoryEntry
from addin_backend.model.evidence import RecipientRole, TransportEvidence, TransportVerdict
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.message import Message, RecipientKind
from addin_backend.model.past import Departed, Past, PastQuestion, SendersAnswer
from addin_backend.settings import Settings
from sizes import size

ORGANISATION = Path(__file__).parents[2] / "addin_backend" / "sandbox" / "organisation"
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
METTE, BO, ANNA = "mette.holm@nordlys.example", "bo.madsen@postkasse.example", "anna.lund@fynskpension.example"
CPR = "Kundens CPR-nummer er 010190-1233.\n"


@dataclass
class MemoryHistory:
    """Answers with ``known`` until told to fail; keeps what it was given."""

    known: Past = field(default_factory=Past)
    fails: bool = False
    kept: list[Departed] = field(default_factory=list)

    def past(self, question: PastQuestion, budget: float) -> Past | None:
        """What is known, or None."""
        return None if self.fails else self.known

    def domains(self) -> frozenset[str]:
        """None besides the registers'."""
        return frozenset()

    def remember(self, leaving: Departed) -> None:
        """Keep it."""
        if self.fails:
            raise Unavailable
        self.kept.append(leaving)


class _NoDirectory:
    def entries(self, addresses: Sequence[str], budget: float) -> Mapping[str, DirectoryEntry]:
        """It is away."""
        raise Unavailable


class _Tls:
    """Every domain is reached over enforced TLS: only what is around the mail decides."""

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """As the register would say."""
        return {
            item: msgspec.structs.replace(
                unknown_transport(item), verdict=TransportVerdict.REGISTER, commitment="register", enforcement="connector"
            )
            for item in domains
        }


@pytest.fixture(scope="module")
def parts() -> Iterator[Checking]:
    """The product's rules and the sample organisation, with its directory."""
    settings = Settings(registers_dir=str(ORGANISATION / "registers"), directory_file=str(ORGANISATION / "directory.json"))
    book = rulebook(settings)
    with open_engine(settings, book.policies) as engine:
        yield checking(settings, book, engine, _Tls())


def _with(parts: Checking, history: MemoryHistory | None = None, *, directory: bool = True) -> Checking:
    assert parts.sources is not None
    found = read_directory((ORGANISATION / "directory.json").read_bytes()) if directory else _NoDirectory()
    return replace(parts, sources=replace(parts.sources, history=history, directory=found))


def _mail(*to: str, body: str = CPR, subject: str = "Sag", **more: str) -> Message:
    people = tuple(normalise(item, RecipientKind.TO) for item in to)
    return Message(sender=METTE, recipients=people, subject=subject, body=body, **more)  # type: ignore[arg-type] # fields by name


def _codes(decision: Decision, effect: str = "confirm") -> set[str]:
    return {item.code for item in decision.findings if item.effect == effect}


def test_protected_content_to_a_new_address_is_asked_about_and_to_a_known_one_is_not(parts: Checking) -> None:
    """First time: RC-06; known: nothing; unknown because the records are away: asked."""
    known = MemoryHistory(Past(written_to=frozenset({ANNA})))
    assert "RC-06" in _codes(check(_mail(ANNA), Ask(AT), _with(parts, MemoryHistory()))[0])
    assert "RC-06" not in _codes(check(_mail(ANNA), Ask(AT), _with(parts, known))[0])
    assert "RC-06" in _codes(check(_mail(ANNA), Ask(AT), _with(parts, MemoryHistory(known.known, fails=True)))[0])
    assert "RC-06" in _codes(check(_mail(ANNA), Ask(AT), _with(parts))[0])


def test_a_look_alike_domain_is_asked_about_whatever_the_mail_says(parts: Checking) -> None:
    """One letter off a partner's name, and our own name with another ending."""
    history = MemoryHistory(Past(written_to=frozenset({"a@fynskpention.example", "a@nordlys.dk"})))
    for address in ("a@fynskpention.example", "a@nordlys.dk"):
        assert "RC-07" in _codes(check(_mail(address, body="Frokost?\n"), Ask(AT), _with(parts, history))[0])


def test_a_greeting_to_somebody_else_is_asked_about(parts: Checking) -> None:
    """With protected content only."""
    lunch = _mail(ANNA, body="Hej Pernille\n\nSkal vi spise frokost sammen på torsdag klokken 12?\n", subject="Frokost på torsdag")
    history = MemoryHistory(Past(written_to=frozenset({ANNA})))
    assert "RC-11" in _codes(check(_mail(ANNA, body="Hej Pernille\n\n" + CPR), Ask(AT), _with(parts, history))[0])
    assert "RC-11" not in _codes(check(_mail(ANNA, body="Hej Anna\n\n" + CPR), Ask(AT), _with(parts, history))[0])
    assert "RC-11" not in _codes(check(lunch, Ask(AT), _with(parts, history))[0])


def test_an_answered_question_is_not_put_again_this_quarter(parts: Checking) -> None:
    """What the sender was told about the address is silent."""
    told = Past(written_to=frozenset(), told={ANNA: frozenset({"RC-06"})})
    assert "RC-06" not in _codes(check(_mail(ANNA), Ask(AT), _with(parts, MemoryHistory(told)))[0])


def test_a_reply_keeps_the_protection_of_its_thread(parts: Checking) -> None:
    """Ordinary content in a thread that went through the portal; a new mail begins anew; records that are away protect."""
    history = MemoryHistory(Past(written_to=frozenset({ANNA}), thread=ThreadProtection.PORTAL))
    reply = _mail(ANNA, body="Tak.\n", subject="SV: Sag")
    assert [line.protection for line in check(reply, Ask(AT), _with(parts, history))[0].recipients] == ["portal"]
    fresh = check(_mail(ANNA, body="Tak.\n"), Ask(AT), _with(parts, history))[0]
    assert [line.protection for line in fresh.recipients] == ["plain"]
    away = check(reply, Ask(AT), _with(parts, MemoryHistory(fails=True)))[0]
    assert [line.protection for line in away.recipients] != ["plain"]


def test_a_new_domain_in_a_reply_is_asked_about(parts: Checking) -> None:
    """Who stands in the quoted mail was there before; without a quoted mail nothing goes along."""
    history = MemoryHistory(Past(written_to=frozenset({ANNA, "peter.skov@skovadvokat.example"})))
    quoted = CPR + "\nFra: Anna Lund <anna.lund@fynskpension.example>\nSendt: i går\nTil: Mette\n\nHej Mette\n"
    both = (ANNA, "peter.skov@skovadvokat.example")
    decision = check(_mail(*both, body=quoted, subject="SV: Sag"), Ask(AT), _with(parts, history))[0]
    assert {item.recipient for item in decision.findings if item.code == "RC-10"} == {"peter.skov@skovadvokat.example"}
    assert "RC-10" not in _codes(check(_mail(*both, subject="SV: Sag"), Ask(AT), _with(parts, history))[0])


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("jonas.friis@nordlys.example", True),
        ("alle@nordlys.example", True),
        ("projekt@nordlys.example", False),
        ("arkiv@nordlys.example", False),
        ("sofie.lind@nordlys.example", False),
        ("revisor@nordlys.example", False),
        ("konsulent@nordlys.example", False),
        ("findes.ikke@nordlys.example", False),
    ],
)
def test_an_own_address_stays_in_the_house_only_where_the_directory_says_so(address: str, inside: bool, parts: Checking) -> None:
    """Each kind of the sample organisation's directory; and all of them lead out when the directory is away."""
    history = MemoryHistory(Past(written_to=frozenset({address})))
    found = check(_mail(address), Ask(AT), _with(parts, history))[0].recipients[0]
    assert (found.protection == "plain") is inside
    away = check(_mail(address), Ask(AT), _with(parts, history, directory=False))[0].recipients[0]
    assert away.protection != "plain"


def test_the_sender_says_who_it_is_and_it_is_remembered(parts: Checking) -> None:
    """An answer counts for the mail that was asked about; once the mail may leave it is kept, and used the next time."""
    stranger, answer = "ny@andetfirma.example", SendersAnswer(RecipientRole.PRIVATE_PERSON, "DK")
    history = MemoryHistory(Past(written_to=frozenset({stranger})))
    first = check(_mail(stranger), Ask(AT), _with(parts, history))[0]
    assert "TF-03" in _codes(first)
    ask = Ask(AT, answers={stranger: answer}, confirmed_for=first.digest)
    second, evidence = check(_mail(stranger), ask, _with(parts, history))
    assert "TF-03" not in _codes(second)
    assert "TF-03" in _codes(check(_mail(stranger), replace(ask, confirmed_for="another"), _with(parts, history))[0])
    ready = _with(parts, history)
    remember(ready.sources, departed("m", _mail(stranger), second, evidence, ask.answers, ()), second.action)
    [kept] = history.kept
    assert kept.recipients[0].answer == answer
    later = MemoryHistory(Past(written_to=frozenset({stranger}), answers={stranger: answer}))
    assert "TF-03" not in _codes(check(_mail(stranger), Ask(AT), _with(parts, later))[0])


SUBJECTS = ("Sag", "SV: Sag", "VS: Sag", "")
BODIES = (CPR, "Frokost?\n", "Hej Pernille\n\n" + CPR, "Tak.\n\nFra: x <x@y.example>\nSendt: nu\nTil: z\n\n" + CPR)
PEOPLE = (ANNA, BO, "ravi.kumar@mumbaiclaims.example", "alle@nordlys.example", "konsulent@nordlys.example", "a@n0rdlys.example", METTE)
ORDER = {"plain": 0, "tls": 1, "smime": 2, "portal": 3, "none": 4}


def test_a_source_that_fails_never_makes_an_answer_milder(parts: Checking) -> None:
    """Random mails with everything known and kindly; then the records, the directory or both are away."""
    rng = random.Random(20261201)
    for _ in range(size(sample=60, full=1500)):
        people = rng.sample(PEOPLE, rng.randint(1, 3))
        mail = _mail(*people, body=rng.choice(BODIES), subject=rng.choice(SUBJECTS))
        past = Past(
            written_to=frozenset(item for item in people if rng.random() < 0.7),
            told={item: frozenset({"RC-06", "RC-07", "RC-11"}) for item in people if rng.random() < 0.3},
            thread=rng.choice([ThreadProtection.NONE, ThreadProtection.TLS]),
        )
        well = check(mail, Ask(AT), _with(parts, MemoryHistory(past)))[0]
        for history, directory in ((MemoryHistory(past, fails=True), True), (None, True), (MemoryHistory(past), False)):
            worse = check(mail, Ask(AT), _with(parts, history, directory=directory))[0]
            assert SEVERITY[worse.action] >= SEVERITY[well.action]
            for before, after in zip(well.recipients, worse.recipients, strict=True):
                assert SEVERITY[after.action] >= SEVERITY[before.action], (before, after)
                assert ORDER[after.protection] >= ORDER[before.protection], (before, after)
