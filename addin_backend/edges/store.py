"""Jobs, sealed bytes, packages and what is known of domains, by SQLAlchemy Core: SQLite (WAL, synchronous=FULL), ready for PostgreSQL.

No address stands here in clear: a job is stored sealed, and found again by keyed digests of its mailbox and idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from addin_backend.errors import BadRegister, Conflict, NotFound, Unavailable
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.sending import PortalPackage, SendJob, SendState

VERSION = 1
BUSY_SECONDS = 10
RELEASED = (SendState.SENT, SendState.PARTLY_SENT, SendState.NOT_SENT)  # an uncertain send keeps its draft until a person has looked
UNFINISHED = (SendState.DECIDED, SendState.SEALED, SendState.SENDING)
Cipher = Callable[[bytes, bytes], bytes]  # (bytes, additional authenticated data) -> bytes

_META = sa.MetaData()
_VERSIONS = sa.Table("store_version", _META, sa.Column("number", sa.Integer, primary_key=True))
_JOBS = sa.Table(
    "jobs",
    _META,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("mailbox", sa.String(64), nullable=False, comment="keyed digest"),
    sa.Column("idempotency", sa.String(64), nullable=False, comment="keyed digest of the mailbox's key"),
    sa.Column("digest", sa.String(128), nullable=False, comment="keyed digest of recipients and content"),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False, comment="UTC, microseconds: sorts as text"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("mailbox", "idempotency"),
    sa.Index("jobs_by_mailbox", "mailbox", "created_at"),
    sa.Index("jobs_by_state", "state"),
)
_CLAIMS = sa.Table(
    "draft_claims",
    _META,
    sa.Column("draft", sa.String(64), primary_key=True, comment="keyed digest of mailbox and item id: one send at a time"),
    sa.Column("job_id", sa.String(64), nullable=False),
)
_BYTES = sa.Table(
    "sealed_bytes",
    _META,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
_PACKAGES = sa.Table(
    "packages",
    _META,
    sa.Column("package_id", sa.String(64), primary_key=True),
    sa.Column("job_id", sa.String(64), nullable=False),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
)
_TRANSPORT = sa.Table(
    "transport_cache",
    _META,
    sa.Column("domain", sa.String(255), primary_key=True),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
)
CONTENT = "content"  # the name that ``create`` stores its bytes under


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def sqlite_url(path: Path) -> str:
    """The URL of a database file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


