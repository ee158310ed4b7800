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


class Left(StrEnum):
    """What a send has still to do after its copies: look what became of them, record, keep the readable copy, tidy up, forget."""

    LOOK = "look"
    RECORD = "record"
    COPY = "copy"
    DRAFT = "draft"
    DISCARD = "discard"
    LATE = "late"  # a copy whose saving was never answered may still come to lie among the drafts
    CONTENT = "content"


class Act(StrEnum):
    """What a person may do with a send that is not wholly done."""

    WAS_SENT = "was_sent"
    SEND_AGAIN = "send_again"
    GIVE_BACK = "give_back"
    CANCEL = "cancel"
    LOOK_AGAIN = "look_again"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The draft in the sender's mailbox. ``change_key`` guards every write (Exchange's optimistic lock)."""

    item_id: str
    change_key: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The recipients that one sealed copy goes to. ``message_id`` is ours (RFC 5322 §3.6.4) and finds the copy again.

    ``copy`` is the saved copy that was about to be sent, as long as nobody knows what became of it or it still lies among the drafts.
    """

    group_id: str
    protection: Protection
    addresses: tuple[str, ...]
    message_id: str
    state: SendState
    error_code: str = ""
    copy: Draft | None = None


class SendJob(msgspec.Struct, frozen=True, kw_only=True):
    """One press of Send securely. The content lies sealed in the store under ``job_id`` until the job is done.

    ``since`` is when the state was reached; ``left`` is what is still to be done; ``next_at`` is when that is tried again, and None with
    something left means that it was given up. ``tidy`` says what becomes of the draft: remove, restore, missing. ``closed``: nobody can
    do anything more with it.
    """

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
    since: datetime | None = None
    left: tuple[Left, ...] = ()
    next_at: datetime | None = None
    tries: int = 0
    tidy: str = ""
    closed: bool = False


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job's workflow: the first is the press itself, later ones look again or do what a person asked for.

    ``due`` is when the next one is to begin; ``running`` from its beginning to its end, over any number of crashes.
    """

    number: int = 1
    act: Act | None = None
    running: bool = False
    due: datetime | None = None
    stop: bool = False


class PortalPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed package for recipients who get a link. ``envelope`` is the ciphertext with its wrapped key; b"" once it was closed."""

    package_id: str
    job_id: str
    envelope: bytes
    created_at: datetime
    expires_at: datetime
