"""The answers of the API as types: what the OpenAPI document shows, and what a test holds real answers against."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from addin_backend.model.access import KnownPhone
from addin_backend.model.after_send import Told
from addin_backend.model.decision import Action, Protection, Texts
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.offline import Received, Snapshot
from addin_backend.model.sending import Act, SendState
from addin_backend.web.wire import DraftOut, ErrorOut, JobOut, WaitingOut


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer holds exactly these keys."""


class RecipientAnswer(Strict, frozen=True):
    """One recipient: what happens, how the copy is protected, and the codes of the rules that spoke."""

    address: str
    action: Action
    protection: Protection
    codes: tuple[str, ...]


class ContentAnswer(Strict, frozen=True):
    """A kind of content that was found, and how often; never the value."""

    kind: str
    count: int
    texts: Texts


class FindingAnswer(Strict, frozen=True):
    """What one rule says. ``recipient`` is an address, or null for the whole mail."""

    code: str
    effect: str
    recipient: str | None
    params: dict[str, Any]
    title: Texts
    texts: Texts
    law: str


class WayOutAnswer(Strict, frozen=True):
    """A change to the draft that was evaluated again; ``action`` is what the mail would get with it. POST it to /apply."""

    change: str
    recipients: tuple[str, ...]
    parts: tuple[int, ...]
    action: Action
    texts: Texts


class DecisionAnswer(Strict, frozen=True):
    """The decision about a mail. ``digest`` is what a confirmation is bound to."""

    action: Action
    classes: tuple[SensitivityClass, ...]
    headline: Texts
    recipients: tuple[RecipientAnswer, ...]
    content: tuple[ContentAnswer, ...]
    findings: tuple[FindingAnswer, ...]
    ways_out: tuple[WayOutAnswer, ...]
    policy_revision: str
    digest: str


class TicketAnswer(Strict, frozen=True):
    """The internet header that the client sets before the mail leaves."""

    header: str
    value: str


class CheckAnswer(DecisionAnswer, frozen=True, forbid_unknown_fields=True):
    """A decision, a ticket when the mail may leave as it is over enforced TLS, and what a client decides by when nobody answers.

    ``phones``: what we know of the numbers of those who get a link, by address.
    """

    ticket: TicketAnswer | None
    phones: dict[str, KnownPhone]
    snapshot: Snapshot | None


class SendAnswer(Strict, frozen=True, kw_only=True):
    """``accepted``: the send is durable, follow ``job``. ``not_sent``: the decision is confirm or block, and there is no job."""

    outcome: Literal["accepted", "not_sent"]
    decision: DecisionAnswer
    job: JobOut | None = None


class AppliedAnswer(Strict, frozen=True):
    """The draft after a way out; two when the change makes two mails of it."""

    drafts: tuple[DraftOut, ...]


class LinkAnswer(Strict, frozen=True):
    """One recipient's link to the secure page."""

    address: str
    expires_at: datetime
    open: bool


class SentAnswer(Strict, frozen=True):
    """How a mail was sent; ``job`` is null when it did not go through us. ``proof`` is a page of ours, or ""."""

    job: JobOut | None
    created_at: datetime | None
    links: tuple[LinkAnswer, ...]
    proof: str
    waiting: tuple[WaitingOut, ...]


class InsteadAnswer(Strict, frozen=True):
    """How far each recipient is who waited for a secure connection."""

    waiting: tuple[WaitingOut, ...]


class RevokedAnswer(Strict, frozen=True):
    """The recipients whose links are closed, and those whose are not."""

    revoked: tuple[str, ...]
    not_revoked: tuple[str, ...]


class NoticesAnswer(Strict, frozen=True):
    """Whether the manager and the data protection officer were told."""

    manager: Told
    officer: Told


class MissentAnswer(Strict, frozen=True):
    """The case that was opened. ``open``: who may still have read the mail."""

    case: str
    revoked: tuple[str, ...]
    not_revoked: tuple[str, ...]
    open: tuple[str, ...]
    notices: NoticesAnswer


class ActsAnswer(Strict, frozen=True):
    """A send, and what a person may do with it now."""

    job: JobOut
    actions: tuple[Act, ...]


class ActedAnswer(Strict, frozen=True, kw_only=True):
    """After an act: to the sender the send and what can be done now, to an officer only how far somebody else's send has come."""

    job: JobOut | msgspec.UnsetType = msgspec.UNSET
    actions: tuple[Act, ...] | msgspec.UnsetType = msgspec.UNSET
    state: SendState | msgspec.UnsetType = msgspec.UNSET


class LaterAnswer(Strict, frozen=True):
    """What a client may forget, and what came of judging it afterwards."""

    received: tuple[str, ...]
    judged: tuple[Received, ...]


class ErrorAnswer(Strict, frozen=True):
    """Every answer that is no success."""

    error: ErrorOut
