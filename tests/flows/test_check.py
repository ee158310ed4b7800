"""The journey of a check with the product's rules: every way out that is offered works when it is really taken."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.gather import content_of
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.changes import CHANGES, apply
from addin_backend.flows.check import Ask, Checking, check, with_facts
from addin_backend.model.decision import SEVERITY, Action, Decision, Edit, WayOut
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import Attachment, BodyFormat, Message, RecipientKind
from addin_backend.settings import Settings
from sizes import size

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
COLLEAGUE = normalise("karin@firma.example", RecipientKind.TO)
HOME = {"transport": "register", "country": "DK", "country_strength": "registered"}
CLASSES = [item.value for item in SensitivityClass]
EVIDENCE: dict[str, Any] = {
    "organisation": {"domains": ["firma.example"], "kind": "private"},
    "domains": {
        "tls.example": HOME,
        "postkasse.example": {"role": "private_person"},
        "indien.example": {**HOME, "country": "IN"},
        "lukket.example": {**HOME, "transport": "refuses"},
        "flag.example": {**HOME, "country_strength": "flagged"},
    },
    "certificates": ["peter@advokat.example"],
}
PEOPLE = (
    "anna@tls.example", "bo@postkasse.example", "ravi@indien.example", "post@lukket.example", "tom@flag.example", "peter@advokat.example",
    "karin@firma.example", "ukendt@andre.example", "bo@[192.0.2.7]", "bo@",
)  # fmt: skip
SENTENCES = (
    "Skal vi spise frokost i morgen?",
    "Kundens CPR-nummer er 010190-1233.",
    "Kontonummer 5301 0001234567 og IBAN DK5000400440116243.",
    "Bo Madsen er sygemeldt med diabetes og har fået diagnosen depression.",
    "Bo Madsens månedsløn er 45.000 kr., og hans gæld er 300.000 kr.",
    "Kunden Bo Madsen er dømt for vold og har en plettet straffeattest.",
)


@pytest.fixture(scope="module")
def parts() -> Iterator[Checking]:
    """The product's rules on the embedded engine, with given facts."""
    settings = Settings()
    book = rulebook(settings)
    facts = read_supplied(json.dumps(EVIDENCE).encode(), frozenset(book.registers.countries.known))
    with open_engine(settings, book.policies) as engine:
        made = replace(checking(settings, book, engine, None), deadline=30.0)  # a loaded machine must not turn an answer into a timeout
        yield with_facts(made, facts, facts.organisation)


def _attachment(rng: random.Random) -> Attachment:
    text = rng.choice(SENTENCES)
    kinds = [
        Attachment(name="sag.txt", media_type="text/plain", content=text.encode()),
        Attachment(name="sag.html", media_type="text/html", content=f"<p>{text}</p>".encode()),
        Attachment(name="010190-1233.csv", media_type="text/csv", content=b"a;b\r\n"),
        Attachment(name="scan.bin", media_type="application/octet-stream", content=b"\x00\x01\xff"),
        Attachment(name="brev.eml", media_type="message/rfc822", content=f"From: a@b.example\r\nSubject: x\r\n\r\n{text}\r\n".encode()),
    ]
    return rng.choice(kinds)


def _message(rng: random.Random) -> Message:
    html = rng.random() < 0.4
    lines = [rng.choice(SENTENCES) for _ in range(rng.randrange(3))]
    if rng.random() < 0.4:
        lines += ["Fra: Bo Madsen", "Sendt: 3. maj 2026", "Til: Mette Holm", "Emne: Din forsikring", "", rng.choice(SENTENCES)]
    people = [PEOPLE[1]] if rng.random() < 0.3 else rng.sample(PEOPLE, rng.choice([0, 1, 1, 1, 1, 2, 3, 5]))
    return Message(
        sender="mette@firma.example",
        recipients=tuple(normalise(item, rng.choice(list(RecipientKind))) for item in people),
        subject=rng.choice(["Hej", "Hej", "Sag 010190-1233", "Privat: fest"]),
        body="".join(f"<p>{line}</p>\n" for line in lines) if html else "\n".join(lines),
        body_format=BodyFormat.HTML if html else BodyFormat.PLAIN,
        attachments=tuple(_attachment(rng) for _ in range(rng.choice([0, 0, 1, 2]))),
        readable=rng.random() < 0.93,
    )


