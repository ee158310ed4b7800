"""What is known around a mail is asked for within small budgets, and what becomes of it once it may leave is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from addin_backend.evidence.form import plain_subject
from addin_backend.evidence.look_alike import KnownDomains
from addin_backend.evidence.mailboxes import Directory, groups_of, mailbox_kinds
from addin_backend.evidence.registers import Registers
from addin_backend.evidence.standing import Standing
from addin_backend.evidence.surround import Books, Found, around, permissions, question_of, surround
from addin_backend.model.decision import Action, Decision, Effect, Protection
from addin_backend.model.evidence import Evidence, RecipientEvidence, RecipientRole
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.message import Message
from addin_backend.model.past import DealtWith, Departed, Past, PastQuestion, SendersAnswer

HISTORY_BUDGET = 0.25  # seconds for our own records; slower is unknown
DIRECTORY_BUDGET = 0.5  # seconds for one question to the directory
_THREAD = {
    Protection.TLS: ThreadProtection.TLS,
    Protection.SMIME: ThreadProtection.SMIME,
    Protection.PORTAL: ThreadProtection.PORTAL,
    Protection.DIGITAL_POST: ThreadProtection.PORTAL,
}


class ContactHistory(Protocol):
    """Our own records of whom was written to, how, and what senders said. Addresses are kept as keyed digests."""

    def past(self, question: PastQuestion, budget: float) -> Past | None:
        """Within ``budget`` seconds, or None: then it is unknown. Never raises."""
        ...

    def domains(self) -> frozenset[str]:
        """The domains of organisations that were written to."""
        ...

    def remember(self, departed: Departed) -> None:
        """Remember a mail that may leave, once. Raises Unavailable: then it must not leave."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked. Without ``history`` or ``directory`` what they would say is unknown."""

    registers: Registers
    domains: KnownDomains
    history: ContactHistory | None = None
    directory: Directory | None = None


def with_surroundings(
    evidence: Evidence, message: Message, at: datetime, answers: Mapping[str, SendersAnswer], standing: Standing, sources: Sources
) -> Evidence:
    """``evidence`` and what is known around the mail. Never raises for a source that does not answer: then it is unknown."""
    registers, thread = sources.registers, around(message)
    own = registers.own_domains
    inside = [known.address.lower() for known in evidence.recipients if known.valid and known.domain in own]
    mailboxes = mailbox_kinds(inside, own, sources.directory, registers.parameters.recipients.group_members, DIRECTORY_BUDGET)
    named = {who for item in registers.dispensations.entries for who in item.senders}
    groups = groups_of(message.sender.lower(), named, sources.directory, DIRECTORY_BUDGET)
    past = None
    if sources.history is not None:
        days = registers.parameters.transfers.window_days
        fitting = {item.id for known in evidence.recipients for item in permissions(known, message.sender, groups, standing, at.date())}
        past = sources.history.past(question_of(message, evidence, days, fitting, at, thread), HISTORY_BUDGET)
        for domain in sources.history.domains():
            sources.domains.add(domain)
    return surround(evidence, message, Books(registers, sources.domains, standing), thread, Found(past, mailboxes, answers, groups))


def _named(known: RecipientEvidence) -> str:
    """The domain where it names an organisation, and nobody in person."""
    personal = known.free_mail or known.role is RecipientRole.PRIVATE_PERSON or not known.valid or known.literal
    return "" if personal else known.domain


def _told(decision: Decision, address: str, confirmed: frozenset[str]) -> frozenset[str]:
    """The codes of the recipient checks that were put about this address and that the sender has answered."""
    return frozenset(
        item.code
        for item in decision.findings
        if item.code.startswith("RC-") and item.effect is Effect.NOTE and item.recipient in {"", address}
        if item.code in confirmed or f"{item.code}:{address}" in confirmed
    )


def departed(
    mail: str, message: Message, decision: Decision, evidence: Evidence, answers: Mapping[str, SendersAnswer], ids: tuple[str, ...]
) -> Departed:
    """What is remembered of a mail that may leave; ``ids`` are the Message-IDs of its copies, so that answers to them are known."""
    thread = around(message)
    dealt = tuple(
        DealtWith(
            address=known.address.lower(),
            named_domain="" if known.internal else _named(known),
            protection=_THREAD.get(line.protection, ThreadProtection.NONE),
            told=_told(decision, known.address, evidence.confirmed),
            derogation=_derogation(known),
            answer=answers.get(known.address.lower()),
        )
        for known, line in zip(evidence.recipients, decision.recipients, strict=True)
    )
    used = {str(item.params.get("id")) for item in decision.findings if item.code == "DI-01"}
    return Departed(
        mail=mail,
        sender=message.sender,
        at=decision.decided_at,
        recipients=dealt,
        thread_ids=(*thread.ids, *ids),
        subject=plain_subject(message.subject),
        dispensations=tuple(sorted(used)),
    )


def _derogation(known: RecipientEvidence) -> str:
    basis = known.transfer_basis
    return known.domain if basis is not None and basis.basis.value.startswith("derogation_") else ""


def remember(sources: Sources | None, leaving: Departed, action: Action) -> None:
    """Remember a mail that may leave. Raises Unavailable: what cannot be counted must not leave uncounted."""
    if sources is not None and sources.history is not None and action in (Action.ALLOW, Action.PROTECT):
        sources.history.remember(leaving)
