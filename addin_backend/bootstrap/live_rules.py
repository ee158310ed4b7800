"""The rules in force in a running server: read, compiled, lent to each request, and replaced when something is published."""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.bootstrap.checking import Rulebook, checking, files_in_force, lookups, open_engine, revisions, rulebook_of, sayings
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.sending import Cabinet
from addin_backend.bootstrap.transport import ORDINARY, Way, kept_fresh
from addin_backend.decision import metadata
from addin_backend.edges.logs import reporter
from addin_backend.edges.rego_server import OpaServer
from addin_backend.edges.wish_folder import Answer, WishFolder
from addin_backend.errors import SendSecurelyError
from addin_backend.evidence.extraction.reader import Reader
from addin_backend.flows.check import Checking
from addin_backend.flows.observe_transport import known_connections
from addin_backend.flows.policy.live import Live
from addin_backend.flows.policy.publish import Wish, activate
from addin_backend.flows.policy.sample import sample_question
from addin_backend.flows.policy.shadow import Counts, ShadowedEngine
from addin_backend.flows.refresh_transport import UNUSED
from addin_backend.model.evidence import TransportEvidence
from addin_backend.ports import EngineFailure, PolicyEngine, PolicySet
from addin_backend.settings import Settings
from addin_backend.web.services import RuleLine, RulesInForce

LOOK_EVERY = 0.5  # seconds between two looks for something published
LOOK_OFTEN = 0.05  # seconds between two looks at an OPA that is to fetch it


@dataclass(frozen=True, slots=True)
class InForce:
    """One revision in use. ``opened`` closes its engine."""

    event_id: str
    book: Rulebook
    checking: Checking
    shown: RulesInForce
    opened: ExitStack


def rule_lines(files: Mapping[str, bytes]) -> tuple[RuleLine, ...]:
    """Every rule with its words, for the page."""
    return tuple(
        RuleLine(
            code=code,
            concern=rule.file.split("/")[1],
            effect=rule.effect.value,
            title=rule.text.title,
            explanation=rule.text.explanation,
            way_out=rule.text.way_out,
            law=rule.text.law,
            owner=rule.owner,
            effective_on=rule.effective_on.isoformat(),
        )
        for code, rule in sorted(metadata.read(files).rules.items())
    )


def _shown(book: Rulebook, engine: str) -> RulesInForce:
    registers: list[tuple[str, Mapping[str, Any]]] = [
        (path.split("/")[1], json.loads(content)) for path, content in sorted(book.files.items()) if path.endswith("/data.json")
    ]
    return RulesInForce(book.policies.revision, engine, rule_lines(book.files), tuple(registers))


def _answers(new: InForce) -> bool:
    """Whether its engine holds these very rules. An OPA that has not fetched them yet says that it holds others."""
    try:
        new.checking.engine.evaluate(new.checking.revision, sample_question(), new.checking.deadline)
    except EngineFailure as failure:
        return failure.kind != "unavailable"
    return True


