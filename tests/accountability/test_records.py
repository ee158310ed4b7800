"""Records of what was decided and how it ended: enough to answer for it, and no address, name or content."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from addin_backend.accountability import records
from addin_backend.accountability.canonical import ENTRY_LIMIT, canonical
from addin_backend.edges.pseudonyms import KeyedPseudonyms
from addin_backend.model.decision import Action, Decision, Effect, Finding, Protection, RecipientDecision, Texts, WayOut
from addin_backend.model.evidence import (
    CertificateState,
    Channels,
    ContentEvidence,
    CountryStrength,
    Evidence,
    OrganisationKind,
    RecipientEvidence,
    RecipientRole,
    SensitivityClass,
    TransferBasis,
    TransferBasisKind,
    TransportEvidence,
    TransportVerdict,
)
from addin_backend.model.message import RecipientKind
from addin_backend.model.record import Record
from addin_backend.model.sending import Group, SendJob, SendState

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = KeyedPseudonyms("nordlys", b"s" * 32)
METTE, ANNA, BO = "mette.holm@nordlys.example", "anna.lund@fynskpension.example", "bo.madsen@postkasse.example"
ACT = records.Act(records.event_id(AT, bytes(10)), AT, METTE, METTE, "req-1", language="da", job_id="job1")


def known(address: str, **changes: Any) -> RecipientEvidence:
    """An organisation in Denmark with enforced TLS."""
    domain = address.rpartition("@")[2]
    recipient = RecipientEvidence(
        address=address,
        domain=domain,
        kind=RecipientKind.TO,
        literal=False,
        valid=True,
        internal=False,
        free_mail=False,
        role=RecipientRole.ORGANISATION,
        country="DK",
        country_strength=CountryStrength.REGISTERED,
        transfer_basis=None,
        transport=TransportEvidence(domain=domain, verdict=TransportVerdict.REGISTER, reasons=("register",), checked_at=AT),
        certificate=CertificateState.NONE,
    )
    return msgspec.structs.replace(recipient, **changes)


def evidence(*recipients: RecipientEvidence, **changes: Any) -> Evidence:
    """A mail with a CPR number to these."""
    found = Evidence(
        readable=True,
        content=ContentEvidence(classes=frozenset({SensitivityClass.CPR}), identifier_texts=("010203-1234",)),
        recipients=recipients,
        organisation=OrganisationKind.PRIVATE,
        channels=Channels(),
        at=date(2026, 11, 23),
        size_bytes=120_000,
        attachment_count=1,
    )
    return msgspec.structs.replace(found, **changes)


def decision(*addresses: str) -> Decision:
    """Everybody gets it by the portal."""
    texts = Texts(da=f"Mailen til {BO} bliver beskyttet.", en=f"The mail to {BO} will be protected.")
    return Decision(
        action=Action.PROTECT,
        classes=("cpr",),
        recipients=tuple(
            RecipientDecision(address=item, action=Action.PROTECT, protection=Protection.PORTAL, codes=("CO-01", "TR-01"))
            for item in addresses
        ),
        findings=(Finding(code="CO-01", effect=Effect.PROTECT, recipient=BO, params={"x": BO}, title=texts, texts=texts, law="§ 11"),),
        ways_out=(WayOut(change="remove_recipient", recipients=(BO,), action=Action.ALLOW, texts=texts),),
        headline=texts,
        policy_revision="ab" * 32,
        engine="regorus",
        question=b"{}",
        answer=b'{"a":1}',
        digest="cd" * 32,
        decided_at=AT,
    )


def body_of(*recipients: RecipientEvidence, **changes: Any) -> dict[str, Any]:
    """The body of the record of a decision about these."""
    made = records.decided(decision(*(item.address for item in recipients)), evidence(*recipients, **changes), ACT, NAMES)
    return made.body


def test_a_decision_can_be_answered_for() -> None:
    """The record says who, what kind of mail, what was known, what was decided under which rules, and what was shown."""
    body = body_of(known(ANNA))
    assert body["mail"] | {"digest": ""} == {
        "digest": "",
        "size": "under_1_mb",
        "attachments": 1,
        "unreadable_parts": 0,
        "classes": ["cpr"],
        "recognised": {},
    }
    assert body["decision"] == {
        "action": "protect",
        "findings": [{"code": "CO-01", "effect": "protect", "count": 1}],
        "dispensations": [],
    }
    digests = {name: NAMES.pseudonym(name, value, AT) for name, value in (("question", "{}"), ("answer", '{"a":1}'))}
    assert body["policy"] == {"revision": "ab" * 32, "engine": "regorus", **digests}
    (group,) = body["recipients"]
    assert (group["domain"], group["country"], group["protection"], group["codes"]) == (
        "fynskpension.example",
        "DK",
        "portal",
        ["CO-01", "TR-01"],
    )
    assert group["who"] == [NAMES.pseudonym("address", ANNA, AT)]
    assert group["transport"]["checked_at"] == "2026-11-23T12:00:00Z"
    assert body["shown"]["ways_out"] == ["remove_recipient"]


def test_the_record_names_the_dispensations_that_a_mail_went_under() -> None:
    """Once each, by number: so that every mail under one can be found."""
    texts = Texts(da="x", en="x")
    used = tuple(
        Finding(code="DI-01", effect=Effect.NOTE, recipient=who, params={"id": number, "lifts": "TR-01"}, title=texts, texts=texts, law="x")
        for who, number in ((BO, "D-2"), (ANNA, "D-2"), (ANNA, "D-1"))
    )
    made = records.decided(msgspec.structs.replace(decision(ANNA), findings=used), evidence(known(ANNA)), ACT, NAMES)
    assert made.body["decision"]["dispensations"] == ["D-1", "D-2"]


@pytest.mark.parametrize(
    "recipient",
    [
        known(BO, free_mail=True),
        known(BO, role=RecipientRole.PRIVATE_PERSON),
        known("bo.madsen@[192.0.2.1]", literal=True, domain=""),
        known("Bo Madsen på 010203-1234", valid=False, domain=""),
    ],
)
def test_a_person_is_not_named_by_a_domain(recipient: RecipientEvidence) -> None:
    """Free mail, a private person's domain and invalid addresses stand as pseudonyms only; the record has the canonical form."""
    made = records.decided(decision(recipient.address), evidence(recipient), ACT, NAMES)
    entry = canonical(made).decode()
    for planted in (recipient.address, "madsen", "postkasse", "192.0.2.1", "mette", "nordlys.example", "010203", "Mailen til"):
        assert planted not in entry, planted
    assert made.body["recipients"][0]["domain"] == ""


