"""Small services for the web room's own tests: real intake, real values, decisions chosen by the test."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from addin_backend.decision.why import Why
from addin_backend.errors import Conflict, NotFound
from addin_backend.flows.after_send import Closed
from addin_backend.flows.changes import apply
from addin_backend.flows.intake import from_draft
from addin_backend.flows.own_record import OwnLine
from addin_backend.flows.why import Explained
from addin_backend.model.after_send import Handled, SentMail
from addin_backend.model.decision import Action, Decision, Effect, Finding, Protection, RecipientDecision, Texts, WayOut
from addin_backend.model.evidence import ContentEvidence, TransportEvidence, TransportVerdict
from addin_backend.model.identity import Identity
from addin_backend.model.message import Message
from addin_backend.model.record import Checkpoint
from addin_backend.model.sending import Act, Group, PortalPackage, SendJob, SendState
from addin_backend.web.app import create_app
from addin_backend.web.services import (
    ActCall,
    AfterSend,
    CheckCall,
    Checked,
    LogLine,
    LogView,
    RuleLine,
    RulesInForce,
    SendAnswer,
    SendCall,
    SendHand,
    SendLine,
    Services,
    Ticket,
)

EVENT = "019aa000-0000-7000-8000-000000000001"
EMPTY_ANSWER = b'{"action":"block","findings":[],"recipients":[]}'
CONNECTIONS = (
    TransportEvidence(domain="god.example", verdict=TransportVerdict.DANE, enforcement="connector", evidence_id="e" * 64),
    TransportEvidence(domain="<b>.example", verdict=TransportVerdict.CONTRADICTED, reasons=("report_no_tls",)),
)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
METTE = "mette.holm@nordlys.example"
IDENTITIES = {
    "token-mette": Identity(address=METTE, name="Mette Holm", mailboxes=frozenset({METTE})),
    "token-jonas": Identity(
        address="jonas.friis@nordlys.example", name="Jonas Friis", mailboxes=frozenset({"jonas.friis@nordlys.example"})
    ),
}
AS_METTE = {"Authorization": "Bearer token-mette"}
AS_JONAS = {"Authorization": "Bearer token-jonas"}


def decision(action: Action = Action.PROTECT, protection: Protection = Protection.PORTAL) -> Decision:
    """One recipient, one finding, one way out."""
    bo = "bo.madsen@postkasse.example"
    text = Texts(da="Mailen indeholder et CPR-nummer.", en="The mail contains a CPR number.")
    return Decision(
        action=action,
        classes=("cpr",),
        recipients=(RecipientDecision(address=bo, action=action, protection=protection, codes=("CO-01",)),),
        findings=(
            Finding(code="CO-01", effect=Effect.PROTECT, recipient=bo, params={}, title=text, texts=text, law="Databeskyttelsesloven § 11"),
        ),
        ways_out=(WayOut(change="mask_identifiers", action=Action.ALLOW, texts=Texts(da="Fjern nummeret", en="Remove the number")),),
        headline=Texts(da="Send mailen via sikker side.", en="Send the mail through the secure page."),
        policy_revision="a" * 64,
        engine="regorus",
        question=b"{}",
        digest="d" * 64,
        decided_at=NOW,
    )


def job(mailbox: str = METTE, digest: str = "d" * 64) -> SendJob:
    """A job with one group that has been sent."""
    group = Group(
        group_id="g0",
        protection=Protection.PORTAL,
        addresses=("bo.madsen@postkasse.example",),
        message_id="<m1@nordlys.example>",
        state=SendState.SENT,
    )
    return SendJob(
        job_id="job-1",
        idempotency_key="window-0001",
        mailbox=mailbox,
        digest=digest,
        draft=None,
        policy_revision="a" * 64,
        state=SendState.SENT,
        groups=(group,),
        created_at=NOW,
    )


def package(*, days_left: int) -> PortalPackage:
    """A sealed package."""
    return PortalPackage(
        package_id="package-0001",
        job_id="job-1",
        envelope=b"x" * 2048,
        created_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=days_left),
    )


OWN = (
    OwnLine(at=NOW, event="sent", event_id=EVENT),
    OwnLine(at=NOW, event="decided", event_id=EVENT, action="protect", classes=("cpr",)),
)


@dataclass
class Recorder:
    """What reached the services, and what they answer."""

    answer: Decision = field(default_factory=decision)
    ticket: Ticket | None = None
    failure: Exception | None = None
    packages: dict[str, PortalPackage] = field(default_factory=dict)
    log_verified: bool = True
    checks: list[CheckCall] = field(default_factory=list)
    sends: list[SendCall] = field(default_factory=list)
    kept: list[tuple[str, str, Message]] = field(default_factory=list)
    acts: tuple[Act, ...] = (Act.WAS_SENT, Act.SEND_AGAIN)
    acted: list[ActCall] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def check(self, call: CheckCall) -> Checked:
        """Remember the call, answer as told."""
        self.checks.append(call)
        if self.failure:
            raise self.failure
        return Checked(self.answer, self.ticket)

    def send(self, call: SendCall) -> SendAnswer:
        """The same key with another content is a conflict, as the store says."""
        if any(known.idempotency_key == call.idempotency_key and known.check.message != call.check.message for known in self.sends):
            raise Conflict(field="idempotency_key")
        self.sends.append(call)
        if self.failure:
            raise self.failure
        return SendAnswer(self.answer, job() if self.answer.action in (Action.ALLOW, Action.PROTECT) else None)

    def keep_details(self, mailbox: str, key: str, message: Message) -> None:
        """Remember it."""
        self.kept.append((mailbox, key, message))
        if self.failure:
            raise self.failure

    def job(self, job_id: str) -> SendJob:
        """One job is known."""
        if job_id != "job-1":
            raise NotFound
        return job()

    def package(self, package_id: str) -> PortalPackage:
        """The packages that the test planted."""
        if package_id not in self.packages:
            raise NotFound
        return self.packages[package_id]

    def recent(self, limit: int, request_id: str) -> LogView:
        """Two records and a checkpoint."""
        entry = b'{"action":"checked","actor":"pseudonym","occurred_at":"2026-11-23T12:00:00Z","schema":1}'
        lines = tuple(LogLine(index, entry, b"\x01" * 32, (b"\x02" * 32,), self.log_verified) for index in (1, 0))
        checkpoint = Checkpoint(origin="nordlys/audit", size=2, root=b"\x03" * 32, note="nordlys/audit\n2\nroot=\n", signed_at=NOW)
        return LogView(checkpoint, "nordlys/audit+0a0b0c0d+key", self.log_verified, lines)

    def why(self, event_id: str, request_id: str) -> Explained:
        """One decision is known."""
        if event_id != EVENT:
            raise NotFound
        shown = Why(
            message={"classes": ["cpr"], "nested": {"a": True}}, around={"today": "2026-11-23"}, recipients=(), rules=(), entries=()
        )
        return Explained(EVENT, NOW, "a" * 64, shown, EMPTY_ANSWER, EMPTY_ANSWER, identical=True, engine_failed=False)

    def act(self, call: ActCall) -> SendJob:
        """Remember the call, answer as told."""
        self.acted.append(call)
        if self.failure:
            raise self.failure
        return job()

    def waiting(self) -> tuple[SendLine, ...]:
        """One that waits for a person."""
        copies = (("tls", 2, "sent", ""), ("portal", 1, "uncertain", ""))
        return (
            SendLine(
                "job-1",
                "pseudonym",
                "uncertain",
                "unavailable",
                NOW,
                copies,
                ("look",),
                None,
                True,
                tuple(Act),
                (("not_delivered", 1, True),),
            ),
        )

    def rules(self) -> RulesInForce:
        """One rule, two registers."""
        words = Texts(da="CPR-nummer til en modtager uden for huset", en="CPR number to an outside recipient")
        rule = RuleLine("CO-01", "content", "protect", words, words, words, "Databeskyttelsesloven § 11", "Karin Bach", "2026-01-01")
        partners = {"checked": "2026-11-01", "entries": [{"domain": "fynskpension.example", "valid_to": "2035-12-31", "note": "<b>x</b>"}]}
        return RulesInForce(
            "a" * 64, "regorus", (rule,), (("partners", partners), ("free_mail", {"checked": "2026-11-01", "domains": ["a.example"]}))
        )


def services(recorder: Recorder, **changes: Any) -> Services:
    """Services over ``recorder``."""
    numbers = itertools.count(1)
    made = Services(
        identify=IDENTITIES.get,
        intake=from_draft,
        check=recorder.check,
        own_record=lambda _identity, limit, _request_id: OWN[:limit],
        send=recorder.send,
        apply=lambda message, edit: apply(message, edit, ContentEvidence(classes=frozenset())),
        keep_details=recorder.keep_details,
        job=recorder.job,
        after_send=AfterSend(
            pressed=lambda _mailbox, key: recorder.job(key),
            sent_mail=lambda _mailbox, _message_id: SentMail(),
            revoke=lambda _identity, _job, _request_id: Closed((), ()),
            missent=lambda report: Handled(case_id="c0ffee", open=report.recipients),
        ),
        rules=recorder.rules,
        connections=lambda: CONNECTIONS,
        recent=recorder.recent,
        why=recorder.why,
        package=recorder.package,
        hand=SendHand(lambda job: recorder.acts, recorder.act, recorder.waiting),
        clock=lambda: NOW,
        new_request_id=lambda: f"request-{next(numbers)}",
        report=lambda event, fields: recorder.events.append((event, dict(fields))),
        organisation="Nordlys Forsikringsmægler A/S",
        open_pages=True,
    )
    return replace(made, **changes)


def client(recorder: Recorder, **changes: Any) -> TestClient:
    """The application over ``recorder``, asked as a browser on loopback asks."""
    return TestClient(create_app(services(recorder, **changes)), base_url="http://127.0.0.1", raise_server_exceptions=False)


def draft(**changes: Any) -> dict[str, Any]:
    """A draft as the add-in sends it."""
    base = {
        "item_id": None,
        "from": METTE,
        "to": [{"address": "bo.madsen@postkasse.example", "name": "Bo Madsen"}],
        "cc": [],
        "bcc": [],
        "subject": "Din forsikring",
        "body": "CPR-nummer: 010190-1234",
        "body_format": "plain",
        "attachments": [],
        "importance": "normal",
    }
    return {**base, **changes}


def check_body(**changes: Any) -> dict[str, Any]:
    """The body of a check."""
    return {"mailbox": METTE, "language": "da", "draft": draft(), "confirmed": [], "secure": False, **changes}


def send_body(**changes: Any) -> dict[str, Any]:
    """The body of a send."""
    return {"idempotency_key": "window-0001", **check_body(secure=True), **changes}
