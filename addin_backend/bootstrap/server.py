"""Puts the server together, and runs it from settings (`serve`)."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import uvicorn

from addin_backend.bootstrap.addin import ask_of, open_addin
from addin_backend.bootstrap.after_send import after_send
from addin_backend.bootstrap.attachments import open_reader
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.deliveries import ReportLoop
from addin_backend.bootstrap.emergency import open_desk
from addin_backend.bootstrap.ledger import LedgerLoop
from addin_backend.bootstrap.live_rules import LiveRules, live_rules
from addin_backend.bootstrap.mailboxes import Mailboxes, TokenProvider, open_edges, open_mailboxes
from addin_backend.bootstrap.opa_settings import bundle_key
from addin_backend.bootstrap.send_desk import Desk
from addin_backend.bootstrap.send_folder import send_folder_loop
from addin_backend.bootstrap.sending import Cabinet, accepting, act_of, new_id, open_cabinet, phones_of, recording, with_history
from addin_backend.bootstrap.sign_in import Identify, sign_in
from addin_backend.bootstrap.transport import ORDINARY, Way
from addin_backend.bootstrap.waiting import WaitLoop
from addin_backend.bootstrap.why import archive_of
from addin_backend.bootstrap.workflows import Hooks, open_workflows
from addin_backend.edges.logs import reporter, request_scope, set_up
from addin_backend.edges.opa_bundle import build
from addin_backend.evidence.gather import content_of
from addin_backend.evidence.transport.observed import last_without_tls, read_observations
from addin_backend.flows.accept_send import Accepting, Press, accept
from addin_backend.flows.changes import apply
from addin_backend.flows.intake import from_draft
from addin_backend.flows.keep_details import keep_details
from addin_backend.flows.observe_transport import sound_alarm
from addin_backend.flows.own_record import OwnLine, own_record
from addin_backend.flows.portal_access import shown
from addin_backend.flows.pre_send import Recording, pre_send
from addin_backend.flows.read_log import read_log
from addin_backend.flows.seal_groups import TICKET_HEADER
from addin_backend.flows.waiting_round import Relay
from addin_backend.flows.why import Explained, read_why
from addin_backend.model.identity import Identity
from addin_backend.ports import Log, PolicySet
from addin_backend.settings import Settings
from addin_backend.web.app import create_app
from addin_backend.web.emergency_hand import EmergencyHand
from addin_backend.web.limits import Limiter
from addin_backend.web.services import (
    CheckCall,
    Checked,
    LogLine,
    LogView,
    SendAnswer,
    SendCall,
    ServedBundle,
    Services,
    Ticket,
)


def _check_service(rules: LiveRules, cabinet: Cabinet, records_to: Recording) -> Callable[[CheckCall], Checked]:
    def check_call(call: CheckCall) -> Checked:
        ask = ask_of(call)
        act = act_of(call.identity.address, call.mailbox, call.request_id, call.language)
        with rules.lent() as in_force:
            checking = with_history(in_force.checking, cabinet)
            decision, value = pre_send(call.message, ask, act, checking, records_to)
        known = shown(call.mailbox, decision, phones_of(cabinet, checking))
        return Checked(decision, Ticket(TICKET_HEADER, value) if value else None, known)

    return check_call


def _own_record_service(cabinet: Cabinet) -> Callable[[Identity, int, str], tuple[OwnLine, ...]]:
    def own(identity: Identity, limit: int, request_id: str) -> tuple[OwnLine, ...]:
        return own_record(act_of(identity.address, identity.address, request_id), limit, cabinet.log, cabinet.names)

    return own


def _send_service(rules: LiveRules, cabinet: Cabinet, parts: Accepting) -> Callable[[SendCall], SendAnswer]:
    def send_call(call: SendCall) -> SendAnswer:
        asked = call.check
        press = Press(
            actor=asked.identity.address,
            message=asked.message,
            ask=ask_of(asked),
            mailbox=asked.mailbox,
            idempotency_key=call.idempotency_key,
            item_id=asked.item_id,
            language=asked.language,
            request_id=asked.request_id,
            access=call.access,
        )
        with rules.lent() as in_force:
            decision, job = accept(press, replace(parts, checking=with_history(in_force.checking, cabinet)))
        return SendAnswer(decision, job)

    return send_call


def _log_service(cabinet: Cabinet) -> Callable[[int, str], LogView]:
    key = cabinet.notary.verifier_key

    def recent(limit: int, request_id: str) -> LogView:
        reading = read_log(limit, act_of("", "", request_id), cabinet.log, cabinet.names, key)
        lines = tuple(
            LogLine(item.entry.index, item.entry.entry, item.entry.leaf_hash, item.path, item.verified) for item in reading.entries
        )
        return LogView(reading.checkpoint, str(key), reading.signature_verified, lines)

    return recent


def _why_service(settings: Settings, cabinet: Cabinet) -> Callable[[str, str], Explained]:
    archive = archive_of(settings, cabinet.questions.question)

    def explained(event_id: str, request_id: str) -> Explained:
        return read_why(event_id, act_of("", "", request_id), archive, cabinet.log, cabinet.names)

    return explained


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between the server and the demo world. ``seed`` is given the data folder's contents before anything is asked;
    ``officer`` acts on the open pages; ``way`` is how recipients' domains are asked; ``graph_tokens`` are for a Graph without Entra ID;
    ``relay`` is asked for mail that waits, and None where its administrator is.
    """

    identify: Identify
    open_pages: bool = False
    seed: Callable[[Cabinet], None] = lambda _cabinet: None
    way: Way = ORDINARY
    hooks: Hooks | None = None
    officer: Identity | None = None
    graph_tokens: TokenProvider | None = None
    relay: Relay | None = None


