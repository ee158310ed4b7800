"""A draft as the add-in sends it: JSON with the attachments in base64. Decoded strictly, so that a wrong field can be named.

The fields are untrusted and not normalised; ``flows.intake`` makes a ``Message`` of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from addin_backend.model.message import BodyFormat


class Importance(StrEnum):
    """How Outlook marks a mail (RFC 4021 §2.1.54)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class AddressInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipient as typed: ``name`` is the display name."""

    address: str
    name: str = ""


class AttachmentInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attachment. ``base64`` arrives as base64 text (RFC 4648 §4) and holds the decoded bytes here."""

    name: str
    media_type: str
    base64: bytes
    inline: bool = False
    content_id: str = ""


class DraftInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft in an open compose window. ``item_id`` is Exchange's, or None when the draft was never saved.

    ``in_reply_to`` and ``references`` hold the Message-IDs of the mails that it follows; ``label`` the name or id of its sensitivity label.
    """

    item_id: str | None = None
    sender: str = msgspec.field(name="from")
    to: list[AddressInput] = []
    cc: list[AddressInput] = []
    bcc: list[AddressInput] = []
    subject: str = ""
    body: str = ""
    body_format: BodyFormat = BodyFormat.PLAIN
    attachments: list[AttachmentInput] = []
    importance: Importance = Importance.NORMAL
    in_reply_to: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    references: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    label: Annotated[str, msgspec.Meta(max_length=200)] = ""
