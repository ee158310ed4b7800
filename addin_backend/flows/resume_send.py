"""Later rounds of a send: what became of uncertain copies, what was left to do, and what a person asked for."""

from __future__ import annotations

from dataclasses import replace

from addin_backend.errors import NotFound, SendSecurelyError
from addin_backend.flows.finish_send import finish
from addin_backend.flows.send import ended, seal
from addin_backend.flows.send_copy import Life, discard_copies, send_groups, settle
from addin_backend.flows.send_parts import (
    KNOWN,
    MISSING,
    OK,
    UNCERTAIN,
    Copied,
    End,
    Sending,
    Tidy,
    Unfinished,
    attempt,
    content_of,
    persist,
)
from addin_backend.model.sending import Act, Group, Left, SendJob, SendState
from addin_backend.ports import Steps

_LETTERS = {"s": SendState.SENT, "n": SendState.NOT_SENT, "u": SendState.UNCERTAIN}
_NOTHING = "-"


def _begin(job_id: str, parts: Sending) -> str:
    """What the round begins with, as words that a later life of it reads again: act, what was left, tidy, state, a letter a copy."""
    job, act = parts.store.job(job_id), parts.rounds.round(job_id).act
    letters = "".join(next((key for key, state in _LETTERS.items() if state is group.state), "u") for group in job.groups)
    left = ",".join(item.value for item in job.left)
    return f"begun {act.value if act else _NOTHING} {left or _NOTHING} {job.tidy or _NOTHING} {job.state.value} {letters}"


def _look(steps: Steps, job_id: str, group: Group, act: Act | None, parts: Sending) -> Copied:
    if act is Act.WAS_SENT:
        return Copied("sent")
    word = steps.run(f"look {group.group_id}", lambda: settle(job_id, group, parts))
    if word == MISSING:  # a person who asks for it again has said that it was not sent, after a look that found nothing
        word = NotFound.code if act in (Act.SEND_AGAIN, Act.GIVE_BACK) else UNCERTAIN
    return Copied(word, None if word == "sent" else group.copy)


def _again(steps: Steps, job: SendJob, missing: tuple[Group, ...], parts: Sending) -> dict[str, Copied]:
    """Send the copies that certainly have not left, sealed anew. The withdrawn ones go first, so that there is never a second to send."""

    def sealed() -> str:
        return seal(parts.store.job(job.job_id), content_of(job.job_id, parts), missing, parts)

    def prepare() -> str:
        word = persist(lambda: discard_copies(job.job_id, missing, parts), parts)
        return attempt(sealed) if word == OK else word

    word = steps.run("prepare", prepare)
    if word != OK:
        return {group.group_id: Copied(word, group.copy) for group in missing}
    return send_groups(steps, job, missing, parts, Life.ROUND)


def _end(act: Act | None, copied: dict[str, Copied], states: list[SendState], left: tuple[Left, ...], before: SendState) -> End:
    """Where the job is after the copies were dealt with, and what a person wanted to become of the draft."""
    end = ended(copied, states)
    if end.state is SendState.UNCERTAIN and before is SendState.UNCERTAIN:
        return replace(end, left=tuple(dict.fromkeys((Left.LOOK, *left, Left.DISCARD))))  # nothing new to record
    if act in (Act.GIVE_BACK, Act.CANCEL) and end.state is SendState.PARTLY_SENT:
        tidy = Tidy.MISSING if act is Act.GIVE_BACK else Tidy.REMOVE
        return replace(end, left=(*end.left, Left.DRAFT), tidy=tidy, closed=True)
    return end


def _copies(steps: Steps, job_id: str, job: SendJob, parts: Sending) -> End:
    begun = steps.run("begin", lambda: attempt(lambda: _begin(job_id, parts)))
    if not begun.startswith("begun "):
        raise Unfinished(begun)
    _, asked, waiting, tidy, before, letters = begun.split(" ")
    act = None if asked == _NOTHING else Act(asked)
    left = tuple(Left(item) for item in waiting.split(",")) if waiting != _NOTHING else ()
    states = {group.group_id: _LETTERS[letter] for group, letter in zip(job.groups, letters, strict=True)}
    unsure = [group for group in job.groups if states[group.group_id] is SendState.UNCERTAIN]
    if act is None and not unsure:
        tidying = Tidy.STAY if tidy == _NOTHING else Tidy(tidy)
        return End(SendState(before), job.error_code, left=left, tidy=tidying, closed=not left or job.closed)
    copied = {group.group_id: _look(steps, job_id, group, act, parts) for group in unsure}
    states |= {name: KNOWN.get(item.word, SendState.NOT_SENT) for name, item in copied.items()}
    if act is Act.SEND_AGAIN:
        missing = tuple(group for group in job.groups if states[group.group_id] is SendState.NOT_SENT)
        copied |= _again(steps, job, missing, parts)
        states |= {name: KNOWN.get(item.word, SendState.NOT_SENT) for name, item in copied.items()}
    end = _end(act, copied, list(states.values()), left, SendState(before))
    return replace(end, left=(*end.left, Left.LATE)) if Left.LATE in left and Left.LATE not in end.left else end


def resume(steps: Steps, job_id: str, number: int, parts: Sending) -> None:
    """Round ``number`` (2 or more) of a job. Raises Unfinished when the store failed between two steps."""
    try:
        parts.fence.take(job_id)
        finish(steps, job_id, number, _copies(steps, job_id, parts.store.job(job_id), parts), parts)
    except SendSecurelyError as error:
        raise Unfinished(error.code) from None
