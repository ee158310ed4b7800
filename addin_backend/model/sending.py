"""The life of one send: the job, its groups and their states. Groups never wait for each other."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from addin_backend.model.decision import Protection


class SendState(StrEnum):
    """Where a job is. ``uncertain`` waits for a person, never for a blind retry."""

    DECIDED = "decided"
    SEALED = "sealed"
    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"
    PARTLY_SENT = "partly_sent"
    UNCERTAIN = "uncertain"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The recipients that one sealed copy goes to. ``message_id`` is ours (RFC 5322 §3.6.4) and finds the copy again."""

    group_id: str
    protection: Protection
    addresses: tuple[str, ...]
    message_id: str
    state: SendState
    error_code: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The draft in the sender's mailbox. ``change_key`` guards every write (Exchange's optimistic lock)."""

    item_id: str
    change_key: str


class SendJob(msgspec.Struct, frozen=True, kw_only=True):
    """One press of Send securely. The content lies sealed in the store under ``job_id`` until the job is done."""

    job_id: str
    idempotency_key: str
    mailbox: str
    digest: str
    draft: Draft | None
    policy_revision: str
    state: SendState
    groups: tuple[Group, ...]
    created_at: datetime
    error_code: str = ""


class PortalPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed package for recipients who get a link. ``envelope`` is the ciphertext with its wrapped key; b"" once it was closed."""

    package_id: str
    job_id: str
    envelope: bytes
    created_at: datetime
    expires_at: datetime
