"""Which changes are worth trying: the smallest first, each with what it changes, and none that could not help."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from addin_backend.decision import ways_out
from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.recipients import unknown_recipient
from addin_backend.model.decision import SEVERITY, Action, Decision, Edit, Protection, RecipientDecision, Texts
from addin_backend.model.evidence import (
    Channels,
    ContentEvidence,
    ContentHit,
    Evidence,
    Location,
    OrganisationKind,
    SensitivityClass,
    UnreadablePart,
)
from addin_backend.model.message import Attachment, Message, RecipientKind

NOTHING = Texts(da="", en="")
FILES = tuple(Attachment(name=f"{number}.txt", media_type="text/plain", content=b"x") for number in range(3))


def _hit(sensitivity: SensitivityClass, part: int = -1, *, identifier: bool = False) -> ContentHit:
    where = Location.BODY if part < 0 else Location.ATTACHMENT
    return ContentHit(
        recogniser="r",
        sensitivity=sensitivity,
        category="c",
        location=where,
        part=part,
        start=0,
        end=1,
        certainty=99,
        explanation="e",
        identifier=identifier,
    )


CPR = _hit(SensitivityClass.CPR, identifier=True)
ACCOUNT = _hit(SensitivityClass.CONFIDENTIAL, identifier=True)
HEALTH = _hit(SensitivityClass.SPECIAL_CATEGORY, part=2)
QUOTED = msgspec.structs.replace(_hit(SensitivityClass.SPECIAL_CATEGORY), location=Location.QUOTED)


def _tried(
    hits: tuple[ContentHit, ...], actions: dict[str, Action], *, unreadable: tuple[int, ...] = (), readable: bool = True
) -> list[ways_out.Candidate]:
    people = tuple(normalise(address, RecipientKind.TO) for address in actions)
    message = Message(sender="m@x.example", recipients=people, subject="Hej", body="Hej", attachments=FILES, readable=readable)
    content = ContentEvidence(
        classes=frozenset(hit.sensitivity for hit in hits) | ({SensitivityClass.UNKNOWN} if unreadable else frozenset()),
        hits=hits,
        unreadable=tuple(UnreadablePart(part=part, reason="encrypted") for part in unreadable),
    )
    evidence = Evidence(
        readable=readable,
        content=content,
        recipients=tuple(map(unknown_recipient, people)),
        organisation=OrganisationKind.PRIVATE,
        channels=Channels(),
        at=date(2026, 11, 23),
        size_bytes=0,
        attachment_count=3,
    )
    lines = tuple(RecipientDecision(address=to, action=action, protection=Protection.PLAIN, codes=()) for to, action in actions.items())
    decision = Decision(
        action=max(actions.values(), key=SEVERITY.__getitem__, default=Action.BLOCK),
        classes=(),
        recipients=lines,
        findings=(),
        ways_out=(),
        headline=NOTHING,
        policy_revision="",
        engine="",
        question=b"{}",
        digest="",
        decided_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return list(ways_out.candidates(message, decision, evidence, lambda edit: changed(message, edit)))


def changed(message: Message, edit: Edit) -> Message:
    """A stand-in for the flow's hand: it writes into the body what it was asked to do."""
    return msgspec.structs.replace(message, body=f"{edit.change} {edit.parts or edit.recipients}")


BLOCKED, FINE = {"a@x.example": Action.BLOCK}, {"b@x.example": Action.ALLOW}
FILES_OUT = ["remove_attachment", "send_attachment_separately"]
LAST = ["use_portal", "remove_sensitive_content"]
CASES = [
    ("a number in the body", (CPR,), BLOCKED, (), True, ["mask_identifiers", *LAST]),
    ("words in a file", (HEALTH,), BLOCKED, (), True, [*FILES_OUT, *LAST]),
    ("words in the mail below", (QUOTED,), BLOCKED, (), True, ["leave_out_quoted", *LAST]),
    ("a number and two recipients", (CPR,), {**BLOCKED, **FINE}, (), True, ["mask_identifiers", "remove_recipient", *LAST]),
    ("two organisations", (), {**BLOCKED, "c@y.example": Action.BLOCK}, (), True, ["move_to_bcc", "use_portal"]),
    ("a locked file", (), BLOCKED, (1,), True, [*FILES_OUT, *LAST]),
    ("nothing in it", (), BLOCKED, (), True, ["use_portal"]),
    ("nothing in it, one of two blocked", (), {**BLOCKED, **FINE}, (), True, ["remove_recipient", "use_portal"]),
    ("it cannot be read", (), BLOCKED, (-1,), False, ["use_portal", "write_anew"]),
    ("nobody", (CPR,), {}, (), True, []),
]


@pytest.mark.parametrize(("what", "hits", "actions", "unreadable", "readable", "expected"), CASES, ids=[item[0] for item in CASES])
def test_what_is_tried(
    what: str, hits: tuple[ContentHit, ...], actions: dict[str, Action], unreadable: tuple[int, ...], readable: bool, expected: list[str]
) -> None:
    """The candidates for one situation, the smallest change first."""
    assert expected == [item.change for item in _tried(hits, actions, unreadable=unreadable, readable=readable)]


def test_each_candidate_changes_what_it_names() -> None:
    """Each is made with the hand it is given, and says what is left when it works."""
    found = {item.change: item for item in _tried((CPR, HEALTH), {**BLOCKED, **FINE}, unreadable=(0,))}
    assert ("mask_identifiers ()", True) == (found["mask_identifiers"].message.body, found["mask_identifiers"].reread)
    assert ((0, 2), "remove_attachment (0, 2)") == (found["remove_attachment"].parts, found["remove_attachment"].message.body)
    assert found["remove_recipient"].recipients == ("a@x.example",)
    assert ["b@x.example"] == [item.address for item in found["remove_recipient"].evidence.recipients]
    assert found["remove_sensitive_content"].evidence.content == ways_out.EMPTY_CONTENT
    assert found["use_portal"].evidence.secure_requested
    besides = found["send_attachment_separately"].besides
    assert besides is not None
    assert ("only_attachment (0, 2)", True, 2) == (besides[0].body, besides[1].secure_requested, besides[1].attachment_count)


def test_nobody_is_asked_to_remove_what_was_not_read() -> None:
    """A private mail that asks for a confirmation: its recipients can change, its unread words cannot be named."""
    private = _hit(SensitivityClass.UNREAD)
    assert "remove_sensitive_content" not in [item.change for item in _tried((private,), {"a@x.example": Action.CONFIRM})]


@pytest.mark.parametrize(
    ("hits", "expected"),
    [((CPR,), "Fjern CPR-nummeret"), ((CPR, ACCOUNT), "Fjern numrene (fx CPR, konto eller kort)")],
    ids=["CPR", "more"],
)
def test_the_button_says_what_it_removes(hits: tuple[ContentHit, ...], expected: str) -> None:
    """A CPR number is named where there is nothing else."""
    assert expected == _tried(hits, BLOCKED)[0].texts.da


def test_only_what_is_better_is_worth_offering() -> None:
    """Each action accepts only milder ones."""
    for action, wanted in ways_out.WORTH_OFFERING.items():
        assert all(SEVERITY[item] < SEVERITY[action] for item in wanted)
    assert set(ways_out.WORTH_OFFERING) == set(Action)
