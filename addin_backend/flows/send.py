"""The durable workflow behind *Send securely*: record, disarm, seal, look, send, record, tidy up.

Exchange gives no exactly-once, so each copy is looked for before it is sent, and an outcome that stays unknown goes to a person.
Every step may run again after a crash. Step results are ids and words, since the workflow engine stores them readable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from addin_backend.errors import SendSecurelyError
from addin_backend.flows.finish_send import finish, left_of, tidy_of
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.seal_groups import seal_group
from addin_backend.flows.send_copy import Life, send_groups
from addin_backend.flows.send_parts import (
    KNOWN,
    OK,
    STOPPED,
    Copied,
    End,
    Sending,
    Unfinished,
    attempt,
    content_of,
    keep_outgoing,
    overall,
    persist,
)
from addin_backend.model.sending import Group, Left, SendJob, SendState
from addin_backend.ports import Steps

EXPIRED = "expired"
STALE = timedelta(minutes=2)  # from the press of the button to the record of the decision


def _record_decided(job: SendJob, content: JobContent, parts: Sending) -> str:
    """A decision that has waited too long (the server was down) is not acted on: rules and facts may have changed since."""
    if parts.clock() - job.created_at > STALE:
        return EXPIRED
    parts.log.append(parts.read_record(content.record))
    return OK


def _disarm(job: SendJob, parts: Sending) -> SendJob | None:
    """After this the clear-text draft cannot be sent: its recipients lie in our own property (docs/architecture.md, Sending).

    The job with the draft as it is now, to be stored with what is sealed; a draft that is disarmed already is found so. None: stopped.
    """
    if parts.rounds.round(job.job_id).stop:
        return None
    return job if job.draft is None else msgspec.structs.replace(job, draft=parts.mailbox.disarm(job.mailbox, job.draft))


def seal(job: SendJob, content: JobContent, groups: tuple[Group, ...], parts: Sending) -> str:
    """Seal every copy before the first one leaves, so that a copy that cannot be sealed stops them all."""
    for group in groups:
        keep_outgoing(job.job_id, group.group_id, seal_group(job, group, content, parts.sealing), parts)
    parts.store.save(msgspec.structs.replace(job, state=SendState.SEALED))
    return OK


def _prepare(job_id: str, groups: tuple[Group, ...], parts: Sending) -> str:
    """Recorded, disarmed and sealed, in this order and as one step: each of them may be done again. The first word that is not OK.

    Job and content are read once: a mail of 25 MB is opened once.
    """
    held: list[SendJob] = []

    def disarm() -> str:
        disarmed = _disarm(job, parts)
        held[:] = [] if disarmed is None else [disarmed]
        return STOPPED if disarmed is None else OK

    job, content = parts.store.job(job_id), content_of(job_id, parts)
    word = attempt(lambda: _record_decided(job, content, parts))
    if word == OK:
        word = persist(disarm, parts)
    return attempt(lambda: seal(held[0], content, groups, parts)) if word == OK else word


def ended(copied: Mapping[str, Copied], states: Sequence[SendState]) -> End:
    """The end of a round in which these copies were dealt with, the states being those of all."""
    state = overall(list(states))
    words = {name: item.word for name, item in copied.items()}
    copies = {name: item.saved for name, item in copied.items() if item.saved is not None}
    code = next((word for word in words.values() if word not in KNOWN), "")
    late = (Left.LATE,) if any(item.late for item in copied.values()) else ()
    return End(state, code, words, copies, (*left_of(state), *late), tidy_of(state))


def _copies(steps: Steps, job_id: str, life: Life, parts: Sending) -> End:
    """Everything up to the last copy."""
    job = parts.store.job(job_id)
    groups = job.groups
    word = steps.run("prepare", lambda: attempt(lambda: _prepare(job_id, groups, parts)))
    if word != OK:  # nothing was saved, so nothing is to be discarded
        words = dict.fromkeys((group.group_id for group in groups), word)
        return End(SendState.NOT_SENT, word, words, left=(Left.RECORD, Left.DRAFT), tidy=tidy_of(SendState.NOT_SENT))
    copied = send_groups(steps, job, groups, parts, life)
    return ended(copied, [KNOWN.get(item.word, SendState.NOT_SENT) for item in copied.values()])


def send(steps: Steps, job_id: str, parts: Sending) -> None:
    """The whole workflow for ``job_id``. It ends in a state that the sender can read; it raises nothing about the mail.

    Raises Unfinished when the store failed between two steps: then the workflow is to be taken up again.
    """
    try:
        life = Life.FIRST if parts.fence.take(job_id) else Life.LATER
        finish(steps, job_id, 1, _copies(steps, job_id, life, parts), parts)
    except SendSecurelyError as error:
        raise Unfinished(error.code) from None
