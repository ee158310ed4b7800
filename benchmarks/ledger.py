"""How long the ledger takes for 10,000 sent items of mixed kinds, over EWS and over Graph. The goal is 60 seconds.

The simulator is a process of its own on the same cores. Half of the items left with a ticket, three in ten were checked and left as
they were, 15 % are ours, 5 % were not checked and are judged by the rules.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from addin_backend.bootstrap.sending import act_of
from addin_backend.evidence.mime import parse_message
from addin_backend.flows.groups import message_id
from addin_backend.flows.ledger import note_let_go, reconcile
from addin_backend.model.decision import Protection
from addin_backend.model.ledger import How, Place
from addin_backend.model.sending import Group, SendJob, SendState
from addin_backend.sandbox.exchange import folders, items, properties, seeds
from addin_backend.sandbox.exchange.context import TICKET_HEADER, Call, Switches
from addin_backend.sandbox.exchange.process import start
from addin_backend.sandbox.exchange.store import Store
from addin_backend.sealing import ticket
from exchange_simulator import METTE, World
from ledger_lab import COLLEAGUE, CPR, PARTNER, PRIVATE, Lab, lab_over
from table import Line, show

_MARKER = properties.named("PublicStrings", properties.MARKER_NAME)
_KINDS = ["ticket"] * 10 + ["checked"] * 6 + ["ours"] * 3 + ["unchecked"]
_FILLER = "Vi vender tilbage, når sagen er behandlet. Med venlig hilsen Mette Holm, Nordlys.\r\n" * 60  # 5 kB, as an ordinary mail has


def _mime(number: int, kind: str, at: datetime, ours: str) -> bytes:
    to = {"ticket": PARTNER, "checked": COLLEAGUE, "ours": PARTNER, "unchecked": PRIVATE if number // 20 % 2 else COLLEAGUE}[kind]
    secret = f"CPR-nummer: {CPR}\r\n" if to in (PARTNER, PRIVATE) else ""
    return (
        f"From: {METTE}\r\nTo: {to}\r\nSubject: Sag {number}\r\nDate: {format_datetime(at)}\r\nMessage-ID: {ours}\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{secret}{_FILLER}"
    ).encode()


def _jobs(kinds: list[str], at: datetime) -> Iterator[SendJob | None]:
    for number, kind in enumerate(kinds):
        job_id = f"benchjob{number:08}"
        group = Group(group_id="clear", protection=Protection.TLS, addresses=(PARTNER,), message_id=message_id(job_id, "clear", METTE),
                      state=SendState.SENT)  # fmt: skip
        yield None if kind != "ours" else SendJob(
            job_id=job_id, idempotency_key=job_id, mailbox=METTE, digest="d" * 64, draft=None, policy_revision="a" * 64,
            state=SendState.SENT, groups=(group,), created_at=at,
        )  # fmt: skip


def _plant(store: Store, lab: Lab, count: int, at: datetime) -> None:
    """Sent Items as they would be, and what explains them."""
    call = Call(store=store, mailbox=METTE, switches=Switches(own_domains=seeds.OWN_DOMAINS))
    where = folders.named(call, "sentitems").id
    kinds = [_KINDS[number % len(_KINDS)] for number in range(count)]
    with store.transaction():
        for number, (kind, job) in enumerate(zip(kinds, _jobs(kinds, at), strict=True)):
            mime = _mime(number, kind, at, job.groups[0].message_id if job else f"<{number}.bench@nordlys.example>")
            item = msgspec.structs.replace(items.from_mime(call, mime, where), is_draft=False, sent=call.now())
            message = parse_message(mime)
            if job is not None:
                lab.cabinet.store.create(job, b"")
                item = msgspec.structs.replace(item, extended={_MARKER: f"{job.job_id}.clear"})
            elif kind != "unchecked":
                note_let_go(lab.ledger, message, act_of(METTE, METTE, "bench"))
            if kind == "ticket":
                value = ticket.issue_for(lab.parts.ticket_key, message, digest="d" * 64, expires_at=at + timedelta(minutes=10),
                                         ticket_id=f"bench-{number:08}")  # fmt: skip
                item = msgspec.structs.replace(item, extended={properties.named("InternetHeaders", TICKET_HEADER): value})
            store.put(item, mime)


def _run(transport: str, count: int, folder: Path) -> Line:
    data = folder / f"exchange-{transport}"
    world = World(start(data), data).over(transport)
    try:
        with lab_over(world, folder / f"data-{transport}", world.graph if transport == "graph" else world.ews) as lab:
            at = datetime.now(UTC).replace(microsecond=0)
            lab.ledger.settle(METTE, (), Place(state="", since=at, read_at=at))
            store = Store(data / "exchange.sqlite")
            _plant(store, lab, count, at)
            store.close()
            begun, worked = time.perf_counter(), time.process_time()
            found = reconcile(METTE, lab.checking, lab.parts)
            took = time.perf_counter() - begun
            print(
                f"{transport}: {took:.1f} s, of which {time.process_time() - worked:.1f} s on a core of ours; "
                + ", ".join(f"{how.value} {found.by[how]}" for how in How)
            )
            return Line(f"{count} items over {transport}", (took,), per_second=count / took)
    finally:
        world.close()


def main() -> None:
    """Plant, reconcile, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    count = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        lines = [_run(transport, count, Path(folder)) for transport in ("ews", "graph")]
    show("Reconciling Sent Items (goal: 10,000 in 60,000 ms)", lines)


if __name__ == "__main__":
    main()