class LiveRules:
    """Opens the rules in force; ``watch`` puts new ones in their place. Raises SendSecurelyError when the first ones cannot be used."""

    def __init__(self, settings: Settings, read: Reader, way: Way = ORDINARY) -> None:
        self._settings, self._read = settings, read
        rulebook_of(files_in_force(settings))  # what cannot be used is told before anything is made
        self._store = revisions(settings)
        self._letters = WishFolder(self._store.folder)
        self._fresh = ExitStack()
        self._kept = self._fresh.enter_context(kept_fresh(settings, way))
        self._report = reporter(structlog.get_logger("rules"))
        self.shadow_counts = Counts()
        self._live = Live(self._open(), lambda old: old.opened.close())
        self._pending: InForce | None = None  # published, and not yet held by the OPA that answers
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def _open(self) -> InForce:
        published = self._store.in_force()
        book = rulebook_of(files_in_force(self._settings))
        with ExitStack() as opened:
            engine = self._shadowed(opened.enter_context(open_engine(self._settings, book.policies)), book.policies)
            opened.callback(engine.close)
            parts = checking(self._settings, book, engine, lookups(self._settings, book, self._kept), self._read)
            return InForce(published.event_id if published else "", book, parts, _shown(book, engine.name), opened.pop_all())

    def _shadowed(self, engine: PolicyEngine, policies: PolicySet) -> PolicyEngine:
        """The engine, watched by another one where the settings ask for it."""
        if not (self._settings.shadow_opa_url and self._settings.shadow_share):
            return engine
        shadow = OpaServer(self._settings.shadow_opa_url, policies, timeout=self._settings.engine_deadline)
        draw = random.SystemRandom().random
        return ShadowedEngine(engine, shadow, self._settings.shadow_share, draw, self.shadow_counts, self._report)

    def connections(self) -> tuple[TransportEvidence, ...]:
        """What is known of each domain that mail went to lately, and of every partner. Nothing is asked."""
        at = now()
        return known_connections(self._kept.store.domains(at - UNUSED), self._kept.store.answer, sayings(self.current.book), at)

    @property
    def current(self) -> InForce:
        """What is in force, to look at."""
        return self._live.current

    @property
    def to_serve(self) -> PolicySet:
        """What an OPA that polls us shall hold: what was published last."""
        return (self._pending or self.current).book.policies

    def lent(self) -> AbstractContextManager[InForce]:
        """What is in force, for one request."""
        return self._live.lent()

    def start(self, cabinet: Cabinet) -> None:
        """Keep what is in force and record the start; from here on, what is published takes its place."""
        self._store.keep(self.current.book.policies)
        act = Act(records.event_id(now(), secrets.token_bytes(10)), now(), "", "", "")
        cabinet.log.append(records.simple("started", act, cabinet.names, policy_revision=self.current.book.policies.revision))
        self._thread = threading.Thread(target=self._watch, args=(cabinet,), name="rules", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking: from here on nothing is written to the log. Idempotent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Stop looking and let the engine go."""
        self.stop()
        if self._pending is not None:
            self._pending.opened.close()
        self._live.close()
        self._fresh.close()

    def _watch(self, cabinet: Cabinet) -> None:
        events = structlog.get_logger("rules")
        while not self._stopping.wait(LOOK_OFTEN if self._pending else LOOK_EVERY):
            try:
                self._grant(cabinet)
                self._renew(cabinet)
            except SendSecurelyError as error:
                events.error("rules_not_renewed", code=error.code)
            except Exception:  # noqa: BLE001 whatever it was: the rules in force stay, and the next look tries again
                events.error("rules_not_renewed", exc_info=True)

    def _grant(self, cabinet: Cabinet) -> None:
        """Put a wish in force: only when its rules can be read and compiled, and once its record is written."""
        wish = self._letters.wish(Wish)
        if wish is None:
            return
        act = Act(wish.event_id, wish.at, wish.asked_by, "", "")
        try:
            with open_engine(self._settings_embedded(), rulebook_of(dict(self._store.load(wish.revision).files)).policies):
                pass  # it compiles: only then may it be recorded as in force
            activate(wish, act, self._store, cabinet.log, cabinet.names)
        except SendSecurelyError as error:
            self._letters.done(Answer(event_id=wish.event_id, sentence=error.sentence, sentence_da=error.sentence_da))
            return
        self._letters.done()

    def _settings_embedded(self) -> Settings:
        return msgspec.structs.replace(self._settings, engine="embedded", engine_workers=1)

    def _renew(self, cabinet: Cabinet) -> None:
        """Take what is in force now into use, if it is not what we have."""
        published = self._store.in_force()
        if published is None or published.event_id == self.current.event_id:
            return
        new = self._pending
        if new is None or new.event_id != published.event_id:
            if new is not None:
                new.opened.close()
            new = self._pending = self._open()
            self._store.keep(new.book.policies)
        if not _answers(new):
            return
        self._live.swap(new)
        self._pending = None
        structlog.get_logger("rules").info("rules_in_force", revision=new.book.policies.revision, kind=published.kind)


@contextmanager
def live_rules(settings: Settings, read: Reader, way: Way = ORDINARY) -> Iterator[LiveRules]:
    """The rules in force, closed afterwards. ``way``: how recipients' domains are asked."""
    rules = LiveRules(settings, read, way)
    try:
        yield rules
    finally:
        rules.close()
