"""Builds the closed question: every key always present, "unknown" written as a word, no text from the mail (docs/architecture.md)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from addin_backend.model.evidence import Evidence, RecipientEvidence, SensitivityClass, TransferBasis

MAX_RECIPIENTS = 500  # schemas/question.json; Exchange Online itself stops at 500 by default
_NONE = "none"
_CODE = re.compile(r"[A-Z]{2}-[0-9]{2}")


def recipient_id(index: int) -> str:
    """The id that stands for recipient number ``index`` in the question; the address stays outside."""
    return f"r{index}"


def _basis(basis: TransferBasis | None) -> dict[str, Any]:
    if basis is None:
        return {"kind": _NONE, "module": _NONE, "guarantees_met": False, "valid_to": _NONE, "classes": []}
    return {
        "kind": basis.basis.value,
        "module": basis.module or _NONE,
        "guarantees_met": basis.guarantees_met,
        "valid_to": basis.valid_to.isoformat() if basis.valid_to else _NONE,
        "classes": sorted(item.value for item in basis.classes),
    }


def _confirmed(evidence: Evidence, recipient: RecipientEvidence) -> list[str]:
    """The codes that the sender has confirmed for this recipient, or for all. What is no code stays outside the question."""
    codes = set()
    for item in evidence.confirmed:
        code, _, address = item.partition(":")
        if address in {"", recipient.address} and _CODE.fullmatch(code):
            codes.add(code)
    return sorted(codes)


def _recipient(index: int, recipient: RecipientEvidence, evidence: Evidence) -> dict[str, Any]:
    transport = recipient.transport
    return {
        "id": recipient_id(index),
        "kind": recipient.kind.value,
        "domain": recipient.domain or _NONE,
        "valid": recipient.valid,
        "literal": recipient.literal,
        "internal": recipient.internal,
        "free_mail": recipient.free_mail,
        "role": recipient.role.value,
        "country": recipient.country,
        "country_strength": recipient.country_strength.value,
        "basis": _basis(recipient.transfer_basis),
        "transport": {
            "verdict": transport.verdict.value,
            "capability": transport.capability,
            "commitment": transport.commitment,
            "enforcement": transport.enforcement,
        },
        "certificate": recipient.certificate.value,
        "confirmed": _confirmed(evidence, recipient),
    }


def message_classes(evidence: Evidence) -> list[str]:
    """The classes of the mail as words, sorted; `ordinary` when nothing protected was found, `unknown` when it could not be read."""
    if not evidence.readable:
        return [SensitivityClass.UNKNOWN.value]
    return sorted(item.value for item in evidence.content.classes) or [SensitivityClass.ORDINARY.value]


def build(evidence: Evidence) -> bytes:
    """The question as canonical JSON (sorted keys, no spaces, ASCII): the same evidence always gives the same bytes."""
    content = evidence.content
    question = {
        "schema": 1,
        "today": evidence.at.isoformat(),
        "organisation": {"kind": evidence.organisation.value},
        "channels": {"tls": evidence.channels.tls, "smime": evidence.channels.smime, "portal": evidence.channels.portal},
        "message": {
            "readable": evidence.readable,
            "classes": message_classes(evidence),
            "unreadable_parts": len(content.unreadable),
            "identifiers": sum(1 for hit in content.hits if hit.identifier),
            "subject_sensitive": content.subject_sensitive,
            "secure_requested": evidence.secure_requested,
            "size_bytes": evidence.size_bytes,
            "attachments": evidence.attachment_count,
        },
        "recipients": [_recipient(index, item, evidence) for index, item in enumerate(evidence.recipients)],
    }
    return msgspec.json.encode(question, order="sorted")
