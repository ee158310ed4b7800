"""One accountability entry, and the signed tree head that commits to it. No content, no address in clear."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one act. ``body`` holds only enums, counts, pseudonyms and digests (audit.md §1).

    ``event_id`` is a UUIDv7 string; ``action`` one of: checked, decided, sent, partly_sent, not_sent, uncertain,
    draft_removed, package_opened, log_read, started, policy_published, policy_rolled_back, links_closing,
    missent_reported, missent_handled, settled (a person took a send in hand), delayed, not_delivered (one recipient's copy after it
    had left), case_closed, waiting (a stage of a copy that waits for TLS).
    """

    schema: int = 1
    event_id: str
    occurred_at: datetime
    action: str
    actor: str
    request_id: str
    body: dict[str, Any]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed tree head (C2SP tlog-checkpoint): ``note`` is the whole signed note as text."""

    origin: str
    size: int
    root: bytes
    note: str
    signed_at: datetime


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as stored: its index in the tree and the canonical bytes whose leaf hash the tree holds."""

    index: int
    entry: bytes
    leaf_hash: bytes
