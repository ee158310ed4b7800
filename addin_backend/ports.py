"""What we ask of the world, as small Protocols. ``edges/`` implements them; ``flows/`` receives them from ``bootstrap``.

Every port states what it raises. A port never answers "fine" because it could not find out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from addin_backend.model.evidence import CertificateState, TransportEvidence
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment
from addin_backend.model.policy import Publication
from addin_backend.model.record import Checkpoint, LogEntry, Record
from addin_backend.model.sending import Draft, PortalPackage, SendJob
from addin_backend.model.transport import (
    AddressAnswer,
    HostAnswer,
    HostProbe,
    MxAnswer,
    PolicyDocument,
    Proof,
    StoredPolicy,
    TlsaAnswer,
    TxtAnswer,
)

T = TypeVar("T")


# --- policy -----------------------------------------------------------------------------------------------------------


class EngineFailure(Exception):
    """The engine gave no answer. ``kind``: compile, eval, timeout, crash, undefined, unavailable, malformed.

    Each kind is a block with a code of its own; ``detail`` never holds input.
    """

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


class PolicyEngine(Protocol):
    """Evaluates the closed question. Thread-safe; blocks the calling thread until ``deadline`` seconds at most."""

    name: str

    def evaluate(self, revision: str, question: bytes, deadline: float) -> bytes:
        """The answer as JSON bytes, unread. Raises EngineFailure, never anything milder."""
        ...

    def close(self) -> None:
        """Stop what was started. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All rules, texts and registers in force: relative path -> bytes, and their digest (the policy revision)."""

    revision: str
    files: tuple[tuple[str, bytes], ...]


# --- attachments ------------------------------------------------------------------------------------------------------


class AttachmentReader(Protocol):
    """The text of attachments, read where hostile bytes can do no harm. Thread-safe."""

    def read(self, attachments: Sequence[Attachment], budget: float) -> Sequence[Extracted]:
        """All of them within ``budget`` seconds, in order. Never raises: what was not read has the word that says why."""
        ...

    def close(self) -> None:
        """Stop what was started. Idempotent."""
        ...


class RevisionStore(Protocol):
    """Keeps sets of rules by revision and says which one is in force."""

    def keep(self, policies: PolicySet) -> None: ...

    def load(self, revision: str) -> PolicySet: ...

    def in_force(self) -> Publication | None: ...

    def history(self) -> tuple[Publication, ...]: ...

    def put_in_force(self, publication: Publication) -> None: ...


# --- facts ------------------------------------------------------------------------------------------------------------


class Resolver(Protocol):
    """DNS with a deadline (seconds). Never raises for a network fault: the status says it. Several names are asked side by side."""

    def mx(self, domain: str, deadline: float) -> MxAnswer: ...

    def txt(self, name: str, deadline: float) -> TxtAnswer: ...

    def hosts(self, names: Sequence[str], deadline: float) -> Mapping[str, HostAnswer]: ...

    def tlsa(self, bases: Sequence[str], deadline: float) -> Mapping[str, TlsaAnswer]: ...


class PolicyFetcher(Protocol):
    """Fetches https://mta-sts.<domain>/.well-known/mta-sts.txt (RFC 8461 §3.3) without following redirects."""

    def fetch(self, domain: str, deadline: float) -> PolicyDocument: ...


class AddressResolver(Protocol):
    """A and AAAA with a deadline (seconds), by the same resolver as everything else. Never raises for a network fault."""

    def addresses(self, name: str, deadline: float) -> AddressAnswer: ...


class HostProber(Protocol):
    """STARTTLS on port 25 of an MX host, at most one connection per host in its budget's time. Never raises: what fails is unknown."""

    def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe: ...


class PolicyStore(Protocol):
    """Keeps MTA-STS policies per domain until they expire: losing them loses the protection (RFC 8461 §10.2). Raises Unavailable."""

    def policy(self, domain: str) -> StoredPolicy | None: ...

    def keep(self, domain: str, policy: StoredPolicy) -> None: ...


class ProbeStore(Protocol):
    """Keeps the newest probe per MX host; all domains behind the host share it. Raises Unavailable."""

    def probe(self, host: str) -> HostProbe | None: ...

    def keep_probe(self, probe: HostProbe) -> None: ...


class AnswerStore(Protocol):
    """Answers per domain that outlive the process, and the evidence behind those that were used. Raises Unavailable."""

    def answer(self, domain: str) -> TransportEvidence | None: ...

    def keep_answer(self, answer: TransportEvidence, proof: Proof) -> None:
        """Replace what was known of ``answer.domain``, with the evidence it was drawn from."""
        ...

    def keep_proof(self, domain: str, evidence_id: str) -> bool:
        """Keep the evidence of the domain's answer for good; False when it is not there any more."""
        ...

    def add_proof(self, proof: Proof) -> None: ...

    def proof(self, evidence_id: str) -> Proof:
        """The evidence that was kept. Raises NotFound."""
        ...


class TransportSource(Protocol):
    """What is known of the recipients' domains, from cache or within one budget of seconds for all. Never raises.

    The answer has every domain asked for; what could not be found out is `unknown` with its reason.
    """

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]: ...


