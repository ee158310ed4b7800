"""What is known of the recipients' domains before a send: the register, what was found out before, else one bounded look-up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotReady
from datetime import datetime

import msgspec
import structlog

from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.transport.dossier import assemble, prove
from addin_backend.evidence.transport.memory import KnownAnswers, is_current
from addin_backend.evidence.transport.names import a_label, is_address
from addin_backend.evidence.transport.register import standing
from addin_backend.evidence.transport.verdict import network_verdict, with_register
from addin_backend.flows.gather_transport import Wish, World, observe
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.register import Partner
from addin_backend.ports import AnswerStore, Log

SIDE_BY_SIDE = 16  # domains looked up at the same time
MOST_PROVEN = 100_000
OWN_SHARE = 0.95  # of the budget is for asking, so that a look-up can still say by itself what it ran into

Partners = Mapping[str, tuple[Partner, ...]]
Used = Callable[[TransportEvidence], None]


def _nothing(domain: str, at: datetime, reason: str) -> TransportEvidence:
    return TransportEvidence(domain=domain, verdict=TransportVerdict.UNKNOWN, reasons=(reason,), checked_at=at, expires_at=at)


def no_domain(domain: str, at: datetime) -> TransportEvidence:
    """The answer about what is no domain."""
    return _nothing(domain, at, "address_literal" if is_address(domain) else "not_a_domain")


def _since(answer: TransportEvidence, before: TransportEvidence | None) -> TransportEvidence:
    """``answer`` with the time from which its verdict has been the same."""
    same = before is not None and before.verdict is answer.verdict
    return msgspec.structs.replace(answer, since=(before.since or before.checked_at) if same and before is not None else answer.checked_at)


class TransportLookup:
    """The TransportSource port. ``partners``: register entries per domain, in force or not. Thread-safe.

    ``ticket_connector``: ticketed mail leaves through a connector that always uses TLS; without it a commitment of the
    recipient (DANE, MTA-STS) is reported with ``enforcement="none"``. ``store`` keeps answers beyond the process and the evidence of
    those that were used: an answer whose evidence cannot be kept is `unknown`. None: nothing outlives the process. ``used`` hears of
    every network answer that was used. ``live``: probe servers, too; never on the way of a mail. Threads start with the first
    look-up; ``close`` ends them.
    """

    def __init__(
        self,
        world: World,
        partners: Partners,
        *,
        ticket_connector: bool = False,
        live: bool = False,
        side_by_side: int = SIDE_BY_SIDE,
        store: AnswerStore | None = None,
        used: Used | None = None,
        log: Log | None = None,
    ) -> None:
        self._world = world
        self._partners = partners
        self._wish = Wish(live=live, ticket_connector=ticket_connector)
        self._known = KnownAnswers()
        self._store = store
        self._proven: set[str] = set()
        self._used = used
        self._log = log or structlog.get_logger("transport")
        self._pool = ThreadPoolExecutor(side_by_side, thread_name_prefix="transport")
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[TransportEvidence]] = {}

    def close(self) -> None:
        """Stop taking look-ups; those under way end at their own deadline. Idempotent."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # --- what a check asks ----------------------------------------------------------------------------------------------

    def look_up_all(self, domains: Sequence[str], at: datetime, budget: float) -> Mapping[str, TransportEvidence]:
        """The evidence for every domain asked for, within ``budget`` seconds. Never raises; what is not known is `unknown`."""
        end = self._world.monotonic() + budget
        begun = {domain: self._begin(domain, at, end - budget * (1 - OWN_SHARE)) for domain in domains}
        found = {domain: self._finish(name, step, at, end) for domain, (name, step) in begun.items()}
        unproven = self._unproven(found.values(), end)
        return {
            domain: _nothing(answer.domain, at, "proof_not_kept") if answer.evidence_id in unproven else answer
            for domain, answer in found.items()
        }

    def _begin(self, domain: str, at: datetime, end: float) -> tuple[str, TransportEvidence | Future[TransportEvidence]]:
        """The domain's name in A-labels, and an answer that is at hand or a look-up that was started (or found under way)."""
        known = self._known.at(domain, at)
        if known is not None and domain not in self._partners:
            return domain, known
        name = a_label(domain)
        if name is None:
            return domain, no_domain(domain, at)
        partners = self._partners.get(name, ())
        if partners and standing(partners, at).entry is not None:  # our own connector delivers: nothing to ask the network
            return name, TransportEvidence(domain=name, verdict=TransportVerdict.UNKNOWN, checked_at=at)
        return name, self._known.at(name, at) or self._started(name, at, end)

    def _stored(self, name: str, at: datetime) -> TransportEvidence | None:
        try:
            stored = self._store.answer(name) if self._store is not None else None
        except SendSecurelyError as error:  # the network can still be asked
            self._log.error("transport_store_failed", code=error.code)
            return None
        if stored is None or not is_current(stored, at):
            return None
        self._known.keep(stored)
        return stored

    def _started(self, name: str, at: datetime, end: float) -> TransportEvidence | Future[TransportEvidence]:
        with self._lock:
            if name not in self._under_way:
                try:
                    self._under_way[name] = self._pool.submit(self._work, name, at, end)
                except RuntimeError:  # closed meanwhile
                    return _nothing(name, at, "closed")
            return self._under_way[name]

    def _work(self, name: str, at: datetime, end: float) -> TransportEvidence:
        try:
            answer = self._stored(name, at)  # here, because a locked file may keep us waiting longer than the mail can
            left = end - self._world.monotonic()
            if answer is None:
                answer = self.refresh(name, at, left) if left > 0 else _nothing(name, at, "out_of_time")
            if answer.evidence_id and answer.evidence_id not in self._proven:
                self._keep(answer)
            return answer
        except Exception as error:  # noqa: BLE001 a fault nobody foresaw is an unknown verdict, not a crashed check
            self._log.error("transport_look_up_failed", error_type=type(error).__name__)
            return _nothing(name, at, "internal_error")
        finally:
            with self._lock:
                self._under_way.pop(name, None)

    def refresh(self, name: str, at: datetime, seconds: float) -> TransportEvidence:
        """Ask the network about ``name`` (A-labels) and keep the answer. Raises whatever a port should not raise."""
        observed, certificates = observe(name, self._world, at, seconds, self._wish)
        proof = prove(observed, certificates)
        answer = network_verdict(assemble(observed, certificates, proof.evidence_id), observed.at)
        if self._store is not None:
            answer = _since(answer, self._store.answer(name))
            self._store.keep_answer(answer, proof)
        self._known.keep(answer)
        return answer

    def _finish(self, name: str, step: TransportEvidence | Future[TransportEvidence], at: datetime, end: float) -> TransportEvidence:
        answer = step if isinstance(step, TransportEvidence) else self._waited(name, step, at, end)
        partners = self._partners.get(name, ())
        if partners:
            answer = with_register(answer, partners, at)
        return answer

    def _waited(self, name: str, step: Future[TransportEvidence], at: datetime, end: float) -> TransportEvidence:
        try:
            return step.result(max(0.0, end - self._world.monotonic()))
        except (NotReady, Exception):  # noqa: BLE001 not ready, or cancelled by close: either way it is not known now
            return _nothing(name, at, "out_of_time")

    def _unproven(self, answers: Iterable[TransportEvidence], end: float) -> frozenset[str]:
        """The answers' evidence that is not kept for good by ``end``: a decision names it, so it has to be there."""
        named = {answer.evidence_id: answer for answer in answers if answer.evidence_id}
        if self._used is not None:
            for answer in named.values():
                self._used(answer)
        begun = {name: self._keeping(answer) for name, answer in named.items() if self._store is not None and name not in self._proven}
        return frozenset(name for name, step in begun.items() if step is None or not self._kept(step, end))

    def _keeping(self, answer: TransportEvidence) -> Future[bool] | None:
        try:
            return self._pool.submit(self._keep, answer)
        except RuntimeError:  # closed meanwhile
            return None

    def _keep(self, answer: TransportEvidence) -> bool:
        """Keep the answer's evidence, and remember that it is there."""
        try:
            kept = self._store is not None and self._store.keep_proof(answer.domain, answer.evidence_id)
        except SendSecurelyError as error:
            self._log.error("transport_store_failed", code=error.code)
            return False
        if kept:
            if len(self._proven) > MOST_PROVEN:  # bounded memory; the store knows the rest
                self._proven.clear()
            self._proven.add(answer.evidence_id)
        return kept

    def _kept(self, step: Future[bool], end: float) -> bool:
        try:
            return step.result(max(0.0, end - self._world.monotonic()))
        except (NotReady, Exception):  # noqa: BLE001 not ready, or cancelled by close: either way it is not known to be there
            return False