class SqlStore:
    """``SendStore`` at a database URL. Thread-safe; every method is one transaction; raises Unavailable when the database does not answer.

    ``seal`` and ``unseal`` encrypt what names people (AEAD, bound to table and id); ``keyed(kind, value)`` gives keyed digests as text.
    """

    def __init__(self, url: str, seal: Cipher, unseal: Cipher, keyed: Callable[[str, str], str]) -> None:
        self._seal, self._unseal, self._keyed = seal, unseal, keyed
        # hide_parameters: an error must not quote what was being stored
        local: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}} if url.startswith("sqlite") else {"pool_pre_ping": True}
        self._engine = sa.create_engine(url, hide_parameters=True, **local)
        if url.startswith("sqlite"):
            sa.event.listen(self._engine, "connect", _pragmas)
        self._prepare()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError:
            raise Unavailable from None

    def _prepare(self) -> None:
        """Make the tables, or see that they are ours. Two processes may do so at once. Raises BadRegister for another version."""
        try:
            with self._begin() as connection:
                _META.create_all(connection)
        except Unavailable:
            with self._begin() as connection:  # the other process was quicker, or the database is away: then this raises again
                _META.create_all(connection)
        try:
            with self._begin() as connection:
                found = connection.execute(sa.select(_VERSIONS.c.number)).scalars().all()
                if not found:
                    connection.execute(_VERSIONS.insert().values(number=VERSION))
        except IntegrityError:
            found = [VERSION]  # written by the other process just now
        if found and list(found) != [VERSION]:
            raise BadRegister(
                f"The database has version {found[0]}, and this program knows {VERSION}.",
                sentence_da=f"Databasen har udgave {found[0]}, og dette program kender {VERSION}.",
                next_step="Start the version of the program that the database belongs to.",
                next_step_da="Start den udgave af programmet, som databasen hører til.",
            )

    def _replace(self, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        """Insert the row of ``key``, or give it new ``values``; whoever comes second overwrites."""
        update = table.update().where(*(table.c[name] == value for name, value in key.items())).values(values)
        try:
            with self._begin() as connection:
                if connection.execute(update).rowcount == 0:
                    connection.execute(table.insert().values(key | values))
        except IntegrityError:  # somebody else inserted it between the two
            with self._begin() as connection:
                connection.execute(update)

    # --- jobs -----------------------------------------------------------------------------------------------------------

    def _sealed(self, job: SendJob) -> bytes:
        return self._seal(msgspec.msgpack.encode(job), b"jobs\n" + job.job_id.encode())

    def _open(self, row: Any) -> SendJob:
        plain = self._unseal(bytes(row.sealed), b"jobs\n" + row.job_id.encode())
        return msgspec.msgpack.decode(plain, type=SendJob)

    def _mailbox(self, mailbox: str) -> str:
        return self._keyed("mailbox", mailbox.strip().lower())

    def _idempotency(self, mailbox: str, key: str) -> str:
        return self._keyed("idempotency", f"{mailbox.strip().lower()}\n{key}")

    def create(self, job: SendJob, sealed_content: bytes) -> SendJob:
        """Store a new job with its content, or return the one that exists under the same mailbox and key.

        Raises Conflict when that one is of another digest, and when another job is sending the same draft: the database decides who
        was first.
        """
        row = {
            "job_id": job.job_id,
            "mailbox": self._mailbox(job.mailbox),
            "idempotency": self._idempotency(job.mailbox, job.idempotency_key),
            "digest": self._keyed("digest", job.digest),
            "state": job.state.value,
            "created_at": _text(job.created_at),
            "sealed": self._sealed(job),
        }
        try:
            with self._begin() as connection:
                connection.execute(_JOBS.insert().values(row))
                connection.execute(_BYTES.insert().values(job_id=job.job_id, name=CONTENT, sealed=sealed_content))
                if job.draft is not None:
                    claim = self._keyed("draft", f"{job.mailbox.strip().lower()}\n{job.draft.item_id}")
                    connection.execute(_CLAIMS.insert().values(draft=claim, job_id=job.job_id))
        except IntegrityError:
            existing = self.find(job.mailbox, job.idempotency_key)
            if existing is None:
                raise Conflict(
                    "This draft is being sent already.",
                    sentence_da="Denne kladde er allerede ved at blive sendt.",
                    next_step="Look in Sent Items before you send it again.",
                    next_step_da="Se i Sendt post, før du sender den igen.",
                    field="draft.item_id",
                ) from None
            if existing.digest != job.digest:
                raise Conflict(
                    "The same key came with another content.",
                    sentence_da="Den samme nøgle kom med et andet indhold.",
                    field="idempotency_key",
                ) from None
            return existing
        return job

    def find(self, mailbox: str, idempotency_key: str) -> SendJob | None:
        """The job that this key already started, if any."""
        where = (_JOBS.c.mailbox == self._mailbox(mailbox)) & (_JOBS.c.idempotency == self._idempotency(mailbox, idempotency_key))
        with self._begin() as connection:
            row = connection.execute(sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where(where)).one_or_none()
        return None if row is None else self._open(row)

    def job(self, job_id: str) -> SendJob:
        """Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where(_JOBS.c.job_id == job_id)).one_or_none()
        if row is None:
            raise NotFound
        return self._open(row)

    def unfinished(self) -> Sequence[str]:
        """Ids of the jobs whose workflow may not have been started or ended, oldest first."""
        states = [state.value for state in UNFINISHED]
        query = sa.select(_JOBS.c.job_id).where(_JOBS.c.state.in_(states)).order_by(_JOBS.c.created_at, _JOBS.c.job_id)
        with self._begin() as connection:
            return list(connection.execute(query).scalars())

    def save(self, job: SendJob) -> None:
        """Store the job's new state. Raises NotFound for one that was never created."""
        update = _JOBS.update().where(_JOBS.c.job_id == job.job_id).values(state=job.state.value, sealed=self._sealed(job))
        with self._begin() as connection:
            changed = connection.execute(update).rowcount
            if job.state in RELEASED:
                connection.execute(_CLAIMS.delete().where(_CLAIMS.c.job_id == job.job_id))
        if changed != 1:
            raise NotFound

    def jobs(self, mailbox: str, limit: int) -> Sequence[SendJob]:
        """The newest jobs of a mailbox, newest first."""
        query = sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where(_JOBS.c.mailbox == self._mailbox(mailbox))
        with self._begin() as connection:
            rows = connection.execute(query.order_by(_JOBS.c.created_at.desc(), _JOBS.c.job_id).limit(limit)).all()
        return [self._open(row) for row in rows]

    # --- sealed bytes and packages --------------------------------------------------------------------------------------

    def put_bytes(self, job_id: str, name: str, sealed: bytes) -> None:
        """Keep sealed bytes under a job and a name; a later call replaces them (a step that runs again seals again)."""
        self._replace(_BYTES, {"job_id": job_id, "name": name}, {"sealed": sealed})

    def get_bytes(self, job_id: str, name: str) -> bytes:
        """Raises NotFound."""
        query = sa.select(_BYTES.c.sealed).where((_BYTES.c.job_id == job_id) & (_BYTES.c.name == name))
        with self._begin() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise NotFound
        return bytes(sealed)

    def forget_bytes(self, job_id: str) -> None:
        """Delete all that is kept for a job; the pages that held it are overwritten."""
        with self._begin() as connection:
            connection.execute(_BYTES.delete().where(_BYTES.c.job_id == job_id))

    def put_package(self, package: PortalPackage) -> None:
        """Idempotent on package_id: the first one stays, since its link may have been sent."""
        row = msgspec.structs.asdict(package) | {"created_at": _text(package.created_at), "expires_at": _text(package.expires_at)}
        try:
            with self._begin() as connection:
                connection.execute(_PACKAGES.insert().values(row))
        except IntegrityError:
            return

    def package(self, package_id: str) -> PortalPackage:
        """Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(_PACKAGES.select().where(_PACKAGES.c.package_id == package_id)).mappings().one_or_none()
        if row is None:
            raise NotFound
        return msgspec.convert({str(name): value for name, value in row.items()}, type=PortalPackage)

    # --- what is known of domains ---------------------------------------------------------------------------------------

    def transport(self, domain: str, at: datetime) -> TransportEvidence | None:
        """What was found out about a domain, unless it has expired."""
        query = sa.select(_TRANSPORT.c.evidence).where((_TRANSPORT.c.domain == domain) & (_TRANSPORT.c.expires_at > _text(at)))
        with self._begin() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else msgspec.json.decode(found, type=TransportEvidence)

    def keep_transport(self, evidence: TransportEvidence, expires_at: datetime) -> None:
        """Remember what was found out about ``evidence.domain`` until then."""
        written = msgspec.json.encode(evidence).decode()
        self._replace(_TRANSPORT, {"domain": evidence.domain}, {"evidence": written, "expires_at": _text(expires_at)})

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
