"""The questions behind recorded decisions, sealed, by the record's event id, by SQLAlchemy Core (edges/database.py).

A question holds no content and no address, yet a domain may name a person, and a dispensation or a partner is found by that very
domain: so it is kept whole, encrypted under a key of its own that goes when the row goes, and the record in the log holds a keyed digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.errors import BadRegister, NotFound
from addin_backend.model.policy import RecordedQuestion

_PAGE = 500  # rows that are read at once

_META = sa.MetaData()
_QUESTIONS = sa.Table(
    "questions",
    _META,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String(36), nullable=False, unique=True),
    sa.Column("at", sa.String(32), nullable=False, comment="UTC, microseconds: sorts as text"),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("questions_by_time", "at"),
)


class _Sealed(msgspec.Struct, frozen=True):
    """What is encrypted."""

    question: bytes
    answer: bytes


class QuestionStore:
    """Thread-safe. Raises Unavailable when the database does not answer: without its question a decision is not recorded.

    ``seal(bytes, name)`` encrypts under a fresh key, ``unseal`` opens; both bind to the name, which is the event id.
    """

    def __init__(self, url: str, seal: Callable[[bytes, str], bytes], unseal: Callable[[bytes, str], bytes]) -> None:
        self._seal, self._unseal = seal, unseal
        self._engine = database.engine(url)
        database.make_tables(self._engine, _META)

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def keep(self, recorded: RecordedQuestion) -> None:
        """Store it. The same event again changes nothing: the first one is what was decided."""
        plain = msgspec.msgpack.encode(_Sealed(recorded.question, recorded.answer))
        row = {
            "event_id": recorded.event_id,
            "at": database.instant(recorded.at),
            "revision": recorded.revision,
            "sealed": self._seal(plain, f"questions\n{recorded.event_id}"),
        }
        try:
            with self._begin() as connection:
                connection.execute(_QUESTIONS.insert().values(row))
        except IntegrityError:
            return

    def _open(self, row: Any) -> RecordedQuestion:
        try:
            found = msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"questions\n{row.event_id}"), type=_Sealed)
        except msgspec.DecodeError:
            raise BadRegister("A kept question is damaged.", sentence_da="Et gemt spørgsmål er beskadiget.", field=row.event_id) from None
        at = datetime.fromisoformat(row.at)
        return RecordedQuestion(event_id=row.event_id, at=at, revision=row.revision, question=found.question, answer=found.answer)

    def question(self, event_id: str) -> RecordedQuestion:
        """Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(_QUESTIONS.select().where(_QUESTIONS.c.event_id == event_id)).one_or_none()
        if row is None:
            raise NotFound
        return self._open(row)

    def newest(self, limit: int, since: datetime | None = None) -> Iterator[RecordedQuestion]:
        """The newest ones, at most ``limit``, newest first; none from before ``since``."""
        last = 2**62  # more than any number
        while limit > 0:
            query = sa.select(_QUESTIONS).where(_QUESTIONS.c.number < last).order_by(_QUESTIONS.c.number.desc()).limit(min(limit, _PAGE))
            if since is not None:
                query = query.where(_QUESTIONS.c.at >= database.instant(since))
            with self._begin() as connection:
                rows = connection.execute(query).all()
            yield from map(self._open, rows)
            if not rows:
                return
            limit, last = limit - len(rows), rows[-1].number

    def forget(self, event_id: str) -> None:
        """Delete one for ever: its key went into its row. The record in the log stays, and verifies."""
        with self._begin() as connection:
            connection.execute(_QUESTIONS.delete().where(_QUESTIONS.c.event_id == event_id))

    def forget_before(self, at: datetime) -> int:
        """Delete what is older; how many."""
        with self._begin() as connection:
            return int(connection.execute(_QUESTIONS.delete().where(_QUESTIONS.c.at < database.instant(at))).rowcount)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
