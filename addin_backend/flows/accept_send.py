"""A press of *Send securely*: check again, bind the job to what was checked, and hand it to the durable workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from addin_backend.errors import Conflict, DraftUnreadable, NotFound, SendSecurelyError, Unavailable
from addin_backend.flows.carry_over import carried_over, is_whole
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.groups import groups_of
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.surroundings import departed, remember
from addin_backend.model.access import Access, Given
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.model.evidence import Evidence
from addin_backend.model.message import Message
from addin_backend.model.sending import Draft, SendJob, SendState
from addin_backend.ports import Durable, Mailbox, SendStore

SENDABLE = frozenset({Action.ALLOW, Action.PROTECT})
RECENT = 20  # newest jobs of the mailbox among which a send of the same draft is looked for


@dataclass(frozen=True, slots=True)
class Press:
    """One press of the button, already signed in. ``actor`` presses for ``mailbox``; ``item_id`` is the draft there, or None.

    ``access`` is how recipients open the secure page, by address.
    ``change_key``: the state of the draft that the message was read from, where it was not the pane that gave it.
    """

    actor: str
    message: Message
    ask: Ask
    mailbox: str
    idempotency_key: str
    item_id: str | None
    language: str
    request_id: str
    access: Mapping[str, Given] = field(default_factory=dict, repr=False)
    change_key: str = ""


def _not_noted(_press: Press, _code: str) -> None:
    """Nobody keeps it."""


def _no_access(_press: Press, _addresses: Sequence[str]) -> dict[str, Access]:
    """Nothing is kept of it."""
    return {}


@dataclass(frozen=True, slots=True)
class Accepting:
    """What accepting needs. ``describe`` gives the canonical bytes of the *decided* record; ``seal`` seals content at rest.

    ``admit`` makes what is kept of a press's access for those who get a link; it raises BadInput or Unavailable.
    ``refuse`` records a press that may not be sent; it raises Unavailable or LogBroken. ``turned_away`` records one whose draft could not
    be had of Exchange, with the error's code: nothing was sent, and nothing has become of it.
    """

    checking: Checking
    mailbox: Mailbox
    store: SendStore
    durable: Durable
    seal: Callable[[bytes, str], bytes]
    describe: Callable[[Decision, Evidence, Press, str], bytes]
    refuse: Callable[[Decision, Evidence, Press], None]
    new_id: Callable[[], str]
    admit: Callable[[Press, Sequence[str]], dict[str, Access]] = _no_access
    turned_away: Callable[[Press, str], None] = _not_noted


def _draft(press: Press, mailbox: Mailbox, store: SendStore) -> tuple[Draft | None, Message]:
    """The draft that the press is about, and the mail with what only the draft says of it. Raises NotFound when it is not in the mailbox.

    Raises DraftUnreadable when Exchange gave something that is no mail. Raises Conflict when a send of it has reached, or may have reached,
    one of these recipients before. (Two sends at the same time are kept apart by the store.)
    """
    if not press.item_id:
        return None, press.message
    draft, mime = mailbox.fetch_draft(press.mailbox, press.item_id)
    if not is_whole(mime):
        raise DraftUnreadable
    if press.change_key and press.change_key != draft.change_key:  # what was judged is not what lies there any more
        raise Conflict
    wanted = {item.address for item in press.message.recipients}
    for job in store.jobs(press.mailbox, RECENT):
        if job.draft is not None and job.draft.item_id == draft.item_id and wanted & _reached(job):
            raise Conflict(
                "Some of the recipients have this mail already, or may have it.",
                sentence_da="Nogle af modtagerne har allerede fået mailen, eller har måske.",
                next_step="Look in Sent Items, and take those recipients off before you send it again.",
                next_step_da="Se i Sendt post, og tag de modtagere af, før du sender den igen.",
                field="draft.item_id",
            )
    return draft, carried_over(press.message, mime)


def _reached(job: SendJob) -> frozenset[str]:
    """The recipients whom the job has reached, or whom nobody knows not to have been reached."""
    groups = (group for group in job.groups if group.state in (SendState.SENT, SendState.UNCERTAIN))
    return frozenset(address for group in groups for address in group.addresses)


def _same(job: SendJob, digest: str) -> SendJob:
    if job.digest != digest:
        raise Conflict(
            "The same key came with another content.",
            sentence_da="Den samme nøgle kom med et andet indhold.",
            field="idempotency_key",
        )
    return job


def _new_job(press: Press, decision: Decision, draft: Draft | None, job_id: str) -> SendJob:
    return SendJob(
        job_id=job_id,
        idempotency_key=press.idempotency_key,
        mailbox=press.mailbox,
        digest=decision.digest,
        draft=draft,
        policy_revision=decision.policy_revision,
        state=SendState.DECIDED,
        groups=groups_of(decision, press.message, job_id),
        created_at=press.ask.at,
    )


def _started(job: SendJob, durable: Durable) -> SendJob:
    """The job, with its workflow begun if it was not: a press whose start was lost is taken up by the next one under its key."""
    if job.state is SendState.DECIDED:
        durable.start(job.job_id)
    return job


def _quicker(press: Press, error: SendSecurelyError, parts: Accepting) -> SendJob:
    """The job of another press under this key that has taken the draft meanwhile. Without one ``error`` is recorded, and raised."""
    known = parts.store.find(press.mailbox, press.idempotency_key) if isinstance(error, NotFound | Conflict) else None
    if known is None:
        parts.turned_away(press, error.code)
        raise error
    return known


def accept(press: Press, parts: Accepting) -> tuple[Decision, SendJob | None]:
    """The decision, and the job when it may be sent. The same key and content give the same job, however often they come.

    Raises NotFound (draft), Conflict (same key, other content; draft on its way), Unavailable (Exchange, store, log), LogBroken.
    """
    known = parts.store.find(press.mailbox, press.idempotency_key)
    decision, evidence = check(press.message, press.ask, parts.checking)
    if known is not None:
        return decision, _started(_same(known, decision.digest), parts.durable)
    if decision.action not in SENDABLE:
        parts.refuse(decision, evidence, press)
        return decision, None
    try:
        draft, message = _draft(press, parts.mailbox, parts.store)
    except SendSecurelyError as error:
        return decision, _started(_same(_quicker(press, error, parts), decision.digest), parts.durable)
    access = parts.admit(press, [item.address for item in decision.recipients if item.protection is Protection.PORTAL])
    job_id = parts.new_id()
    job = _new_job(press, decision, draft, job_id)
    said = press.ask.bound_to(decision.digest)
    ids = tuple(group.message_id for group in job.groups)
    mail = f"{press.mailbox.lower()}\n{decision.digest}"
    remember(parts.checking.sources, departed(mail, press.message, decision, evidence, said.answers, ids), decision.action)
    content = JobContent(
        message=message,
        protections={item.address: item.protection.value for item in decision.recipients},
        language=press.language,
        subject_sensitive=evidence.content.subject_sensitive,
        record=parts.describe(decision, evidence, press, job_id),
        sensitivity=press.message.sensitivity,
        confirmed=tuple(sorted(said.confirmed)),
        reasons=dict(said.reasons),
        answers=dict(said.answers),
        access=access,
    )
    job = parts.store.create(job, parts.seal(msgspec.msgpack.encode(content), job_id))
    try:
        return decision, _started(_same(job, decision.digest), parts.durable)
    except SendSecurelyError:
        if job.job_id == job_id:  # told as not sent, so it must not begin at the next start of the server
            parts.store.save(msgspec.structs.replace(job, state=SendState.NOT_SENT, error_code=Unavailable.code))
        raise
