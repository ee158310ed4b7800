"""The durable workflow behind *Send securely*: record, disarm, seal, look, send, record, tidy up.

Exchange gives no exactly-once, so each copy is looked for before it is sent, and an outcome that stays unknown goes to a person.
Every step may run again after a crash. Step results are ids and words, since the workflow engine stores them readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import msgspec

from addin_backend.errors import NotFound, OutcomeUnknown, SendSecurelyError, Unavailable
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.seal_groups import Sealing, readable_copy, seal_group
from addin_backend.model.record import Record
from addin_backend.model.sending import Draft, Group, SendJob, SendState
from addin_backend.ports import AccountabilityLog, Clock, Log, Mailbox, Outgoing, SendStore, Steps

OK = "ok"
EXPIRED = "expired"
STALE = timedelta(minutes=2)  # from the press of the button to the record of the decision
_KNOWN = {"sent": SendState.SENT, "uncertain": SendState.UNCERTAIN}  # any other word is an error's: not sent
_PASSING = frozenset({Unavailable.code, OutcomeUnknown.code})
GRACE = (0.2, 1.0, 3.0)  # seconds between looks after an answer was lost; Exchange indexes Sent Items with a delay
LATER = (2.0, 10.0, 60.0, 300.0) + (900.0,) * 96  # seconds between attempts to tidy up while Exchange or the log is away: about a day


@dataclass(frozen=True, slots=True)
class Sending:
    """What the workflow needs. ``seal``/``open`` bind sealed bytes to a job and a name; ``outcome`` makes the closing record."""

    mailbox: Mailbox
    store: SendStore
    log: AccountabilityLog
    sealing: Sealing
    events: Log
    outcome: Callable[[SendJob], Record]
    read_record: Callable[[bytes], Record]
    seal: Callable[[bytes, str], bytes]
    open: Callable[[bytes, str], bytes]
    sleep: Callable[[float], None]
    clock: Clock


@dataclass(frozen=True, slots=True)
class End:
    """How it ended: the job's state and error, the word of each copy that was begun, and the copies that were saved but not sent."""

    state: SendState
    code: str
    words: Mapping[str, str] = field(default_factory=dict)
    unsent: tuple[Draft, ...] = ()


class Unfinished(Exception):
    """Something between two steps failed. No SendSecurelyError, which the engine would take for the workflow's end."""


