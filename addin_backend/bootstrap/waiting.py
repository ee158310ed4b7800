"""Puts together what is done about mail that waits for a secure connection: its store, the loop, the press, and what pages show."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
import structlog

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.loops import Loop
from addin_backend.bootstrap.sending import Cabinet, database_of, with_history
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.wait_store import SqlWaits
from addin_backend.evidence.transport.trace import Delivery
from addin_backend.flows.accept_send import SENDABLE, Accepting, Press, accept
from addin_backend.flows.check import check
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.route_mailbox import RoutedMailbox
from addin_backend.flows.waiting_ask import Asking, WhoAsks, ask_instead, goes_by_page
from addin_backend.flows.waiting_facts import Hearing
from addin_backend.flows.waiting_round import Relay, Rounds, go_round
from addin_backend.flows.waiting_second import Kept, content_for, instead
from addin_backend.model.decision import Decision
from addin_backend.model.sending import SendJob
from addin_backend.model.waiting import Heard, Waiting, may_ask, shown
from addin_backend.sealing import envelope
from addin_backend.settings import Settings
from addin_backend.web.waits import WaitLine, Waits

KEPT = timedelta(days=60)
SHOWN = 50  # on the officer's page


class HandedOver:
    """A relay of somebody else's. What is asked for stands in `transport withdrawals`; what it says comes by `transport delivered`."""

    def rows(self) -> Sequence[Delivery]:
        """Nothing comes by itself."""
        return ()

    def withdraw(self, message_id: str, address: str) -> Heard | None:
        """Its administrator does it."""
        return None


def waits_of(settings: Settings, keys: KeyFile) -> SqlWaits:
    """The store, where the sends are kept; also beside a server that runs. Raises Unavailable."""
    hash_key = keys.secret("waits")
    store = SqlWaits(
        database_of(settings, "waits"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
    )
    store.forget_before(now() - KEPT)
    return store


@dataclass(frozen=True, slots=True)
class Deciding:
    """How the second copy is decided and sent: by the rules in force, as a secure page or not at all."""

    rules: LiveRules
    cabinet: Cabinet
    pressing: Accepting

    def decide(self, press: Press) -> Decision:
        """What would become of it."""
        with self.rules.lent() as in_force:
            return check(press.message, press.ask, instead(with_history(in_force.checking, self.cabinet)))[0]

    def press(self, press: Press) -> tuple[Decision, SendJob | None]:
        """Send it. No job: it may not be sent, or not as a secure page."""
        with self.rules.lent() as in_force:
            checking = instead(with_history(in_force.checking, self.cabinet))
            known = self.cabinet.store.find(press.mailbox, press.idempotency_key)
            decision, _ = check(press.message, press.ask, checking)
            if known is None and decision.action in SENDABLE and not goes_by_page(decision):
                return decision, None
            return accept(press, replace(self.pressing, checking=checking))


class WaitLoop:
    """Goes over what waits while the server runs. ``relay`` None: an administrator looks after it."""

    def __init__(
        self, settings: Settings, cabinet: Cabinet, rules: LiveRules, mailbox: RoutedMailbox, pressing: Accepting, relay: Relay | None
    ) -> None:
        """Open the store. Raises Unavailable."""
        self.store = waits_of(settings, cabinet.keys)
        self.hearing = Hearing(self.store, cabinet.store.job, now)
        self._cabinet, self._mailbox, self._after = cabinet, mailbox, timedelta(minutes=settings.waiting_minutes)
        self._deciding = Deciding(rules, cabinet, pressing)
        self._parts = Rounds(
            hearing=self.hearing, relay=relay or HandedOver(), press=self._deciding.press, found=cabinet.store.find,
            put_note=mailbox.put_note, log=cabinet.log, names=cabinet.names, events=structlog.get_logger("waiting"), clock=now,
            after=self._after,
        )  # fmt: skip
        self._loop = Loop("waiting", settings.waiting_seconds, self._round)

    def start(self) -> None:
        """Begin, where the settings ask for it."""
        self._loop.start()

    def stop(self) -> None:
        """End after the row at hand, and let the store go. Idempotent."""
        self._loop.stop()
        self.store.close()

    def _round(self) -> None:
        self.store.forget_before(now() - KEPT)  # a server may run for longer than anything is kept
        go_round(self._parts, self._loop.stopping)

    def _content(self, job_id: str) -> JobContent:
        sealed = self._cabinet.store.get_bytes(job_id, "content")
        return msgspec.msgpack.decode(self._cabinet.unseal(sealed, job_id), type=JobContent)

    def ask(self, mail: str, who: WhoAsks) -> None:
        """The sender presses. Raises NotFound, Conflict, Unavailable, NotYours."""
        kept = Kept(self._content, self._cabinet.store.job, self._mailbox)
        parts = Asking(self.store, lambda row: content_for(row, kept), self._deciding.decide, now, self._after)
        ask_instead(mail, who, parts)

    def _line(self, row: Waiting) -> WaitLine:
        return WaitLine(
            address=row.address, state=shown(row), since=row.left_at, last_seen=row.last_seen, teller=row.teller.value,
            may_ask=may_ask(row, now(), self._after), job_id=row.job_id,
            mailbox=self._cabinet.names.pseudonym("address", row.mailbox, row.left_at), asked_at=row.asked_at, code=row.code,
        )  # fmt: skip

    def service(self) -> Waits:
        """What the web room asks."""
        return Waits(
            of=lambda job_id: tuple(self._line(row) for row in self.store.of(job_id)),
            ask=self.ask,
            latest=lambda: tuple(self._line(row) for row in self.store.latest(SHOWN)),
        )
