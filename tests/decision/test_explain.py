"""Words for an answer: each placeholder is filled once, values are never templates, and a headline fits on one line."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.decision.answer import blocked
from addin_backend.decision.explain import (
    ALLOWED,
    FAILURE_CODES,
    FAILURE_TEXTS,
    MIXED,
    NO_DNS,
    TOO_MANY,
    RuleText,
    findings,
    headline,
    notes,
)
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.recipients import unknown_recipient
from addin_backend.model.decision import Action, Answer, Effect, Finding, Protection, RawFinding, RecipientDecision, Texts
from addin_backend.model.evidence import Channels, ContentEvidence, Evidence, OrganisationKind, TransportEvidence, TransportVerdict
from addin_backend.model.message import RecipientKind

BOTH = "{recipient}, {domain}, {country}, {verdict}, {ukendt}"
RULE = RuleText(
    title=Texts(da="Om {domain}", en="About {domain}"), explanation=Texts(da=BOTH, en=BOTH), way_out=Texts(da="", en=""), law="GDPR Art. 32"
)


def _evidence(*addresses: str, **changes: Any) -> Evidence:
    people = tuple(unknown_recipient(normalise(item, RecipientKind.TO)) for item in addresses)
    return Evidence(
        readable=True,
        content=ContentEvidence(classes=frozenset()),
        recipients=people,
        organisation=OrganisationKind.PRIVATE,
        channels=Channels(),
        at=date(2026, 11, 23),
        size_bytes=0,
        attachment_count=0,
        **changes,
    )


def _found(recipient: str, evidence: Evidence, **params: Any) -> Finding:
    raw = RawFinding(code="TR-01", effect=Effect.PROTECT, recipient=recipient, params=params)
    return findings(Answer(action=Action.PROTECT, recipients=[], findings=[raw]), evidence, {"TR-01": RULE})[0]


def test_placeholders_are_filled_with_the_recipients_facts() -> None:
    """Address, domain, country and the finding's own parameters; a placeholder that nobody knows stays as it is."""
    found = _found("r1", _evidence("a@x.example", "bo@y.example"), verdict="unknown")
    assert found.texts.da == "bo@y.example, y.example, unknown, unknown, {ukendt}"
    assert (found.recipient, found.title.en, found.law) == ("bo@y.example", "About y.example", "GDPR Art. 32")


def test_a_finding_about_the_whole_mail_names_nobody() -> None:
    """Recipient "" stays "", and its placeholder becomes a dash."""
    found = _found("", _evidence("a@x.example"))
    assert (found.recipient, found.texts.en[:2]) == ("", "-,")


@given(st.text(max_size=40))
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    """What stands in a parameter comes out as it is, braces and all, and fills nothing else."""
    assert _found("r0", _evidence("a@x.example"), verdict=value).texts.da == f"a@x.example, x.example, unknown, {value}, {{ukendt}}"


@pytest.mark.parametrize("address", ["{country}@x.example", "{recipient}", "{domain}@{domain}"])
def test_an_address_is_never_read_as_a_template(address: str) -> None:
    """An address with braces in it is shown as it was typed."""
    assert _found("r0", _evidence(address)).texts.da.startswith(normalise(address, RecipientKind.TO).address + ", ")


def test_every_failure_has_words_in_both_languages() -> None:
    """Each kind of failure, and too many recipients, has a code with a text that says that nothing was sent."""
    for code in {*FAILURE_CODES.values(), TOO_MANY}:
        words = FAILURE_TEXTS[code]
        assert words.explanation.da.startswith("Mailen er ikke sendt, og din kladde er uændret. ")
        assert words.explanation.en.startswith("The mail has not been sent and your draft is unchanged. ")
        assert words.way_out.da
        answer = blocked(code, ["r0"])
        assert findings(answer, _evidence("a@x.example"), FAILURE_TEXTS)[0].effect is Effect.BLOCK


def _line(action: Action, protection: Protection) -> RecipientDecision:
    return RecipientDecision(address="a@x.example", action=action, protection=protection, codes=())


PROTECTED = [
    ([Protection.TLS], "Mailen sendes over en sikker forbindelse."),
    ([Protection.SMIME, Protection.PLAIN], "Send mailen krypteret."),
    ([Protection.PORTAL, Protection.PORTAL], "Send mailen via sikker side."),
    ([Protection.TLS, Protection.PORTAL], MIXED.da),
]


@pytest.mark.parametrize(("ways", "expected"), PROTECTED)
def test_the_headline_says_how_it_goes(ways: list[Protection], expected: str) -> None:
    """One way for all is named; several are not listed."""
    assert expected == headline(Action.PROTECT, tuple(_line(Action.PROTECT, way) for way in ways), ()).da
    assert headline(Action.ALLOW, (), ()) == ALLOWED


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_a_headline_is_short_and_ends(title: str) -> None:
    """At most 120 characters, whatever an officer writes as a title."""
    words = Texts(da=title, en=title)
    found = Finding(code="TF-01", effect=Effect.BLOCK, recipient="", params={}, title=words, texts=words, law="")
    said = headline(Action.BLOCK, (), (found,))
    assert len(said.da) <= 120
    assert said.da.startswith("Mailen er ikke sendt: ")
    assert said.en[-1] in ".?!…"


def test_a_title_with_a_name_keeps_its_capital() -> None:
    """ "CPR" and "EU" stay as they are after the colon; an ordinary word becomes small."""
    said = []
    for title in ("CPR-nummer", "Modtageren er uden for EU"):
        words = Texts(da=title, en=title)
        found = Finding(code="TF-01", effect=Effect.BLOCK, recipient="", params={}, title=words, texts=words, law="")
        said.append(headline(Action.BLOCK, (), (found,)).da)
    assert ["Mailen er ikke sendt: CPR-nummer.", "Mailen er ikke sendt: modtageren er uden for EU."] == said


def test_a_silent_network_is_told_to_outsiders_only() -> None:
    """A domain that DNS gave no answer about gets a note that decides nothing; a colleague gets none."""
    silent = TransportEvidence(domain="x.example", verdict=TransportVerdict.UNKNOWN, reasons=("dns_timeout",))
    evidence = _evidence("a@x.example", "b@x.example", "c@x.example")
    changed = msgspec.structs.replace
    first, second, third = evidence.recipients
    people = (changed(first, transport=silent), changed(second, transport=silent, internal=True), third)
    assert [(NO_DNS, Effect.NOTE, "a@x.example")] == [
        (item.code, item.effect, item.recipient) for item in notes(changed(evidence, recipients=people))
    ]
