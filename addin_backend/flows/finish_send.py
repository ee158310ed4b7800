"""How a round of a send ends: shown, recorded, the readable copy kept, copies and draft tidied, and what is left put on for later.

What fails here changes nothing about what was sent. It is tried again in later rounds, at growing and jittered intervals, for a day;
what has not come about by then stays listed with its reason, for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import msgspec

from addin_backend.errors import NotFound
from addin_backend.flows.seal_groups import readable_copy
from addin_backend.flows.send_copy import discard_copies
from addin_backend.flows.send_parts import OK, PASSING, End, Sending, Tidy, attempt, content_of, patiently, persist, told
from addin_backend.model.sending import Group, Left, SendJob, SendState
from addin_backend.ports import Steps

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 900.0  # seconds between rounds, doubled each time
TOTAL = timedelta(hours=24)  # how long rounds go on by themselves
KEPT = timedelta(days=7)  # how long the missing recipients of a partly sent mail can be sent to again


def left_of(state: SendState) -> tuple[Left, ...]:
    """What there is to do when a job has just come to this state."""
    kept = (Left.COPY,) if state in (SendState.SENT, SendState.PARTLY_SENT) else ()
    look = (Left.LOOK,) if state is SendState.UNCERTAIN else ()
    draft = (Left.DRAFT,) if state in (SendState.SENT, SendState.NOT_SENT) else ()
    discard = () if state is SendState.SENT else (Left.DISCARD,)
    return (*look, Left.RECORD, *kept, *discard, *draft)


def tidy_of(state: SendState) -> Tidy:
    """Sent: the draft goes. Nothing sent: it gets its recipients back. In between it stays disarmed, for a person to finish."""
    return {SendState.SENT: Tidy.REMOVE, SendState.NOT_SENT: Tidy.RESTORE}.get(state, Tidy.STAY)


def next_try(job: SendJob, at: datetime, dice: float) -> datetime | None:
    """When what is left is tried again: between half and all of a doubling pause; None when the total time is over."""
    if at - (job.since or at) > TOTAL:
        return None
    longest = min(FIRST_PAUSE * 2**job.tries, LONGEST_PAUSE)
    return at + timedelta(seconds=longest * (0.5 + dice / 2))


# --- the steps ----------------------------------------------------------------------------------------------------------


def _close(job_id: str, end: End, parts: Sending) -> str:
    """Store how it ended, for the job and for each copy."""
    job = parts.store.job(job_id)
    new = job.state is not end.state or job.since is None
    groups = tuple(_closed(item, end) for item in job.groups)
    closed = msgspec.structs.replace(
        job,
        state=end.state,
        error_code=end.code or next((item.error_code for item in groups if item.error_code), ""),
        groups=groups,
        since=parts.clock() if new else job.since,
        tries=0 if new else job.tries,
        left=end.left,
        next_at=None,
        tidy=end.tidy.value,
        closed=end.closed,
    )
    parts.store.save(closed)
    return OK


def _closed(group: Group, end: End) -> Group:
    """The group as its copy ended; an unsent copy is remembered as long as it may still lie among the drafts."""
    if group.group_id not in end.words:
        return group
    return msgspec.structs.replace(told(group, end.words[group.group_id]), copy=end.copies.get(group.group_id))


def _record(job: SendJob, number: int, parts: Sending) -> str:
    parts.log.append(parts.outcome(job, number))
    return OK


def _keep_readable(job: SendJob, number: int, parts: Sending) -> str:
    """Exactly one readable copy among the sender's sent items; a single clear copy is that copy itself.

    A later round knows more of who got it: its copy takes the place of the first.
    """
    if len(job.groups) == 1 and job.groups[0].group_id == "clear":
        return OK
    try:
        content = content_of(job.job_id, parts)
    except NotFound:
        return OK  # it is forgotten only after the copy was kept
    copy = readable_copy(job, content, parts.sealing)
    if number > 1:
        parts.mailbox.remove_copy(job.mailbox, copy)
    parts.mailbox.store_copy(job.mailbox, copy)
    return OK


def _discard(job_id: str, parts: Sending) -> str:
    """A copy that was saved and did not leave must not lie among the drafts, ready to be sent by hand."""
    return discard_copies(job_id, [item for item in parts.store.job(job_id).groups if item.state is SendState.NOT_SENT], parts)


def _discard_late(job_id: str, parts: Sending) -> str:
    """A request to save a copy that was given up may be carried out yet. Looked for, and taken away, until that cannot be any more."""
    job = parts.store.job(job_id)
    word = discard_copies(job_id, [item for item in job.groups if item.state is not SendState.UNCERTAIN], parts)
    waited = job.since is not None and parts.clock() - job.since >= parts.late_for
    return word if waited else Left.LATE.value


def _tidy_draft(job: SendJob, parts: Sending) -> str:
    if job.draft is None or job.tidy == Tidy.STAY:
        return OK
    if job.tidy == Tidy.REMOVE:
        parts.mailbox.remove_draft(job.mailbox, job.draft)
    else:
        missing = {address.lower() for group in job.groups if group.state is not SendState.SENT for address in group.addresses}
        parts.mailbox.restore(job.mailbox, job.draft, None if job.tidy == Tidy.RESTORE else missing)
    return OK


def _leave(job_id: str, number: int, left: tuple[Left, ...], forget: bool, parts: Sending) -> str:
    """Put on what is left, or for how long a partly sent mail can still be finished. ``forget``: its content is not needed any more."""
    job, at = parts.store.job(job_id), parts.clock()
    due = next_try(job, at, parts.dice()) if left else None
    waits = bool(left) or (job.state is SendState.PARTLY_SENT and not job.closed)
    if waits and not left:
        due = (job.since or at) + KEPT
    parts.store.save(
        msgspec.structs.replace(job, left=left, next_at=due if left else None, tries=job.tries + 1 if left else 0), forget=forget
    )
    parts.rounds.end(job_id, number, due, waits)
    return OK


def _tidy(job_id: str, number: int, end: End, parts: Sending) -> str:
    """All that is left after the copies, in order. A draft stays as long as its readable copy is not among the sent items."""
    done: dict[Left, str] = {}
    if parts.rounds.round(job_id).number > number:
        return OK  # an earlier life of this round has ended it, and the next one has begun

    def run(what: Left, action: Callable[[], str]) -> None:
        if what in end.left:
            away = any(word in PASSING for word in done.values())  # who was not there a moment ago is asked once only
            done[what] = attempt(action) if away else persist(action, parts)

    job = parts.store.job(job_id)
    run(Left.RECORD, partial(_record, job, number, parts))
    run(Left.COPY, partial(_keep_readable, job, number, parts))
    run(Left.DISCARD, partial(_discard, job_id, parts))
    run(Left.LATE, partial(_discard_late, job_id, parts))
    if done.get(Left.COPY, OK) == OK:
        run(Left.DRAFT, partial(_tidy_draft, job, parts))
    left = tuple(what for what in end.left if what is not Left.CONTENT and done.get(what) != OK)
    over = end.state in (SendState.SENT, SendState.NOT_SENT) or end.closed
    forget = over and not {Left.COPY, Left.DISCARD, Left.LATE} & set(left)
    word = attempt(lambda: _leave(job_id, number, left, forget, parts))
    if word == OK:
        words = {f"did_{what.value}": said for what, said in done.items()}  # "draft" alone is what the log takes for content
        parts.events.info("send_ended", job=job_id, state=end.state.value, code=end.code, **words)
    return word


def finish(steps: Steps, job_id: str, number: int, end: End, parts: Sending) -> None:
    """Round ``number`` has dealt with its copies: the rest, in two steps that may run again."""
    patiently(steps, "close", lambda: _close(job_id, end, parts), parts)
    patiently(steps, "tidy", lambda: _tidy(job_id, number, end, parts), parts)
