"""*Sendt forkert?*: open a case, close what can be closed, and tell the manager and the data protection officer.

Safe to press again: the case is found by the key of the press, a link that is closed stays closed, and each notice is looked for in the
mailbox before it is sent (GDPR Art. 33, 34).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import NotFound, SendSecurelyError
from addin_backend.flows.after_send import Closed, SentStore, close_links, job_of_mail
from addin_backend.flows.groups import message_id as own_message_id
from addin_backend.model.after_send import Case, Handled, Report, Told
from addin_backend.model.sending import SendJob
from addin_backend.ports import AccountabilityLog, Mailbox, Outgoing, Pseudonymiser
from addin_backend.sealing.case_notice import compose_case_notice

CASE = "case"  # the name that a case is kept under
_NOTHING = Closed((), ())


@dataclass(frozen=True, slots=True)
class Cases:
    """What a report needs. ``manager_of`` gives an address or ""; ``officer`` is the data protection officer's, or "".

    ``seal`` and ``unseal`` protect what is kept of a case, bound to its id.
    """

    sent: SentStore
    mailbox: Mailbox
    log: AccountabilityLog
    names: Pseudonymiser
    manager_of: Callable[[str], str]
    officer: str
    seal: Callable[[bytes, str], bytes]
    unseal: Callable[[bytes, str], bytes]


def case_id_of(report: Report) -> str:
    """The same number for the same press, and nobody else's."""
    seed = f"{report.mailbox.lower()}\n{report.idempotency_key}"
    return hashlib.sha256(f"case\n{seed}".encode()).hexdigest()[:12]


def _opened(report: Report, job: SendJob | None, at: datetime, cases: Cases) -> Case:
    """The case as it was first kept, or a new one."""
    case_id = case_id_of(report)
    try:
        kept = cases.unseal(cases.sent.jobs.get_bytes(case_id, CASE), case_id)
    except NotFound:
        case = Case(
            case_id=case_id,
            opened_at=at,
            reporter=report.actor,
            mailbox=report.mailbox,
            message_id=report.message_id,
            recipients=report.recipients,
            job_id=job.job_id if job else "",
        )
        cases.sent.jobs.put_bytes(case_id, CASE, cases.seal(msgspec.msgpack.encode(case), case_id))
        return case
    return msgspec.msgpack.decode(kept, type=Case)


def _record(action: str, case: Case, report: Report, at: datetime, cases: Cases, body: dict[str, str | int]) -> None:
    event = records.event_id_of(f"{case.case_id}\n{'' if action == 'missent_reported' else at.isoformat()}", action, case.opened_at)
    act = Act(event, case.opened_at if action == "missent_reported" else at, report.actor, case.mailbox, report.request_id)
    cases.log.append(records.simple(action, act, cases.names, case=case.case_id, **body))


def _tell(case: Case, name: str, to: str, who: str, closed: tuple[str, ...], cases: Cases) -> Told:
    """One notice, once. A lost answer counts as not told until the mailbox shows that it was sent."""
    if not to:
        return Told.NOT_SET
    message_id = own_message_id(f"case-{case.case_id}", who, case.mailbox)
    outgoing = Outgoing(
        mime=compose_case_notice(case, name=name, closed=closed, to=to, message_id=message_id, date=case.opened_at),
        to=(to,),
        cc=(),
        bcc=(),
        message_id=message_id,
        marker=f"case-{case.case_id}.{who}",
        save_to="sentitems",
    )
    try:
        if not cases.mailbox.was_sent(case.mailbox, outgoing):
            cases.mailbox.send(case.mailbox, cases.mailbox.save(case.mailbox, outgoing), outgoing)
    except SendSecurelyError:
        return Told.NOT_TOLD
    return Told.TOLD


def _have_it(case: Case, job: SendJob | None, closed: Closed) -> tuple[str, ...]:
    """Recipients who hold the mail itself: those we cannot take it back from."""
    linked = {address.lower() for address in (*closed.closed, *closed.failed)}
    never = {address.lower() for group in (job.groups if job else ()) if group.state == "not_sent" for address in group.addresses}
    return tuple(address for address in case.recipients if address not in linked | never)


def report_missent(report: Report, at: datetime, cases: Cases) -> Handled:
    """Open the case (recorded before anything is done), close links, tell. Raises Unavailable, LogBroken when no case could be opened."""
    job = job_of_mail(report.mailbox, report.message_id, cases.sent)
    case = _opened(report, job, at, cases)
    _record("missent_reported", case, report, at, cases, {"ours": "yes" if job else "no", "recipients": len(case.recipients)})
    closed = close_links(job, frozenset(case.recipients), at, cases.sent) if job else _NOTHING
    manager = _tell(case, report.name, cases.manager_of(report.actor), "manager", closed.closed, cases)
    officer = _tell(case, report.name, cases.officer, "officer", closed.closed, cases)
    body = {"revoked": len(closed.closed), "not_revoked": len(closed.failed), "manager": manager.value, "officer": officer.value}
    _record("missent_handled", case, report, at, cases, body)
    return Handled(
        case_id=case.case_id,
        revoked=closed.closed,
        not_revoked=closed.failed,
        open=_have_it(case, job, closed),
        manager=manager,
        officer=officer,
    )