class Refused(Exception):
    """A step said that nothing may be sent (any more); ``code`` is the error's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def _content(job_id: str, parts: Sending) -> JobContent:
    return msgspec.msgpack.decode(parts.open(parts.store.get_bytes(job_id, "content"), job_id), type=JobContent)


def _outgoing(job_id: str, name: str, parts: Sending) -> Outgoing:
    return msgspec.msgpack.decode(parts.open(parts.store.get_bytes(job_id, name), f"{job_id}/{name}"), type=Outgoing)


def _keep(job_id: str, name: str, outgoing: Outgoing, parts: Sending) -> None:
    parts.store.put_bytes(job_id, name, parts.seal(msgspec.msgpack.encode(outgoing), f"{job_id}/{name}"))


def _attempt(action: Callable[[], str], on_fault: str = "internal_error") -> str:
    """The word that ``action`` gives, or the code of its error: exceptions stay out of what the workflow engine stores."""
    try:
        return action()
    except SendSecurelyError as error:
        return error.code
    except Exception:  # noqa: BLE001 the engine would store the exception readable, and it may quote the mail
        return on_fault


def _persist(action: Callable[[], str], parts: Sending) -> str:
    """As ``_attempt`` for what may safely be done again: a lost request or answer is tried anew a few times."""
    word = _attempt(action)
    for pause in GRACE:
        if word not in _PASSING:
            break
        parts.sleep(pause)
        word = _attempt(action)
    return word


def _patiently(steps: Steps, name: str, action: Callable[[], str], parts: Sending) -> str:
    """As ``_persist`` for what must come about however long Exchange is away."""
    return _later(steps, name, action, steps.run(name, lambda: _persist(action, parts)), parts)


def _later(steps: Steps, name: str, action: Callable[[], str], word: str, parts: Sending) -> str:
    """Try again as long as ``word`` is that of a fault that may pass. The pause is in the step, so that no later life repeats it."""

    def again(pause: float) -> str:
        parts.sleep(pause)
        return _attempt(action)

    for number, pause in enumerate(LATER, 2):
        if word not in _PASSING:
            break
        word = steps.run(f"{name} {number}", partial(again, pause))
    return word


def _must(steps: Steps, name: str, action: Callable[[], str]) -> None:
    word = steps.run(name, action)
    if word != OK:
        raise Refused(word)


# --- the steps ----------------------------------------------------------------------------------------------------------


def _record_decided(job_id: str, parts: Sending) -> str:
    """A decision that has waited too long (the server was down) is not acted on: rules and facts may have changed since."""
    if parts.clock() - parts.store.job(job_id).created_at > STALE:
        return EXPIRED
    parts.log.append(parts.read_record(_content(job_id, parts).record))
    return OK


def _disarm(job_id: str, parts: Sending) -> str:
    """After this the clear-text draft cannot be sent: its recipients lie in our own property (docs/architecture.md, Sending)."""
    job = parts.store.job(job_id)
    if job.draft is not None:
        parts.store.save(msgspec.structs.replace(job, draft=parts.mailbox.disarm(job.mailbox, job.draft)))
    return OK


def _seal(job_id: str, parts: Sending) -> str:
    """Seal every copy before the first one leaves, so that a copy that cannot be sealed stops them all."""
    job, content = parts.store.job(job_id), _content(job_id, parts)
    for group in job.groups:
        _keep(job_id, group.group_id, seal_group(job, group, content, parts.sealing), parts)
    parts.store.save(msgspec.structs.replace(parts.store.job(job_id), state=SendState.SEALED))
    return OK


def _save_copy(job_id: str, group: Group, parts: Sending) -> str:
    """The id of the saved copy, or "sent" when it has left already."""
    job, outgoing = parts.store.job(job_id), _outgoing(job_id, group.group_id, parts)
    if parts.mailbox.was_sent(job.mailbox, outgoing):
        return "sent"
    saved = parts.mailbox.save(job.mailbox, outgoing)
    return f"saved {saved.item_id} {saved.change_key}"


def _look_again(mailbox: str, outgoing: Outgoing, parts: Sending) -> str:
    """After a lost answer: sent if it stands among the sent, else uncertain. Never a second send."""
    for pause in GRACE:
        try:
            if parts.mailbox.was_sent(mailbox, outgoing):
                return "sent"
        except SendSecurelyError as error:
            parts.events.warning("look_failed", code=error.code)
        parts.sleep(pause)
    return "uncertain"


def _send_saved(job_id: str, group: Group, saved: Draft, parts: Sending) -> str:
    """Look, then send once. Running again after a crash looks first.

    Where the look itself fails nobody knows whether an earlier run has sent: uncertain. So is a copy that is neither saved nor sent.
    """
    job, outgoing = parts.store.job(job_id), _outgoing(job_id, group.group_id, parts)
    try:
        if parts.mailbox.was_sent(job.mailbox, outgoing):
            return "sent"
    except SendSecurelyError:
        return _look_again(job.mailbox, outgoing, parts)
    try:
        parts.mailbox.send(job.mailbox, saved, outgoing)
    except (OutcomeUnknown, NotFound):
        return _look_again(job.mailbox, outgoing, parts)
    return "sent"


def _told(group: Group, word: str) -> Group:
    return msgspec.structs.replace(group, state=_KNOWN.get(word, SendState.NOT_SENT), error_code="" if word in _KNOWN else word)


def _set_group(job_id: str, group_id: str, word: str, parts: Sending) -> str:
    job = parts.store.job(job_id)
    groups = tuple(_told(item, word) if item.group_id == group_id else item for item in job.groups)
    parts.store.save(msgspec.structs.replace(job, state=SendState.SENDING, groups=groups))
    return OK


def _send_group(steps: Steps, job_id: str, group: Group, parts: Sending) -> tuple[str, Draft | None]:
    """One copy: saved, looked for, sent. A failure of one group never resends another. Gives the word, and a copy left unsent."""
    saved = None
    word = steps.run(f"save {group.group_id}", lambda: _persist(lambda: _save_copy(job_id, group, parts), parts))
    if word.startswith("saved "):
        _, item_id, change_key = word.split(" ")
        saved = Draft(item_id=item_id, change_key=change_key)
        word = steps.run(f"send {group.group_id}", lambda: _attempt(lambda: _send_saved(job_id, group, saved, parts), "uncertain"))
    steps.run(f"note {group.group_id}", lambda: _attempt(lambda: _set_group(job_id, group.group_id, word, parts)))
    return word, None if word in _KNOWN else saved


# --- the end ------------------------------------------------------------------------------------------------------------


def overall(states: list[SendState]) -> SendState:
    """The job's state from its groups'. Uncertain outweighs all: a person must look."""
    if SendState.UNCERTAIN in states:
        return SendState.UNCERTAIN
    sent = [state is SendState.SENT for state in states]
    if all(sent):
        return SendState.SENT
    return SendState.PARTLY_SENT if any(sent) else SendState.NOT_SENT


def _keep_readable(job_id: str, parts: Sending) -> str:
    """Exactly one readable copy among the sender's sent items; a single clear copy is that copy itself."""
    job = parts.store.job(job_id)
    if not (len(job.groups) == 1 and job.groups[0].group_id == "clear"):
        parts.mailbox.store_copy(job.mailbox, readable_copy(job, _content(job_id, parts), parts.sealing))
    return OK


