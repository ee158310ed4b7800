"""A mail that is to be sent again after a while is decided again: rules and facts may have changed since the button was pressed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from addin_backend.errors import Conflict
from addin_backend.flows.accept_send import SENDABLE, Press
from addin_backend.flows.check import Ask, Checking, check
from addin_backend.flows.job_content import JobContent
from addin_backend.model.decision import Decision
from addin_backend.model.evidence import Evidence
from addin_backend.model.sending import SendJob, SendState
from addin_backend.ports import Clock


class DecidedOtherwise(Conflict):
    """What was decided then does not hold any more."""

    sentence = "The mail would not be sent in the same way today, so it has not been sent again."
    sentence_da = "Mailen ville ikke blive sendt på samme måde i dag, så den er ikke sendt igen."
    next_step = "Ask for the draft back and press Send securely, so that it is checked anew."
    next_step_da = "Få kladden tilbage, og tryk på Send sikkert, så mailen bliver tjekket på ny."


def decide_again(
    job: SendJob,
    content: JobContent,
    who: tuple[str, str],
    checking: Checking,
    clock: Clock,
    record: Callable[[Decision, Evidence, Press], None],
) -> None:
    """Ask the rules of now; ``who`` is the actor and the request's id. The answer is recorded, and raises DecidedOtherwise unless every
    recipient who is missing would get the mail under the same protection as then.
    """
    ask = Ask(
        at=clock(),
        secure=True,
        confirmed=frozenset(content.confirmed),
        confirmed_for=job.digest,
        reasons=dict(content.reasons),
        answers=dict(content.answers),
    )
    message = content.message
    if content.sensitivity is not None:
        message = msgspec.structs.replace(message, sensitivity=content.sensitivity)
    decision, evidence = check(message, ask, checking)
    actor, request_id = who
    press = Press(actor, message, ask, job.mailbox, job.idempotency_key, None, content.language, request_id)
    record(decision, evidence, press)
    missing = {address for group in job.groups if group.state is not SendState.SENT for address in group.addresses}
    same = all(line.protection.value == content.protections[line.address] for line in decision.recipients if line.address in missing)
    if decision.action not in SENDABLE or decision.digest != job.digest or not same:
        raise DecidedOtherwise