def _taken(message: Message, way: WayOut, parts: Checking) -> tuple[Message, ...]:
    """The mails after the press, or after the writer has really done what the way out says."""
    change = msgspec.structs.replace
    ordinary = {"subject": "Hej", "body": "Hej", "body_format": BodyFormat.PLAIN, "attachments": (), "readable": True}
    if way.change in CHANGES:
        edit = Edit(way.change, way.recipients, way.parts)
        return tuple(item.message for item in apply(message, edit, content_of(message, parts.terms, parts.read)))
    if way.change in {"use_portal", "ask_transfer_basis"}:
        return (message,)
    if way.change == "remove_sensitive_content":
        return (change(message, **ordinary),)
    if way.change == "write_anew":
        return (change(message, recipients=message.recipients or (COLLEAGUE,), **ordinary),)
    if way.change == "add_recipient":
        return (change(message, recipients=(COLLEAGUE,)),)
    assert way.change == "change_recipient"
    return (change(message, recipients=(COLLEAGUE,), **({} if message.readable else ordinary)),)


def _with_basis(parts: Checking, recipients: tuple[str, ...]) -> Checking:
    """The facts after the officer has registered what was asked for."""
    basis = {"basis": "standard_contractual_clauses", "module": "1", "guarantees_met": True, "valid_to": "2027-11-23", "classes": CLASSES}
    asked = {address.rpartition("@")[2] for address in recipients}
    domains = {name: {**fact, "transfer_basis": basis} if name in asked else fact for name, fact in EVIDENCE["domains"].items()}
    facts = read_supplied(json.dumps({**EVIDENCE, "domains": domains}).encode(), frozenset({"DK", "IN"}))
    return with_facts(parts, facts, facts.organisation)


def _decide(message: Message, parts: Checking, *, secure: bool = False) -> Decision:
    return check(message, Ask(at=AT, secure=secure), parts)[0]


COMMON = (
    "ask_transfer_basis",
    "leave_out_quoted",
    "mask_identifiers",
    "remove_attachment",
    "send_attachment_separately",
    "remove_recipient",
)


def test_every_way_out_works_when_it_is_taken(parts: Checking) -> None:
    """No way out makes the answer worse than promised, each makes it better, and every block has at least one."""
    rng = random.Random(7)
    seen: Counter[str] = Counter()
    for _ in range(size(sample=250, full=1000)):
        message, secure = _message(rng), rng.random() < 0.2
        decision = _decide(message, parts, secure=secure)
        assert decision.action is not Action.BLOCK or decision.ways_out, message
        assert decision.action is not Action.ALLOW or not decision.ways_out
        for way in decision.ways_out:
            first, *more = _taken(message, way, parts)
            granted = _with_basis(parts, way.recipients) if way.change == "ask_transfer_basis" else parts
            then = _decide(first, granted, secure=secure or way.change == "use_portal").action
            assert SEVERITY[then] <= SEVERITY[way.action] < SEVERITY[decision.action], (way, message)
            for apart in more:
                assert _decide(apart, parts, secure=True).action in (Action.ALLOW, Action.PROTECT), (way, message)
            assert way.texts.da
            assert way.texts.en
            seen[way.change] += 1
    assert set(seen) >= {*COMMON, "remove_sensitive_content", "write_anew"}


CASES = [
    ("bo@", True, "change_recipient", ("bo@",)),
    ("post@lukket.example", True, "change_recipient", ("post@lukket.example",)),
    ("", True, "add_recipient", ()),
    ("", False, "write_anew", ()),
    ("bo@postkasse.example", False, "write_anew", ()),
    ("post@lukket.example", False, "change_recipient", ("post@lukket.example",)),
]