class CertificateStore(Protocol):
    """Certificates that we hold for S/MIME encryption."""

    def state(self, address: str, at: datetime) -> CertificateState: ...

    def certificate(self, address: str, at: datetime) -> bytes | None:
        """DER of the usable encryption certificate, or None."""
        ...


# --- accountability ---------------------------------------------------------------------------------------------------


class AccountabilityLog(Protocol):
    """Append-only. ``append`` returns only when the record is durable; raises Unavailable or LogBroken otherwise."""

    def append(self, record: Record) -> int: ...

    def checkpoint(self) -> Checkpoint: ...

    def entries(self, start: int, end: int) -> Sequence[LogEntry]: ...

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]: ...


class Pseudonymiser(Protocol):
    """Keyed HMAC-SHA-256 per tenant and period; the same input gives the same pseudonym within a period (audit.md §1)."""

    def pseudonym(self, kind: str, value: str, at: datetime) -> str: ...


class KeyRing(Protocol):
    """Wraps content-encryption keys (AES-256). ``key_id`` travels with the wrapped key."""

    def wrap(self, key: bytes, aad: bytes) -> tuple[str, bytes]: ...

    def unwrap(self, key_id: str, wrapped: bytes, aad: bytes) -> bytes: ...


# --- sending ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A copy ready to leave. ``mime`` is the whole message, CRLF; ``bcc`` is envelope only and never in ``mime``.

    ``marker`` is ours, stored on the item, and finds it again. ``save_to`` is "sentitems" or the folder name for sealed copies.
    """

    mime: bytes
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    message_id: str
    marker: str
    save_to: str


class Mailbox(Protocol):
    """One sender's mailbox through Exchange. Raises Unavailable (nothing happened), OutcomeUnknown (perhaps), NotFound, Conflict.

    Every method is safe to call again after a crash.
    """

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft with its current change key, and its MIME."""

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        """Move the draft's recipients into our extended property, so that it cannot be sent in clear. Idempotent."""

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        """Put the recipients back, or those of them whose lower-case address is in ``only``. Idempotent."""

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        """Delete the draft; a draft that is already gone is done."""

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """Save a draft with our Message-ID and marker; looks for the marker first and returns that one if it is there."""

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete every unsent copy with our marker from the drafts; where there is none it is done."""

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Send a saved draft, once, without any retry. OutcomeUnknown when the answer was lost."""

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """Whether a message with our marker and Message-ID stands in the folder where the sent copy is kept."""

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Put one readable copy into Sent Items without sending anything; looks for the marker first."""

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Take the readable copy with this marker out of Sent Items again; one that is not there is done."""


class SendStore(Protocol):
    """Jobs and sealed bytes. Content is stored encrypted only; ``create`` is atomic on (mailbox, idempotency key)."""

    def create(self, job: SendJob, sealed_content: bytes) -> SendJob:
        """Store a new job, or return the one that exists under the same mailbox and key. Raises Conflict on another digest."""

    def find(self, mailbox: str, idempotency_key: str) -> SendJob | None:
        """The job that this key already started, if any."""

    def job(self, job_id: str) -> SendJob:
        """Raises NotFound."""

    def unfinished(self) -> Sequence[str]:
        """Ids of the jobs whose workflow may not have been started or ended (states decided, sealed, sending)."""

    def save(self, job: SendJob, *, forget: bool = False) -> None:
        """Store the job's new state; with ``forget``, all that is kept for it goes in the same transaction. Raises NotFound."""

    def jobs(self, mailbox: str, limit: int) -> Sequence[SendJob]: ...

    def newest(self, limit: int) -> Sequence[SendJob]:
        """The newest jobs of all mailboxes, newest first."""

    def claim_draft(self, job: SendJob) -> None:
        """Keep the job's draft from every other send until it ends again. Raises Conflict when another one has it."""

    def put_bytes(self, job_id: str, name: str, sealed: bytes) -> None: ...

    def get_bytes(self, job_id: str, name: str) -> bytes:
        """Raises NotFound."""

    def put_package(self, package: PortalPackage) -> None:
        """Idempotent on package_id."""

    def package(self, package_id: str) -> PortalPackage:
        """Raises NotFound."""


class Fenced(BaseException):
    """Another process has taken the job over. Not an Exception: whoever is told stops at once, and records nothing more about it."""


class Steps(Protocol):
    """Runs a named step of a durable workflow once: after a crash a recorded result is given back instead of running again.

    Results are ids, digests and words only: the engine stores them readable.
    """

    def run(self, name: str, step: Callable[[], T]) -> T: ...


class Durable(Protocol):
    """Starts the durable workflow ``send`` for a job; idempotent on job_id. Recovery runs it again after a restart."""

    def start(self, job_id: str) -> None: ...

    def wait(self, job_id: str, seconds: float) -> bool:
        """Whether the workflow ended within the time."""

    def close(self) -> None: ...


class Clock(Protocol):
    """The time, timezone-aware UTC."""

    def __call__(self) -> datetime: ...


class Log(Protocol):
    """An event with fields; never a sentence with values in it."""

    def info(self, event: str, **fields: Any) -> Any: ...

    def warning(self, event: str, **fields: Any) -> Any: ...

    def error(self, event: str, **fields: Any) -> Any: ...
