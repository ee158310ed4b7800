"""Puts sending together: keys, log, store, mailbox and the durable workflow."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.canonical import canonical
from addin_backend.accountability.notary import Notary, origin_of
from addin_backend.accountability.records import Act
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.setting_files import make_data_folder, private_file
from addin_backend.edges.accountability_log.writer import SqliteLog
from addin_backend.edges.contact_history import SqlContactHistory
from addin_backend.edges.database import sqlite_url
from addin_backend.edges.keys import KeyFile
from addin_backend.edges.phone_book import SqlPhoneBook
from addin_backend.edges.pseudonyms import KeyedPseudonyms
from addin_backend.edges.question_store import QuestionStore
from addin_backend.edges.store import SqlStore
from addin_backend.errors import SendSecurelyError
from addin_backend.flows.accept_send import Accepting, Press
from addin_backend.flows.check import Checking
from addin_backend.flows.portal_access import Phones, admit
from addin_backend.flows.pre_send import Recording
from addin_backend.model.access import Access
from addin_backend.model.decision import Decision
from addin_backend.model.evidence import Evidence
from addin_backend.model.first_use import learn_structs
from addin_backend.model.message import Message
from addin_backend.model.policy import RecordedQuestion
from addin_backend.ports import Durable, Mailbox
from addin_backend.sealing import envelope
from addin_backend.settings import Settings

THREADS_KEPT = timedelta(days=400)  # a reply that comes later is a new matter
PHONES_KEPT = timedelta(days=400)  # from the last use of a number
USES_KEPT = timedelta(days=5 * 366)  # the longest window and the longest dispensation that anybody should set


def new_id() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What lies in the data folder: keys, log, store."""

    keys: KeyFile
    log: SqliteLog
    notary: Notary
    names: KeyedPseudonyms
    store: SqlStore
    questions: QuestionStore
    history: SqlContactHistory
    phones: SqlPhoneBook

    def seal(self, content: bytes, name: str) -> bytes:
        """``content`` at rest, bound to ``name``."""
        return envelope.seal_bytes(content, name, self.keys)

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """What ``seal`` sealed under ``name``."""
        return envelope.open_bytes(sealed, name, self.keys)

    def close(self) -> None:
        """Let go of the files; the log signs its last checkpoint."""
        self.phones.close()
        self.history.close()
        self.questions.close()
        self.store.close()
        self.log.close()


def key_path(settings: Settings) -> Path:
    """Where the keys are."""
    return Path(settings.key_file) if settings.key_file else Path(settings.data_dir) / "keys.json"


def log_path(settings: Settings) -> Path:
    """Where the accountability log is."""
    return Path(settings.data_dir) / "log.sqlite"


