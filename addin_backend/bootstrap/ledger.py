"""Puts the ledger of sent mail together: its store, and the loop that reads every mailbox's Sent Items within minutes."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import structlog

from addin_backend.accountability.records import Act
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.live_rules import InForce, LiveRules
from addin_backend.bootstrap.sending import Cabinet, database_of, keep_question, package_id_of, with_history
from addin_backend.bootstrap.setting_files import make_data_folder, read_setting
from addin_backend.edges.directory_file import read_directory
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.ledger_store import SqlLedger
from addin_backend.errors import SendSecurelyError
from addin_backend.flows.after_send import SentStore
from addin_backend.flows.ledger import BEFORE, Reconciling, SentItems, note_let_go, reconcile_all
from addin_backend.flows.ledger_cases import Closer, close_case, record_closings
from addin_backend.model.directory import EntryKind
from addin_backend.model.ledger import How
from addin_backend.model.message import Message
from addin_backend.sealing import envelope
from addin_backend.settings import Settings
from addin_backend.web.services import LedgerRow, LedgerView

LINES_KEPT = timedelta(days=400)
SHOWN = 100  # lines on the page


def ledger_of(settings: Settings, keys: KeyFile) -> SqlLedger:
    """The ledger alone, also beside a server that runs. Raises Unavailable."""
    make_data_folder(Path(settings.data_dir))
    hash_key = keys.secret("ledger")
    return SqlLedger(
        database_of(settings, "ledger"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
    )


def open_ledger(settings: Settings, cabinet: Cabinet) -> SqlLedger:
    """The ledger, where the sends are kept. Raises Unavailable."""
    ledger = ledger_of(settings, cabinet.keys)
    ledger.forget_before(notes=now() - 2 * BEFORE, lines=now() - LINES_KEPT)
    return ledger


def own_mailboxes(settings: Settings) -> tuple[str, ...]:
    """The mailboxes of the directory file. Raises BadRegister."""
    if not settings.directory_file:
        return ()
    directory = read_directory(read_setting(settings, "directory_file"))
    found = directory.entries(directory.addresses(), 0.0)
    return tuple(sorted(address for address, entry in found.items() if entry.kind is EntryKind.MAILBOX))


def reconciling(cabinet: Cabinet, ledger: SqlLedger, sent_items: SentItems) -> Reconciling:
    """What a run of the ledger needs."""
    return Reconciling(
        sent_items=sent_items,
        ledger=ledger,
        store=SentStore(jobs=cabinet.store, package_id=package_id_of(cabinet), revoke=cabinet.store.revoke_package),
        ticket_key=cabinet.keys.ticket_key,
        log=cabinet.log,
        names=cabinet.names,
        events=structlog.get_logger("ledger"),
        clock=now,
        keep=lambda event_id, decision: keep_question(cabinet, event_id, decision),
    )


def ledger_view(ledger: SqlLedger, cabinet: Cabinet) -> LedgerView:
    """What the page shows: counts, how far the mailboxes are read, and what left unchecked; mailboxes as pseudonyms, as in the log."""
    places, lines = ledger.places(), ledger.lines((How.CASE, How.UNCHECKED), SHOWN)
    closed = ledger.closings([line.item for line in lines])
    rows = tuple(
        LedgerRow(
            at=line.sent_at,
            who=cabinet.names.pseudonym("address", line.mailbox, line.seen_at),
            case=line.how is How.CASE,
            action=line.action,
            codes=line.codes,
            event_id=line.event_id,
            item=line.item,
            closed_by=cabinet.names.pseudonym("address", closed[line.item].who, line.seen_at) if line.item in closed else "",
            closed_at=closed[line.item].at if line.item in closed else None,
            reason=closed[line.item].reason if line.item in closed else "",
        )
        for line in lines
    )
    counts = {how.value: number for how, number in ledger.counts().items()}
    return LedgerView(counts, len(places), min((place.read_at for place in places), default=None), rows, ledger.open_cases())


class LedgerLoop:
    """Reads the mailboxes of the directory file, again and again, while the server runs."""

    def __init__(self, settings: Settings, cabinet: Cabinet, rules: LiveRules, sent_items: SentItems) -> None:
        """Open the store. Raises Unavailable, BadRegister."""
        self.store = open_ledger(settings, cabinet)
        self._every = settings.ledger_seconds
        self._mailboxes = own_mailboxes(settings)
        self._lent: Callable[[], AbstractContextManager[InForce]] = rules.lent
        self._cabinet, self._parts = cabinet, reconciling(cabinet, self.store, sent_items)
        self._closer = Closer(self.store, cabinet.log, cabinet.names, now)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where the settings ask for it and there is a mailbox to read."""
        if self._every > 0 and self._mailboxes:
            self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the mailbox at hand, and let the store go. Idempotent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.store.close()

    def let_go(self, message: Message, act: Act) -> None:
        """Remember which mail a check let go."""
        note_let_go(self.store, message, act)

    def view(self) -> LedgerView:
        """What the page shows."""
        return ledger_view(self.store, self._cabinet)

    def close_case(self, item: str, who: str, reason: str) -> None:
        """A named person closes a case. Raises NotFound, Conflict, BadInput, Unavailable, LogBroken."""
        close_case(item, who, reason, self._closer)

    def _run(self) -> None:
        """The first round at once: until a mailbox has been read, nothing that is sent from it is in the ledger."""
        while not self._stopping.is_set():
            self._round()
            self._stopping.wait(self._every)

    def _round(self) -> None:
        try:
            record_closings(self._closer)
            with self._lent() as in_force:
                reconcile_all(self._mailboxes, with_history(in_force.checking, self._cabinet), self._parts, self._stopping.is_set)
        except SendSecurelyError as error:
            self._parts.events.error("ledger_stopped", code=error.code)
        except Exception:  # noqa: BLE001 whatever it was, the next round tries again, and the page shows how old the last one is
            self._parts.events.error("ledger_stopped", exc_info=True)
