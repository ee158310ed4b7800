"""What the workflow of a send is made of: what it needs, how a step is tried, and what a round ends as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial

import msgspec

from addin_backend.errors import OutcomeUnknown, SendSecurelyError, SignInRefused, Unavailable, WrongAudience
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.rounds import Fence, SendRounds
from addin_backend.flows.seal_groups import Sealing
from addin_backend.model.record import Record
from addin_backend.model.sending import Draft, Group, Left, SendJob, SendState
from addin_backend.ports import AccountabilityLog, Clock, Log, Mailbox, Outgoing, SendStore, Steps

OK = "ok"
UNCERTAIN = "uncertain"
MISSING = "missing"  # neither among the drafts nor among the sent items: uncertain, unless a person says otherwise
STOPPED = "stopped"  # a person stopped it before this copy had left
KNOWN = {"sent": SendState.SENT, UNCERTAIN: SendState.UNCERTAIN}  # any other word is an error's: not sent
UNDER_WAY = (SendState.DECIDED, SendState.SEALED, SendState.SENDING)
# It certainly did not happen, and may the next time.
REFUSED_FOR_NOW = frozenset({Unavailable.code, SignInRefused.code, WrongAudience.code})
PASSING = REFUSED_FOR_NOW | {OutcomeUnknown.code}
LATE_FOR = timedelta(seconds=60)  # how long Exchange may take to carry out a request whose answer we have given up
GRACE = (0.2, 1.0, 3.0)  # seconds between looks after an answer was lost; Exchange indexes Sent Items with a delay

STORE_AWAY = (0.0, 0.2, 1.0, 3.0, 10.0, 60.0, 300.0) + (900.0,) * 96  # seconds between attempts to write what must be written


@dataclass(frozen=True, slots=True)
class Sending:
    """What the workflow needs. ``seal``/``open`` bind sealed bytes to a job and a name; ``outcome`` makes the closing record.

    ``dice`` gives numbers from 0 to 1. ``fence`` says whether this process still has the job. ``late_for`` is how long after the end it is
    looked for copies that came late.
    """

    mailbox: Mailbox
    store: SendStore
    rounds: SendRounds
    fence: Fence
    log: AccountabilityLog
    sealing: Sealing
    events: Log
    outcome: Callable[[SendJob, int], Record]
    read_record: Callable[[bytes], Record]
    seal: Callable[[bytes, str], bytes]
    open: Callable[[bytes, str], bytes]
    sleep: Callable[[float], None]
    clock: Clock
    dice: Callable[[], float]
    late_for: timedelta = LATE_FOR


class Tidy(StrEnum):
    """What becomes of the draft: it goes, gets its recipients back, or those who are missing; or it stays disarmed for a person."""

    STAY = ""
    REMOVE = "remove"
    RESTORE = "restore"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one copy: "sent", "uncertain" or an error's code; and the saved item, unless it was sent.

    ``late``: a request to save it was never answered, and may still be carried out.
    """

    word: str
    saved: Draft | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """How the copies of a round ended: the job's state and error, and the word of each copy that was dealt with in it.

    ``copies`` are saved ones that did not leave for certain. ``left`` is what is to be done now. ``closed``: nothing more is to come of
    it, and its content may be forgotten.
    """

    state: SendState
    code: str
    words: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Draft] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
    tidy: Tidy = Tidy.STAY
    closed: bool = False


class Unfinished(Exception):
    """Something between two steps failed. No SendSecurelyError, which the engine would take for the workflow's end."""


def content_of(job_id: str, parts: Sending) -> JobContent:
    """What was pressed. Raises NotFound when it was forgotten."""
    return msgspec.msgpack.decode(parts.open(parts.store.get_bytes(job_id, "content"), job_id), type=JobContent)


def outgoing_of(job_id: str, name: str, parts: Sending) -> Outgoing:
    """A sealed copy."""
    return msgspec.msgpack.decode(parts.open(parts.store.get_bytes(job_id, name), f"{job_id}/{name}"), type=Outgoing)


def keep_outgoing(job_id: str, name: str, outgoing: Outgoing, parts: Sending) -> None:
    """Keep a sealed copy."""
    parts.store.put_bytes(job_id, name, parts.seal(msgspec.msgpack.encode(outgoing), f"{job_id}/{name}"))


def attempt(action: Callable[[], str], on_fault: str = "internal_error") -> str:
    """The word that ``action`` gives, or the code of its error: exceptions stay out of what the workflow engine stores."""
    try:
        return action()
    except SendSecurelyError as error:
        return error.code
    except Exception:  # noqa: BLE001 the engine would store the exception readable, and it may quote the mail
        return on_fault


def persist(action: Callable[[], str], parts: Sending) -> str:
    """As ``attempt`` for what may safely be done again: a lost request or answer is tried anew a few times."""
    word = attempt(action)
    for pause in GRACE:
        if word not in PASSING:
            break
        parts.sleep(pause)
        word = attempt(action)
    return word


def patiently(steps: Steps, name: str, action: Callable[[], str], parts: Sending) -> None:
    """Run a step on our own store until it went well. The pause is in the step, so that no later life repeats it.

    Raises Unfinished after a day: the workflow is taken up again then.
    """

    def again(pause: float) -> str:
        if pause:
            parts.sleep(pause)
        return attempt(action)

    for number, pause in enumerate(STORE_AWAY, 1):
        if steps.run(f"{name} {number}", partial(again, pause)) == OK:
            return
    raise Unfinished(name)


def overall(states: list[SendState]) -> SendState:
    """The job's state from its groups'. Uncertain outweighs all: a person must look."""
    if SendState.UNCERTAIN in states:
        return SendState.UNCERTAIN
    sent = [state is SendState.SENT for state in states]
    if all(sent):
        return SendState.SENT
    return SendState.PARTLY_SENT if any(sent) else SendState.NOT_SENT


def told(group: Group, word: str) -> Group:
    """The group with what became of its copy."""
    return msgspec.structs.replace(group, state=KNOWN.get(word, SendState.NOT_SENT), error_code="" if word in KNOWN else word)
