"""Which run of a send's workflow is the newest, and when the next is due, by SQLAlchemy Core in the store's own database.

Ids, numbers and times only: nothing here names anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.model.sending import Act, Round

AT_ONCE = 50  # rounds that are begun at one look

_META = sa.MetaData()
_ROUNDS = sa.Table(
    "send_rounds",
    _META,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.Column("waits", sa.Boolean, nullable=False, comment="for a later round or a person"),
    sa.Column("stop", sa.Boolean, nullable=False, comment="no further copy is to leave"),
    sa.Column("due_at", sa.String(32), nullable=False, comment="UTC, microseconds: sorts as text; empty: never"),
    sa.Index("send_rounds_due", "due_at"),
)
_ROUND = _ROUNDS.select().where(_ROUNDS.c.job_id == sa.bindparam("of"))  # asked several times by every send: put together once
_NUMBER, _NEW = sa.select(_ROUNDS.c.number).where(_ROUNDS.c.job_id == sa.bindparam("of")), _ROUNDS.insert()
_FIRST = {"number": 1, "act": "", "running": False, "waits": False, "stop": False, "due_at": ""}


class SqlRounds:
    """``SendRounds`` at a database URL. Thread-safe; every method is one transaction; raises Unavailable when it does not answer."""

    def __init__(self, url: str) -> None:
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def round(self, job_id: str) -> Round:
        """Where it is; a job that never needed a second run has the first one."""
        with self._begin() as connection:
            row = connection.execute(_ROUND, {"of": job_id}).one_or_none()
        if row is None:
            return Round()
        due = datetime.fromisoformat(row.due_at) if row.due_at else None
        return Round(number=row.number, act=Act(row.act) if row.act else None, running=row.running, due=due, stop=row.stop)

    def _change(self, job_id: str, where: sa.ColumnElement[bool], values: dict[str, Any], first: dict[str, Any] | None) -> bool:
        """Change the row when ``where`` holds; without a row put ``first`` there, if given. Whether anything was written."""
        update = _ROUNDS.update().where((_ROUNDS.c.job_id == job_id) & where).values(values)
        try:
            with self._begin() as connection:
                if connection.execute(update).rowcount:
                    return True
                known = connection.execute(_NUMBER, {"of": job_id}).one_or_none()
                if known is not None or first is None:
                    return False
                connection.execute(_NEW, _FIRST | first | {"job_id": job_id})
                return True
        except IntegrityError:  # somebody else put the row there between our look and our writing
            with self._begin() as connection:
                return bool(connection.execute(update).rowcount)

    def begin(self, job_id: str, number: int, act: Act | None) -> bool:
        """Make ``number`` the running one. False when it is not the next, or one is running: somebody else was quicker.

        A wish to stop is over when a person has it sent again.
        """
        values: dict[str, Any] = {"number": number, "act": act.value if act else "", "running": True, "due_at": ""}
        if act is Act.SEND_AGAIN:
            values["stop"] = False
        where = (_ROUNDS.c.number == number - 1) & _ROUNDS.c.running.is_(False)
        return self._change(job_id, where, values, values if number == Round().number + 1 else None)

    def end(self, job_id: str, number: int, due: datetime | None, waits: bool) -> None:
        """It has ended; the next is due then, or never. ``waits``: for that, or for a person. Idempotent."""
        values = {"running": False, "waits": waits, "due_at": database.instant(due) if due else "", "act": ""}
        self._change(job_id, _ROUNDS.c.number == number, values, {**values, "number": number} if waits or due else None)

    def due(self, at: datetime) -> Sequence[tuple[str, int]]:
        """(job, number of its last round) for what is due."""
        where = (_ROUNDS.c.due_at != "") & (_ROUNDS.c.due_at <= database.instant(at)) & _ROUNDS.c.running.is_(False)
        return self._pairs(where, AT_ONCE)

    def running(self) -> Sequence[tuple[str, int]]:
        """(job, number) of the later rounds that have begun and not ended."""
        return self._pairs(_ROUNDS.c.running.is_(True), None)

    def _pairs(self, where: sa.ColumnElement[bool], limit: int | None) -> Sequence[tuple[str, int]]:
        query = sa.select(_ROUNDS.c.job_id, _ROUNDS.c.number).where(where).order_by(_ROUNDS.c.due_at).limit(limit)
        with self._begin() as connection:
            return [(row.job_id, row.number) for row in connection.execute(query)]

    def waiting(self, limit: int) -> Sequence[str]:
        """The jobs that wait for a later round or a person."""
        query = sa.select(_ROUNDS.c.job_id).where(_ROUNDS.c.waits.is_(True)).order_by(_ROUNDS.c.job_id).limit(limit)
        with self._begin() as connection:
            return list(connection.execute(query).scalars())

    def stop(self, job_id: str) -> None:
        """No further copy of the job is to leave."""
        self._change(job_id, sa.true(), {"stop": True}, {"stop": True})

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
