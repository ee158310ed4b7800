"""The journey of a check: evidence, one closed question, one answer read strictly, words, and ways out that were tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from addin_backend.decision import answer as answers
from addin_backend.decision import explain, question
from addin_backend.decision.explain import RuleText
from addin_backend.decision.kinds import kinds
from addin_backend.evidence.content.terms import Terms
from addin_backend.evidence.digest import digest_of
from addin_backend.evidence.extraction.reader import Reader
from addin_backend.evidence.gather import Circumstances, content_of, gather
from addin_backend.evidence.recipients import RecipientFacts
from addin_backend.evidence.standing import Standing
from addin_backend.flows.find_ways_out import Trying, find_ways_out
from addin_backend.flows.surroundings import Sources, with_surroundings
from addin_backend.model.decision import Action, Answer, Decision, RecipientDecision
from addin_backend.model.evidence import Channels, Evidence, OrganisationKind, TransportEvidence
from addin_backend.model.message import Message
from addin_backend.model.past import SendersAnswer
from addin_backend.ports import EngineFailure, PolicyEngine, TransportSource

LOOK_UP_BUDGET = 1.5  # seconds of DNS and HTTPS work before a send; part of the client's four (measured)


@dataclass(frozen=True, slots=True)
class Checking:
    """What a check needs: the rules in force, the engine, and where facts come from. ``deadline`` is the engine's, in seconds;
    ``read`` reads attachments within a budget of its own; ``sources`` is None where facts are given and nobody else is asked.
    """

    revision: str
    texts: Mapping[str, RuleText]
    terms: Terms
    engine: PolicyEngine
    facts: RecipientFacts
    transport: TransportSource | None
    organisation: OrganisationKind
    channels: Channels
    deadline: float
    read: Reader
    standing: Standing = field(default_factory=Standing)
    sources: Sources | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What the sender asks: when, whether *Send securely* was pressed, and what was confirmed for which mail.

    ``confirmed_for`` is the digest of the decision that asked: a confirmation counts for that very mail and no other, and so does what
    was said with it: ``reasons`` by code or "code:address", ``answers`` (who is it, in which country) by lower-case address.
    """

    at: datetime
    secure: bool = False
    confirmed: frozenset[str] = frozenset()
    confirmed_for: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, SendersAnswer] = field(default_factory=dict)

    def bound_to(self, digest: str) -> Ask:
        """What counts for the mail of this digest: nothing that was said for another."""
        return self if self.confirmed_for == digest else replace(self, confirmed=frozenset(), reasons={}, answers={})


def _look_up(message: Message, ask: Ask, parts: Checking) -> Mapping[str, TransportEvidence]:
    if parts.transport is None:
        return {}
    return parts.transport.look_up_all(parts.facts.external_domains(message.recipients), ask.at, LOOK_UP_BUDGET)


def _evaluate(evidence: Evidence, parts: Checking) -> tuple[bytes, Answer]:
    """The question and its answer; a failure of the engine is a block with a code of its own."""
    ids = [question.recipient_id(index) for index in range(len(evidence.recipients))]
    if len(ids) > question.MAX_RECIPIENTS:
        return b"", answers.blocked(explain.TOO_MANY, ids)
    asked = question.build(evidence)
    try:
        return asked, answers.read(parts.engine.evaluate(parts.revision, asked, parts.deadline), ids, parts.texts)
    except EngineFailure as failure:
        return asked, answers.blocked(explain.FAILURE_CODES.get(failure.kind, "EN-05"), ids)


def _decide(message: Message, evidence: Evidence, ask: Ask, parts: Checking) -> Decision:
    asked, answer = _evaluate(evidence, parts)
    names = [item.name for item in message.attachments]
    found = explain.findings(answer, evidence, parts.texts, names)
    if answer.action is not Action.ALLOW:
        found += explain.notes(evidence)
    recipients = tuple(
        RecipientDecision(address=known.address, action=line.action, protection=line.protection, codes=tuple(sorted(line.codes)))
        for known, line in zip(evidence.recipients, answer.recipients, strict=True)
    )
    return Decision(
        action=answer.action,
        classes=tuple(question.message_classes(evidence)),
        recipients=recipients,
        findings=found,
        ways_out=(),
        headline=explain.headline(answer.action, recipients, found),
        policy_revision=parts.revision,
        engine=parts.engine.name,
        question=asked,
        digest=digest_of(message),
        decided_at=ask.at,
        answer=msgspec.json.encode(answer, order="sorted"),
        content=kinds(evidence.content, names),
    )


def check(message: Message, ask: Ask, parts: Checking) -> tuple[Decision, Evidence]:
    """Decide about ``message``. Never raises for what the mail holds or for a failing engine: those are blocks."""
    content = content_of(message, parts.terms, parts.read)
    bound = ask.bound_to(digest_of(message))
    around = Circumstances(
        organisation=parts.organisation,
        channels=parts.channels,
        at=ask.at.date(),
        secure_requested=ask.secure,
        standing=parts.standing,
        confirmed=bound.confirmed,
        justified=frozenset(bound.reasons),
    )
    evidence = gather(message, content, parts.facts, _look_up(message, ask, parts), around)
    if parts.sources is not None:
        evidence = with_surroundings(evidence, message, ask.at, bound.answers, parts.standing, parts.sources)
    decision = _decide(message, evidence, ask, parts)
    trying = Trying(
        answer=lambda changed: _evaluate(changed, parts)[1].action, read=lambda changed: content_of(changed, parts.terms, parts.read)
    )
    return msgspec.structs.replace(decision, ways_out=find_ways_out(message, evidence, decision, trying)), evidence


def with_facts(parts: Checking, facts: RecipientFacts, organisation: OrganisationKind) -> Checking:
    """The same rules with other facts, and nothing looked up (``check --evidence``)."""
    return replace(
        parts, facts=facts, transport=None, organisation=organisation, standing=replace(parts.standing, asked=False), sources=None
    )
