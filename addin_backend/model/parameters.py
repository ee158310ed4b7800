"""The register ``parameters``: the numbers and switches of the rules that an officer sets. Each field says which rule reads it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from addin_backend.model.evidence import TransportVerdict
from addin_backend.model.facts import Confidence, SensitivityLabel

Positive = Annotated[int, msgspec.Meta(ge=1)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when a class counts, and the least way that it may go. Below the threshold the sender is told (CO-09), no more."""

    from_: Confidence = msgspec.field(name="from")
    count: Positive
    minimum: Literal["tls", "smime", "portal"]


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One per protected class."""

    confidential: Threshold
    cpr: Threshold
    criminal: Threshold
    special_category: Threshold


class Assurance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The transport verdicts that are enough for a class; ``unknown`` is for what could not be read."""

    confidential: list[TransportVerdict]
    cpr: list[TransportVerdict]
    criminal: list[TransportVerdict]
    special_category: list[TransportVerdict]
    unknown: list[TransportVerdict]


class LabelName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a label of the organisation is called, or its id, and which of our words it is."""

    name: str
    label: SensitivityLabel


class ChannelLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of content (subject, body, decoded attachments) that each way carries (CO-14)."""

    plain: Bytes
    tls: Bytes
    smime: Bytes
    portal: Bytes


class RecipientLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``many_domains``: from so many outside domains in To and Cc (RC-08). ``private_outsiders``: from so many outsiders (CO-11).

    ``group_members``: a group with more members, all levels together, counts as not expanded (RC-12).
    """

    many_domains: Positive
    private_outsiders: Positive
    group_members: Positive


class TransferLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``derogation_uses`` within ``window_days`` per recipient (TF-04, TF-12); ``countries_days``: the country register is stale then."""

    derogation_uses: Positive
    window_days: Positive
    countries_days: Positive


class AnswerRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a sender may answer the question ``code`` at all, and whether the answer takes a reason."""

    code: str
    override: bool
    reason: Literal["required", "optional"]


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    checked: date
    content: Thresholds
    transport: Assurance
    labels: list[LabelName]
    channels: ChannelLimits
    recipients: RecipientLimits
    transfers: TransferLimits
    answers: list[AnswerRule]
