"""Puts a check together: rules, registers, engine and facts. Nothing here starts a server or opens a database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.setting_files import folder_of, read_setting
from addin_backend.decision import metadata
from addin_backend.decision.explain import FAILURE_TEXTS, RuleText
from addin_backend.decision.revision import policy_set
from addin_backend.edges.certificate_folder import CertificateFolder
from addin_backend.edges.directory_file import read_directory
from addin_backend.edges.policy_folder import read_folder, with_registers
from addin_backend.edges.revision_store import RevisionFolder
from addin_backend.errors import BadRegister, SendSecurelyError, Unavailable
from addin_backend.evidence.certificates import addresses, judge, normal_address
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.evidence.extraction.reader import Reader, read_here
from addin_backend.evidence.look_alike import KnownDomains
from addin_backend.evidence.recipients import RegisterFacts
from addin_backend.evidence.registers import Registers, read_registers
from addin_backend.evidence.standing import standing_of
from addin_backend.evidence.transport.connections import read_connections
from addin_backend.evidence.transport.observed import last_without_tls, read_observations
from addin_backend.flows.check import Checking
from addin_backend.flows.observe_transport import ObservedTransport, Sayings
from addin_backend.flows.surroundings import Sources
from addin_backend.model.evidence import Channels
from addin_backend.ports import CertificateStore, EngineFailure, PolicyEngine, PolicySet, TransportSource
from addin_backend.settings import Settings

if TYPE_CHECKING:
    from addin_backend.bootstrap.transport import Kept  # for its name alone: `check --evidence` loads no network

PROJECT = Path(__file__).resolve().parent.parent.parent
LIVE_REGISTERS = ("observations",)  # written by `transport report`, decided by nobody


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that is in force, read and checked."""

    policies: PolicySet
    files: Mapping[str, bytes]
    registers: Registers
    terms: Terms
    texts: Mapping[str, RuleText]


def policy_files(settings: Settings) -> Mapping[str, bytes]:
    """The rules of the product or of ``policies_dir``, with the registers of ``registers_dir`` in place."""
    folder = Path(settings.policies_dir) if settings.policies_dir else PROJECT / "policies" / "rego"
    return with_registers(read_folder(folder), Path(settings.registers_dir) if settings.registers_dir else None)


def revisions(settings: Settings) -> RevisionFolder:
    """The rules that were in force in this installation. Nothing is made before something is kept."""
    return RevisionFolder(Path(settings.data_dir) / "policies", policy_set)


def files_in_force(settings: Settings) -> Mapping[str, bytes]:
    """What was published last, or the folders of the settings as long as nothing was. Raises BadRegister, NotFound (not kept any more).

    A register that a program writes as it observes counts as it stands, beside published rules too.
    """
    store = revisions(settings)
    published = store.in_force()
    if published is None:
        return policy_files(settings)
    kept = dict(store.load(published.revision).files)
    for name in LIVE_REGISTERS:
        live = Path(settings.registers_dir) / name / "data.json"
        if settings.registers_dir and live.is_file():
            kept[f"registers/{name}/data.json"] = live.read_bytes()
    return kept


def rulebook(settings: Settings) -> Rulebook:
    """Everything in force. Raises BadRegister that names file and entry."""
    return rulebook_of(files_in_force(settings))


def rulebook_of(files: Mapping[str, bytes]) -> Rulebook:
    """These files, read and checked. Raises BadRegister that names file and entry."""
    texts = metadata.texts(files)
    if not texts:
        raise BadRegister("There is not one rule in the folder of rules.", sentence_da="Der er ikke en eneste regel i mappen med regler.")
    return Rulebook(
        policies=policy_set(files),
        files=files,
        registers=read_registers(files, frozenset(texts)),
        terms=read_terms(files["registers/content_terms/data.json"], now().date()),
        texts={**FAILURE_TEXTS, **texts},
    )


class NoEngine(Unavailable):
    """The engine could not be had. There is never a fallback to another one."""

    sentence = "No OPA was found. Nothing was checked."
    sentence_da = "Der blev ikke fundet nogen OPA. Intet er tjekket."
    next_step = "Run `make tools`, put `opa` on PATH, or set opa_binary or opa_url."
    next_step_da = "Kør `make tools`, læg `opa` i PATH, eller sæt opa_binary eller opa_url."


def own_opa(settings: Settings) -> Path:
    """The opa program: the setting, .tools, then PATH. Raises NoEngine."""
    if settings.opa_binary:
        given = Path(settings.opa_binary)
        if not (given.is_file() and os.access(given, os.X_OK)):
            raise NoEngine(
                f"The setting opa_binary names {given}, which is no program. Nothing was checked.",
                sentence_da=f"Indstillingen opa_binary peger på {given}, som ikke er et program. Intet er tjekket.",
            )
        return given
    built = PROJECT / ".tools" / "opa"
    found = str(built) if os.access(built, os.X_OK) else shutil.which("opa")
    if not found:
        raise NoEngine
    return Path(found)


