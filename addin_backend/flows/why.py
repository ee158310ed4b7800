"""Why was it decided so? A recorded decision is asked again, with the rules of its own revision, and explained for the officer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.decision import answer as answers
from addin_backend.decision import explain, metadata, why
from addin_backend.decision.why import Why
from addin_backend.model.decision import Answer
from addin_backend.model.policy import RecordedQuestion
from addin_backend.ports import AccountabilityLog, EngineFailure, PolicyEngine, PolicySet, Pseudonymiser, RevisionStore

DEADLINE = 5.0  # seconds; nobody waits to send


@dataclass(frozen=True, slots=True)
class Archive:
    """Where recorded questions and old rules are. ``question`` raises NotFound; ``engine`` starts one for a set of rules."""

    question: Callable[[str], RecordedQuestion]
    revisions: RevisionStore
    engine: Callable[[PolicySet], AbstractContextManager[PolicyEngine]]


@dataclass(frozen=True, slots=True)
class Explained:
    """``identical``: the rules of then give the very same answer now. ``engine_failed``: then the engine gave none, so it was a block."""

    event_id: str
    at: datetime
    revision: str
    why: Why
    recorded: bytes
    again: bytes
    identical: bool
    engine_failed: bool


def _again(recorded: RecordedQuestion, policies: PolicySet, archive: Archive) -> bytes:
    """The answer to the recorded question under the rules of then, in the form it was recorded in. Raises Unavailable for no engine."""
    before = msgspec.json.decode(recorded.answer, type=Answer)
    ids = [line.id for line in before.recipients]
    if not recorded.question:
        return recorded.answer  # too many recipients to ask about: nobody was asked
    texts = {**explain.FAILURE_TEXTS, **metadata.texts(dict(policies.files))}
    try:
        with archive.engine(policies) as engine:
            answer = answers.read(engine.evaluate(policies.revision, recorded.question, DEADLINE), ids, texts)
    except EngineFailure as failure:
        answer = answers.blocked(explain.FAILURE_CODES.get(failure.kind, "EN-05"), ids)
    return msgspec.json.encode(answer, order="sorted")


def read_why(event_id: str, act: Act, archive: Archive, log: AccountabilityLog, names: Pseudonymiser) -> Explained:
    """``explain_again`` for somebody at a page: reading the log is itself recorded. Raises Unavailable, LogBroken too."""
    log.append(records.simple("log_read", act, names, limit=1))
    return explain_again(event_id, archive)


def explain_again(event_id: str, archive: Archive) -> Explained:
    """One recorded decision, asked again. Raises NotFound (no question, or forgotten), BadRegister (the rules of then are damaged)."""
    recorded = archive.question(event_id)
    policies = archive.revisions.load(recorded.revision)
    again = _again(recorded, policies, archive)
    before = msgspec.json.decode(recorded.answer, type=Answer)
    return Explained(
        event_id=event_id,
        at=recorded.at,
        revision=recorded.revision,
        why=why.why(dict(policies.files), recorded.question, recorded.answer),
        recorded=recorded.answer,
        again=again,
        identical=again == recorded.answer,
        engine_failed=any(item.code in explain.FAILURE_TEXTS for item in before.findings),
    )
