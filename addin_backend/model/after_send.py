"""What can be learnt and done about a mail that has been sent: how it went, its links, and a report that it went to the wrong person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from addin_backend.model.sending import SendJob


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient's link to the secure page. ``open``: it can still be used."""

    address: str
    expires_at: datetime
    open: bool


class SentMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the sender's mailbox. ``job`` is None for one that Outlook sent itself; ``event_id`` is its decision in the log, or ""."""

    job: SendJob | None = None
    links: tuple[Link, ...] = ()
    event_id: str = ""


class Told(StrEnum):
    """Whether somebody was told of a report. ``not_set``: we do not know who it is."""

    TOLD = "told"
    NOT_TOLD = "not_told"
    NOT_SET = "not_set"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """*Sendt forkert?*: the mail (by Message-ID, in angle brackets) and the recipients who should not have had it, in lower case."""

    actor: str
    name: str
    mailbox: str
    idempotency_key: str
    message_id: str
    recipients: tuple[str, ...]
    language: str
    request_id: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An opened case, as it is kept (sealed). ``job_id`` is "" for a mail that we did not send."""

    case_id: str
    opened_at: datetime
    reporter: str
    mailbox: str
    message_id: str
    recipients: tuple[str, ...]
    job_id: str = ""


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: links closed now or before, links that could not be closed yet, and recipients who have the mail itself."""

    case_id: str
    revoked: tuple[str, ...] = ()
    not_revoked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    manager: Told = Told.NOT_SET
    officer: Told = Told.NOT_SET
