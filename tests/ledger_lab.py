"""A mailbox whose Sent Items fill with mails of every kind, and everything that the ledger needs to tell them apart: all of it real."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.bootstrap.ledger import open_ledger, reconciling
from addin_backend.bootstrap.sending import Cabinet, act_of, open_cabinet, recording
from addin_backend.edges.ledger_store import SqlLedger
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.check import Ask, Checking, with_facts
from addin_backend.flows.groups import message_id
from addin_backend.flows.intake import from_draft
from addin_backend.flows.ledger import Count, Reconciling, SentItems, note_let_go, reconcile
from addin_backend.flows.pre_send import pre_send
from addin_backend.flows.seal_groups import TICKET_HEADER
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.ledger import How, LedgerLine
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.sandbox.outlook import Outlook
from addin_backend.settings import Settings
from exchange_simulator import METTE, World, mail

CPR = "010190-1233"
PARTNER, COLLEAGUE, PRIVATE = "anna@fynskpension.example", "jonas.friis@nordlys.example", "bo.madsen@postkasse.example"
EVIDENCE: dict[str, Any] = {
    "organisation": {"domains": ["nordlys.example"], "kind": "private"},
    "domains": {
        "fynskpension.example": {"transport": "register", "country": "DK", "country_strength": "registered"},
        "postkasse.example": {"role": "private_person", "country": "DK", "country_strength": "presumed"},
    },
    "certificates": [],
}
PDF = {"name": "police.txt", "media_type": "text/plain", "base64": base64.b64encode(b"Police 4711\r\n").decode()}


def draft(to: str, subject: str, body: str, *, html: bool = False, attachments: tuple[dict[str, str], ...] = ()) -> dict[str, Any]:
    """A draft of Mette's as the add-in sends it."""
    return {
        "from": METTE, "to": [{"address": to}], "subject": subject, "body": f"<p>{body}</p>\n<p>Hilsen Mette</p>" if html else body,
        "body_format": "html" if html else "plain", "attachments": list(attachments),
    }  # fmt: skip


@dataclass
class Lab:
    """One mailbox, the rules, and the ledger over one transport."""

    world: World
    outlook: Outlook
    cabinet: Cabinet
    ledger: SqlLedger
    checking: Checking
    parts: Reconciling
    last_job: str = ""

    def check(self, made: dict[str, Any]) -> tuple[Decision, str | None]:
        """What the send event asks, recorded as in the server."""
        message = from_draft(msgspec.convert(made, DraftInput))
        return pre_send(
            message, Ask(at=datetime.now(UTC)), act_of(METTE, METTE, "lab"), self.checking,
            recording(self.cabinet, lambda found, act: note_let_go(self.ledger, found, act)),
        )  # fmt: skip

    def send(self, made: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Outlook, or a phone, sends the mail."""
        self.outlook.send_draft(METTE, self.outlook.save_draft(METTE, made, datetime.now(UTC)), headers)

    def checked(self, made: dict[str, Any], action: Action, *, sent: bool = True) -> None:
        """Checked, let go, and sent with whatever the check gave."""
        decision, ticket = self.check(made)
        assert action is decision.action, decision.headline
        if sent:
            self.send(made, {TICKET_HEADER: ticket} if ticket else None)

    def ours(self) -> None:
        """A clear copy that the service sent itself."""
        job_id = self.last_job = uuid.uuid4().hex
        group = Group(
            group_id="clear", protection=Protection.TLS, addresses=(PARTNER,), message_id=message_id(job_id, "clear", METTE),
            state=SendState.SENT,
        )  # fmt: skip
        job = SendJob(
            job_id=job_id, idempotency_key=job_id, mailbox=METTE, digest="d" * 64, draft=None, policy_revision="a" * 64,
            state=SendState.SENT, groups=(group,), created_at=datetime.now(UTC),
        )  # fmt: skip
        self.cabinet.store.create(job, b"")
        base = mail(f"{job_id}.clear", save_to="sentitems")
        self.world.mailbox.send(METTE, self.world.mailbox.save(METTE, base), base)

    def run(self) -> Count:
        """One reconciliation."""
        return reconcile(METTE, self.checking, self.parts)

    def lines(self) -> tuple[LedgerLine, ...]:
        """What left unchecked, newest first."""
        return self.ledger.lines((How.CASE, How.UNCHECKED), 10_000)


def kinds(number: int) -> list[str]:
    """A day's mail: mostly checked, some ours, a few from phones. The same each time."""
    return [
        ("ours", "ticket", "checked", "checked html", "ticket", "checked", "unchecked", "ours", "checked", "case")[at % 10]
        for at in range(number)
    ]


def fill(lab: Lab, number: int) -> dict[How, int]:
    """Send ``number`` mails of all kinds; what the ledger should make of them."""
    expected = dict.fromkeys(How, 0)
    for at, kind in enumerate(kinds(number)):
        name = f"Sag {at}"
        if kind == "ours":
            lab.ours()
        elif kind == "ticket":
            lab.checked(
                draft(PARTNER, name, f"CPR-nummer: {CPR}", html=at % 4 == 1, attachments=(PDF,) if at % 3 == 0 else ()), Action.PROTECT
            )
        elif kind.startswith("checked"):
            lab.checked(draft(COLLEAGUE, name, "Skal vi spise frokost?", html="html" in kind), Action.ALLOW)
        else:
            lab.send(draft(COLLEAGUE, name, "Jeg er på vej") if kind == "unchecked" else draft(PRIVATE, name, f"CPR-nummer: {CPR}"))
        expected[How("checked" if kind.startswith("checked") else kind)] += 1
    return expected


@contextmanager
def lab_over(world: World, data: Path, sent_items: SentItems) -> Iterator[Lab]:
    """The lab over a running simulator."""
    settings = Settings(data_dir=str(data), ticket_connector=True)
    book = rulebook(settings)
    facts = read_supplied(json.dumps(EVIDENCE).encode(), frozenset(book.registers.countries.known))
    cabinet = open_cabinet(settings)
    ledger = open_ledger(settings, cabinet)
    try:
        with open_engine(settings, book.policies) as engine:
            rules = with_facts(replace(checking(settings, book, engine, None), deadline=30.0), facts, facts.organisation)
            outlook = Outlook(world.simulator.endpoint)
            yield Lab(world, outlook, cabinet, ledger, rules, reconciling(cabinet, ledger, sent_items))
    finally:
        ledger.close()
        cabinet.close()
