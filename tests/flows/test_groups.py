"""Which recipients share one copy: everybody gets exactly one, and nobody sees a hidden recipient."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from addin_backend.evidence.addresses import normalise
from addin_backend.flows.groups import CLEAR, groups_of, message_id
from addin_backend.model.decision import Action, Decision, Protection, RecipientDecision, Texts
from addin_backend.model.message import Message, RecipientKind
from addin_backend.model.sending import Group, SendState

SENDABLE = [Protection.PLAIN, Protection.TLS, Protection.SMIME, Protection.PORTAL]
WAYS = st.lists(st.tuples(st.sampled_from(SENDABLE), st.sampled_from(RecipientKind)), max_size=8)


def _grouped(ways: list[tuple[Protection, RecipientKind]]) -> tuple[Message, tuple[Group, ...]]:
    people = tuple(normalise(f"p{number}@x.example", kind) for number, (_, kind) in enumerate(ways))
    lines = tuple(
        RecipientDecision(address=person.address, action=Action.PROTECT, protection=way, codes=())
        for person, (way, _) in zip(people, ways, strict=True)
    )
    message = Message(sender="mette@firma.example", recipients=people, subject="", body="")
    decision = Decision(
        action=Action.PROTECT,
        classes=(),
        recipients=lines,
        findings=(),
        ways_out=(),
        headline=Texts(da="", en=""),
        policy_revision="",
        engine="",
        question=b"",
        digest="",
        decided_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return message, groups_of(decision, message, "job1")


@given(WAYS)
def test_everybody_gets_exactly_one_copy_of_their_protection(ways: list[tuple[Protection, RecipientKind]]) -> None:
    """No recipient is dropped, doubled or moved to a weaker way: plain may ride with enforced TLS, never the other way round."""
    message, groups = _grouped(ways)
    assert Counter(item.address for item in message.recipients) == Counter(address for group in groups for address in group.addresses)
    wanted = {person.address: way for person, (way, _) in zip(message.recipients, ways, strict=True)}
    for group in groups:
        for address in group.addresses:
            assert group.protection is wanted[address] or (group.protection is Protection.TLS and wanted[address] in CLEAR)


@given(WAYS)
def test_a_hidden_recipient_shares_no_sealed_copy(ways: list[tuple[Protection, RecipientKind]]) -> None:
    """An envelope names all who can open it, so a Bcc recipient's is apart; a portal link is always one person's."""
    message, groups = _grouped(ways)
    hidden = {item.address for item in message.recipients if item.kind is RecipientKind.BCC}
    for group in groups:
        if group.protection is Protection.PORTAL or (group.protection is Protection.SMIME and hidden & set(group.addresses)):
            assert len(group.addresses) == 1


@given(WAYS)
def test_every_copy_can_be_found_again(ways: list[tuple[Protection, RecipientKind]]) -> None:
    """Group ids and Message-IDs differ, are the same each time, and start as decided."""
    first, second = _grouped(ways)[1], _grouped(ways)[1]
    assert first == second
    assert len({group.group_id for group in first}) == len({group.message_id for group in first}) == len(first)
    assert {SendState.DECIDED} >= {group.state for group in first}


def test_the_message_id_has_the_senders_domain() -> None:
    """RFC 5322 §3.6.4: job and group before the at sign, the sender's domain after it."""
    assert ["<j.g@firma.example>", "<j.g@localhost>"] == [message_id("j", "g", sender) for sender in ("mette@firma.example", "mette@")]
