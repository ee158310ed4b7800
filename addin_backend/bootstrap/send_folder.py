"""Looks into every mailbox's folder *Send sikkert* while the server runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.ledger import own_mailboxes
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.loops import Loop
from addin_backend.bootstrap.sending import Cabinet, with_history
from addin_backend.flows.accept_send import Accepting, Press, accept
from addin_backend.flows.send_folder import FolderMailbox, FolderSending, look_into_all
from addin_backend.model.decision import Decision
from addin_backend.model.sending import SendJob
from addin_backend.settings import Settings


def send_folder_loop(settings: Settings, cabinet: Cabinet, rules: LiveRules, mailboxes: FolderMailbox, parts: Accepting) -> Loop:
    """The loop, not begun. Raises BadRegister."""

    def press(given: Press) -> tuple[Decision, SendJob | None]:
        with rules.lent() as in_force:
            return accept(given, replace(parts, checking=with_history(in_force.checking, cabinet)))

    own = own_mailboxes(settings)
    sending = FolderSending(
        mailboxes=mailboxes, jobs=cabinet.store, press=press, events=structlog.get_logger("folder"), clock=now,
        quiet=timedelta(seconds=settings.send_folder_seconds),
    )  # fmt: skip
    loop = Loop("folder", settings.send_folder_seconds if own else 0, lambda: look_into_all(own, sending, loop.stopping))
    return loop
