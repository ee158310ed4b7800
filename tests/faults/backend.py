"""The sending half of the server as a process of its own: real log, stores, locks, durable engine and Exchange edge; no pages.

``backend.py SOCKET`` listens there and forks a process for each connection, so that hundreds of lives do not import everything anew. A life
is told what it is by a first JSON line (``Start``), takes one line at a time and answers with one: {"send": …} begins a job, {"ask": id}
tells how far it is. It may be told to kill itself (SIGKILL) at a named point.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from addin_backend.accountability import records
from addin_backend.accountability.canonical import canonical
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import Cabinet, open_cabinet
from addin_backend.bootstrap.workflows import WORKFLOW_VERSION, Hooks, Workflows, open_workflows
from addin_backend.edges.ews.mailbox import EwsMailbox
from addin_backend.edges.ews.protocol import Basic
from addin_backend.edges.graph.mailbox import GraphMailbox
from addin_backend.errors import SendSecurelyError
from addin_backend.flows.groups import message_id
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.send_parts import Sending
from addin_backend.model.decision import Protection
from addin_backend.model.message import Attachment, Message, Recipient
from addin_backend.model.sending import Draft, Group, SendJob, SendState
from addin_backend.ports import Mailbox, Outgoing, Steps
from addin_backend.settings import Settings

WATCHED = {
    "mailbox": ("disarm", "was_sent", "save", "send", "store_copy", "remove_draft", "restore", "discard"),
    "store": ("save", "put_bytes", "put_package"),
    "log": ("append",),
    "fence": ("take", "check"),
    "rounds": ("begin", "end"),
}


class Start(msgspec.Struct, frozen=True):
    """``trace`` writes each point that is passed; ``blind`` looks at nothing before it sends; ``life`` is that of the lock, and ``timeout``
    that of a request to Exchange, in seconds. ``late`` is how long copies that came late are looked for, ``version`` that of the workflow.
    """

    data: str
    exchange: str
    transport: str
    database_url: str = ""
    trace: bool = False
    blind: bool = False
    life: float = 15.0
    timeout: float = 20.0
    late: float = 5.0
    version: str = WORKFLOW_VERSION


class Press(msgspec.Struct, frozen=True):
    """One job: a clear copy to the first address, a link to each other one. ``attached`` is octets of an attachment."""

    job_id: str
    mailbox: str
    to: list[str]
    draft: Draft
    body: str = "Hej\n"
    attached: int = 0


class Asked(msgspec.Struct, frozen=True):
    """One line of input. ``arm`` is where to die, like "mailbox.send 1 after", counted from now. ``read_only``: the databases are, or are
    not any more (PRAGMA query_only on every connection; the log has its own).
    """

    send: Press | None = None
    ask: str = ""
    arm: str = ""
    read_only: bool | None = None


class ReadOnly:
    """Every SQLite connection that is lent out can be made unable to write."""

    def __init__(self) -> None:
        self.on = False
        sa.event.listen(sa.pool.Pool, "checkout", self._lent)

    def _lent(self, connection: Any, _record: object, _proxy: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA query_only={'ON' if self.on else 'OFF'}").close()


class Wire:
    """Lines of JSON both ways."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self.lines = connection.makefile("rb")

    def say(self, line: dict[str, Any]) -> None:
        """One line of output."""
        with self._lock:
            self._connection.sendall(msgspec.json.encode(line) + b"\n")


class Points:
    """Counts what is passed, and ends the process at the point that it was told."""

    def __init__(self, start: Start, wire: Wire) -> None:
        self._wire = wire
        self._start, self._counts, self._lock, self._deadly = start, Counter[str](), threading.Lock(), ""

    def arm(self, point: str) -> None:
        """Die there."""
        with self._lock:
            self._counts.clear()
            self._deadly = point

    def around(self, name: str, action: Callable[[], Any]) -> Any:
        """Run ``action`` between its two points."""
        with self._lock:
            self._counts[name] += 1
            number = self._counts[name]
        self._pass(f"{name} {number} before")
        found = action()
        self._pass(f"{name} {number} after")
        return found

    def _pass(self, point: str) -> None:
        if self._start.trace:
            self._wire.say({"point": point})
        if point == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A part whose methods are points."""

    def __init__(self, name: str, inner: Any, points: Points) -> None:
        self._name, self._inner, self._points = name, inner, points

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._inner, method)
        if method not in WATCHED[self._name]:
            return found
        return lambda *given, **named: self._points.around(f"{self._name}.{method}", lambda: found(*given, **named))


class WatchedSteps:
    """Steps: before one begins, and after its result was recorded."""

    def __init__(self, inner: Steps, points: Points) -> None:
        self._inner, self._points = inner, points

    def run(self, name: str, step: Callable[[], Any]) -> Any:
        """Run it between its points."""
        return self._points.around(f"step.{name.split(' ')[0]}", lambda: self._inner.run(name, step))


class Blind:
    """A mailbox edge as one would write it who has not read the research: it never looks, and sends by making a new message each time."""

    def __init__(self, inner: Any, folder: Path) -> None:
        self._inner, self._folder = inner, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """The mail is kept, because a send is told of it without its bytes and people."""
        (self._folder / f"blind-{outgoing.marker}").write_bytes(msgspec.msgpack.encode(outgoing))
        saved: Draft = self._inner.save(mailbox, outgoing)
        return saved

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """It does not know."""
        return False

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Whatever became of the copy that was saved."""
        whole = msgspec.msgpack.decode((self._folder / f"blind-{outgoing.marker}").read_bytes(), type=Outgoing)
        self._inner.send(mailbox, self._inner.save(mailbox, whole), whole)