def test_a_transfer_basis_and_confirmations_are_kept() -> None:
    """On what ground a mail went to a third country, and what the sender confirmed for whom, can be seen."""
    basis = TransferBasis(
        basis=TransferBasisKind.STANDARD_CONTRACTUAL_CLAUSES,
        module="1",
        guarantees_met=True,
        valid_to=date(2027, 1, 1),
        classes=frozenset({SensitivityClass.ORDINARY}),
    )
    body = body_of(known(ANNA, transfer_basis=basis, country="IN"), confirmed=frozenset({"TF-03", f"TF-02:{ANNA}"}))
    assert body["recipients"][0]["transfer_basis"] == {
        "basis": "standard_contractual_clauses",
        "module": "1",
        "guarantees_met": True,
        "valid_to": "2027-01-01",
        "classes": ["ordinary"],
    }
    assert body["confirmed"] == [f"TF-02 {NAMES.pseudonym('address', ANNA, AT)}", "TF-03"]


def test_acting_for_somebody_else_shows() -> None:
    """A send from a shared mailbox names both, as pseudonyms."""
    act = from_mailbox(ACT, mailbox="skade@nordlys.example")
    made = records.checked(decision(ANNA), evidence(known(ANNA)), act, NAMES)
    assert (made.actor, made.body["on_behalf_of"]) == (
        NAMES.pseudonym("address", METTE, AT),
        NAMES.pseudonym("address", "skade@nordlys.example", AT),
    )
    assert body_of(known(ANNA))["on_behalf_of"] == ""


