"""The closed question: exactly the schema's keys and words, the same bytes each time, and nothing that a mail could write into it."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from addin_backend.decision.question import build, message_classes, recipient_id
from addin_backend.evidence.addresses import normalise
from addin_backend.model.evidence import (
    CertificateState,
    Channels,
    ContentEvidence,
    ContentHit,
    CountryStrength,
    Evidence,
    Location,
    OrganisationKind,
    RecipientEvidence,
    RecipientRole,
    SensitivityClass,
    TransferBasis,
    TransferBasisKind,
    TransportEvidence,
    TransportVerdict,
    UnreadablePart,
)
from addin_backend.model.facts import (
    Answered,
    Confidence,
    Counted,
    DigitalPost,
    DispensationMatch,
    History,
    LookAlike,
    MailboxKind,
    MessageForm,
    RemoteAccess,
    RemoteAccessBy,
    Salutation,
    SensitivityLabel,
    ThreadProtection,
    Uses,
)
from addin_backend.model.message import RecipientKind

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "policies" / "rego" / "schemas" / "question.json").read_text(encoding="utf-8")
)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return found


def faults(value: object, schema: dict[str, Any], place: str = "$") -> list[str]:
    """Where ``value`` is not what ``schema`` says: the part of JSON Schema that our schemas use."""
    schema = _resolved(schema)
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    expected = types[schema["type"]]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return [f"{place}: not {schema['type']}"]
    found = [] if value in schema.get("enum", [value]) else [f"{place}: {value!r} is no word"]
    if isinstance(value, dict):
        found += [f"{place}: {key}" for key in set(value) ^ set(schema["properties"])]
        found += [item for key in value for item in faults(value[key], schema["properties"].get(key, schema), f"{place}.{key}")]
    elif isinstance(value, list):
        found += [f"{place}: too few"] if len(value) < schema.get("minItems", 0) else []
        found += [f"{place}: too many"] if len(value) > schema.get("maxItems", len(value)) else []
        found += [f"{place}: twice"] if schema.get("uniqueItems") and len(set(value)) != len(value) else []
        found += [item for index, part in enumerate(value) for item in faults(part, schema["items"], f"{place}[{index}]")]
    elif isinstance(value, str):
        found += [] if re.search(schema.get("pattern", ""), value) else [f"{place}: {value!r} is of another form"]
        found += [f"{place}: too long"] if len(value) > schema.get("maxLength", len(value)) else []
    elif isinstance(value, int) and not isinstance(value, bool):
        found += [f"{place}: below the minimum"] if value < schema.get("minimum", value) else []
    return found


HIT = ContentHit(
    recogniser="cpr",
    sensitivity=SensitivityClass.CPR,
    category="cpr",
    location=Location.BODY,
    part=-1,
    start=0,
    end=11,
    certainty=99,
    explanation="x",
    identifier=True,
)
CONTENTS = st.builds(
    ContentEvidence,
    classes=st.frozensets(st.sampled_from(SensitivityClass)),
    hits=st.lists(st.just(HIT), max_size=2).map(tuple),
    unreadable=st.lists(st.just(UnreadablePart(part=0, reason="damaged")), max_size=2).map(tuple),
    identifier_texts=st.just(("010190-1233",)),
    subject_sensitive=st.booleans(),
    confidence=st.dictionaries(st.sampled_from(SensitivityClass), st.sampled_from(Confidence)),
    counts=st.dictionaries(st.sampled_from(SensitivityClass), st.integers(0, 500)),
    quoted_only=st.frozensets(st.sampled_from(SensitivityClass)),
    employment=st.sampled_from(Answered),
)
STATED = st.sampled_from([Answered.YES, Answered.NO, Answered.NOT_ASKED])
USES = st.builds(Uses, state=st.sampled_from(Counted), count=st.integers(0, 9), limit=st.integers(0, 9), window_days=st.just(365))
BASES = st.builds(
    TransferBasis,
    basis=st.sampled_from(TransferBasisKind),
    module=st.sampled_from(["", "1", "4"]),
    guarantees_met=st.booleans(),
    valid_to=st.none() | st.dates(),
    classes=st.frozensets(st.sampled_from(SensitivityClass)),
    country=st.sampled_from(["", "IN", "US"]),
    scope_met=STATED,
    data_kinds=st.frozensets(st.sampled_from(["employment", "other"])),
    public_powers=STATED,
    authority_informed=STATED,
    uses=USES,
)
TYPED = st.text(max_size=30) | st.sampled_from(["anna@partner.example", "bo@blåbær.example", "x@[192.0.2.1]", "x@[IPv6:::1]", "@", "a@b"])


@st.composite
def recipients(draw: st.DrawFn) -> RecipientEvidence:
    """Evidence about whatever somebody typed as an address."""
    typed = normalise(draw(TYPED), draw(st.sampled_from(RecipientKind)))
    verdict = draw(st.sampled_from(TransportVerdict))
    return RecipientEvidence(
        address=typed.address,
        domain=typed.domain,
        kind=typed.kind,
        literal=typed.literal,
        valid=typed.valid,
        internal=draw(st.booleans()),
        free_mail=draw(st.booleans()),
        role=draw(st.sampled_from(RecipientRole)),
        country=draw(st.sampled_from(["DK", "IN", "unknown"])),
        country_strength=draw(st.sampled_from(CountryStrength)),
        transfer_basis=draw(st.none() | BASES),
        transport=TransportEvidence(
            domain=typed.domain,
            verdict=verdict,
            reasons=("en grund",),
            risk_assessment=draw(st.booleans()),
            end_to_end_required=draw(st.booleans()),
            network_country=draw(st.sampled_from(["DK", "unknown", "not_asked"])),
        ),
        certificate=draw(st.sampled_from(CertificateState)),
        mailbox=draw(st.sampled_from(MailboxKind)),
        no_reply=draw(st.booleans()),
        look_alike=draw(st.sampled_from(LookAlike)),
        history=draw(st.sampled_from(History)),
        added_by_reply=draw(st.sampled_from(Answered)),
        thread_protection=draw(st.sampled_from(ThreadProtection)),
        told=draw(st.frozensets(st.sampled_from(["RC-05", "RC-06", "en sætning"]))),
        remote_access=RemoteAccess(draw(st.sampled_from(RemoteAccessBy)), draw(st.sampled_from(["IN", "unknown"]))),
        digital_post=draw(st.sampled_from(DigitalPost)),
        dispensations=draw(st.sampled_from([(), (DispensationMatch("D-2026-001", Counted.COUNTED, 2),)])),
    )


EVIDENCE = st.builds(
    Evidence,
    readable=st.booleans(),
    content=CONTENTS,
    recipients=st.lists(recipients(), max_size=4).map(tuple),
    organisation=st.sampled_from(OrganisationKind),
    channels=st.builds(Channels, tls=st.booleans(), smime=st.booleans(), portal=st.booleans(), digital_post=st.booleans()),
    at=st.dates(min_value=date(1000, 1, 1)),
    size_bytes=st.integers(0, 2**40),
    attachment_count=st.integers(0, 999),
    secure_requested=st.booleans(),
    confirmed=st.frozensets(
        st.text(max_size=20) | st.sampled_from(["TF-03", "TF-02:anna@partner.example", "RC-04:x@[IPv6:::1]"]), max_size=3
    ),
    justified=st.frozensets(st.sampled_from(["TF-03", "TF-02:anna@partner.example", "fordi"])),
    label=st.sampled_from(SensitivityLabel),
    form=st.sampled_from(MessageForm),
    thread_protection=st.sampled_from(ThreadProtection),
    salutation=st.sampled_from(Salutation),
    largest_part_bytes=st.integers(0, 2**40),
    countries_stale=st.booleans(),
)


@given(EVIDENCE)
def test_the_question_is_closed(evidence: Evidence) -> None:
    """Whatever the evidence, and whatever was typed or confirmed: every key is there, every word is one of the schema's."""
    assert [] == faults(json.loads(build(evidence)), SCHEMA)


