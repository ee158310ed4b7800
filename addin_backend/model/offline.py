"""What an Outlook that cannot reach the service decides with, and what it tells afterwards (docs/decisions/067)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from addin_backend.model.draft_input import DraftInput

SNAPSHOT, EMERGENCY = "snapshot", "emergency"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed: from when to when (seconds since 1970), which content (a digest, or an emergency's id), and the seal."""

    issued: int
    expires: int
    version: str
    seal: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An emergency that one person has asked for and another has still to approve."""

    request_id: str
    by: str
    hours: int
    at: datetime


class Switches(msgspec.Struct, frozen=True):
    """What an administrator has allowed. ``internal``: mail to colleagues goes without the service."""

    internal: bool


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as inside: the domains, the own addresses that lead out again, the groups that stay inside. Lower case, sorted."""

    domains: tuple[str, ...]
    leads_out: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    switches: Switches = Switches(internal=False)


class Snapshot(Inside, frozen=True, kw_only=True):
    """The content with its paper, as the client keeps it."""

    issued: int
    expires: int
    version: str
    seal: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that a client made alone. ``id`` is the client's own; ``draft`` is there when it is to be judged."""

    id: str
    at: int
    mailbox: str
    allowed: bool
    reason: str
    recipients: tuple[str, ...] = ()
    paper: Paper | None = None
    draft: DraftInput | None = None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is in the log. ``paper``: holds, late, forged or none. ``action`` is the judgement afterwards, or ""."""

    id: str
    paper: str
    action: str = ""
