"""Durable workflows by DBOS on SQLite or PostgreSQL: a workflow named "send" whose only argument is the id of its work.

DBOS keeps arguments, results and errors readable in its database. So the argument is an id, steps give words and ids only, and of an
error its code alone is kept. Everything is stored as JSON: nothing read back from the database is ever unpickled.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, Serializer, SetWorkflowID

from addin_backend.errors import SendSecurelyError, Unavailable
from addin_backend.ports import Fenced, Steps

T = TypeVar("T")
THREADS = 32  # workflows that run at once; more wait
LOOK = 0.5  # seconds between looks into the database while somebody waits for a workflow
AGAIN, LONGEST_PAUSE = 5.0, 600.0  # seconds until an interrupted workflow is taken up again, doubled while the database is away
ATTEMPTS = 100  # lives in which a workflow is begun; one that kills the process each time must not do so for ever
DRAIN = 5.0  # seconds that close waits for what is under way
LONGEST = 4_096  # characters of a result; more is content, not a word
LOGGER = "dbos"
_SQLITE = "sqlite:///"
_TOO_OFTEN = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", _TOO_OFTEN})
_ERROR = "error_code"  # the one key of an error as it is stored


class Interrupted(BaseException):
    """The engine itself failed under a workflow (its database is away, the process is going down).

    Not an Exception, so that DBOS records no outcome: the workflow stays pending, and is taken up in a while or at the next start.
    """


def error_of(code: str) -> SendSecurelyError:
    """The error with this code, without whatever its sentence said; an unknown code is an internal error."""
    kinds: list[type[SendSecurelyError]] = [SendSecurelyError]
    for kind in kinds:
        if kind.code == code:
            return kind()
        kinds.extend(kind.__subclasses__())
    return SendSecurelyError()


class Words(Serializer):
    """How DBOS stores values: JSON for words and ids, and of an exception its code."""

    def name(self) -> str:
        """Stored beside each value, so that another form is never mistaken for this one."""
        return "sendsecurely_words"

    def serialize(self, data: Any) -> str:
        """Raises ValueError for what is no JSON or too long; the message does not quote it."""
        if isinstance(data, BaseException):
            data = {_ERROR: data.code if isinstance(data, SendSecurelyError) else SendSecurelyError.code}
        try:
            text = json.dumps(data, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise ValueError("a step may give words and ids only") from None
        if len(text) > LONGEST:
            raise ValueError("a step may give words and ids only")
        return text

    def deserialize(self, serialized_data: str) -> Any:
        """The value again; an error comes back as the error of that code."""
        data = json.loads(serialized_data)
        return error_of(data[_ERROR]) if isinstance(data, dict) and set(data) == {_ERROR} else data


class _RecordedSteps:
    """Steps whose results DBOS records: after a crash a recorded result is given back instead of running again."""

    def run(self, name: str, step: Callable[[], T]) -> T:
        """Run ``step`` once over all lives of the process. It is never retried by the engine: the flow knows what may be repeated.

        What ``step`` raises is recorded as its code, and raised as the error of that code, now and after every restart. Raises
        Interrupted when the result could not be recorded.
        """

        def bare() -> T:
            try:
                return step()
            except SendSecurelyError as error:
                raise error_of(error.code) from None
            except Exception:  # noqa: BLE001 it may quote the mail, and the engine would store it readable
                raise SendSecurelyError from None

        try:
            return DBOS.run_step({"name": name, "retries_allowed": False}, bare)
        except SendSecurelyError:
            raise
        except Exception:  # noqa: BLE001 the engine's own: to go on without a record could send twice
            raise Interrupted from None


class _Quiet(logging.Filter):
    """DBOS quotes arguments and exceptions in what it logs: only the place in its code goes on."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "durable engine at %s:%s", (record.filename, record.lineno)
        record.exc_info = record.exc_text = record.stack_info = None
        return record.levelno >= logging.WARNING


def _quieten() -> None:
    """Warnings and errors of DBOS go to the process's own log, without their words. A handler of our own keeps DBOS from adding one."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.WARNING)
    if not any(isinstance(item, _Quiet) for item in logger.filters):
        logger.addFilter(_Quiet())
        logger.addHandler(logging.NullHandler())


def _write_ahead(path: Path) -> None:
    """DBOS leaves SQLite's journal as it finds it; with the default one it runs a tenth as many workflows (measured)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


