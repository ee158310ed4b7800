"""The durable engine with everything around a send: what its steps need, the lock on who runs them, and the rounds that are due."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from addin_backend.accountability import records
from addin_backend.accountability.canonical import read_record
from addin_backend.bootstrap.checking import certificate_store
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import Cabinet, database_of, new_id, package_id_of
from addin_backend.bootstrap.setting_files import private_file, read_setting
from addin_backend.edges.durable import DbosWorkflows
from addin_backend.edges.executor_lock import LIFE, ExecutorLock
from addin_backend.edges.send_rounds import SqlRounds
from addin_backend.edges.store import SqlStore
from addin_backend.errors import SendSecurelyError
from addin_backend.flows.resume_send import resume
from addin_backend.flows.seal_groups import Sealing
from addin_backend.flows.send import send
from addin_backend.flows.send_parts import Sending
from addin_backend.flows.sweep_sends import pick_up, sweep, work_of
from addin_backend.ports import Mailbox, Steps
from addin_backend.sealing.smime import Signer, read_signer
from addin_backend.settings import Settings

WORKFLOW_VERSION = "3"  # raise when the steps of a send change so that an unended workflow cannot go on under them (flows/sweep_sends.py)
SWEEP = 1.0  # seconds between two looks for what is due
LOOK_AROUND = 5  # sweeps between two looks for executors that are gone
FORGET = 600  # sweeps between two looks for packages whose time is over, and for sends that the engine has left lying
TAKEN_UP = 30  # sweeps in which the engine has surely taken up what it goes on with


class Stopping(BaseException):
    """The server stops while a workflow pauses. Not an Exception: the engine would take it for the workflow's end."""


def pause_until(stopping: threading.Event) -> Callable[[float], None]:
    """A sleep that the end of the server cuts short. The workflow goes on at the next start."""

    def pause(seconds: float) -> None:
        if stopping.wait(seconds):
            raise Stopping

    return pause


def _signer(settings: Settings) -> Signer | None:
    if not settings.signing_certificate:
        return None
    return read_signer(read_setting(settings, "signing_key"), read_setting(settings, "signing_certificate"))


def _sealing(settings: Settings, cabinet: Cabinet, organisation: str, open_pages: bool) -> Sealing:
    return Sealing(
        certificates=certificate_store(settings),
        signer=_signer(settings),
        ring=cabinet.keys,
        store=cabinet.store,
        ticket_key=cabinet.keys.ticket_key,
        public_url=settings.public_url,
        organisation=organisation,
        new_id=new_id,
        package_id=package_id_of(cabinet),
        notification_address=settings.notification_address,
        open_pages=open_pages,
    )


def executor_of(settings: Settings) -> str:
    """The stable name of the process that has this data folder, made with the folder. (The log's lock keeps it to one process.)"""
    path = private_file(Path(settings.data_dir) / "executor")
    name = path.read_text(encoding="ascii").strip()
    if not name:
        name = secrets.token_hex(8)
        path.write_text(f"{name}\n", encoding="ascii")
    return name


def _same_parts(parts: Sending) -> Sending:
    return parts


def _same_steps(steps: Steps) -> Steps:
    return steps


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a test puts between the workflow and the world: to fail, to be late, to die at a named point. Nothing in production.

    ``life`` is how many seconds the lock of the executor holds, ``version`` that of the workflow.
    """

    parts: Callable[[Sending], Sending] = _same_parts
    steps: Callable[[Steps], Steps] = _same_steps
    life: float = LIFE
    version: str = WORKFLOW_VERSION


@dataclass(frozen=True, slots=True)
class Workflows:
    """The running engine. Pauses of its workflows end when it is closed."""

    durable: DbosWorkflows
    rounds: SqlRounds
    lock: ExecutorLock
    stopping: threading.Event
    sweeper: threading.Thread = field(repr=False)

    def close(self) -> None:
        """Stop beginning rounds, let the engine drain, give the lock up."""
        self.stopping.set()
        self.sweeper.join(SWEEP * 5)
        self.durable.close()
        self.lock.close()
        self.rounds.close()


def _take_over(lock: ExecutorLock, rounds: SqlRounds, durable: DbosWorkflows) -> None:
    for executor in lock.expired():
        durable.take_over(executor)
        pick_up(executor, rounds, durable, now)
        lock.taken_over(executor)


def _sweeping(
    executor: str, durable: DbosWorkflows, rounds: SqlRounds, lock: ExecutorLock, stopping: threading.Event, store: SqlStore
) -> Callable[[], None]:
    log = structlog.get_logger("send")

    def run() -> None:
        number = 0
        while not stopping.wait(SWEEP):
            number += 1
            try:
                sweep(rounds, durable, now)
                if number % LOOK_AROUND == 0:
                    _take_over(lock, rounds, durable)
                if number % FORGET == 1:
                    store.forget_access(now())
                if number % FORGET == TAKEN_UP:
                    pick_up(executor, rounds, durable, now)
            except SendSecurelyError as error:  # the database is away: the next sweep does it
                log.warning("sweep_failed", code=error.code)

    return run


def open_workflows(
    settings: Settings, cabinet: Cabinet, mailbox: Mailbox, organisation: str, hooks: Hooks | None = None, open_pages: bool = False
) -> Workflows:
    """The durable engine with the workflow ``send``. Workflows that a crash cut off go on; jobs that never began begin."""
    hooks, stopping = hooks or Hooks(), threading.Event()
    executor = executor_of(settings)
    rounds, lock = SqlRounds(database_of(settings, "store")), ExecutorLock(database_of(settings, "store"), executor, hooks.life)
    parts = hooks.parts(
        Sending(
            mailbox=mailbox,
            store=cabinet.store,
            rounds=rounds,
            fence=lock,
            log=cabinet.log,
            sealing=_sealing(settings, cabinet, organisation, open_pages),
            events=structlog.get_logger("send"),
            outcome=lambda job, number: records.outcome(job, now(), cabinet.names, number),
            read_record=read_record,
            seal=cabinet.seal,
            open=cabinet.unseal,
            clock=now,
            sleep=pause_until(stopping),
            dice=random.SystemRandom().random,
        )
    )

    def workflow(steps: Steps, work: str) -> None:
        job_id, number = work_of(work)
        if number == 1:
            send(hooks.steps(steps), job_id, parts)
        else:
            resume(hooks.steps(steps), job_id, number, parts)

    durable = DbosWorkflows(database_of(settings, "workflows"), workflow, executor_id=executor, version=hooks.version)
    pick_up(executor, rounds, durable, now)
    for job_id in cabinet.store.unfinished():
        durable.start(job_id)
    sweeper = threading.Thread(target=_sweeping(executor, durable, rounds, lock, stopping, cabinet.store), name="sweeper", daemon=True)
    sweeper.start()
    return Workflows(durable, rounds, lock, stopping, sweeper)
