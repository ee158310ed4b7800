"""What the send event asks: a check that is recorded, and a ticket when the mail may leave as it is over enforced TLS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.surroundings import departed, remember
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.model.message import Message
from addin_backend.ports import AccountabilityLog, Pseudonymiser
from addin_backend.sealing import ticket

TICKET_LIFE = timedelta(minutes=10)  # from the check to Exchange's mail-flow rule; a mail in the outbox of a closed laptop is checked again
_AS_IT_IS = frozenset({Protection.PLAIN, Protection.TLS})


@dataclass(frozen=True, slots=True)
class Recording:
    """Where checks are recorded, and what tickets are sealed with. ``new_id`` gives fresh unguessable ids.

    ``keep`` keeps the question of an event beside the log, ``keep_reasons`` the reasons that were given, ``let_go`` which mail a
    check let go (flows/ledger.py); they raise Unavailable.
    """

    log: AccountabilityLog
    names: Pseudonymiser
    ticket_key: bytes
    new_id: Callable[[], str]
    keep: Callable[[str, Decision], None] = field(default=lambda _event, _decision: None)
    keep_reasons: Callable[[str, Mapping[str, str]], None] = field(default=lambda _event, _reasons: None)
    let_go: Callable[[Message, Act], None] = field(default=lambda _message, _act: None)


def may_leave_as_it_is(decision: Decision) -> bool:
    """Whether every copy may leave unchanged, and enforced TLS protects at least one of them."""
    ways = {item.protection for item in decision.recipients}
    return decision.action in (Action.ALLOW, Action.PROTECT) and ways <= _AS_IT_IS and Protection.TLS in ways


def pre_send(message: Message, ask: Ask, act: Act, checking: Checking, recording: Recording) -> tuple[Decision, str | None]:
    """The recorded decision and the ticket, if any. Raises Unavailable or LogBroken: without a record there is no answer."""
    decision, evidence = check(message, ask, checking)
    said = ask.bound_to(decision.digest)
    recording.keep(act.event_id, decision)
    recording.keep_reasons(act.event_id, said.reasons)
    recording.log.append(records.checked(decision, evidence, act, recording.names, said.reasons))
    if decision.action is Action.ALLOW or may_leave_as_it_is(decision):
        leaving = departed(f"{act.mailbox.lower()}\n{decision.digest}", message, decision, evidence, said.answers, ())
        remember(checking.sources, leaving, decision.action)
        recording.let_go(message, act)
    if not may_leave_as_it_is(decision):
        return decision, None
    value = ticket.issue_for(
        recording.ticket_key, message, digest=decision.digest, expires_at=ask.at + TICKET_LIFE, ticket_id=recording.new_id()
    )
    return decision, value