class DbosWorkflows:
    """``Durable`` over DBOS. One a process: DBOS itself is a singleton. Unended workflows go on when it is made.

    ``version`` is set by hand: by default DBOS takes a hash of the source, and recovery asks for the same one.
    ``executor_id`` is the stable name of this process: only its own workflows are taken up again.
    """

    _one = threading.Lock()

    def __init__(
        self, url: str, workflow: Callable[[Steps, str], None], *, executor_id: str, version: str, attempts: int = ATTEMPTS
    ) -> None:
        if not self._one.acquire(blocking=False):
            raise RuntimeError("there is one durable engine a process, and it is open already")
        self._closed = False
        self._changed = threading.Condition()
        self._running: set[str] = set()
        self._done: set[str] = set()
        self._awaited: dict[str, int] = {}
        self._run, self._version = workflow, version
        try:
            if url.startswith(_SQLITE):
                _write_ahead(Path(url.removeprefix(_SQLITE)))
            _quieten()
            DBOS(
                config={
                    "name": "sendsecurely",
                    "system_database_url": url,
                    "executor_id": executor_id,
                    "application_version": version,
                    "max_executor_threads": THREADS,
                    "serializer": Words(),
                    "log_level": "WARNING",
                    "enable_otlp": False,
                }
            )

            @DBOS.workflow(name="send", max_recovery_attempts=attempts)
            def send(job_id: str) -> None:
                self._life(job_id)

            self._workflow = send
            DBOS.launch()
        except BaseException:  # whatever it was, the next attempt must find the place free
            self.close()
            raise

    def _life(self, job_id: str) -> None:
        """One life of a workflow. A recorded error ends it; a fault of the engine leaves it for the next start."""
        with self._changed:
            if self._closed:
                raise Interrupted
            self._running.add(job_id)
        ended = gone = False
        try:
            self._run(_RecordedSteps(), job_id)
            ended = True
        except SendSecurelyError:
            ended = True
            raise
        except Fenced:  # another process has it: nothing is recorded here, and nothing taken up
            gone = True
            raise
        except Exception:  # noqa: BLE001 a fault outside every step: nothing is known about it, so it is tried again
            raise Interrupted from None
        finally:
            if not ended and not gone:
                self._take_up(job_id, AGAIN)
            with self._changed:
                self._running.discard(job_id)
                if ended and job_id in self._awaited:
                    self._done.add(job_id)
                self._changed.notify_all()

    def _take_up(self, job_id: str, after: float) -> None:
        """Take an interrupted workflow up again in a while, unless we close: then the next start does."""

        def resume() -> None:
            if self._closed:
                return
            try:
                DBOS.resume_workflow(job_id)
            except Exception:  # noqa: BLE001 the database is still away
                self._take_up(job_id, min(2 * after, LONGEST_PAUSE))

        timer = threading.Timer(after, resume)
        timer.daemon = True
        timer.start()

    def start(self, job_id: str) -> None:
        """Start the workflow of ``job_id``; one that was started before is left alone. Raises Unavailable."""
        try:
            with SetWorkflowID(job_id):
                DBOS.start_workflow(self._workflow, job_id)
        except Exception:  # noqa: BLE001 whatever kept the engine from writing it down, the job has not begun
            raise Unavailable from None

    def take_over(self, executor_id: str) -> None:
        """Run here what another process had begun. Only for one that is known to be gone. Raises Unavailable."""
        try:
            DBOS._recover_pending_workflows([executor_id])
        except Exception:  # noqa: BLE001 the database is away; whoever asked asks again
            raise Unavailable from None

    def left_lying(self, executor_id: str) -> Sequence[tuple[str, bool]]:
        """What this executor began and DBOS never goes on with by itself, and whether something may have come of it: of another version
        (whether a step of it was recorded), or begun in too many lives. Raises Unavailable.
        """
        wanted = ["PENDING", "ENQUEUED", _TOO_OFTEN]
        try:
            found = DBOS.list_workflows(status=wanted, executor_id=executor_id, load_input=False, load_output=False)
            too_often = [(item.workflow_id, True) for item in found if item.status == _TOO_OFTEN]
            strange = [item.workflow_id for item in found if item.app_version != self._version and item.status != _TOO_OFTEN]
            return [*too_often, *((work, bool(DBOS.list_workflow_steps(work, load_output=False, limit=1))) for work in strange)]
        except Exception:  # noqa: BLE001 the database is away; whoever asked asks again
            raise Unavailable from None

    def give_up(self, job_id: str, *, anew: bool) -> None:
        """Nothing goes on with it any more; with ``anew`` as if it had never been started. Raises Unavailable."""
        try:
            if anew:
                DBOS.delete_workflow(job_id)
            else:
                DBOS.cancel_workflow(job_id)
        except Exception:  # noqa: BLE001 the database is away; whoever asked asks again
            raise Unavailable from None

    def wait(self, job_id: str, seconds: float) -> bool:
        """Whether it has ended within ``seconds``. An unknown job has not ended."""
        until = time.monotonic() + seconds
        with self._changed:
            self._awaited[job_id] = self._awaited.get(job_id, 0) + 1
        try:
            while not self._has_ended(job_id):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                with self._changed:
                    self._changed.wait_for(lambda: job_id in self._done, min(left, LOOK))
            return True
        finally:
            with self._changed:
                self._awaited[job_id] -= 1
                if not self._awaited[job_id]:
                    del self._awaited[job_id]
                    self._done.discard(job_id)

    def _has_ended(self, job_id: str) -> bool:
        with self._changed:
            if job_id in self._done:
                return True
        try:
            status = DBOS.get_workflow_status(job_id)
        except Exception:  # noqa: BLE001 not known is not ended
            return False
        return status is not None and status.status in _ENDED

    def close(self) -> None:
        """Take no more work, wait a little for what is under way, and let go; the rest is taken up at the next start. Idempotent."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.wait_for(lambda: not self._running, DRAIN)
        DBOS.destroy(destroy_registry=True)
        self._one.release()