@given(EVIDENCE)
def test_the_same_evidence_gives_the_same_bytes(evidence: Evidence) -> None:
    """Canonical: keys sorted, no blanks, ASCII; a frozen set has no order that could show."""
    asked = build(evidence)
    assert asked == json.dumps(json.loads(asked), sort_keys=True, separators=(",", ":")).encode()
    again = msgspec.structs.replace(evidence, confirmed=frozenset(sorted(evidence.confirmed, reverse=True)))
    assert asked == build(again)


@given(EVIDENCE)
def test_nothing_is_milder_than_the_evidence(evidence: Evidence) -> None:
    """`ordinary` is said only of a mail that was read whole and in which nothing was found; each recipient keeps their place."""
    question = json.loads(build(evidence))
    assert question["message"]["classes"] == message_classes(evidence)
    if not evidence.readable:
        assert question["message"]["classes"] == ["unknown"]
    elif evidence.content.classes:
        assert set(question["message"]["classes"]) == {item.value for item in evidence.content.classes}
    assert [recipient_id(index) for index in range(len(evidence.recipients))] == [item["id"] for item in question["recipients"]]


def test_a_confirmation_counts_for_its_recipient_only() -> None:
    """ "CODE" is for all, "CODE:address" for one, also where the address itself has colons; prose is no code."""
    people = [normalise(item, RecipientKind.TO) for item in ("anna@partner.example", "x@[IPv6:2001:db8::1]")]
    base = Evidence(
        readable=True,
        content=ContentEvidence(classes=frozenset()),
        organisation=OrganisationKind.PRIVATE,
        channels=Channels(),
        at=date(2026, 11, 23),
        size_bytes=0,
        attachment_count=0,
        recipients=tuple(
            RecipientEvidence(
                address=item.address,
                domain=item.domain,
                kind=item.kind,
                literal=item.literal,
                valid=True,
                internal=False,
                free_mail=False,
                role=RecipientRole.UNKNOWN,
                country="unknown",
                country_strength=CountryStrength.UNKNOWN,
                transfer_basis=None,
                transport=TransportEvidence(domain=item.domain, verdict=TransportVerdict.UNKNOWN),
                certificate=CertificateState.NONE,
            )
            for item in people
        ),
        confirmed=frozenset({"TF-03", "TF-02:anna@partner.example", "RC-04:x@[IPv6:2001:db8::1]", "jeg bekræfter", "TF-033", "TF-01\n"}),
    )
    assert [["TF-02", "TF-03"], ["RC-04", "TF-03"]] == [item["confirmed"] for item in json.loads(build(base))["recipients"]]
