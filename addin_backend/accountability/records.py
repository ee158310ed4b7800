"""From acts to records: enums, counts, pseudonyms and keyed digests only (GDPR Art. 5(2), 24, 30, 32). Nothing is quoted from a mail.

Addresses become pseudonyms. A domain stands in clear only where it names an organisation: never for free mail, a private person or an
address that has none.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from addin_backend.accountability.canonical import canonical
from addin_backend.errors import BadInput
from addin_backend.model.decision import Decision, Finding, Texts
from addin_backend.model.evidence import Evidence, RecipientEvidence, RecipientRole
from addin_backend.model.record import Record
from addin_backend.model.sending import SendJob, SendState
from addin_backend.ports import Pseudonymiser

DISPENSED = "DI-01"  # a dispensation was used; its params name it
_PLAIN = re.compile(r"[a-z0-9_]{1,64}")
_CODE = re.compile(r"[A-Z]{2}-[0-9]{2}")
_SIZES = ((100_000, "under_100_kb"), (1_000_000, "under_1_mb"), (10_000_000, "under_10_mb"))
_NO_REASONS: Mapping[str, str] = {}
OUTCOMES = {
    SendState.SENT: "sent",
    SendState.PARTLY_SENT: "partly_sent",
    SendState.NOT_SENT: "not_sent",
    SendState.UNCERTAIN: "uncertain",
}


@dataclass(frozen=True, slots=True)
class Act:
    """Who did it, when, and in which request. ``actor`` and ``mailbox`` are addresses; they differ when somebody acts for another."""

    event_id: str
    at: datetime
    actor: str
    mailbox: str
    request_id: str
    role: str = "employee"
    client: str = ""
    language: str = ""
    job_id: str = ""


def event_id(at: datetime, random: bytes) -> str:
    """A UUIDv7 (RFC 9562 §5.7) from a time and 10 random octets."""
    if len(random) < 10:
        raise ValueError("ten octets are needed")
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def event_id_of(job_id: str, action: str, created_at: datetime) -> str:
    """The same UUIDv7 each time for one act of one job, so that a step that runs again after a crash does not record it twice."""
    return event_id(created_at, hashlib.sha256(f"{action}\n{job_id}".encode()).digest())


def _word(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else "other"


def _code(value: str) -> str:
    """A rule's code; a client may have sent anything."""
    return value if _CODE.fullmatch(value) else "other"


def _size_class(octets: int) -> str:
    return next((word for limit, word in _SIZES if octets < limit), "10_mb_or_more")


def _named_domain(known: RecipientEvidence) -> str:
    """The domain in clear, or "" where it would name a person."""
    personal = known.free_mail or known.role is RecipientRole.PRIVATE_PERSON or not known.valid or known.literal
    return "" if personal else known.domain


def _basis(known: RecipientEvidence) -> dict[str, Any] | None:
    basis = known.transfer_basis
    if basis is None:
        return None
    return {
        "basis": basis.basis.value,
        "module": basis.module,
        "guarantees_met": basis.guarantees_met,
        "valid_to": basis.valid_to.isoformat() if basis.valid_to else None,
        "classes": sorted(item.value for item in basis.classes),
    }


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _facts(known: RecipientEvidence) -> dict[str, Any]:
    """What was known about a recipient when it was decided."""
    transport = known.transport
    return {
        "domain": _named_domain(known),
        "internal": known.internal,
        "role": known.role.value,
        "country": known.country,
        "country_strength": known.country_strength.value,
        "transfer_basis": _basis(known),
        "certificate": known.certificate.value,
        "transport": {
            "verdict": transport.verdict.value,
            "capability": _word(transport.capability),
            "commitment": _word(transport.commitment),
            "enforcement": _word(transport.enforcement),
            "risk_assessment": _word(transport.assessment) if transport.assessment else "",
            "reasons": [_word(item) for item in transport.reasons],
            "checked_at": _moment(transport.checked_at),
            "evidence": transport.evidence_id,
            "not_proven": [_word(item) for item in transport.not_proven],
        },
    }


