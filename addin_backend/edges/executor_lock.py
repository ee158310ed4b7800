"""Which process may go on with a send: a lock per executor with a fencing token, in the database that all of them share.

A process renews its lock; one that is stopped, cut off or dead does not, and another may take its work once the lock has expired. Each
time the lock changes hands its token grows. A job bears the executor and token that took it, so a process that comes back after it was
given up for dead finds another token there and stops. Times are the database's own: the clocks of two machines may differ.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.errors import SendSecurelyError, Unavailable
from addin_backend.ports import Fenced

LIFE = 15.0  # seconds that a lock holds without being renewed
RENEWED = 3  # times within its life
KEPT = 2 * 86_400.0  # seconds that it is remembered who took a job; a round lasts a day at most
CLEANED = 500  # renewals between two cleanings

_META = sa.MetaData()
_EXECUTORS = sa.Table(
    "executors",
    _META,
    sa.Column("executor_id", sa.String(64), primary_key=True),
    sa.Column("token", sa.BigInteger, nullable=False, comment="grows whenever the lock changes hands"),
    sa.Column("expires_at", sa.Float, nullable=False, comment="seconds since 1970 by the database; 0: nobody has it, nothing is left"),
)
_HELD = sa.Table(
    "held_jobs",
    _META,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("executor_id", sa.String(64), nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("taken_at", sa.Float, nullable=False),
)


class ExecutorLock:
    """``Fence`` at a database URL for the process called ``executor_id``, renewed in the background until it is closed.

    Whoever makes it must know that no other process with that id runs (the lock of the data folder says so): it takes the lock at once.
    """

    def __init__(self, url: str, executor_id: str, life: float = LIFE) -> None:
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)
        sqlite = self._engine.dialect.name == "sqlite"
        self._now: sa.ColumnElement[float] = sa.literal_column(
            "(julianday('now') - 2440587.5) * 86400.0" if sqlite else "extract(epoch from clock_timestamp())", sa.Float
        )
        self._id, self._life = executor_id, life
        token: sa.BindParameter[int] = sa.bindparam("under")
        mine = (_EXECUTORS.c.executor_id == executor_id) & (_EXECUTORS.c.token == token) & (_EXECUTORS.c.expires_at > self._now)
        held = (_HELD.c.job_id == sa.bindparam("of")) & (_HELD.c.executor_id == executor_id) & (_HELD.c.token == token)
        self._lock_holds = sa.select(_EXECUTORS.c.token).where(mine)  # asked several times by every send: put together once
        self._job_holds = sa.select(_EXECUTORS.c.token).where(mine & sa.exists().where(held))
        self._take = _HELD.update().where(_HELD.c.job_id == sa.bindparam("of")).values(
            executor_id=executor_id, token=sa.bindparam("under"), taken_at=self._now
        )  # fmt: skip
        self._take_new = _HELD.insert().values(
            job_id=sa.bindparam("of"), executor_id=executor_id, token=sa.bindparam("under"), taken_at=self._now
        )
        self._token = self._acquire()
        self._closing = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="executor-lock", daemon=True)
        self._renewing.start()

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    @property
    def token(self) -> int:
        """The token of this process."""
        return self._token

    def _acquire(self) -> int:
        mine = _EXECUTORS.c.executor_id == self._id
        with self._begin() as connection:
            values = {"token": _EXECUTORS.c.token + 1, "expires_at": self._now + self._life}
            if connection.execute(_EXECUTORS.update().where(mine).values(values)).rowcount == 0:
                connection.execute(_EXECUTORS.insert().values(executor_id=self._id, token=1, expires_at=self._now + self._life))
            return int(connection.execute(sa.select(_EXECUTORS.c.token).where(mine)).scalar_one())

    def _renew(self) -> None:
        """While the database is away the lock runs out, as it must. A lock that was taken from us is taken anew, with a new token."""
        number = 0
        while not self._closing.wait(self._life / RENEWED):
            number += 1
            try:
                with self._begin() as connection:
                    mine = (_EXECUTORS.c.executor_id == self._id) & (_EXECUTORS.c.token == self._token)
                    kept = connection.execute(_EXECUTORS.update().where(mine).values(expires_at=self._now + self._life)).rowcount
                    if number % CLEANED == 1:
                        connection.execute(_HELD.delete().where(_HELD.c.taken_at < self._now - KEPT))
                if not kept:
                    self._token = self._acquire()
            except (SendSecurelyError, IntegrityError):
                continue

    def take(self, job_id: str) -> bool:
        """Write on the job that this process has it, under its token; whether nobody had it before.

        Raises Fenced when it has lost its own lock; Unavailable.
        """
        asked = {"of": job_id, "under": self._token}
        for _ in range(2):  # the second time the row is there
            try:
                with self._begin() as connection:
                    if connection.execute(self._lock_holds, {"under": asked["under"]}).first() is None:
                        raise Fenced
                    known = connection.execute(self._take, asked).rowcount > 0
                    if not known:
                        connection.execute(self._take_new, asked)
                return not known
            except IntegrityError:
                continue
        raise Unavailable

    def check(self, job_id: str) -> None:
        """Just before the send: the lock is ours, has not expired, and the job bears our token. Raises Fenced, Unavailable."""
        with self._begin() as connection:
            if connection.execute(self._job_holds, {"of": job_id, "under": self._token}).first() is None:
                raise Fenced

    def expired(self) -> Sequence[str]:
        """The other executors whose lock has run out, each with a grown token from now on: what they had begun may be taken over."""
        gone = (_EXECUTORS.c.executor_id != self._id) & (_EXECUTORS.c.expires_at > 0) & (_EXECUTORS.c.expires_at <= self._now)
        with self._begin() as connection:
            found = list(connection.execute(sa.select(_EXECUTORS.c.executor_id).where(gone)).scalars())
            if found:
                fenced = _EXECUTORS.update().where(gone & _EXECUTORS.c.executor_id.in_(found))
                connection.execute(fenced.values(token=_EXECUTORS.c.token + 1))
        return found

    def taken_over(self, executor_id: str) -> None:
        """Nothing of that executor is left."""
        gone = (_EXECUTORS.c.executor_id == executor_id) & (_EXECUTORS.c.expires_at <= self._now)
        with self._begin() as connection:
            connection.execute(_EXECUTORS.update().where(gone).values(expires_at=0.0))

    def close(self) -> None:
        """Stop renewing, and give the lock up. Idempotent."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._renewing.join()
        try:
            with self._begin() as connection:
                mine = (_EXECUTORS.c.executor_id == self._id) & (_EXECUTORS.c.token == self._token)
                connection.execute(_EXECUTORS.update().where(mine).values(expires_at=self._now))
        except Unavailable:
            pass  # it runs out by itself
        self._engine.dispose()
