"""What is decided: per recipient a protection and an action, with findings, words and ways out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class Protection(StrEnum):
    """How the mail reaches one recipient."""

    PLAIN = "plain"
    TLS = "tls"
    SMIME = "smime"
    PORTAL = "portal"
    DIGITAL_POST = "digital_post"
    NONE = "none"


class Action(StrEnum):
    """What happens when the button is pressed. ``SEVERITY`` orders them."""

    ALLOW = "allow"
    PROTECT = "protect"
    CONFIRM = "confirm"
    BLOCK = "block"


SEVERITY = {Action.ALLOW: 0, Action.PROTECT: 1, Action.CONFIRM: 2, Action.BLOCK: 3}


class Effect(StrEnum):
    """What a finding does. ``note`` informs, the others raise the action."""

    NOTE = "note"
    PROTECT = "protect"
    CONFIRM = "confirm"
    BLOCK = "block"


class RawFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding as the engine gives it: ``recipient`` is the id used in the question ("r0") or "" for the message."""

    code: str
    effect: Effect
    recipient: str
    params: dict[str, Any]


class RawRecipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The engine's answer for one recipient id."""

    id: str
    action: Action
    protection: Protection
    codes: list[str]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The engine's answer, read strictly (docs/architecture.md)."""

    action: Action
    recipients: list[RawRecipient]
    findings: list[RawFinding]


class Texts(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    da: str
    en: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with the address in place of the id, the words for it and the law behind it."""

    code: str
    effect: Effect
    recipient: str
    params: dict[str, Any]
    title: Texts
    texts: Texts
    law: str


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """A change to the draft that was re-evaluated and works: ``action`` is what the changed draft would get.

    ``change`` is one that the program makes at a press (leave_out_quoted, mask_identifiers, remove_attachment,
    send_attachment_separately, move_to_bcc, remove_recipient, use_portal) or one for the writer (remove_sensitive_content,
    add_recipient, change_recipient, write_anew). ``recipients`` and ``parts`` say which; for change_recipient they are the ones to replace.
    """

    change: str
    recipients: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    action: Action
    texts: Texts


class ContentKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of content that was found, in words that name its places; the value itself is nowhere in it."""

    kind: str
    count: int
    texts: Texts


class Edit(msgspec.Struct, frozen=True):
    """A change that the program makes itself: ``change`` as in WayOut, with the recipients and attachments (by index) that it is about."""

    change: str
    recipients: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()


class RecipientDecision(msgspec.Struct, frozen=True, kw_only=True):
    """How one recipient is reached."""

    address: str
    action: Action
    protection: Protection
    codes: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer, bound to ``digest`` of recipients, subject, body and attachments: any change voids it.

    ``question`` and ``answer`` are what the rules were asked and what was acted on, canonical JSON: with them a decision can be replayed.
    ``question`` is empty when there were too many recipients to ask about.
    """

    action: Action
    classes: tuple[str, ...]
    recipients: tuple[RecipientDecision, ...]
    findings: tuple[Finding, ...]
    ways_out: tuple[WayOut, ...]
    headline: Texts
    policy_revision: str
    engine: str
    question: bytes
    digest: str
    decided_at: datetime
    answer: bytes = b""
    content: tuple[ContentKind, ...] = ()  # for the sender's eyes: it names attachments
