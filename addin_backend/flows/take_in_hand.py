"""What a person does with a send that is not wholly done: it was sent, send it again, give the draft back, cancel.

Each act begins with a fresh look, stands in the log with who did it before anything is done, and is carried out as one more round of the
durable workflow. Nothing is sent again unless the look says for certain that it has not left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from addin_backend.errors import Conflict, NotFound, SendSecurelyError, Unavailable
from addin_backend.flows.rounds import SendRounds
from addin_backend.flows.send_parts import UNDER_WAY
from addin_backend.flows.sweep_sends import work_id
from addin_backend.model.sending import Act, Group, SendJob, SendState
from addin_backend.ports import Clock, Durable, Mailbox, Outgoing, SendStore

AGAIN_WITHIN = timedelta(hours=24)  # of the press; the transport ticket and the certificates were looked at for that long
SETTLING = timedelta(minutes=10)  # for which a mail that was sent may not yet be seen among the sent items
FOUND, LIES_UNSENT, NOT_FOUND, NOT_KNOWN = "found", "lies_unsent", "not_found", "not_known"
OPEN = (SendState.UNCERTAIN, SendState.PARTLY_SENT)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it, and what it takes. ``record`` writes the act to the log (job, act, what was seen); raises Unavailable, LogBroken.

    ``decide_again`` asks the rules of today about the mail, records their answer, and raises Conflict when the missing recipients would
    not be sent to in the same way any more.
    """

    store: SendStore
    rounds: SendRounds
    durable: Durable
    mailbox: Mailbox
    outgoing: Callable[[str, str], Outgoing]
    record: Callable[[SendJob, Act, str], None]
    decide_again: Callable[[SendJob], None]
    clock: Clock


def acts_for(job: SendJob, at: datetime) -> tuple[Act, ...]:
    """What a person may do with the job as it stands at a time."""
    if job.state in UNDER_WAY:
        return (Act.CANCEL,)
    if job.closed or job.state not in OPEN:
        return ()
    again = (Act.SEND_AGAIN,) if at - job.created_at <= AGAIN_WITHIN else ()
    back = (Act.GIVE_BACK,) if job.draft is not None else ()
    if job.state is SendState.UNCERTAIN:
        return (Act.WAS_SENT, *again, *back, Act.LOOK_AGAIN)
    return (*again, *back, Act.CANCEL)


def look(job: SendJob, group: Group, hand: Hand) -> str:
    """What a fresh look sees of an uncertain copy."""
    try:
        if hand.mailbox.was_sent(job.mailbox, hand.outgoing(job.job_id, group.group_id)):
            return FOUND
        if group.copy is None:
            return NOT_FOUND
        hand.mailbox.fetch_draft(job.mailbox, group.copy.item_id)
    except NotFound:
        return NOT_FOUND
    except SendSecurelyError:
        return NOT_KNOWN
    return LIES_UNSENT


def _worst(seen: list[str]) -> str:
    return next((word for word in (NOT_KNOWN, NOT_FOUND, LIES_UNSENT, FOUND) if word in seen), "")


def _refuse(act: Act, seen: list[str], fresh: bool) -> None:
    """Raises the reason why ``act`` cannot be done with what was seen. ``fresh``: what was sent may not show yet."""
    if act is Act.WAS_SENT and LIES_UNSENT in seen:
        raise Conflict(
            "The mail has not been sent: it still lies among the drafts.",
            sentence_da="Mailen er ikke sendt: den ligger stadig blandt kladderne.",
            next_step="Choose to send it again, or to get the draft back.",
            next_step_da="Vælg at sende den igen eller at få kladden tilbage.",
            field="action",
        )
    if act in (Act.SEND_AGAIN, Act.GIVE_BACK) and NOT_KNOWN in seen:
        raise Unavailable(
            "Exchange does not answer, so we cannot see whether the mail was sent. Nothing has been done.",
            sentence_da="Exchange svarer ikke, så vi kan ikke se, om mailen er sendt. Der er ikke gjort noget.",
        )
    if act in (Act.SEND_AGAIN, Act.GIVE_BACK) and NOT_FOUND in seen and fresh:
        raise Conflict(
            "The mail is neither among the drafts nor among the sent items, so it may have been sent just now.",
            sentence_da="Mailen ligger hverken blandt kladderne eller i Sendt post, så den er måske netop sendt.",
            next_step="Wait ten minutes, or ask a recipient. If it arrived, say that it was sent.",
            next_step_da="Vent ti minutter, eller spørg en modtager. Er den kommet frem, så angiv, at den er sendt.",
            field="action",
        )


def _not_now() -> Conflict:
    return Conflict(
        "This send is not waiting for anybody.",
        sentence_da="Denne afsendelse venter ikke på nogen.",
        next_step="Look at it again.",
        next_step_da="Se på den igen.",
        field="action",
    )


def take_in_hand(job_id: str, act: Act, hand: Hand) -> SendJob:
    """Do ``act`` with the job. Raises NotFound, Conflict (not possible as it stands), Unavailable (nothing was done), LogBroken."""
    job = hand.store.job(job_id)
    at = hand.clock()
    if act not in acts_for(job, at):
        raise _not_now()
    if job.state in UNDER_WAY:
        hand.record(job, act, "")
        hand.rounds.stop(job_id)
        return job
    seen = [look(job, group, hand) for group in job.groups if group.state is SendState.UNCERTAIN]
    _refuse(act, seen, fresh=at - (job.since or at) < SETTLING)
    if act is Act.SEND_AGAIN:
        hand.decide_again(job)
        hand.store.claim_draft(job)
    hand.record(job, act, _worst(seen))
    number = hand.rounds.round(job_id).number + 1
    if not hand.rounds.begin(job_id, number, act):
        raise _not_now()
    hand.durable.start(work_id(job_id, number))
    return hand.store.job(job_id)
