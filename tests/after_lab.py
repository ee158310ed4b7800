"""Mail that has left, and what comes back about it: real stores and a running simulator over one transport."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from addin_backend.bootstrap.deliveries import deliveries_of, reporting
from addin_backend.bootstrap.sending import Cabinet, open_cabinet
from addin_backend.edges.delivery_store import SqlDeliveries
from addin_backend.flows.delivery_reports import Reporting, read_all
from addin_backend.flows.groups import message_id
from addin_backend.model.decision import Protection
from addin_backend.model.delivery import Delivery
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.settings import Settings
from exchange_simulator import BO, METTE, World, mail

LISE = "lise@postkasse.example"
COMMON = "karin.bach@nordlys.example"  # what mails with a link come from, in these tests


@dataclass
class AfterLab:
    """One sender's mailbox after the send."""

    world: World
    cabinet: Cabinet
    deliveries: SqlDeliveries
    parts: Reporting

    def job(
        self,
        *addresses: str,
        protection: Protection = Protection.TLS,
        mailbox: str = METTE,
        ago: timedelta = timedelta(0),
        state: SendState = SendState.SENT,
    ) -> SendJob:
        """A job of one clear copy that has left, as the workflow leaves it behind."""
        job_id = uuid.uuid4().hex
        group = Group(
            group_id="clear",
            protection=protection,
            addresses=addresses or (BO,),
            message_id=message_id(job_id, "clear", mailbox),
            state=state,
        )
        made = SendJob(
            job_id=job_id, idempotency_key=job_id, mailbox=mailbox, digest="d" * 64, draft=None, policy_revision="a" * 64, state=state,
            groups=(group,), created_at=datetime.now(UTC) - ago,
        )  # fmt: skip
        return self.cabinet.store.create(made, b"")

    def leave(self, job: SendJob) -> None:
        """The job's copy really leaves."""
        (group,) = job.groups
        base = mail(f"{job.job_id}.clear", save_to="sentitems")
        mime = base.mime.replace(base.message_id.encode(), group.message_id.encode())
        outgoing = replace(base, mime=mime, message_id=group.message_id, to=group.addresses)
        self.world.mailbox.send(job.mailbox, self.world.mailbox.save(job.mailbox, outgoing), outgoing)

    def arrive(self, raw: bytes, mailbox: str = METTE) -> None:
        """A mail comes from outside."""
        httpx.post(f"{self.world.simulator.address}/sandbox/mailboxes/{mailbox}/arrived", content=raw, timeout=30).raise_for_status()

    def read(self, *mailboxes: str) -> None:
        """One round of the loop."""
        read_all(mailboxes or (METTE,), self.parts)

    def known(self, job: SendJob) -> list[Delivery]:
        """What is known of the job's recipients, by address."""
        return sorted(self.deliveries.of([job.job_id]), key=lambda one: one.address)

    def records(self, job: SendJob) -> list[dict[str, object]]:
        """What the log holds about the job's fate."""
        entries = [json.loads(one.entry) for one in self.cabinet.log.entries(0, self.cabinet.log.checkpoint().size)]
        return [entry for entry in entries if entry["body"].get("job") == job.job_id]

    def notes(self, job: SendJob) -> list[dict[str, Any]]:
        """Our notes about a job in its sender's Inbox, as rows of the simulator."""
        rows = self.world.items(job.mailbox, "inbox")
        return [row for row in rows if row["marker"].startswith("note-") and row["references"] == job.groups[0].message_id]

    def text(self, row: dict[str, Any], mailbox: str = METTE) -> str:
        """A note's whole MIME."""
        return self.world.mime(mailbox, row["id"]).decode()


@contextmanager
def after_lab(world: World, data: Path) -> Iterator[AfterLab]:
    """The lab over the transport that the world speaks."""
    settings = Settings(data_dir=str(data), notification_address=COMMON)
    cabinet = open_cabinet(settings)
    deliveries = deliveries_of(settings, cabinet.keys)
    edge = world.graph if world.transport == "graph" else world.ews
    try:
        lab = AfterLab(world, cabinet, deliveries, reporting(settings, cabinet, deliveries, edge))
        lab.read(METTE, COMMON)
        yield lab
    finally:
        deliveries.close()
        cabinet.close()