def mailbox_of(start: Start) -> Mailbox:
    """The edge to the simulator."""
    if start.transport == "graph":
        made: Any = GraphMailbox(lambda claims: "sandbox-graph-token", f"{start.exchange}/v1.0", timeout=start.timeout)
    else:
        made = EwsMailbox(f"{start.exchange}/EWS/Exchange.asmx", Basic("addin-backend", "sandbox"), timeout=start.timeout)
    return Blind(made, Path(start.data)) if start.blind else made


def job_of(press: Press, at: datetime) -> tuple[SendJob, Message, dict[str, str]]:
    """The job, its mail, and how each recipient gets it."""
    recipients = tuple(Recipient(address=item, domain=item.partition("@")[2]) for item in press.to)
    ways = [Protection.TLS] + [Protection.PORTAL] * (len(recipients) - 1)
    names = ["clear", *(f"portal{number}" for number in range(len(recipients) - 1))]
    groups = tuple(
        Group(group_id=name, protection=way, addresses=(item.address,), message_id=message_id(press.job_id, name, press.mailbox),
              state=SendState.DECIDED)
        for name, way, item in zip(names, ways, recipients, strict=True)
    )  # fmt: skip
    job = SendJob(
        job_id=press.job_id, idempotency_key=f"key-{press.job_id}", mailbox=press.mailbox, digest="d" * 64, draft=press.draft,
        policy_revision="r" * 64, state=SendState.DECIDED, groups=groups, created_at=at,
    )  # fmt: skip
    attachments = (Attachment(name="bilag.bin", media_type="application/octet-stream", content=os.urandom(press.attached)),)
    message = Message(
        sender=press.mailbox, recipients=recipients, subject="Prøve", body=press.body, attachments=attachments if press.attached else ()
    )
    return job, message, {item.address: way.value for item, way in zip(recipients, ways, strict=True)}


def live(connection: socket.socket) -> None:
    """One life: open, say so, and serve until the other side hangs up."""
    wire = Wire(connection)
    start = msgspec.json.decode(wire.lines.readline(), type=Start)
    settings = msgspec.structs.replace(Settings(), data_dir=start.data, database_url=start.database_url, log_format="json")
    points, mailbox, read_only = Points(start, wire), mailbox_of(start), ReadOnly()

    def watched(parts: Sending) -> Sending:
        seen: dict[str, Any] = {name: Watched(name, getattr(parts, name), points) for name in WATCHED}
        return replace(parts, late_for=timedelta(seconds=start.late), **seen)

    cabinet = open_cabinet(settings)
    hooks = Hooks(parts=watched, steps=lambda steps: WatchedSteps(steps, points), life=start.life, version=start.version)
    workflows = open_workflows(settings, cabinet, mailbox, "Nordlys", hooks)
    wire.say({"ready": True, "pid": os.getpid()})
    for line in wire.lines:
        asked = msgspec.json.decode(line, type=Asked)
        if asked.read_only is not None:
            read_only.on = asked.read_only
            wire.say({"read_only": asked.read_only})
            continue
        try:
            wire.say(answered(asked, points, cabinet, workflows))
        except SendSecurelyError as error:
            wire.say({"failed": error.code})
    workflows.close()
    cabinet.close()


def answered(asked: Asked, points: Points, cabinet: Cabinet, workflows: Workflows) -> dict[str, Any]:
    """What a line asks for."""
    if asked.arm:
        points.arm(asked.arm)
        return {"armed": asked.arm}
    if asked.send is None:
        found = cabinet.store.job(asked.ask)
        return {"state": found.state.value, "error": found.error_code, "left": [item.value for item in found.left]}
    job, message, protections = job_of(asked.send, now())
    act = records.Act(records.event_id_of(job.job_id, "decided", job.created_at), job.created_at, job.mailbox, job.mailbox, "")
    record = canonical(records.simple("decided", act, cabinet.names, job=job.job_id))
    content = JobContent(message=message, protections=protections, language="da", subject_sensitive=False, record=record)
    cabinet.store.create(job, cabinet.seal(msgspec.msgpack.encode(content), job.job_id))
    workflows.durable.start(job.job_id)
    return {"begun": job.job_id}


def main() -> None:
    """Listen, and fork a life for each connection, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen()
        print("listening", flush=True)
        waiting = select.poll()
        waiting.register(0, select.POLLHUP | select.POLLIN)
        waiting.register(listening, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in waiting.poll()}
            if 0 in ready:
                return
            connection, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listening.close()
                live(connection)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