def unusable(failure: EngineFailure) -> SendSecurelyError:
    """What is told when an engine does not start: the place in the rules, or that there is no engine."""
    if failure.kind != "compile":
        return NoEngine(
            f"The engine does not start ({failure.detail or failure.kind}). Nothing was checked.",
            sentence_da=f"Regelmotoren starter ikke ({failure.detail or failure.kind}). Intet er tjekket.",
        )
    return BadRegister(
        f"The rules cannot be used: {failure.detail.strip()}",
        sentence_da=f"Reglerne kan ikke bruges: {failure.detail.strip()}",
        next_step="`addin-backend policy check` names every fault.",
        next_step_da="`addin-backend policy check` nævner alle fejl.",
    )


@contextmanager
def _own_server(settings: Settings, policies: PolicySet) -> Iterator[str]:
    """The address of an OPA that runs for as long as it is needed."""
    from addin_backend.edges.opa_process import OpaProcess  # here, because only this command starts one

    process = OpaProcess(own_opa(settings), policies)
    try:
        process.start()
    except EngineFailure as failure:
        raise unusable(failure) from None
    try:
        yield process.url
    finally:
        process.stop()


@contextmanager
def _opa_at(url: str, settings: Settings, policies: PolicySet) -> Iterator[PolicyEngine]:
    from addin_backend.edges.rego_server import OpaServer  # here, so that the other engine is not loaded

    engine = OpaServer(url, policies, timeout=settings.engine_deadline)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _embedded(settings: Settings, policies: PolicySet) -> Iterator[PolicyEngine]:
    from addin_backend.edges.rego_embedded import RegorusWorker  # here, so that the other engine is not loaded

    try:
        engine = RegorusWorker(policies, workers=settings.engine_workers)
    except EngineFailure as failure:
        raise unusable(failure) from None
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def open_engine(settings: Settings, policies: PolicySet, *, start_opa: bool = False) -> Iterator[PolicyEngine]:
    """The engine that the settings name, closed afterwards. ``start_opa`` starts an OPA unless opa_url names one.

    Raises BadRegister (the rules do not compile), NoEngine.
    """
    if settings.engine == "embedded":
        with _embedded(settings, policies) as engine:
            yield engine
    elif start_opa and not settings.opa_url:
        with _own_server(settings, policies) as url, _opa_at(url, settings, policies) as engine:
            yield engine
    else:
        with _opa_at(settings.opa_url, settings, policies) as engine:
            yield engine


def channels(settings: Settings) -> Channels:
    """What this installation is able to deliver."""
    return Channels(tls=True, smime=settings.smime, portal=settings.portal)


def certificate_store(settings: Settings) -> CertificateStore:
    """The folder of recipients' certificates; without a folder or roots no certificate is usable."""
    folder = folder_of(settings, "certificates_dir") if settings.certificates_dir else Path(os.devnull)
    if settings.trusted_roots:
        read_setting(settings, "trusted_roots")  # so that a wrong path is told at once
    roots = Path(settings.trusted_roots or os.devnull)
    return CertificateFolder(folder, roots, judge=judge, addresses=addresses, normal_address=normal_address)


def lookups(settings: Settings, book: Rulebook, kept: Kept | None = None) -> TransportSource:
    """Transport evidence from the partners register, then DNS; made no milder by what Exchange's report saw.

    ``kept`` is what is known of domains: it outlives a change of rules, and holds the evidence that decisions name.
    """
    from addin_backend.bootstrap.transport import transport_lookup  # here, so that `check --evidence` loads no network

    lookup = transport_lookup(settings, book.registers, kept)
    return ObservedTransport(lookup, sayings(book))


def sayings(book: Rulebook) -> Sayings:
    """What the registers say of domains."""
    return Sayings(last_without_tls(read_observations(book.files)), book.registers.partner_by_domain, read_connections(book.files))


def sources(settings: Settings, registers: Registers) -> Sources:
    """Who is asked what is around a mail. Our own records come with the data folder (bootstrap/sending.py)."""
    known = {*registers.partner_by_domain, *registers.fact_by_domain, *registers.bases_by_domain}
    directory = read_directory(read_setting(settings, "directory_file")) if settings.directory_file else None
    return Sources(registers, KnownDomains(registers.own_domains, known - registers.free_domains), directory=directory)


def checking(
    settings: Settings, book: Rulebook, engine: PolicyEngine, transport: TransportSource | None, read: Reader = read_here
) -> Checking:
    """Everything a check needs. The product gives a ``read`` that works in processes of its own (bootstrap/attachments.py)."""
    return Checking(
        revision=book.policies.revision,
        texts=book.texts,
        terms=book.terms,
        engine=engine,
        facts=RegisterFacts(registers=book.registers, certificates=certificate_store(settings)),
        transport=transport,
        organisation=book.registers.organisation.kind,
        channels=channels(settings),
        deadline=settings.engine_deadline,
        read=read,
        standing=standing_of(book.registers),
        sources=sources(settings, book.registers),
    )