def _recipients(decision: Decision, evidence: Evidence, names: Pseudonymiser) -> list[dict[str, Any]]:
    """One group for all recipients of whom the same is known and decided, so that a long list of recipients stays a small record."""
    groups: list[dict[str, Any]] = []
    for known, line in zip(evidence.recipients, decision.recipients, strict=True):
        group = {**_facts(known), "action": line.action.value, "protection": line.protection.value, "codes": list(line.codes)}
        who = names.pseudonym("address", known.address, decision.decided_at)
        same = next((item for item in groups if {**item, "who": []} == {**group, "who": []}), None)
        if same is None:
            groups.append({**group, "who": [who]})
        else:
            same["who"].append(who)
    return groups


def _findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    counted = Counter((item.code, item.effect.value) for item in found)
    return [{"code": code, "effect": effect, "count": count} for (code, effect), count in sorted(counted.items())]


def _shown(texts: Texts, found: Iterable[Finding], language: str) -> str:
    """What stood on the screen, as one text to take a keyed digest of."""
    chosen = [texts, *(item.texts for item in found)]
    return "\n".join(item.en if language == "en" else item.da for item in chosen)


def _confirmed(evidence: Evidence, at: datetime, names: Pseudonymiser) -> list[str]:
    split = [item.partition(":") for item in sorted(evidence.confirmed)]
    return [f"{_code(code)} {names.pseudonym('address', address, at)}" if address else _code(code) for code, _, address in split]


def _on_behalf_of(act: Act, names: Pseudonymiser) -> str:
    return "" if act.mailbox.lower() == act.actor.lower() else names.pseudonym("address", act.mailbox, act.at)


def _fitting(record: Record) -> Record:
    """``record``, or with its recipients as counts where they would not fit: the keyed digest of the mail covers them."""
    try:
        canonical(record)
    except BadInput:
        groups = record.body["recipients"]
        counts = Counter[str]()
        for item in groups:
            counts[f"{item['action']} {item['protection']}"] += len(item["who"])
        return Record(
            event_id=record.event_id,
            occurred_at=record.occurred_at,
            action=record.action,
            actor=record.actor,
            request_id=record.request_id,
            body={**record.body, "recipients": [], "recipients_counted": dict(counts)},
        )
    return record


def _reasons(reasons: Mapping[str, str], at: datetime, names: Pseudonymiser) -> list[str]:
    """Code, whom it is about, and a keyed digest of the reason: the words stand sealed beside the record."""
    split = [(*item.partition(":")[::2], text) for item, text in sorted(reasons.items())]
    who = [(code, f" {names.pseudonym('address', address, at)}" if address else "", text) for code, address, text in split]
    return [f"{_code(code)}{whom} {names.pseudonym('reason', text, at)}" for code, whom, text in who]


def _decision(action: str, decision: Decision, evidence: Evidence, act: Act, names: Pseudonymiser, reasons: Mapping[str, str]) -> Record:
    body: dict[str, Any] = {
        "job": act.job_id,
        "on_behalf_of": _on_behalf_of(act, names),
        "role": _word(act.role),
        "client": _word(act.client) if act.client else "",
        "mail": {
            "digest": names.pseudonym("digest", decision.digest, act.at),
            "size": _size_class(evidence.size_bytes),
            "attachments": evidence.attachment_count,
            "unreadable_parts": len(evidence.content.unreadable),
            "classes": sorted(decision.classes),
            "recognised": dict(sorted(Counter(_word(item.recogniser) for item in evidence.content.hits).items())),
        },
        "decision": {
            "action": decision.action.value,
            "findings": _findings(decision.findings),
            "dispensations": sorted({str(item.params["id"]) for item in decision.findings if item.code == DISPENSED}),
        },
        "recipients": _recipients(decision, evidence, names),
        "policy": {
            "revision": decision.policy_revision,
            "engine": decision.engine,
            "question": names.pseudonym("question", decision.question.decode(), act.at) if decision.question else "",
            "answer": names.pseudonym("answer", decision.answer.decode(), act.at) if decision.answer else "",
        },
        "shown": {
            "language": act.language,
            "digest": names.pseudonym("text", _shown(decision.headline, decision.findings, act.language), act.at),
            "ways_out": sorted(item.change for item in decision.ways_out),
        },
        "secure_requested": evidence.secure_requested,
        "confirmed": _confirmed(evidence, act.at, names),
        "reasons": _reasons(reasons, act.at, names),
    }
    return _fitting(_record(action, act, body, names))