def _open(settings: Settings, graph_tokens: TokenProvider | None) -> tuple[Cabinet, Mailboxes]:
    """What lies in the data folder, and the mailboxes. Settings that cannot be used are told before anything is made."""
    edges = open_edges(settings, graph_tokens)
    cabinet = open_cabinet(settings)
    return cabinet, open_mailboxes(settings, edges, cabinet.store)


def _alarm(rules: LiveRules, log: Log) -> str:
    """Sounded where it must be; the organisation's name."""
    book = rules.current.book
    sound_alarm(book.registers.partner_by_domain, last_without_tls(read_observations(book.files)), now().date(), log)
    return book.registers.organisation.name


def _in_turn(*acts: Callable[[], object]) -> None:
    for act in acts:
        act()


def _after_sending(
    settings: Settings, cabinet: Cabinet, rules: LiveRules, mailboxes: Mailboxes, pressing: Accepting, relay: Relay | None
) -> tuple[WaitLoop, LedgerLoop, ReportLoop]:
    """What looks at mail that has left."""
    waits = WaitLoop(settings, cabinet, rules, mailboxes.mailbox, pressing, relay)
    reports = ReportLoop(settings, cabinet, mailboxes.mailbox, waits.hearing)
    return waits, LedgerLoop(settings, cabinet, rules, mailboxes.mailbox), reports


@contextmanager
def open_services(settings: Settings, around: Surroundings) -> Iterator[Services]:
    """Everything that the web room asks for, opened in order and closed in the other. Raises SendSecurelyError before anything runs."""
    log = set_up(settings.log_format)
    with open_reader(settings, warm=True) as read, live_rules(settings, read, around.way) as rules:
        organisation = _alarm(rules, log)
        cabinet, mailboxes = _open(settings, around.graph_tokens)
        mailbox = mailboxes.mailbox
        workflows = open_workflows(settings, cabinet, mailbox, organisation, around.hooks, around.open_pages)
        pressing = accepting(rules.current.checking, cabinet, mailbox, workflows.durable)
        waits, ledger, reports = _after_sending(settings, cabinet, rules, mailboxes, pressing, around.relay)
        folder = send_folder_loop(settings, cabinet, rules, mailbox, pressing)
        try:
            _in_turn(lambda: around.seed(cabinet), lambda: rules.start(cabinet), ledger.start, reports.start, folder.start, waits.start)
            made = Services(
                identify=around.identify,
                intake=from_draft,
                check=_check_service(rules, cabinet, recording(cabinet, ledger.let_go)),
                own_record=_own_record_service(cabinet),
                limiter=Limiter(settings.requests_per_minute, time.monotonic),
                send=_send_service(rules, cabinet, pressing),
                apply=lambda message, edit: apply(message, edit, content_of(message, rules.current.checking.terms, read)),
                keep_details=lambda address, key, message: keep_details(address, key, message, now(), mailbox),
                job=cabinet.store.job,
                after_send=after_send(settings, cabinet, mailbox, rules.current.checking),
                rules=lambda: rules.current.shown,
                connections=rules.connections,
                recent=_log_service(cabinet),
                why=_why_service(settings, cabinet),
                package=cabinet.store.package,
                hand=Desk(rules, cabinet, mailbox, workflows, reports.store).hand(),
                clock=now,
                new_request_id=new_id,
                report=reporter(log),
                request_scope=request_scope,
                addin=open_addin(settings, rules, cabinet),
                message_limit=settings.message_limit_mb * 1024 * 1024,
                bundle=_bundle_service(rules, cabinet, settings.bundle_token),
            )
            made = replace(made, organisation=organisation, transports=mailboxes.store.routes, counters=_counters(rules))
            yield _for_officers(made, around, ledger, waits, _emergency_service(settings, cabinet))
        finally:
            _in_turn(waits.stop, folder.stop, ledger.stop, reports.stop, workflows.close, rules.stop, cabinet.close, mailboxes.close)


def _for_officers(made: Services, around: Surroundings, ledger: LedgerLoop, waits: WaitLoop, emergency: EmergencyHand) -> Services:
    """What the pages for officers show and do."""
    return replace(
        made, emergency=emergency, open_pages=around.open_pages, officer=around.officer, ledger=ledger.view, close_case=ledger.close_case,
        waits=waits.service(),
    )  # fmt: skip


def _emergency_service(settings: Settings, cabinet: Cabinet) -> EmergencyHand:
    desk = open_desk(settings, cabinet)
    return EmergencyHand(desk.asked, desk.in_force, desk.ask, desk.approve, desk.withdraw, desk.end)


def _counters(rules: LiveRules) -> Callable[[], dict[str, int]]:
    return lambda: {f"sendsecurely_shadow_{name}_total": count for name, count in rules.shadow_counts.all().items()}


def _bundle_service(rules: LiveRules, cabinet: Cabinet, token: str) -> ServedBundle:
    key = bundle_key(cabinet.keys)

    @functools.lru_cache(maxsize=2)
    def built(policies: PolicySet) -> tuple[bytes, str]:
        found = build(policies, key)
        return found.content, found.etag

    return ServedBundle(lambda: built(rules.to_serve), token)


def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    with open_services(settings, Surroundings(identify=sign_in(settings))) as services:
        uvicorn.run(create_app(services), host=settings.host, port=settings.port, log_config=None, server_header=False, access_log=False)
