"""Puts together what the add-in asks beside check and send: hints, and deciding without the service."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.emergency import in_force
from addin_backend.bootstrap.emergency_end import record_end
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.sending import Cabinet, recording, with_history
from addin_backend.bootstrap.setting_files import read_setting
from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.registers import Registers
from addin_backend.flows.check import Ask, check
from addin_backend.flows.offline import Hearing, hear, inside_of, snapshot_of
from addin_backend.model.decision import Decision
from addin_backend.model.offline import Entry, Inside, Paper, Received, Snapshot
from addin_backend.settings import Settings
from addin_backend.web.services import Addin, CheckCall

FRESH = timedelta(minutes=10)  # how long one look through the directory serves


def origin_of(url: str) -> str:
    """Scheme, host and port of ``url`` (RFC 6454 §4)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def snapshots(settings: Settings, rules: LiveRules, key: bytes) -> Callable[[], Snapshot]:
    """The day's paper. The directory is looked through again when the registers change, and every ten minutes."""
    kept: list[tuple[Registers, float, Inside]] = []
    gate = threading.Lock()

    def looked_through() -> Inside:
        checking, registers = rules.current.checking, rules.current.book.registers
        directory = checking.sources.directory if checking.sources else None
        listed: tuple[str, ...] = getattr(directory, "addresses", tuple)()
        limit = registers.parameters.recipients.group_members
        return inside_of(registers.own_domains, listed, directory if listed else None, limit, settings.offline_internal)

    def snapshot() -> Snapshot:
        at, registers = now(), rules.current.book.registers
        with gate:
            if not kept or kept[0][0] is not registers or at.timestamp() - kept[0][1] > FRESH.total_seconds():
                kept[:] = [(registers, at.timestamp(), looked_through())]
            inside = kept[0][2]
        return snapshot_of(inside, key, at, timedelta(hours=settings.offline_hours))

    return snapshot


def ask_of(call: CheckCall) -> Ask:
    """What is asked about a mail now, with what was said about it."""
    return Ask(
        at=now(),
        secure=call.secure,
        confirmed=call.confirmed,
        confirmed_for=call.confirmed_for,
        reasons=call.reasons,
        answers=call.answers,
    )


def open_addin(settings: Settings, rules: LiveRules, cabinet: Cabinet) -> Addin:
    """The add-in of an installation."""
    key = cabinet.keys.secret("offline")

    def emergency() -> Paper | None:
        with suppress(SendSecurelyError):  # the note stays, and the next look or the next start records it
            record_end(settings, cabinet.log, cabinet.names)
        return in_force(Path(settings.data_dir), int(now().timestamp()))

    def preflight(call: CheckCall) -> Decision:
        with rules.lent() as lent:
            return check(call.message, ask_of(call), with_history(lent.checking, cabinet))[0]

    def heard(actor: str, entries: list[Entry]) -> tuple[Received, ...]:
        with rules.lent() as lent:
            own = lent.book.registers.own_domains
            log = structlog.get_logger("offline")
            return hear(entries, actor, Hearing(with_history(lent.checking, cabinet), recording(cabinet), key, own, now, log))

    emergency()
    return Addin(
        origin=origin_of(settings.public_url),
        client_id=settings.entra_client,
        msal=read_setting(settings, "msal_browser") if settings.msal_browser else b"",
        preflight=preflight,
        snapshot=snapshots(settings, rules, key),
        emergency=emergency,
        hear=heard,
    )
