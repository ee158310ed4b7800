"""Jobs, sealed bytes and packages, by SQLAlchemy Core (edges/database.py).

No address stands here in clear: a job is stored sealed, and found again by keyed digests of its mailbox and idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from addin_backend.edges import database
from addin_backend.errors import BadRegister, Conflict, NotFound
from addin_backend.model.sending import Draft, PortalPackage, SendJob, SendState

VERSION = 1
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
CONTENT = "content"  # the name that ``create`` stores its bytes under

# What every send asks several times, put together once: SQLAlchemy takes longer to write such a statement than SQLite to answer it.
_OF: sa.BindParameter[str] = sa.bindparam("of")  # a job's id
_NAMED: sa.BindParameter[str] = sa.bindparam("named")
_BY: sa.BindParameter[str] = sa.bindparam("by")  # a mailbox
_JOB = sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where(_JOBS.c.job_id == _OF)
_PRESSED = sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where((_JOBS.c.mailbox == _BY) & (_JOBS.c.idempotency == _NAMED))
_NEW_JOB, _NEW_BYTES, _NEW_CLAIM, _NEW_PACKAGE = (table.insert() for table in (_JOBS, _BYTES, _CLAIMS, _PACKAGES))
_JOB_IS = _JOBS.update().where(_JOBS.c.job_id == _OF).values(state=sa.bindparam("state"), sealed=sa.bindparam("sealed"))
_RELEASE, _FORGET = _CLAIMS.delete().where(_CLAIMS.c.job_id == _OF), _BYTES.delete().where(_BYTES.c.job_id == _OF)
_KEPT = (_BYTES.c.job_id == _OF) & (_BYTES.c.name == _NAMED)
_BYTES_OF = sa.select(_BYTES.c.sealed).where(_KEPT)
_BYTES_ARE = _BYTES.update().where(_KEPT).values(sealed=sa.bindparam("sealed"))


def _on_its_way() -> Conflict:
    return Conflict(
        "This draft is being sent already.",
        sentence_da="Denne kladde er allerede ved at blive sendt.",
        next_step="Look in Sent Items before you send it again.",
        next_step_da="Se i Sendt post, før du sender den igen.",
        field="draft.item_id",
    )


class SqlStore:
    """``SendStore`` at a database URL. Thread-safe; every method is one transaction; raises Unavailable when the database does not answer.

    ``seal`` and ``unseal`` encrypt what names people (AEAD, bound to table and id); ``keyed(kind, value)`` gives keyed digests as text.
    """

    def __init__(self, url: str, seal: Cipher, unseal: Cipher, keyed: Callable[[str, str], str]) -> None:
        self._seal, self._unseal, self._keyed = seal, unseal, keyed
        self._engine = database.engine(url)
        self._prepare()

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return database.transaction(self._engine)

    def _prepare(self) -> None:
        """Make the tables, or see that they are ours. Two processes may do so at once. Raises BadRegister for another version."""
        database.make_tables(self._engine, _META)
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
            "created_at": database.instant(job.created_at),
            "sealed": self._sealed(job),
        }
        try:
            with self._begin() as connection:
                connection.execute(_NEW_JOB, row)
                connection.execute(_NEW_BYTES, {"job_id": job.job_id, "name": CONTENT, "sealed": sealed_content})
                if job.draft is not None:
                    connection.execute(_NEW_CLAIM, self._claim(job, job.draft))
        except IntegrityError:
            existing = self.find(job.mailbox, job.idempotency_key)
            if existing is None:
                raise _on_its_way() from None
            if existing.digest != job.digest:
                raise Conflict(
                    "The same key came with another content.",
                    sentence_da="Den samme nøgle kom med et andet indhold.",
                    field="idempotency_key",
                ) from None
            return existing
        return job

    def _claim(self, job: SendJob, draft: Draft) -> dict[str, str]:
        return {"draft": self._keyed("draft", f"{job.mailbox.strip().lower()}\n{draft.item_id}"), "job_id": job.job_id}

    def claim_draft(self, job: SendJob) -> None:
        """Keep the job's draft from every other send until it ends again. Raises Conflict when another one has it."""
        if job.draft is None:
            return
        claim = self._claim(job, job.draft)
        try:
            with self._begin() as connection:
                held = connection.execute(sa.select(_CLAIMS.c.job_id).where(_CLAIMS.c.draft == claim["draft"])).scalar_one_or_none()
                if held == job.job_id:
                    return
                connection.execute(_NEW_CLAIM, claim)
        except IntegrityError:
            raise _on_its_way() from None

    def find(self, mailbox: str, idempotency_key: str) -> SendJob | None:
        """The job that this key already started, if any."""
        asked = {"by": self._mailbox(mailbox), "named": self._idempotency(mailbox, idempotency_key)}
        with self._begin() as connection:
            row = connection.execute(_PRESSED, asked).one_or_none()
        return None if row is None else self._open(row)

    def job(self, job_id: str) -> SendJob:
        """Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(_JOB, {"of": job_id}).one_or_none()
        if row is None:
            raise NotFound
        return self._open(row)

    def unfinished(self) -> Sequence[str]:
        """Ids of the jobs whose workflow may not have been started or ended, oldest first."""
        states = [state.value for state in UNFINISHED]
        query = sa.select(_JOBS.c.job_id).where(_JOBS.c.state.in_(states)).order_by(_JOBS.c.created_at, _JOBS.c.job_id)
        with self._begin() as connection:
            return list(connection.execute(query).scalars())

    def save(self, job: SendJob, *, forget: bool = False) -> None:
        """Store the job's new state; with ``forget``, all that is kept for it goes in the same transaction, and its pages are overwritten.

        Raises NotFound for one that was never created.
        """
        values = {"of": job.job_id, "state": job.state.value, "sealed": self._sealed(job)}
        with self._begin() as connection:
            changed = connection.execute(_JOB_IS, values).rowcount
            if job.state in RELEASED:
                connection.execute(_RELEASE, {"of": job.job_id})
            if forget:
                connection.execute(_FORGET, {"of": job.job_id})
        if changed != 1:
            raise NotFound

    def jobs(self, mailbox: str, limit: int) -> Sequence[SendJob]:
        """The newest jobs of a mailbox, newest first."""
        query = sa.select(_JOBS.c.job_id, _JOBS.c.sealed).where(_JOBS.c.mailbox == self._mailbox(mailbox))
        with self._begin() as connection:
            rows = connection.execute(query.order_by(_JOBS.c.created_at.desc(), _JOBS.c.job_id).limit(limit)).all()
        return [self._open(row) for row in rows]

    def newest(self, limit: int) -> Sequence[SendJob]:
        """The newest jobs of all mailboxes, newest first."""
        query = sa.select(_JOBS.c.job_id, _JOBS.c.sealed).order_by(_JOBS.c.created_at.desc(), _JOBS.c.job_id).limit(limit)
        with self._begin() as connection:
            return [self._open(row) for row in connection.execute(query).all()]

    # --- sealed bytes and packages --------------------------------------------------------------------------------------

    def put_bytes(self, job_id: str, name: str, sealed: bytes) -> None:
        """Keep sealed bytes under a job and a name; a later call replaces them (a step that runs again seals again)."""
        kept, fresh = {"of": job_id, "named": name, "sealed": sealed}, {"job_id": job_id, "name": name, "sealed": sealed}
        try:
            with self._begin() as connection:
                if connection.execute(_BYTES_ARE, kept).rowcount == 0:
                    connection.execute(_NEW_BYTES, fresh)
        except IntegrityError:  # somebody else inserted it between the two
            with self._begin() as connection:
                connection.execute(_BYTES_ARE, kept)

    def get_bytes(self, job_id: str, name: str) -> bytes:
        """Raises NotFound."""
        with self._begin() as connection:
            sealed = connection.execute(_BYTES_OF, {"of": job_id, "named": name}).scalar_one_or_none()
        if sealed is None:
            raise NotFound
        return bytes(sealed)

    def put_package(self, package: PortalPackage) -> None:
        """Idempotent on package_id: the first one stays, since its link may have been sent."""
        row = msgspec.structs.asdict(package) | {
            "created_at": database.instant(package.created_at),
            "expires_at": database.instant(package.expires_at),
        }
        try:
            with self._begin() as connection:
                connection.execute(_NEW_PACKAGE, row)
        except IntegrityError:
            return

    def package(self, package_id: str) -> PortalPackage:
        """Raises NotFound."""
        with self._begin() as connection:
            row = connection.execute(_PACKAGES.select().where(_PACKAGES.c.package_id == package_id)).mappings().one_or_none()
        if row is None:
            raise NotFound
        return msgspec.convert({str(name): value for name, value in row.items()}, type=PortalPackage)

    def revoke_package(self, package_id: str, at: datetime) -> bool:
        """Empty a package for good; its link answers that it is closed. False when it was empty or gone already."""
        open_still = (_PACKAGES.c.package_id == package_id) & (sa.func.length(_PACKAGES.c.envelope) > 0)
        with self._begin() as connection:
            done = connection.execute(_PACKAGES.update().where(open_still).values(envelope=b"", expires_at=database.instant(at))).rowcount
            connection.execute(_FORGET, {"of": package_id})  # how it was to be opened
        return done > 0

    def forget_access(self, at: datetime) -> int:
        """Delete what is kept beside packages whose time is over (how they were to be opened); how many."""
        over = sa.select(_PACKAGES.c.package_id).where(_PACKAGES.c.expires_at <= database.instant(at))
        with self._begin() as connection:
            return int(connection.execute(_BYTES.delete().where(_BYTES.c.job_id.in_(over))).rowcount)

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()
