"""One copy of a send: saved, looked for, sent once; and when nobody knows what became of it, looked up again or withdrawn.

Exchange gives no exactly-once. What it does give: an item can be sent only once, and only while it lies unsent with recipients on it.
So a copy is sent as one saved item, and a copy that still lies there can be withdrawn: then it is certain that it did not leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from functools import partial

import msgspec

from addin_backend.errors import NotFound, OutcomeUnknown, SendSecurelyError, Unavailable
from addin_backend.flows.seal_groups import shell_of
from addin_backend.flows.send_parts import (
    GRACE,
    MISSING,
    OK,
    PASSING,
    REFUSED_FOR_NOW,
    STOPPED,
    UNCERTAIN,
    UNDER_WAY,
    Copied,
    Sending,
    attempt,
    outgoing_of,
    persist,
    told,
)
from addin_backend.model.sending import Draft, Group, SendJob, SendState
from addin_backend.ports import Outgoing, Steps


class Life(Enum):
    """What may have been asked of Exchange before: nothing at all; what an earlier life of this workflow asked, perhaps just now; or what
    an earlier round asked, and was looked up since.
    """

    FIRST = 1
    LATER = 2
    ROUND = 3


AGAIN = (1.0, 4.0)  # seconds before a copy that certainly did not leave is tried again, less up to half
_LATE = " late"


def _save(job: SendJob, group: Group, first: bool, parts: Sending) -> str:
    """The id of the saved copy, or "sent" when it has left already. ``first``: nobody has tried before, so there is nothing to look for."""
    if not first and parts.mailbox.was_sent(job.mailbox, shell_of(job, group)):
        return "sent"
    outgoing = outgoing_of(job.job_id, group.group_id, parts)
    if parts.rounds.round(job.job_id).stop:
        return STOPPED
    parts.fence.check(job.job_id)
    saved = parts.mailbox.save(job.mailbox, outgoing)
    return f"saved {saved.item_id} {saved.change_key}"


def _saved(job: SendJob, group: Group, number: int, life: Life, parts: Sending) -> str:
    """The step that saves a copy: a word of ``_save``, and " late" behind it when a request before the last one may still be carried out.

    From the second time on the copy before is taken away first: it was withdrawn or refused, and a request for it that is still under
    way then finds nothing to send.
    """
    if number > 1:
        parts.sleep(AGAIN[number - 2] * (0.5 + parts.dice() / 2))
        word = persist(lambda: discard_copies(job.job_id, (group,), parts), parts)
        if word != OK:
            return word
    word = attempt(lambda: _save(job, group, life is Life.FIRST and number == 1, parts))
    lost = word in PASSING
    if lost:
        word = persist(lambda: _save(job, group, False, parts), parts)
    return f"{word}{_LATE}" if lost or (life is Life.LATER and number == 1) else word


def _look_again(mailbox: str, saved: Draft, outgoing: Outgoing, parts: Sending, why: str = Unavailable.code) -> str:
    """After a lost answer: sent if it stands among the sent, ``why`` if it could be withdrawn, else uncertain. Never a second send."""
    for pause in GRACE:
        try:
            if parts.mailbox.was_sent(mailbox, outgoing):
                return "sent"
        except SendSecurelyError as error:
            parts.events.warning("look_failed", code=error.code)
        parts.sleep(pause)
    return _unless_missing(_withdraw(mailbox, saved, outgoing, parts, why))


def _unless_missing(word: str) -> str:
    """A copy that is nowhere was sent and is not to be seen yet, or was taken away by hand."""
    return UNCERTAIN if word == MISSING else word


def _withdraw(mailbox: str, saved: Draft, outgoing: Outgoing, parts: Sending, why: str = Unavailable.code) -> str:
    """Make sure that a copy which lies unsent stays so. Its recipients go, so a request to send it that is still under way fails too.

    Gives "sent", ``why`` (it has not left and will not), "missing" (it is nowhere), or "uncertain" (Exchange does not let us see).
    """
    try:
        if parts.mailbox.was_sent(mailbox, outgoing):
            return "sent"
        there, _ = parts.mailbox.fetch_draft(mailbox, saved.item_id)
        parts.mailbox.disarm(mailbox, there)
    except NotFound:
        return MISSING
    except SendSecurelyError as error:
        parts.events.warning("not_withdrawn", code=error.code)
        return UNCERTAIN
    return why


def settle(job_id: str, group: Group, parts: Sending) -> str:
    """What became of an uncertain copy, as far as can be found out now: a word of ``_withdraw``."""
    try:
        job = parts.store.job(job_id)
        if group.copy is not None:
            return _withdraw(job.mailbox, group.copy, shell_of(job, group), parts)
        return "sent" if parts.mailbox.was_sent(job.mailbox, shell_of(job, group)) else MISSING
    except Exception:  # noqa: BLE001 whatever kept us from looking: nothing is known, and that is never "not sent"
        return UNCERTAIN


def _send_saved(job: SendJob, group: Group, saved: Draft, life: Life, parts: Sending) -> str:
    """Look, then send once. Running again after a crash looks first.

    Where the look itself fails nobody knows whether an earlier run has sent. Nor is it known of a copy that is neither saved nor sent.
    A refusal tells of this request only, whatever it says: an earlier life may have sent what does not stand in Sent Items yet (the copy
    may even lie changed among the drafts), so it is looked for again, and withdrawn before it counts as refused.
    """
    outgoing = shell_of(job, group)
    try:
        if parts.mailbox.was_sent(job.mailbox, outgoing):
            return "sent"
        if parts.rounds.round(job.job_id).stop:
            return _unless_missing(_withdraw(job.mailbox, saved, outgoing, parts, STOPPED))
        parts.fence.check(job.job_id)
    except SendSecurelyError:
        return _look_again(job.mailbox, saved, outgoing, parts)
    try:
        parts.mailbox.send(job.mailbox, saved, outgoing)
    except (OutcomeUnknown, NotFound):
        return _look_again(job.mailbox, saved, outgoing, parts)
    except SendSecurelyError as error:
        if life is Life.FIRST:
            raise
        return _look_again(job.mailbox, saved, outgoing, parts, error.code)
    return "sent"


def _note(job_id: str, group_id: str, word: str, saved: Draft | None, parts: Sending) -> str:
    """Show how far it is while the job is under way. Closing it writes the same again."""
    job = parts.store.job(job_id)
    if job.state in UNDER_WAY:
        groups = tuple(msgspec.structs.replace(told(item, word), copy=saved) if item.group_id == group_id else item for item in job.groups)
        parts.store.save(msgspec.structs.replace(job, state=SendState.SENDING, groups=groups))
    return OK


def send_group(steps: Steps, job: SendJob, group: Group, life: Life, parts: Sending) -> Copied:
    """One copy: saved, looked for, sent. What was refused for the moment, or withdrawn after a lost request, is saved anew and sent.

    A failure of one group never resends another.
    """
    copied, late = Copied(Unavailable.code), False
    for number in range(1, len(AGAIN) + 2):
        copied = _once(steps, job, group, number, life, parts)
        late |= copied.late
        if copied.word not in REFUSED_FOR_NOW or copied.saved is None:
            break
    return replace(copied, late=late)


def _once(steps: Steps, job: SendJob, group: Group, number: int, life: Life, parts: Sending) -> Copied:
    """Saved and sent, for the ``number``-th time. Each time has steps of its own, so that a later life goes on where this one ended."""
    again, saved = f" {number}" if number > 1 else "", None
    word = steps.run(f"save {group.group_id}{again}", lambda: _saved(job, group, number, life, parts))
    late = word.endswith(_LATE)
    word = word.removesuffix(_LATE)
    if word.startswith("saved "):
        _, item_id, change_key = word.split(" ")
        saved = Draft(item_id=item_id, change_key=change_key)
        word = steps.run(f"send {group.group_id}{again}", lambda: attempt(lambda: _send_saved(job, group, saved, life, parts), UNCERTAIN))
    return Copied(word, None if word == "sent" else saved, late)


def send_groups(steps: Steps, job: SendJob, groups: Sequence[Group], parts: Sending, life: Life) -> dict[str, Copied]:
    """Each of them in turn; between two the sender sees how far it is."""
    ends: dict[str, Copied] = {}
    for number, group in enumerate(groups, 1):
        ends[group.group_id] = end = send_group(steps, job, group, life, parts)
        if number < len(groups):
            attempt(partial(_note, job.job_id, group.group_id, end.word, end.saved, parts))
    return ends


def discard_copies(job_id: str, groups: Sequence[Group], parts: Sending) -> str:
    """Take away the saved copies of groups whose copy certainly did not leave, also those whose saving was never answered."""
    job = parts.store.job(job_id)
    for group in groups:
        parts.mailbox.discard(job.mailbox, shell_of(job, group))
    gone = {group.group_id for group in groups}
    cleared = tuple(msgspec.structs.replace(item, copy=None) if item.group_id in gone else item for item in job.groups)
    if cleared != job.groups:
        parts.store.save(msgspec.structs.replace(job, groups=cleared))
    return OK
