"""Whom this organisation has written to, by SQLAlchemy Core (edges/database.py).

No address stands here in clear: rows are found by keyed digests (HMAC-SHA-256 under the installation's key). Domains of organisations do,
because a look-alike can only be told from the name; a domain that would name a person never comes here. What a sender said about a
recipient is sealed, so that an officer can read it as a proposal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.errors import Unavailable
from addin_backend.model.evidence import RecipientRole
from addin_backend.model.facts import ThreadProtection
from addin_backend.model.past import Departed, Past, PastQuestion, Proposal, SendersAnswer

BUSY_SECONDS = 2
READERS = 4  # look-ups at the same time; one that hangs holds its place, and the next ones are `unknown` in time
STRENGTH = (ThreadProtection.NONE, ThreadProtection.TLS, ThreadProtection.SMIME, ThreadProtection.PORTAL)

_META = sa.MetaData()
_CONTACTS = sa.Table("contacts", _META, sa.Column("address", sa.String(64), primary_key=True), sa.Column("first_at", sa.String(32)))
_DOMAINS = sa.Table("contact_domains", _META, sa.Column("domain", sa.String(255), primary_key=True))
_THREADS = sa.Table(
    "threads",
    _META,
    sa.Column("thread", sa.String(64), primary_key=True, comment="keyed digest of a Message-ID or a subject"),
    sa.Column("address", sa.String(64), primary_key=True),
    sa.Column("protection", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
)
_TOLD = sa.Table(
    "told",
    _META,
    sa.Column("pair", sa.String(64), primary_key=True, comment="keyed digest of sender and address"),
    sa.Column("code", sa.String(8), primary_key=True),
    sa.Column("quarter", sa.String(8), primary_key=True),
)
_USES = sa.Table(
    "uses",
    _META,
    sa.Column("kind", sa.String(16), primary_key=True, comment="derogation, dispensation"),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("mail", sa.String(64), primary_key=True),
    sa.Column("at", sa.String(32), nullable=False),
)
_ANSWERS = sa.Table(
    "answers_by_sender",
    _META,
    sa.Column("pair", sa.String(64), primary_key=True, comment="keyed digest of sender and address: nobody answers for another"),
    sa.Column("quarter", sa.String(8), nullable=False, comment="in which it counts"),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("country", sa.String(8), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False, comment="address and sender, for the officer"),
)


class _Said(msgspec.Struct, frozen=True):
    """What is sealed of an answer."""

    address: str
    said_by: str


def quarter_of(at: datetime) -> str:
    """The quarter (UTC) in which a question that was answered is not put again, e.g. "2026q4"."""
    moment = at.astimezone(UTC)
    return f"{moment.year}q{(moment.month + 2) // 3}"


def _stronger(first: ThreadProtection, second: ThreadProtection) -> ThreadProtection:
    return max(first, second, key=STRENGTH.index)


class SqlContactHistory:
    """``ContactHistory`` at a database URL. Thread-safe. ``keyed(kind, value)`` gives keyed digests as text of 64 characters.

    ``seal(bytes, name)`` and ``unseal`` encrypt what an officer may read, bound to ``name``.
    """

    def __init__(
        self, url: str, keyed: Callable[[str, str], str], seal: Callable[[bytes, str], bytes], unseal: Callable[[bytes, str], bytes]
    ) -> None:
        self._keyed, self._seal, self._unseal = keyed, seal, unseal
        self._engine = database.engine(url, busy_seconds=BUSY_SECONDS)
        database.make_tables(self._engine, _META)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="history")
        self._domains: set[str] = set(self._stored_domains())
        self._lock = threading.Lock()

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def _stored_domains(self) -> Sequence[str]:
        with self._begin() as connection:
            return list(connection.execute(sa.select(_DOMAINS.c.domain)).scalars())

    def _address(self, address: str) -> str:
        return self._keyed("address", address.strip().lower())

    def _pair(self, sender: str, address: str) -> str:
        return self._keyed("pair", f"{sender.strip().lower()}\n{address.strip().lower()}")

    # --- reading --------------------------------------------------------------------------------------------------------

    def domains(self) -> frozenset[str]:
        """The domains of organisations that were written to, as this process knows them."""
        with self._lock:
            return frozenset(self._domains)

    def past(self, question: PastQuestion, budget: float) -> Past | None:
        """What our records say, or None when the database does not say it within ``budget`` seconds. Never raises."""
        waiting: Future[Past] = self._readers.submit(self._past, question)
        try:
            return waiting.result(budget)
        except (TimeoutError, Unavailable):
            waiting.cancel()
            return None

    def _past(self, question: PastQuestion) -> Past:
        by_digest = {self._address(item): item for item in question.addresses}
        with self._begin() as connection:
            thread, threads = self._thread(connection, question, by_digest)
            return Past(
                written_to=frozenset(by_digest[item] for item in self._found(connection, _CONTACTS.c.address, by_digest)),
                told=self._told(connection, question),
                thread=thread,
                threads=threads,
                answers=self._answers(connection, question),
                derogations=self._counts(connection, "derogation", question.domains, question.since),
                dispensations=self._counts(connection, "dispensation", question.dispensations, None),
            )

    @staticmethod
    def _found(connection: sa.Connection, column: sa.Column[Any], keys: Iterable[str]) -> Sequence[str]:
        return list(connection.execute(sa.select(column).where(column.in_(list(keys)))).scalars())

    def _told(self, connection: sa.Connection, question: PastQuestion) -> dict[str, frozenset[str]]:
        pairs = {self._pair(question.sender, item): item for item in question.addresses}
        query = sa.select(_TOLD.c.pair, _TOLD.c.code).where(_TOLD.c.pair.in_(list(pairs)) & (_TOLD.c.quarter == quarter_of(question.at)))
        found: dict[str, set[str]] = {}
        for pair, code in connection.execute(query):
            found.setdefault(pairs[pair], set()).add(code)
        return {address: frozenset(codes) for address, codes in found.items()}

    def _thread_keys(self, ids: Iterable[str], subject: str) -> tuple[list[str], str]:
        return [self._keyed("thread", item) for item in ids], self._keyed("subject", subject) if subject else ""

    def _thread(
        self, connection: sa.Connection, question: PastQuestion, by_digest: Mapping[str, str]
    ) -> tuple[ThreadProtection, dict[str, ThreadProtection]]:
        """By Message-ID the whole thread counts; by its subject only what went to one of the same people."""
        ids, subject = self._thread_keys(question.thread_ids, question.subject)
        same: sa.ColumnElement[bool] = _THREADS.c.thread.in_(ids)
        if subject:
            same |= (_THREADS.c.thread == subject) & _THREADS.c.address.in_(list(by_digest))
        strongest = ThreadProtection.NONE
        each: dict[str, ThreadProtection] = {}
        for row in connection.execute(sa.select(_THREADS.c.address, _THREADS.c.protection).where(same)):
            protection = ThreadProtection(row.protection)
            strongest = _stronger(strongest, protection)
            if row.address in by_digest:
                address = by_digest[row.address]
                each[address] = _stronger(each.get(address, ThreadProtection.NONE), protection)
        return strongest, each

    def _answers(self, connection: sa.Connection, question: PastQuestion) -> dict[str, SendersAnswer]:
        """What this sender said this quarter. What others said is a proposal for the register, and nothing more."""
        pairs = {self._pair(question.sender, item): item for item in question.addresses}
        query = sa.select(_ANSWERS.c.pair, _ANSWERS.c.role, _ANSWERS.c.country).where(
            _ANSWERS.c.pair.in_(list(pairs)) & (_ANSWERS.c.quarter == quarter_of(question.at))
        )
        return {pairs[row.pair]: SendersAnswer(RecipientRole(row.role), row.country) for row in connection.execute(query)}

    def _counts(self, connection: sa.Connection, kind: str, names: Iterable[str], since: datetime | None) -> dict[str, int]:
        keys = {self._keyed(kind, name): name for name in names}
        query = sa.select(_USES.c.key, sa.func.count()).where((_USES.c.kind == kind) & _USES.c.key.in_(list(keys)))
        if since is not None:
            query = query.where(_USES.c.at >= database.instant(since))
        return {keys[row[0]]: int(row[1]) for row in connection.execute(query.group_by(_USES.c.key))}

    def proposals(self, limit: int) -> Sequence[Proposal]:
        """What senders said about recipients, newest first: entries that an officer may take over. Raises Unavailable."""
        with self._begin() as connection:
            rows = connection.execute(_ANSWERS.select().order_by(_ANSWERS.c.at.desc()).limit(limit)).all()
        found = []
        for row in rows:
            said = msgspec.msgpack.decode(self._unseal(bytes(row.sealed), f"answers\n{row.pair}"), type=_Said)
            answer = SendersAnswer(RecipientRole(row.role), row.country)
            found.append(Proposal(address=said.address, answer=answer, said_by=said.said_by, at=datetime.fromisoformat(row.at)))
        return found

    # --- writing --------------------------------------------------------------------------------------------------------

    def remember(self, departed: Departed) -> None:
        """Remember a mail that may leave; the same mail again changes nothing. Raises Unavailable: then it must not leave."""
        for _ in range(2):
            try:
                with self._begin() as connection:
                    self._write(connection, departed)
                break
            except IntegrityError:
                continue  # another process wrote the same row between our look and our writing
        else:
            raise Unavailable
        with self._lock:
            self._domains |= {item.named_domain for item in departed.recipients if item.named_domain}

    @staticmethod
    def _put(connection: sa.Connection, table: sa.Table, key: dict[str, str], values: dict[str, Any]) -> None:
        """A row unless it is there."""
        where = sa.and_(*(table.c[name] == value for name, value in key.items()))
        if connection.execute(sa.select(sa.literal(1)).select_from(table).where(where)).first() is None:
            connection.execute(table.insert().values(key | values))

    def _write(self, connection: sa.Connection, departed: Departed) -> None:
        at, mail = database.instant(departed.at), self._keyed("mail", departed.mail)
        ids, subject = self._thread_keys(departed.thread_ids, departed.subject)
        for item in departed.recipients:
            address = self._address(item.address)
            self._put(connection, _CONTACTS, {"address": address}, {"first_at": at})
            if item.named_domain:
                self._put(connection, _DOMAINS, {"domain": item.named_domain}, {})
            for code in item.told:
                pair = self._pair(departed.sender, item.address)
                self._put(connection, _TOLD, {"pair": pair, "code": code, "quarter": quarter_of(departed.at)}, {})
            for thread in (*ids, *([subject] if subject else [])):
                self._put_thread(connection, (thread, address), item.protection, at)
            if item.derogation:
                key = self._keyed("derogation", item.derogation)
                self._put(connection, _USES, {"kind": "derogation", "key": key, "mail": mail}, {"at": at})
            if item.answer is not None:
                self._put_answer(connection, item.address, departed, item.answer)
        for name in departed.dispensations:
            key = self._keyed("dispensation", name)
            self._put(connection, _USES, {"kind": "dispensation", "key": key, "mail": mail}, {"at": at})

    @staticmethod
    def _put_thread(connection: sa.Connection, key: tuple[str, str], protection: ThreadProtection, at: str) -> None:
        """The strongest protection of the thread stays."""
        where = (_THREADS.c.thread == key[0]) & (_THREADS.c.address == key[1])
        known = connection.execute(sa.select(_THREADS.c.protection).where(where)).scalar_one_or_none()
        if known is None:
            connection.execute(_THREADS.insert().values(thread=key[0], address=key[1], protection=protection.value, at=at))
        else:
            kept = _stronger(ThreadProtection(known), protection).value
            connection.execute(_THREADS.update().where(where).values(protection=kept, at=at))

    def _put_answer(self, connection: sa.Connection, address: str, departed: Departed, answer: SendersAnswer) -> None:
        """The sender's newest answer counts."""
        key = self._pair(departed.sender, address)
        sealed = self._seal(msgspec.msgpack.encode(_Said(address, departed.sender)), f"answers\n{key}")
        values = {
            "role": answer.role.value, "country": answer.country, "quarter": quarter_of(departed.at), "at": database.instant(departed.at),
            "sealed": sealed,
        }  # fmt: skip
        if connection.execute(_ANSWERS.update().where(_ANSWERS.c.pair == key).values(values)).rowcount == 0:
            connection.execute(_ANSWERS.insert().values({"pair": key} | values))

    def forget_before(self, threads: datetime, uses: datetime) -> None:
        """Delete threads and uses that are older, and what was told in other quarters than that of ``threads`` and later.

        Answers that an earlier version kept for everybody go altogether.
        """
        with self._begin() as connection:
            connection.execute(_THREADS.delete().where(_THREADS.c.at < database.instant(threads)))
            connection.execute(_USES.delete().where(_USES.c.at < database.instant(uses)))
            connection.execute(_TOLD.delete().where(_TOLD.c.quarter < quarter_of(threads)))
            connection.execute(_ANSWERS.delete().where(_ANSWERS.c.quarter < quarter_of(threads)))
            connection.execute(sa.text("DROP TABLE IF EXISTS sender_answers"))

    def close(self) -> None:
        """Let the connections go; a look-up that hangs is not waited for."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()
