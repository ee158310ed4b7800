"""Builds the closed question: every key always present, "unknown" written as a word, no text from the mail (docs/architecture.md)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from addin_backend.model.evidence import (
    ContentEvidence,
    Evidence,
    RecipientEvidence,
    SensitivityClass,
    TransferBasis,
    TransferBasisKind,
    TransportEvidence,
)
from addin_backend.model.facts import Confidence, Uses

MAX_RECIPIENTS = 500  # schemas/question.json; Exchange Online itself stops at 500 by default
_NONE = "none"
SCHEMA = 2  # schemas/question.json; a question of another form is not what the rules were written for
_CODE = re.compile(r"[A-Z]{2}-[0-9]{2}")
_GRADED = (SensitivityClass.CONFIDENTIAL, SensitivityClass.CPR, SensitivityClass.CRIMINAL, SensitivityClass.SPECIAL_CATEGORY)


def recipient_id(index: int) -> str:
    """The id that stands for recipient number ``index`` in the question; the address stays outside."""
    return f"r{index}"


def _uses(uses: Uses) -> dict[str, Any]:
    return {"state": uses.state.value, "count": uses.count, "limit": uses.limit, "window_days": uses.window_days}


def _basis(recipient: RecipientEvidence) -> dict[str, Any]:
    basis = recipient.transfer_basis or _NO_BASIS
    return {
        "kind": basis.basis.value if recipient.transfer_basis else _NONE,
        "country": (basis.country or recipient.country) if recipient.transfer_basis else "unknown",
        "module": basis.module or _NONE,
        "guarantees_met": basis.guarantees_met,
        "valid_to": basis.valid_to.isoformat() if basis.valid_to else _NONE,
        "classes": sorted(item.value for item in basis.classes),
        "scope_met": basis.scope_met.value,
        "data_kinds": sorted(basis.data_kinds),
        "public_powers": basis.public_powers.value,
        "authority_informed": basis.authority_informed.value,
        "uses": _uses(basis.uses),
    }


_NO_BASIS = TransferBasis(basis=TransferBasisKind.ADEQUACY)  # stands in for the fields of a ground that is not there; its kind is not told


def _transport(known: TransportEvidence) -> dict[str, Any]:
    return {
        "verdict": known.verdict.value,
        "capability": known.capability,
        "commitment": known.commitment,
        "enforcement": known.enforcement,
        "risk_assessment": known.risk_assessment,
        "end_to_end_required": known.end_to_end_required,
        "network_country": known.network_country,
    }


def _codes_for(items: frozenset[str], recipient: RecipientEvidence) -> list[str]:
    """The codes said for this recipient ("CODE:address"), or for all ("CODE"). What is no code stays outside the question."""
    codes = set()
    for item in items:
        code, _, address = item.partition(":")
        if address in {"", recipient.address} and _CODE.fullmatch(code):
            codes.add(code)
    return sorted(codes)


def _recipient(index: int, recipient: RecipientEvidence, evidence: Evidence) -> dict[str, Any]:
    return {
        "id": recipient_id(index),
        "kind": recipient.kind.value,
        "domain": recipient.domain or _NONE,
        "valid": recipient.valid,
        "literal": recipient.literal,
        "internal": recipient.internal,
        "mailbox": recipient.mailbox.value,
        "free_mail": recipient.free_mail,
        "no_reply": recipient.no_reply,
        "look_alike": recipient.look_alike.value,
        "history": recipient.history.value,
        "added_by_reply": recipient.added_by_reply.value,
        "thread_protection": recipient.thread_protection.value,
        "told": sorted(code for code in recipient.told if _CODE.fullmatch(code)),
        "role": recipient.role.value,
        "country": recipient.country,
        "country_strength": recipient.country_strength.value,
        "remote_access": {"by": recipient.remote_access.by.value, "country": recipient.remote_access.country},
        "basis": _basis(recipient),
        "transport": _transport(recipient.transport),
        "certificate": recipient.certificate.value,
        "digital_post": recipient.digital_post.value,
        "dispensations": [{"id": item.id, "state": item.state.value, "used": item.used} for item in recipient.dispensations],
        "confirmed": _codes_for(evidence.confirmed, recipient),
        "justified": _codes_for(evidence.justified, recipient),
    }


def message_classes(evidence: Evidence) -> list[str]:
    """The classes of the mail as words, sorted; `ordinary` when nothing protected was found, `unknown` when it could not be read."""
    if not evidence.readable:
        return [SensitivityClass.UNKNOWN.value]
    return sorted(item.value for item in evidence.content.classes) or [SensitivityClass.ORDINARY.value]


def _confidence(content: ContentEvidence, graded: SensitivityClass) -> str:
    """How certain the class is; one that was found by no graded hit is certain."""
    if graded not in content.classes:
        return Confidence.NONE.value
    return content.confidence.get(graded, Confidence.CERTAIN).value


def _message(evidence: Evidence) -> dict[str, Any]:
    content = evidence.content
    return {
        "readable": evidence.readable,
        "classes": message_classes(evidence),
        "confidence": {item.value: _confidence(content, item) for item in _GRADED},
        "counts": {item.value: content.counts.get(item, 0) for item in _GRADED},
        "quoted_only": {item.value: item in content.quoted_only for item in _GRADED},
        "unreadable_parts": len(content.unreadable),
        "identifiers": sum(1 for hit in content.hits if hit.identifier),
        "subject_sensitive": content.subject_sensitive,
        "employment": content.employment.value,
        "label": evidence.label.value,
        "form": evidence.form.value,
        "thread_protection": evidence.thread_protection.value,
        "salutation": evidence.salutation.value,
        "secure_requested": evidence.secure_requested,
        "size_bytes": evidence.size_bytes,
        "largest_part_bytes": evidence.largest_part_bytes,
        "attachments": evidence.attachment_count,
    }


def build(evidence: Evidence) -> bytes:
    """The question as canonical JSON (sorted keys, no spaces, ASCII): the same evidence always gives the same bytes."""
    channels = evidence.channels
    question = {
        "schema": SCHEMA,
        "today": evidence.at.isoformat(),
        "organisation": {"kind": evidence.organisation.value},
        "channels": {"tls": channels.tls, "smime": channels.smime, "portal": channels.portal, "digital_post": channels.digital_post},
        "registers": {"countries": "stale" if evidence.countries_stale else "fresh"},
        "message": _message(evidence),
        "recipients": [_recipient(index, item, evidence) for index, item in enumerate(evidence.recipients)],
    }
    return msgspec.json.encode(question, order="sorted")