@pytest.mark.parametrize(("to", "readable", "change", "recipients"), CASES)
def test_a_block_that_the_content_does_not_cause_has_a_way_out_too(
    to: str, readable: bool, change: str, recipients: tuple[str, ...], parts: Checking
) -> None:
    """An address that cannot be used, nobody at all, or a mail that cannot be read: what works is said."""
    people = (normalise(to, RecipientKind.TO),) if to else ()
    message = Message(sender="mette@firma.example", recipients=people, subject="Hej", body="Hej", readable=readable)
    decision = _decide(message, parts)
    assert (Action.BLOCK, [(change, recipients)]) == (decision.action, [(way.change, way.recipients) for way in decision.ways_out])


def test_a_silent_protection_offers_nothing(parts: Checking) -> None:
    """Enforced TLS disturbs nobody: no way out is needed."""
    people = (normalise("anna@tls.example", RecipientKind.TO),)
    decision = _decide(Message(sender="mette@firma.example", recipients=people, subject="Hej", body=SENTENCES[1]), parts)
    assert (Action.PROTECT, ()) == (decision.action, decision.ways_out)


def test_more_recipients_than_the_question_takes_is_a_block(parts: Checking) -> None:
    """501 recipients: EN-08 before any engine is asked, and no half answer."""
    people = tuple(normalise(f"p{number}@tls.example", RecipientKind.TO) for number in range(501))
    decision = _decide(Message(sender="mette@firma.example", recipients=people, subject="Hej", body="Hej"), parts)
    assert (Action.BLOCK, ["EN-08"], b"") == (decision.action, [item.code for item in decision.findings], decision.question)
    assert {"none"} == {item.protection.value for item in decision.recipients}


def test_the_digest_follows_the_mail_and_the_question_does_not(parts: Checking) -> None:
    """Two mails of the same kind ask the same question and are still told apart by their digest."""
    people = (normalise("anna@tls.example", RecipientKind.TO),)
    first, second = (
        _decide(Message(sender="m@firma.example", recipients=people, subject="Hej", body=text), parts) for text in ("ab", "cd")
    )
    assert first.question == second.question
    assert first.digest != second.digest


def test_what_the_sender_confirmed_becomes_a_note(parts: Checking) -> None:
    """A confirmed question no longer stops the mail; confirming something else, or prose, changes nothing."""
    people = (normalise("tom@flag.example", RecipientKind.TO),)
    message = Message(sender="m@firma.example", recipients=people, subject="Hej", body=SENTENCES[1])
    expected = {
        frozenset[str](): "confirm",
        frozenset({"TF-03"}): "protect",
        frozenset({"TF-03:tom@flag.example"}): "protect",
        frozenset({"TF-03:en@anden.example"}): "confirm",
        frozenset({"TF-02"}): "confirm",
        frozenset({"alt er godt", "TF-03 "}): "confirm",
    }
    digest = _decide(message, parts).digest
    asks = {confirmed: Ask(at=AT, confirmed=confirmed, confirmed_for=digest) for confirmed in expected}
    assert expected == {confirmed: check(message, ask, parts)[0].action.value for confirmed, ask in asks.items()}


@pytest.mark.parametrize("other", ["", "0" * 64])
def test_a_confirmation_counts_for_the_mail_that_was_asked_about(other: str, parts: Checking) -> None:
    """Confirmed for no mail, or for another one: the question is asked again."""
    people = (normalise("tom@flag.example", RecipientKind.TO),)
    message = Message(sender="m@firma.example", recipients=people, subject="Hej", body=SENTENCES[1])
    ask = Ask(at=AT, confirmed=frozenset({"TF-03"}), confirmed_for=other)
    assert Action.CONFIRM == check(message, ask, parts)[0].action
