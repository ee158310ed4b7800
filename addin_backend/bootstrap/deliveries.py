"""Puts together what is known of mail after it has left: its store, and reading the reports that come back."""

from __future__ import annotations

import hmac
from datetime import timedelta

import structlog

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.ledger import own_mailboxes
from addin_backend.bootstrap.loops import Loop
from addin_backend.bootstrap.sending import Cabinet, database_of
from addin_backend.edges.delivery_store import SqlDeliveries
from addin_backend.edges.keys import KeyFile
from addin_backend.flows.delivery_reports import Inboxes, Reporting, read_all
from addin_backend.flows.waiting_facts import Hearing, hear_report
from addin_backend.sealing import envelope
from addin_backend.settings import Settings

KEPT = timedelta(days=400)


def deliveries_of(settings: Settings, keys: KeyFile) -> SqlDeliveries:
    """The store, where the sends are kept. Raises Unavailable."""
    hash_key = keys.secret("deliveries")
    store = SqlDeliveries(
        database_of(settings, "deliveries"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
    )
    store.forget_before(now() - KEPT)
    return store


def reporting(
    settings: Settings, cabinet: Cabinet, deliveries: SqlDeliveries, inboxes: Inboxes, hearing: Hearing | None = None
) -> Reporting:
    """What reading reports takes. ``hearing``: who is told what they say of mail that waits."""
    return Reporting(
        inboxes=inboxes,
        deliveries=deliveries,
        jobs=cabinet.store,
        log=cabinet.log,
        names=cabinet.names,
        events=structlog.get_logger("after"),
        clock=now,
        notification_address=settings.notification_address,
        heard=lambda delivery, message_id: hear_report(delivery, message_id, hearing) if hearing else None,
    )


def mailboxes_to_read(settings: Settings) -> tuple[str, ...]:
    """The employees' mailboxes, and the one that mails with a link come from. Raises BadRegister."""
    common = settings.notification_address.lower()
    return tuple(dict.fromkeys((*own_mailboxes(settings), *((common,) if common else ()))))


class ReportLoop:
    """Reads the Inboxes for reports while the server runs."""

    def __init__(self, settings: Settings, cabinet: Cabinet, inboxes: Inboxes, hearing: Hearing | None = None) -> None:
        """Open the store. Raises Unavailable, BadRegister."""
        mailboxes = mailboxes_to_read(settings)
        self.store = deliveries_of(settings, cabinet.keys)
        self.parts = reporting(settings, cabinet, self.store, inboxes, hearing)
        self._loop = Loop(
            "after", settings.reports_seconds if mailboxes else 0, lambda: read_all(mailboxes, self.parts, self._loop.stopping)
        )

    def start(self) -> None:
        """Begin, where the settings ask for it and there is a mailbox to read."""
        self._loop.start()

    def stop(self) -> None:
        """End after the mailbox at hand, and let the store go. Idempotent."""
        self._loop.stop()
        self.store.close()
