"""Puts together what can be done once a mail has gone: how it was sent, its links, and reports of a wrong recipient."""

from __future__ import annotations

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import Cabinet, act_of, package_id_of
from addin_backend.errors import NotFound
from addin_backend.flows.after_send import Closed, SentStore, revoke, sent_mail
from addin_backend.flows.check import Checking
from addin_backend.flows.missent import Cases, report_missent
from addin_backend.model.identity import Identity
from addin_backend.model.sending import SendJob
from addin_backend.ports import Mailbox
from addin_backend.settings import Settings
from addin_backend.web.services import AfterSend

DIRECTORY_BUDGET = 1.0  # seconds; who cannot be found out is not told, and the employee is asked to tell them


def after_send(settings: Settings, cabinet: Cabinet, mailbox: Mailbox, checking: Checking) -> AfterSend:
    """The callables of the web room."""
    store = SentStore(jobs=cabinet.store, package_id=package_id_of(cabinet), revoke=cabinet.store.revoke_package)
    directory = checking.sources.directory if checking.sources else None

    def manager_of(address: str) -> str:
        found = directory.entries((address.lower(),), DIRECTORY_BUDGET) if directory else {}
        entry = found.get(address.lower()) if found else None
        return entry.manager if entry else ""

    cases = Cases(
        sent=store,
        mailbox=mailbox,
        log=cabinet.log,
        names=cabinet.names,
        manager_of=manager_of,
        officer=settings.data_protection_officer,
        seal=cabinet.seal,
        unseal=cabinet.unseal,
    )

    def pressed(address: str, key: str) -> SendJob:
        job = cabinet.store.find(address, key)
        if job is None:
            raise NotFound
        return job

    def revoked(identity: Identity, job: SendJob, request_id: str) -> Closed:
        return revoke(job, act_of(identity.address, job.mailbox, request_id), cabinet.log, cabinet.names, store)

    return AfterSend(
        pressed=pressed,
        sent_mail=lambda address, message_id: sent_mail(address, message_id, now(), store),
        revoke=revoked,
        missent=lambda report: report_missent(report, now(), cases),
    )
