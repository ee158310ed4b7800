"""After a mail has gone: how was it sent, and close the links of ours that can still be closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import NotFound, SendSecurelyError
from addin_backend.model.after_send import Link, SentMail
from addin_backend.model.decision import Protection
from addin_backend.model.sending import PortalPackage, SendJob, SendState
from addin_backend.ports import AccountabilityLog, Pseudonymiser, SendStore

_OURS = re.compile(r"<(?P<job>[A-Za-z0-9_-]{8,64})\.[a-z0-9-]{1,24}@[^<>@\s]{1,255}>")  # as flows.groups writes it
_NEVER_LEFT = frozenset({SendState.NOT_SENT})


@dataclass(frozen=True, slots=True)
class SentStore:
    """Jobs, and the packages behind links: ``package_id`` gives the id for "job/group", ``revoke`` empties one (True: it was open)."""

    jobs: SendStore
    package_id: Callable[[str], str]
    revoke: Callable[[str, datetime], bool]


def job_id_of(message_id: str) -> str:
    """The job that a Message-ID of ours names, or ""."""
    found = _OURS.fullmatch(message_id.strip())
    return found["job"] if found else ""


def job_of_mail(mailbox: str, message_id: str, store: SentStore) -> SendJob | None:
    """The job that sent the mail, found by our own Message-ID; None for a mail of somebody else's, and for one we did not send."""
    job_id = job_id_of(message_id)
    if not job_id:
        return None
    try:
        job = store.jobs.job(job_id)
    except NotFound:
        return None
    return job if job.mailbox.lower() == mailbox.strip().lower() else None


def _packages(job: SendJob, store: SentStore) -> Iterable[tuple[str, PortalPackage]]:
    """Address and package of each copy that became a link."""
    for group in job.groups:
        if group.protection is Protection.PORTAL and group.state not in _NEVER_LEFT:
            try:
                package = store.jobs.package(store.package_id(f"{job.job_id}/{group.group_id}"))
            except NotFound:
                continue
            yield from ((address, package) for address in group.addresses)


def links_of(job: SendJob, at: datetime, store: SentStore) -> tuple[Link, ...]:
    """The links of a job. A package that was emptied is closed, whatever its date."""
    return tuple(
        Link(address=address, expires_at=package.expires_at, open=bool(package.envelope) and package.expires_at > at)
        for address, package in _packages(job, store)
    )


def sent_mail(mailbox: str, message_id: str, at: datetime, store: SentStore) -> SentMail:
    """How a mail of this mailbox was sent. Raises Unavailable."""
    job = job_of_mail(mailbox, message_id, store)
    if job is None:
        return SentMail()
    return SentMail(job=job, links=links_of(job, at, store), event_id=records.event_id_of(job.job_id, "decided", job.created_at))


@dataclass(frozen=True, slots=True)
class Closed:
    """Addresses whose link is closed now, and those where closing failed."""

    closed: tuple[str, ...]
    failed: tuple[str, ...]


def close_links(job: SendJob, addresses: frozenset[str] | None, at: datetime, store: SentStore) -> Closed:
    """Empty the packages of these recipients (None: of all). What fails stays open and is named; nothing is raised for it."""
    closed: list[str] = []
    failed: list[str] = []
    for address, package in _packages(job, store):
        if addresses is not None and address.lower() not in addresses:
            continue
        try:
            store.revoke(package.package_id, at)
            closed.append(address)
        except SendSecurelyError:
            failed.append(address)
    return Closed(tuple(closed), tuple(failed))


def revoke(job: SendJob, act: Act, log: AccountabilityLog, names: Pseudonymiser, store: SentStore) -> Closed:
    """Close all links of a job, recorded first and afterwards. Raises Unavailable, LogBroken: then nothing is closed."""
    open_before = sum(link.open for link in links_of(job, act.at, store))
    log.append(records.simple("links_closing", act, names, job=job.job_id, links=open_before))
    return close_links(job, None, act.at, store)
