"""A question as this version of the program asks it: a set of rules whose schema does not fit it could answer nothing."""

from __future__ import annotations

from datetime import date

import msgspec

from addin_backend.decision import question
from addin_backend.evidence.recipients import unknown_recipient
from addin_backend.model.evidence import (
    Channels,
    ContentEvidence,
    Evidence,
    OrganisationKind,
    SensitivityClass,
    TransferBasis,
    TransferBasisKind,
)
from addin_backend.model.message import Recipient


def sample_question() -> bytes:
    """Two recipients, one of them with a transfer basis; nobody's data."""
    first = unknown_recipient(Recipient(address="a@modtager.example", domain="modtager.example"), internal=False)
    second = msgspec.structs.replace(first, transfer_basis=TransferBasis(basis=TransferBasisKind.ADEQUACY, valid_to=date(2026, 11, 23)))
    evidence = Evidence(
        readable=True,
        content=ContentEvidence(classes=frozenset({SensitivityClass.CPR})),
        recipients=(first, second),
        organisation=OrganisationKind.PRIVATE,
        channels=Channels(),
        at=date(2026, 11, 23),
        size_bytes=1,
        attachment_count=0,
    )
    return question.build(evidence)
