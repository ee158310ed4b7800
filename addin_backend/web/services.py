"""What the web room asks of the rest: callables over model values. ``bootstrap`` fills them in; nothing here knows an edge.

Each callable may block (the handlers run it in a worker thread) and raises ``SendSecurelyError`` with the answer for the person.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from addin_backend.errors import Unavailable
from addin_backend.flows.after_send import Closed
from addin_backend.flows.changes import Applied
from addin_backend.flows.own_record import OwnLine
from addin_backend.flows.why import Explained
from addin_backend.model.access import Given, KnownPhone
from addin_backend.model.after_send import Handled, Report, SentMail
from addin_backend.model.decision import Decision, Edit, Texts
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.identity import Identity
from addin_backend.model.message import Message
from addin_backend.model.offline import Entry, Paper, Received, Snapshot
from addin_backend.model.past import SendersAnswer
from addin_backend.model.record import Checkpoint
from addin_backend.model.routing import Route
from addin_backend.model.sending import Act, PortalPackage, SendJob
from addin_backend.web.emergency_hand import EmergencyHand
from addin_backend.web.limits import Bodies, Limiter
from addin_backend.web.waits import Waits

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CheckCall:
    """One request for a check. ``confirmed`` holds codes (or "CODE:address") for the mail whose digest is ``confirmed_for``; ``secure``
    is True when *Send securely* was pressed. ``reasons`` are given for some of ``confirmed``; ``answers`` say who a recipient is.
    """

    identity: Identity
    mailbox: str
    language: str
    message: Message
    confirmed: frozenset[str]
    confirmed_for: str
    secure: bool
    request_id: str
    item_id: str | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, SendersAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ticket:
    """The transport ticket that the client sets as an internet header before the mail leaves."""

    header: str
    value: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to a check; ``ticket`` when the mail may leave as it is over enforced TLS.

    ``phones`` are the numbers that we know of recipients who get a link, by address.
    """

    decision: Decision
    ticket: Ticket | None = None
    phones: Mapping[str, KnownPhone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SendCall:
    """One press of *Send securely*: a check, and the key that makes a repeated request the same send.

    ``access`` is how recipients open the secure page, by address.
    """

    check: CheckCall
    idempotency_key: str
    access: Mapping[str, Given] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """What became of it: ``job`` is None when the decision was confirm or block, and then nothing was sent."""

    decision: Decision
    job: SendJob | None


@dataclass(frozen=True, slots=True)
class AfterSend:
    """What the task pane asks once a mail was asked for.

    ``pressed``   the job under a mailbox and a key; raises NotFound.
    ``sent_mail`` how a mail of this mailbox was sent, by its Message-ID.
    ``revoke``    closes the links of a job (identity, job, request id).
    ``missent``   opens a case, closes links, tells people.
    """

    pressed: Callable[[str, str], SendJob]
    sent_mail: Callable[[str, str], SentMail]
    revoke: Callable[[Identity, SendJob, str], Closed]
    missent: Callable[[Report], Handled]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in force as its METADATA describes it. ``effect`` is note, protect, confirm or block."""

    code: str
    concern: str
    effect: str
    title: Texts
    explanation: Texts
    way_out: Texts
    law: str
    owner: str = ""
    effective_on: str = ""


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """Rules and registers with the revision that commits to them. ``registers``: name -> the parsed data.json."""

    revision: str
    engine: str
    rules: tuple[RuleLine, ...]
    registers: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record: ``entry`` its canonical JSON bytes, ``proof`` the inclusion path (RFC 9162 §2.1.3), ``verified`` the outcome."""

    index: int
    entry: bytes
    leaf_hash: bytes
    proof: tuple[bytes, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class LogView:
    """The newest records, newest first, against one checkpoint; ``signature_verified`` is for the checkpoint itself."""

    checkpoint: Checkpoint
    verify_key: str
    signature_verified: bool
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class SendLine:
    """One send as an officer sees it: no address, no subject. ``mailbox`` is the pseudonym that the log has for it.

    ``copies``: protection, number of recipients, state and error of each. ``acts``: what a person may do with it now. ``fates``: what is
    known after it had left, of how many recipients, and whether only a report from outside says so.
    """

    job_id: str
    mailbox: str
    state: str
    error_code: str
    since: datetime
    copies: tuple[tuple[str, int, str, str], ...]
    left: tuple[str, ...]
    next_at: datetime | None
    gave_up: bool
    acts: tuple[Act, ...]
    fates: tuple[tuple[str, int, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class ActCall:
    """Somebody does something with a send that is not wholly done."""

    identity: Identity
    job_id: str
    act: Act
    request_id: str


@dataclass(frozen=True, slots=True)
class SendHand:
    """A person's hand on sends. ``acts``: what may be done with a job now; ``act`` does it, and raises Conflict when it cannot be done;
    ``sends``: the newest sends and all that wait for a person, for the officer.
    """

    acts: Callable[[SendJob], tuple[Act, ...]]
    act: Callable[[ActCall], SendJob]
    sends: Callable[[], tuple[SendLine, ...]]


def _no_report(event: str, fields: Mapping[str, object]) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A mail that left unchecked. ``who`` and ``closed_by`` are pseudonyms, as in the log; ``case``: the rules found something;
    ``event_id`` its record; ``item`` the line's number.
    """

    at: datetime
    who: str
    case: bool
    action: str
    codes: tuple[str, ...]
    event_id: str
    item: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Sent items counted by why they stand there; how many mailboxes are read, and when the one that is furthest behind was."""

    counts: Mapping[str, int] = field(default_factory=dict)
    mailboxes: int = 0
    oldest: datetime | None = None
    rows: tuple[LedgerRow, ...] = ()
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class ServedBundle:
    """``build`` gives the signed bundle in force and its entity tag; ``token`` opens it, and without one it stays closed."""

    build: Callable[[], tuple[bytes, str]]
    token: str


def _no_paper() -> None:
    """There is none."""


def _nobody(*_asked: object) -> NoReturn:
    """Nobody can be asked here."""
    raise Unavailable


@dataclass(frozen=True, slots=True)
class Addin:
    """What the add-in's files and its event code need.

    ``origin``     scheme and host that the files and the API are reached at, as the manifest says; written into the event code.
    ``client_id``  of the add-in's app registration; written into it too.
    ``msal``       msal-browser for nested app authentication; b"": Office's own sign-in only.
    ``preflight``  the decision about a draft that is still being written: nothing is recorded.
    ``snapshot``   the day's paper that a client decides with when the service is dead; ``emergency`` the one two people declared, if any.
    ``hear``       what a client decided alone (who tells it, entries); recorded once, however often it is told.
    """

    origin: str = "http://127.0.0.1:8000"
    client_id: str = ""
    msal: bytes = b""
    preflight: Callable[[CheckCall], Decision] = _nobody
    snapshot: Callable[[], Snapshot | None] = _no_paper
    emergency: Callable[[], Paper | None] = _no_paper
    hear: Callable[[str, list[Entry]], tuple[Received, ...]] = _nobody


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the pages and the API can ask for.

    ``identify``   the person behind a bearer token, or None.
    ``own_record`` a person's own entries of the log, the newest (how many, request id).
    ``limiter``    how many requests one person may make.
    ``bodies``     how much of their bodies is in memory at once.
    ``intake``     a draft as the add-in sends it -> Message (recipients normalised).
    ``apply``      a change to a draft, made by the same hand that tried it; raises BadInput for one that is the writer's to make.
    ``keep_details`` a mail becomes a draft in a mailbox, once for each key.
    ``job``        raises NotFound.
    ``after_send`` what can be learnt and done once a mail was asked for.
    ``hand``       what a person may do with sends that are not wholly done; ``waits``: mail that waits for a secure connection.
    ``connections`` what is known of each domain that mail went to.
    ``transports`` which transport each mailbox is on, and why.
    ``recent``     the newest records (limit, request id); reading the log is itself recorded by the flow behind it.
    ``why``        a recorded decision (event id, request id), asked again with the rules of its time; raises NotFound.
    ``package``    the sealed package behind a link; raises NotFound.
    ``ledger``     sent mail, and what of it left unchecked.
    ``close_case`` a case of it closed by a person with a reason (item, who, reason); raises NotFound, Conflict, BadInput.
    ``open_pages`` console and log without sign-in: the demo world on loopback only.
    ``officer``    who acts on the open pages; None: they are for reading only.
    ``form_key``   what forms of these pages are signed with, so that no other site can fill them in.
    ``report``     takes an event and its fields (the structured log).
    ``request_scope`` binds the request id to everything logged inside it.
    ``message_limit`` in bytes, counted over subject, body and decoded attachments.
    ``allowed_hosts`` names in a Host header that are answered, with any port; () means any. The demo's pages are open: loopback only.
    ``frame_ancestors`` origins that may frame the add-in's pages (Outlook on the web).
    ``emergency``  two people's hand on the emergency. ``console_people``: who may be chosen on an open console (address -> name).
    ``addin``      what the add-in asks beside check and send.
    """

    identify: Callable[[str], Identity | None]
    intake: Callable[[DraftInput], Message]
    check: Callable[[CheckCall], Checked]
    own_record: Callable[[Identity, int, str], tuple[OwnLine, ...]]
    send: Callable[[SendCall], SendAnswer]
    apply: Callable[[Message, Edit], tuple[Applied, ...]]
    keep_details: Callable[[str, str, Message], None]
    job: Callable[[str], SendJob]
    after_send: AfterSend
    rules: Callable[[], RulesInForce]
    connections: Callable[[], tuple[TransportEvidence, ...]]
    recent: Callable[[int, str], LogView]
    why: Callable[[str, str], Explained]
    package: Callable[[str], PortalPackage]
    hand: SendHand
    clock: Callable[[], datetime]
    new_request_id: Callable[[], str]
    report: Callable[[str, Mapping[str, object]], None] = _no_report
    request_scope: Callable[[str], AbstractContextManager[object]] = nullcontext
    ledger: Callable[[], LedgerView] = LedgerView
    close_case: Callable[[str, str, str], None] = _nobody
    waits: Waits = field(default_factory=Waits)
    officer: Identity | None = None
    form_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    organisation: str = ""
    open_pages: bool = False
    message_limit: int = 35 * MEGABYTE
    allowed_hosts: tuple[str, ...] = ()
    bundle: ServedBundle | None = None
    counters: Callable[[], dict[str, int]] = dict
    limiter: Limiter = field(default_factory=lambda: Limiter(0, time.monotonic))
    bodies: Bodies = field(default_factory=Bodies)
    transports: Callable[[], Sequence[Route]] = tuple
    emergency: EmergencyHand | None = None
    console_people: Mapping[str, str] = field(default_factory=dict)
    addin: Addin = field(default_factory=lambda: Addin())
    frame_ancestors: tuple[str, ...] = field(
        default=(
            "https://outlook.office.com",
            "https://outlook.office365.com",
            "https://outlook.live.com",
            "https://outlook.cloud.microsoft",
        )
    )
