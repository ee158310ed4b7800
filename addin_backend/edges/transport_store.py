"""What is known of domains, in an SQLite file of its own: policies, probes, answers, and the evidence that decisions name.

The standard library's driver, because an answer from here stands on the way of every mail: one prepared look-up by key takes about ten
microseconds. WAL and synchronous=FULL, so that evidence that was kept is there after a crash. Several processes may share the file.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from addin_backend.edges.database import instant, settle
from addin_backend.errors import NotFound, Unavailable
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.transport import HostProbe, Proof, StoredPolicy

T = TypeVar("T")
BUSY_SECONDS = 2.0
WRITING, READING = 0, 1
SHORTEST = 8  # characters of a name that find it
FORGET = timedelta(days=30)  # an answer that nobody asked for since then; what decisions name is kept apart, for good
_SCHEMA = """
CREATE TABLE IF NOT EXISTS policies (key TEXT PRIMARY KEY, policy BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (key TEXT PRIMARY KEY, probe BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer BLOB NOT NULL, expires_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (key TEXT PRIMARY KEY, evidence_id TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS proofs (evidence_id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS certificates (fingerprint TEXT PRIMARY KEY, der BLOB NOT NULL);
"""


class _Kept(msgspec.Struct, array_like=True):
    """A document with the names of the certificates beside it."""

    body: bytes
    certificates: list[str]


class SqliteTransportStore:
    """PolicyStore, ProbeStore and AnswerStore at ``path``. Thread-safe.

    ``world`` keeps what was learnt through a resolver or roots given for a test apart from what counts. Raises Unavailable when the
    file cannot be used, from the constructor and from every method.
    """

    def __init__(self, path: Path, world: str = "") -> None:
        self._world = world
        self._locks = (threading.Lock(), threading.Lock())
        try:
            # one to write and one to read: whoever waits for another process's lock keeps nobody from reading
            self._connections = (_opened(path), _opened(path))
            self._connections[WRITING].executescript(_SCHEMA)
        except sqlite3.Error:
            raise Unavailable from None
        self._decoder = msgspec.msgpack.Decoder(TransportEvidence)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        for lock, connection in zip(self._locks, self._connections, strict=True):
            with lock:
                connection.close()

    def _key(self, name: str) -> str:
        return f"{self._world}\n{name}" if self._world else name

    @contextmanager
    def _using(self, which: int) -> Iterator[sqlite3.Connection]:
        with self._locks[which]:
            try:
                yield self._connections[which]
            except sqlite3.Error:
                raise Unavailable from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._using(WRITING) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:  # whatever ends it, nothing half-written stays
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _one(self, query: str, key: str) -> bytes | None:
        with self._using(READING) as connection:
            found = connection.execute(query, (key,)).fetchone()
        return None if found is None else bytes(found[0])

    # --- policies and probes --------------------------------------------------------------------------------------------

    def policy(self, domain: str) -> StoredPolicy | None:
        """The stored policy of ``domain``."""
        found = self._one("SELECT policy FROM policies WHERE key = ?", self._key(domain))
        return None if found is None else _decoded(found, StoredPolicy)

    def keep(self, domain: str, policy: StoredPolicy) -> None:
        """Replace what was stored for ``domain``."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO policies VALUES (?, ?)", (self._key(domain), msgspec.msgpack.encode(policy)))

    def probe(self, host: str) -> HostProbe | None:
        """The newest probe of ``host``."""
        found = self._one("SELECT probe FROM probes WHERE key = ?", self._key(host))
        return None if found is None else _decoded(found, HostProbe)

    def keep_probe(self, probe: HostProbe) -> None:
        """Replace what was known of ``probe.host``."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO probes VALUES (?, ?)", (self._key(probe.host), msgspec.msgpack.encode(probe)))

    # --- answers --------------------------------------------------------------------------------------------------------

    def answer(self, domain: str) -> TransportEvidence | None:
        """The newest answer about ``domain``, over or not."""
        found = self._one("SELECT answer FROM answers WHERE key = ?", self._key(domain))
        try:
            return None if found is None else self._decoder.decode(found)
        except msgspec.DecodeError:
            raise Unavailable from None

    def keep_answer(self, answer: TransportEvidence, proof: Proof) -> None:
        """Replace what was known of the domain, with the evidence it was drawn from."""
        ends, key = instant(answer.expires_at) if answer.expires_at else "", self._key(answer.domain)
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, msgspec.msgpack.encode(answer), ends))
            connection.execute("INSERT OR REPLACE INTO pending VALUES (?, ?, ?)", (key, proof.evidence_id, _packed(proof)))
            _keep_certificates(connection, proof.certificates)

    def domains(self, since: datetime) -> list[str]:
        """The domains whose answer ended after ``since``, so that they can be kept fresh."""
        with self._using(READING) as connection:
            rows = connection.execute("SELECT key FROM answers WHERE expires_at > ? ORDER BY expires_at", (instant(since),)).fetchall()
        prefix = self._key("")
        return [str(key).removeprefix(prefix) for (key,) in rows if str(key).startswith(prefix) and ("\n" in str(key)) == bool(prefix)]

    def forget(self, at: datetime) -> None:
        """Drop answers that ended long ago, with evidence that no decision named."""
        with self._writing() as connection:
            old = (instant(at - FORGET),)
            connection.execute("DELETE FROM pending WHERE key IN (SELECT key FROM answers WHERE expires_at < ?)", old)
            connection.execute("DELETE FROM answers WHERE expires_at < ?", old)

    # --- evidence -------------------------------------------------------------------------------------------------------

    def keep_proof(self, domain: str, evidence_id: str) -> bool:
        """Keep the evidence of the domain's answer for good; False when it is not there any more."""
        if self._has_proof(evidence_id):  # without a turn as the file's one writer
            return True
        with self._writing() as connection:
            move = "INSERT OR IGNORE INTO proofs SELECT evidence_id, body FROM pending WHERE key = ? AND evidence_id = ?"
            connection.execute(move, (self._key(domain), evidence_id))
        return self._has_proof(evidence_id)

    def _has_proof(self, evidence_id: str) -> bool:
        return self._one("SELECT x'01' FROM proofs WHERE evidence_id = ?", evidence_id) is not None

    def add_proof(self, proof: Proof) -> None:
        """Keep evidence for good."""
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO proofs VALUES (?, ?)", (proof.evidence_id, _packed(proof)))
            _keep_certificates(connection, proof.certificates)

    def find_proof(self, beginning: str) -> Proof:
        """The one evidence whose name begins so (at least eight characters). Raises NotFound."""
        if len(beginning) < SHORTEST or not set(beginning) <= set("0123456789abcdef"):
            raise NotFound
        query = "SELECT evidence_id FROM proofs WHERE evidence_id >= ? AND evidence_id < ? LIMIT 2"
        with self._using(READING) as connection:
            rows = connection.execute(query, (beginning, beginning + "g")).fetchall()
        if len(rows) != 1:
            raise NotFound
        return self.proof(str(rows[0][0]))

    def proof(self, evidence_id: str) -> Proof:
        """The evidence that was kept. Raises NotFound."""
        found = self._one("SELECT body FROM proofs WHERE evidence_id = ?", evidence_id)
        if found is None:
            raise NotFound
        try:
            kept = _decoded(zlib.decompress(found), _Kept)
        except zlib.error:
            raise Unavailable from None
        ders = {name: self._one("SELECT der FROM certificates WHERE fingerprint = ?", name) for name in kept.certificates}
        return Proof(evidence_id, kept.body, {name: der for name, der in ders.items() if der is not None})


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    settle(connection)
    return connection


def _decoded(raw: bytes, form: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(raw, type=form)
    except msgspec.DecodeError:  # another version's, or a damaged file
        raise Unavailable from None


def _packed(proof: Proof) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(_Kept(proof.body, sorted(proof.certificates))))


def _keep_certificates(connection: sqlite3.Connection, certificates: Mapping[str, bytes]) -> None:
    connection.executemany("INSERT OR IGNORE INTO certificates VALUES (?, ?)", list(certificates.items()))
