"""What our own records say around a mail, and what is remembered of it once it may leave. Addresses here are lower case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from addin_backend.model.evidence import RecipientRole
from addin_backend.model.facts import ThreadProtection


class SendersAnswer(msgspec.Struct, frozen=True):
    """What a sender said: who the recipient is, and the country (ISO 3166-1 alpha-2) in which the mail is read."""

    role: RecipientRole
    country: str


class PastQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about one mail.

    ``thread_ids`` are the Message-IDs that it follows; ``subject`` is the thread's, "" where the mail begins one. ``since`` is the first
    moment that counts for the use of derogations, by domain.
    """

    sender: str
    at: datetime
    addresses: tuple[str, ...]
    domains: tuple[str, ...] = ()
    since: datetime
    thread_ids: tuple[str, ...] = ()
    subject: str = ""
    dispensations: tuple[str, ...] = ()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. What is not in it is not in our records.

    ``thread`` is the strongest protection of the thread's earlier mails, ``threads`` that of each address which had one.
    ``told`` holds the codes of questions that this sender answered about an address this quarter.
    """

    written_to: frozenset[str] = frozenset()
    told: Mapping[str, frozenset[str]] = {}
    thread: ThreadProtection = ThreadProtection.NONE
    threads: Mapping[str, ThreadProtection] = {}
    answers: Mapping[str, SendersAnswer] = {}
    derogations: Mapping[str, int] = {}
    dispensations: Mapping[str, int] = {}


class DealtWith(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient of a mail that may leave. ``named_domain`` is "" where the domain would name a person."""

    address: str
    named_domain: str
    protection: ThreadProtection
    told: frozenset[str] = frozenset()
    derogation: str = ""  # the domain for which one was used
    answer: SendersAnswer | None = None


class Departed(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that may leave. ``mail`` tells it from others: the same mail again is remembered once."""

    mail: str
    sender: str
    at: datetime
    recipients: tuple[DealtWith, ...]
    thread_ids: tuple[str, ...] = ()
    subject: str = ""
    dispensations: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A sender's answer as an entry that an officer may put into the register of domains."""

    address: str
    answer: SendersAnswer
    said_by: str
    at: datetime