def database_of(settings: Settings, name: str) -> str:
    """The URL of the database that holds ``name``: one PostgreSQL for all of them, or an SQLite file each in the data folder.

    The accountability log is an SQLite file in either case (docs/decisions/056).
    """
    return settings.database_url or sqlite_url(private_file(Path(settings.data_dir) / f"{name}.sqlite"))


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The log alone, with what its records need."""

    log: SqliteLog
    names: KeyedPseudonyms


def open_log(settings: Settings) -> OpenLog:
    """The log, to write to. Raises BadRegister (keys), LogBroken, Unavailable (a server writes it)."""
    make_data_folder(Path(settings.data_dir))
    keys = KeyFile.load_or_create(key_path(settings))
    log = SqliteLog(log_path(settings), Notary(origin_of(settings.tenant), keys.log_signing_key), now)
    return OpenLog(log, KeyedPseudonyms(settings.tenant, keys.secret("pseudonyms")))


def open_cabinet(settings: Settings) -> Cabinet:
    """Open or create everything in the data folder. Raises BadRegister (keys), LogBroken, Unavailable (in use, not writable)."""
    learn_structs()
    make_data_folder(Path(settings.data_dir))
    keys = KeyFile.load_or_create(key_path(settings))
    notary = Notary(origin_of(settings.tenant), keys.log_signing_key)
    log = SqliteLog(log_path(settings), notary, now)
    store = store_of(settings, keys)
    names = KeyedPseudonyms(settings.tenant, keys.secret("pseudonyms"))
    questions, history, phones = open_questions(settings, keys), open_history(settings, keys), open_phones(settings, keys)
    return Cabinet(keys, log, notary, names, store, questions, history, phones)


def store_of(settings: Settings, keys: KeyFile) -> SqlStore:
    """Jobs, sealed bytes and packages. Raises Unavailable."""
    hash_key = keys.secret("store")
    return SqlStore(
        database_of(settings, "store"),
        seal=lambda content, name: envelope.seal_bytes(content, name.decode(), keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name.decode(), keys),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode(), "sha256").hex(),
    )


def open_store(settings: Settings) -> SqlStore:
    """The store alone, beside a server that runs. Raises BadRegister (keys), Unavailable."""
    make_data_folder(Path(settings.data_dir))
    return store_of(settings, KeyFile.load_or_create(key_path(settings)))


def open_history(settings: Settings, keys: KeyFile) -> SqlContactHistory:
    """Our own records of whom was written to. Raises Unavailable."""
    hash_key = keys.secret("history")
    history = SqlContactHistory(
        database_of(settings, "history"),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
    )
    history.forget_before(threads=now() - THREADS_KEPT, uses=now() - USES_KEPT)
    return history


def open_phones(settings: Settings, keys: KeyFile) -> SqlPhoneBook:
    """The numbers that senders gave for recipients; those that nobody used for long are deleted. Raises Unavailable."""
    hash_key = keys.secret("phones")
    phones = SqlPhoneBook(
        database_of(settings, "history"),
        keyed=lambda kind, value: hmac.digest(hash_key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256").hex(),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
        clock=now,
    )
    phones.forget_before(now() - PHONES_KEPT)
    return phones


def open_questions(settings: Settings, keys: KeyFile) -> QuestionStore:
    """The questions behind recorded decisions. Raises Unavailable."""
    return QuestionStore(
        database_of(settings, "questions"),
        seal=lambda content, name: envelope.seal_bytes(content, name, keys),
        unseal=lambda sealed, name: envelope.open_bytes(sealed, name, keys),
    )


def keep_question(cabinet: Cabinet, event_id: str, decision: Decision) -> None:
    """Keep what was asked and answered under the event that is about to be recorded. Raises Unavailable."""
    if decision.question:
        recorded = RecordedQuestion(
            event_id=event_id,
            at=decision.decided_at,
            revision=decision.policy_revision,
            question=decision.question,
            answer=decision.answer,
        )
        cabinet.questions.keep(recorded)


REASONS = "reasons"  # the name that the reasons of an event are kept under, beside its record


def keep_reasons(cabinet: Cabinet, event_id: str, reasons: Mapping[str, str]) -> None:
    """Keep the reasons that a sender gave, sealed under the event that is about to be recorded. Raises Unavailable."""
    if reasons:
        sealed = cabinet.seal(msgspec.msgpack.encode(dict(reasons)), f"{REASONS}\n{event_id}")
        cabinet.store.put_bytes(event_id, REASONS, sealed)


def reasons_of(cabinet: Cabinet, event_id: str) -> Mapping[str, str]:
    """The reasons behind a record. Raises NotFound."""
    sealed = cabinet.store.get_bytes(event_id, REASONS)
    return msgspec.msgpack.decode(cabinet.unseal(sealed, f"{REASONS}\n{event_id}"), type=dict[str, str])


def recording(cabinet: Cabinet, let_go: Callable[[Message, Act], None] = lambda _message, _act: None) -> Recording:
    """Where checks are recorded. ``let_go`` remembers for the ledger which mail a check let go."""
    return Recording(
        log=cabinet.log,
        names=cabinet.names,
        ticket_key=cabinet.keys.ticket_key,
        new_id=new_id,
        keep=lambda event_id, decision: keep_question(cabinet, event_id, decision),
        keep_reasons=lambda event_id, reasons: keep_reasons(cabinet, event_id, reasons),
        let_go=let_go,
    )


def with_history(checking: Checking, cabinet: Cabinet) -> Checking:
    """The rules in force, with our own records to ask."""
    return replace(checking, sources=replace(checking.sources, history=cabinet.history)) if checking.sources else checking


def act_of(actor: str, mailbox: str, request_id: str, language: str = "") -> Act:
    """Who does what now."""
    at = now()
    return Act(records.event_id(at, secrets.token_bytes(10)), at, actor, mailbox, request_id, language=language)


def package_id_of(cabinet: Cabinet) -> Callable[[str], str]:
    """The unguessable id of the package for "job/group"."""
    package_key = cabinet.keys.secret("package")
    return lambda name: hmac.digest(package_key, name.encode(), "sha256").hex()[:40]


def describing(cabinet: Cabinet) -> Callable[[Decision, Evidence, Press, str], bytes]:
    """The *decided* record of a press. Its event id follows from the job, so that recording it again changes nothing."""

    def describe(decision: Decision, evidence: Evidence, press: Press, job_id: str) -> bytes:
        event = records.event_id_of(job_id, "decided", press.ask.at)
        said = press.ask.bound_to(decision.digest)
        keep_question(cabinet, event, decision)
        keep_reasons(cabinet, event, said.reasons)
        act = Act(event, press.ask.at, press.actor, press.mailbox, press.request_id, language=press.language, job_id=job_id)
        return canonical(records.decided(decision, evidence, act, cabinet.names, said.reasons))

    return describe


def _refuse(cabinet: Cabinet) -> Callable[[Decision, Evidence, Press], None]:
    """Records a press that may not be sent, under no job."""

    def refuse(decision: Decision, evidence: Evidence, press: Press) -> None:
        act = act_of(press.actor, press.mailbox, press.request_id, press.language)
        said = press.ask.bound_to(decision.digest)
        keep_question(cabinet, act.event_id, decision)
        keep_reasons(cabinet, act.event_id, said.reasons)
        cabinet.log.append(records.decided(decision, evidence, act, cabinet.names, said.reasons))

    return refuse


def _turned_away(cabinet: Cabinet) -> Callable[[Press, str], None]:
    """Records a press whose draft could not be had. A log that takes nothing now does not hide the reason from the sender."""

    def note(press: Press, code: str) -> None:
        act = act_of(press.actor, press.mailbox, press.request_id, press.language)
        with suppress(SendSecurelyError):
            cabinet.log.append(records.simple("not_sent", act, cabinet.names, job="", error=code))

    return note


def phones_of(cabinet: Cabinet, checking: Checking) -> Phones:
    """Who is asked for the telephone number of a recipient."""
    key = cabinet.keys.secret("phone ref")
    directory = checking.sources.directory if checking.sources else None
    return Phones(cabinet.phones, directory, lambda number: hmac.digest(key, number.encode(), "sha256").hex()[:32])


def _admitting(phones: Phones) -> Callable[[Press, Sequence[str]], dict[str, Access]]:
    return lambda press, addresses: admit(press.mailbox, press.access, addresses, phones, press.ask.at)


def accepting(checking: Checking, cabinet: Cabinet, mailbox: Mailbox, durable: Durable) -> Accepting:
    """What accepting a press needs."""
    return Accepting(
        checking=checking,
        mailbox=mailbox,
        store=cabinet.store,
        durable=durable,
        seal=cabinet.seal,
        describe=describing(cabinet),
        refuse=_refuse(cabinet),
        new_id=new_id,
        admit=_admitting(phones_of(cabinet, checking)),
        turned_away=_turned_away(cabinet),
    )