def _tidy_draft(job_id: str, state: SendState, parts: Sending) -> str:
    """Sent: the draft goes. Nothing sent: it gets its recipients back. In between it stays disarmed, for a person to finish."""
    job = parts.store.job(job_id)
    if job.draft is not None and state is SendState.SENT:
        parts.mailbox.remove_draft(job.mailbox, job.draft)
    elif job.draft is not None and state is SendState.NOT_SENT:
        parts.mailbox.restore(job.mailbox, job.draft)
    return OK


def _discard(job_id: str, unsent: Draft, parts: Sending) -> str:
    """A copy that was saved and refused must not lie among the drafts, ready to be sent by hand."""
    parts.mailbox.remove_draft(parts.store.job(job_id).mailbox, unsent)
    return OK


def _finish(steps: Steps, job_id: str, end: End, parts: Sending) -> None:
    """Record, show, tidy. What fails here is reported, and changes nothing about what was sent.

    A draft stays as long as its readable copy does not stand among the sent items.
    """
    _patiently(steps, "state", lambda: _closing_state(job_id, end, parts), parts)
    record = partial(_record_outcome, job_id, parts)
    words = {"recorded": steps.run("record outcome", lambda: _attempt(record))}
    if end.state in (SendState.SENT, SendState.PARTLY_SENT):
        words["copy"] = _patiently(steps, "keep readable copy", lambda: _keep_readable(job_id, parts), parts)
    kept = words.get("copy", OK) == OK
    if end.state is not SendState.UNCERTAIN and kept:
        steps.run("forget content", lambda: _attempt(lambda: _forget(job_id, parts)))
    if kept:
        words["tidied"] = _patiently(steps, "tidy draft", lambda: _tidy_draft(job_id, end.state, parts), parts)
    for number, unsent in enumerate(end.unsent):
        words[f"discarded{number}"] = _patiently(steps, f"discard {number}", partial(_discard, job_id, unsent, parts), parts)
    words["recorded"] = _later(steps, "record outcome", record, words["recorded"], parts)
    parts.events.info("send_ended", job=job_id, state=end.state.value, code=end.code, **words)


def _closing_state(job_id: str, end: End, parts: Sending) -> str:
    """Store how it ended, for the job and for each copy; one that was never begun because nothing may be sent is not sent either."""
    job = parts.store.job(job_id)
    groups = tuple(_told(item, end.words.get(item.group_id, end.code)) for item in job.groups)
    parts.store.save(msgspec.structs.replace(job, state=end.state, error_code=end.code, groups=groups))
    return OK


def _record_outcome(job_id: str, parts: Sending) -> str:
    parts.log.append(parts.outcome(parts.store.job(job_id)))
    return OK


def _forget(job_id: str, parts: Sending) -> str:
    parts.store.forget_bytes(job_id)
    return OK


def _copies(steps: Steps, job_id: str, parts: Sending) -> End:
    """Everything up to the last copy."""
    try:
        _must(steps, "decided", lambda: _attempt(lambda: _record_decided(job_id, parts)))
        _must(steps, "disarm", lambda: _persist(lambda: _disarm(job_id, parts), parts))
        _must(steps, "seal", lambda: _attempt(lambda: _seal(job_id, parts)))
    except Refused as refused:
        return End(SendState.NOT_SENT, refused.code)
    ends = {group.group_id: _send_group(steps, job_id, group, parts) for group in parts.store.job(job_id).groups}
    words = {group_id: word for group_id, (word, _) in ends.items()}
    state = overall([_KNOWN.get(word, SendState.NOT_SENT) for word in words.values()])
    code = next((word for word in words.values() if word not in _KNOWN), "")
    return End(state, code, words, tuple(saved for _, saved in ends.values() if saved is not None))


def send(steps: Steps, job_id: str, parts: Sending) -> None:
    """The whole workflow for ``job_id``. It ends in a state that the sender can read; it raises nothing about the mail.

    Raises Unfinished when the store failed between two steps: then the workflow is to be taken up again.
    """
    try:
        _finish(steps, job_id, _copies(steps, job_id, parts), parts)
    except SendSecurelyError as error:
        raise Unfinished(error.code) from None