def _record(action: str, act: Act, body: dict[str, Any], names: Pseudonymiser) -> Record:
    return Record(
        event_id=act.event_id,
        occurred_at=act.at,
        action=action,
        actor=names.pseudonym("address", act.actor, act.at) if act.actor else "system",
        request_id=act.request_id,
        body=body,
    )


def checked(decision: Decision, evidence: Evidence, act: Act, names: Pseudonymiser, reasons: Mapping[str, str] = _NO_REASONS) -> Record:
    """A check before sending; of the ``reasons`` that were given, by code or "code:address", it holds keyed digests."""
    return _decision("checked", decision, evidence, act, names, reasons)


def decided(decision: Decision, evidence: Evidence, act: Act, names: Pseudonymiser, reasons: Mapping[str, str] = _NO_REASONS) -> Record:
    """The decision that a send is built on; it is recorded before anything is done. ``reasons`` as for ``checked``."""
    return _decision("decided", decision, evidence, act, names, reasons)


def judged(decision: Decision, evidence: Evidence, act: Act, names: Pseudonymiser) -> Record:
    """What would have been decided about a mail that a client let go while the service was dead."""
    return _decision("offline_judged", decision, evidence, act, names, _NO_REASONS)


def unchecked(decision: Decision, evidence: Evidence, act: Act, names: Pseudonymiser) -> Record:
    """A mail that left without us, judged afterwards: what the rules say of it as it was sent."""
    return _decision("unchecked", decision, evidence, act, names, _NO_REASONS)


def outcome(job: SendJob, at: datetime, names: Pseudonymiser, number: int = 1) -> Record:
    """How a round of a send ended: per group the protection, the state and how many recipients. Raises ValueError for one that goes on.

    Later rounds (``number`` from 2) are records of their own: what was uncertain became known, or a person did something.
    """
    if job.state not in OUTCOMES:
        raise ValueError("the job has not ended")
    action = OUTCOMES[job.state]
    body = {
        "job": job.job_id,
        "error": _word(job.error_code) if job.error_code else "",
        "mail": names.pseudonym("digest", job.digest, job.created_at),
        "policy": {"revision": job.policy_revision},
        "groups": [
            {
                "protection": group.protection.value,
                "state": group.state.value,
                "error": _word(group.error_code) if group.error_code else "",
                "recipients": len(group.addresses),
                "message_id": names.pseudonym("message_id", group.message_id, job.created_at),
            }
            for group in job.groups
        ],
    }
    which = "outcome" if number == 1 else f"outcome {number}"
    act = Act(event_id_of(job.job_id, which, job.created_at), at, job.mailbox, job.mailbox, "", job_id=job.job_id)
    return _record(action, act, body, names)


def for_job(act: Act, job_id: str) -> Act:
    """The act, about this job."""
    return replace(act, job_id=job_id)


def settled(what: str, act: Act, names: Pseudonymiser, *, job: str, state: str, seen: str, role: str) -> Record:
    """A person took a send in hand: ``what`` they did, what state it was in, and what a fresh look ``seen`` in the mailbox."""
    body = {"job": job, "act": _word(what), "state": _word(state), "seen": _word(seen) if seen else "", "role": _word(role)}
    return _record("settled", act, {**body, "on_behalf_of": _on_behalf_of(act, names)}, names)


def simple(action: str, act: Act, names: Pseudonymiser, **body: str | int) -> Record:
    """``started``, ``log_read``, ``package_opened``, ``draft_removed``: an act with a few words or counts. An empty actor is the system."""
    return _record(action, act, dict(body), names)
