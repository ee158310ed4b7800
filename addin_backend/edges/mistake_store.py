"""Employees' reports of wrong answers, by the event they are about, by SQLAlchemy Core (edges/database.py).

The sentence that somebody agreed to give is encrypted under a key of its own that goes when the row goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from addin_backend.edges import database
from addin_backend.errors import BadRegister, NotFound
from addin_backend.model.mistake import Mistake

_META = sa.MetaData()
_MISTAKES = sa.Table(
    "mistakes",
    _META,
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("at", sa.String(32), nullable=False, comment="UTC, microseconds: sorts as text"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)


class SqlMistakeStore:
    """Thread-safe. Raises Unavailable when the database does not answer.

    ``seal(bytes, name)`` encrypts under a fresh key, ``unseal`` opens; both bind to the name, which is the event id.
    """

    def __init__(self, url: str, seal: Callable[[bytes, str], bytes], unseal: Callable[[bytes, str], bytes]) -> None:
        self._seal, self._unseal = seal, unseal
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def keep(self, mistake: Mistake) -> None:
        """Store it in place of what was reported of the same event."""
        row = {
            "event_id": mistake.event_id,
            "at": database.instant(mistake.at),
            "sealed": self._seal(msgspec.msgpack.encode(mistake), f"mistakes\n{mistake.event_id}"),
        }
        with database.transaction(self._engine) as connection:
            connection.execute(_MISTAKES.delete().where(_MISTAKES.c.event_id == mistake.event_id))
            connection.execute(_MISTAKES.insert().values(row))

    def all(self) -> Sequence[Mistake]:
        """Every report, oldest first. Raises BadRegister for a damaged one."""
        with database.transaction(self._engine) as connection:
            rows = connection.execute(_MISTAKES.select().order_by(_MISTAKES.c.at, _MISTAKES.c.event_id)).all()
        try:
            return [msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"mistakes\n{row.event_id}"), type=Mistake) for row in rows]
        except msgspec.DecodeError:
            raise BadRegister("A kept report is damaged.", sentence_da="En gemt fejlmelding er beskadiget.") from None

    def withdraw(self, event_id: str) -> None:
        """Delete one for ever: its key went into its row. Raises NotFound."""
        with database.transaction(self._engine) as connection:
            if not connection.execute(_MISTAKES.delete().where(_MISTAKES.c.event_id == event_id)).rowcount:
                raise NotFound(field="event_id")

    def forget_before(self, at: datetime) -> None:
        """Delete what is older."""
        with database.transaction(self._engine) as connection:
            connection.execute(_MISTAKES.delete().where(_MISTAKES.c.at < database.instant(at)))

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