def from_mailbox(act: records.Act, *, mailbox: str) -> records.Act:
    """The same act from another mailbox."""
    return records.Act(act.event_id, act.at, act.actor, mailbox, act.request_id)


@pytest.mark.parametrize(("count", "groups"), [(1, 1), (500, 1), (1_000, 1)])
def test_many_recipients_of_one_kind_are_one_group(count: int, groups: int) -> None:
    """A long list to one organisation stays one group with everybody in it."""
    body = body_of(*(known(f"person{number}@fynskpension.example") for number in range(count)))
    assert (len(body["recipients"]), len(body["recipients"][0]["who"])) == (groups, count)


def test_a_list_that_does_not_fit_is_counted() -> None:
    """A thousand organisations would not fit an entry: they are counted by action and protection, and the record can be kept."""
    everybody = [known(f"info@firma{number}.example") for number in range(1_000)]
    made = records.decided(decision(*(item.address for item in everybody)), evidence(*everybody), ACT, NAMES)
    assert made.body["recipients_counted"] == {"protect portal": 1_000}
    assert len(canonical(made)) <= ENTRY_LIMIT


def job(state: SendState, error: str = "") -> SendJob:
    """A job that ended so."""
    group = Group(
        group_id="portal0", protection=Protection.PORTAL, addresses=(BO,), message_id=f"<j.portal0@{BO}>", state=state, error_code=error
    )
    return SendJob(
        job_id="job1",
        idempotency_key="k",
        mailbox=METTE,
        digest="cd" * 32,
        draft=None,
        policy_revision="ab" * 32,
        state=state,
        groups=(group,),
        created_at=AT,
        error_code=error,
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (SendState.SENT, "sent"),
        (SendState.NOT_SENT, "not_sent"),
        (SendState.PARTLY_SENT, "partly_sent"),
        (SendState.UNCERTAIN, "uncertain"),
    ],
)
def test_the_outcome_is_recorded_once(state: SendState, expected: str) -> None:
    """Each ending has its action; the event id follows from the job, so that recording again is the same event; no address is in it."""
    made = records.outcome(job(state, "unavailable"), AT, NAMES)
    assert made.action == expected
    assert made.event_id == records.outcome(job(state), AT.replace(hour=13), NAMES).event_id
    assert made.event_id != records.event_id_of("job2", "outcome", AT)
    entry = canonical(made).decode()
    assert json.loads(entry)["body"]["groups"][0]["recipients"] == 1
    assert "madsen" not in entry
    assert "mette" not in entry


@pytest.mark.parametrize("state", [SendState.DECIDED, SendState.SEALED, SendState.SENDING])
def test_a_job_that_goes_on_has_no_outcome(state: SendState) -> None:
    """Nothing is recorded as ended before it is."""
    with pytest.raises(ValueError, match="not ended"):
        records.outcome(job(state), AT, NAMES)


def test_event_ids_are_uuids_of_version_7() -> None:
    """The time stands in front, so that they sort by it (RFC 9562 §5.7)."""
    made = records.event_id(AT, b"\xff" * 10)
    assert (UUID(made).version, UUID(made).variant) == (7, "specified in RFC 4122")
    assert UUID(made).int >> 80 == int(AT.timestamp() * 1000)
    assert records.event_id(AT.replace(hour=13), bytes(10)) > made


def test_simple_acts_are_records_too() -> None:
    """Starting the server and reading the log are recorded in the same form."""
    made: Record = records.simple("log_read", ACT, NAMES, entries=20, page="log")
    assert (made.action, made.body) == ("log_read", {"entries": 20, "page": "log"})
    assert records.simple("started", records.Act(ACT.event_id, AT, "", "", ""), NAMES, version="0.1.0").actor == "system"
    canonical(made)
