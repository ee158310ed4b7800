"""Reads the registers strictly: a bad date, an unknown country or an unknown word stops the start and names file and entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import msgspec

from addin_backend.errors import BadRegister
from addin_backend.model.register import (
    BasisEntry,
    Countries,
    Dispensations,
    DomainFact,
    DomainFacts,
    FreeMail,
    Organisation,
    Partner,
    Partners,
    TransferBases,
)

S = TypeVar("S", bound=msgspec.Struct)
_DOMAIN = re.compile(r"^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$")
_ENTRY_PATH = re.compile(r"\$\.?([A-Za-z_.\[\]0-9]*)")


@dataclass(frozen=True, slots=True)
class Registers:
    """Every register in force, typed, with look-ups by domain made once."""

    organisation: Organisation
    partners: Partners
    domains: DomainFacts
    free_mail: FreeMail
    transfer_bases: TransferBases
    countries: Countries
    dispensations: Dispensations
    content_terms: bytes
    partner_by_domain: Mapping[str, tuple[Partner, ...]]
    fact_by_domain: Mapping[str, DomainFact]
    bases_by_domain: Mapping[str, tuple[BasisEntry, ...]]
    own_domains: frozenset[str]
    free_domains: frozenset[str]


def _path(name: str) -> str:
    return f"registers/{name}/data.json"


def _bad(name: str, entry: str, what_en: str, what_da: str) -> BadRegister:
    place = f"{_path(name)}{', ' + entry if entry else ''}"
    return BadRegister(
        f"The register {place} cannot be used: {what_en}", sentence_da=f"Registret {place} kan ikke bruges: {what_da}", field=place
    )


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's sentence without the path, which is named apart."""
    return str(error).split(" - at `")[0]


def _read(files: Mapping[str, bytes], name: str, kind: type[S]) -> S:
    raw = files.get(_path(name))
    if raw is None:
        raise _bad(name, "", "the file is missing.", "filen mangler.")
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        entry = _ENTRY_PATH.search(str(error).rsplit("at `", 1)[-1]) if " - at `" in str(error) else None
        raise _bad(name, entry.group(1) if entry else "", f"{_plain(error)}.", f"{_plain(error)}.") from None
    except msgspec.DecodeError as error:
        raise _bad(name, "", f"it is not JSON ({error}).", f"det er ikke JSON ({error}).") from None


def _check_domains(name: str, domains: Iterable[tuple[str, str]]) -> None:
    for entry, domain in domains:
        if not _DOMAIN.match(domain):
            raise _bad(
                name,
                entry,
                f"'{domain}' is not a domain in lower-case A-labels.",
                f"'{domain}' er ikke et domæne med små bogstaver (A-labels).",
            )


def _check_period(name: str, entry: str, start: date, end: date) -> None:
    if end < start:
        raise _bad(name, entry, f"valid_to {end} is before valid_from {start}.", f"valid_to {end} ligger før valid_from {start}.")


def _check_country(name: str, entry: str, country: str, countries: Countries) -> None:
    if country not in countries.known:
        raise _bad(name, entry, f"'{country}' is not an ISO 3166-1 country code.", f"'{country}' er ikke en landekode efter ISO 3166-1.")


def _check_countries(countries: Countries) -> None:
    for index, code in enumerate(countries.eea):
        _check_country("countries", f"eea[{index}]", code, countries)
    for index, decision in enumerate(countries.adequacy):
        _check_country("countries", f"adequacy[{index}]", decision.country, countries)


def _check_facts(registers: tuple[DomainFacts, TransferBases, Countries]) -> None:
    facts, bases, countries = registers
    seen: set[str] = set()
    for index, fact in enumerate(facts.entries):
        _check_country("domains", f"entries[{index}]", fact.country, countries)
        if fact.domain in seen:
            raise _bad("domains", f"entries[{index}]", f"{fact.domain} stands there twice.", f"{fact.domain} står der to gange.")
        seen.add(fact.domain)
    for index, basis in enumerate(bases.entries):
        _check_country("transfer_bases", f"entries[{index}]", basis.country, countries)
        _check_period("transfer_bases", f"entries[{index}]", basis.valid_from, basis.valid_to)
        if basis.module not in {"none", "1", "2", "3", "4"}:
            raise _bad(
                "transfer_bases",
                f"entries[{index}]",
                f"module '{basis.module}' is none of none, 1-4.",
                f"modul '{basis.module}' er ikke none eller 1-4.",
            )


def _check_dispensations(dispensations: Dispensations) -> None:
    seen: set[str] = set()
    for index, item in enumerate(dispensations.entries):
        entry = f"entries[{index}] ({item.id})"
        _check_period("dispensations", entry, item.valid_from, item.valid_to)
        if item.asked_by == item.approved_by:
            raise _bad("dispensations", entry, "the same person asked and approved.", "samme person har bedt om den og godkendt den.")
        if item.id in seen:
            raise _bad("dispensations", entry, "the id stands there twice.", "id'et står der to gange.")
        seen.add(item.id)


def _grouped(entries: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    groups: dict[str, list[Any]] = {}
    for entry in entries:
        groups.setdefault(entry.domain, []).append(entry)
    return {domain: tuple(found) for domain, found in groups.items()}


def read_registers(files: Mapping[str, bytes]) -> Registers:
    """All registers from ``{"registers/<name>/data.json": bytes}``. Raises BadRegister that names file and entry."""
    organisation = _read(files, "organisation", Organisation)
    partners = _read(files, "partners", Partners)
    domains = _read(files, "domains", DomainFacts)
    free_mail = _read(files, "free_mail", FreeMail)
    bases = _read(files, "transfer_bases", TransferBases)
    countries = _read(files, "countries", Countries)
    dispensations = _read(files, "dispensations", Dispensations)
    if _path("content_terms") not in files:
        raise _bad("content_terms", "", "the file is missing.", "filen mangler.")
    _check_countries(countries)
    _check_domains("organisation", ((f"domains[{i}]", d) for i, d in enumerate(organisation.domains)))
    _check_domains("partners", ((f"entries[{i}]", p.domain) for i, p in enumerate(partners.entries)))
    _check_domains("domains", ((f"entries[{i}]", f.domain) for i, f in enumerate(domains.entries)))
    _check_domains("free_mail", ((f"domains[{i}]", d) for i, d in enumerate(free_mail.domains)))
    _check_domains("transfer_bases", ((f"entries[{i}]", b.domain) for i, b in enumerate(bases.entries)))
    for index, partner in enumerate(partners.entries):
        _check_period("partners", f"entries[{index}]", partner.valid_from, partner.valid_to)
    _check_facts((domains, bases, countries))
    _check_dispensations(dispensations)
    return Registers(
        organisation=organisation,
        partners=partners,
        domains=domains,
        free_mail=free_mail,
        transfer_bases=bases,
        countries=countries,
        dispensations=dispensations,
        content_terms=files[_path("content_terms")],
        partner_by_domain=_grouped(partners.entries),
        fact_by_domain={fact.domain: fact for fact in domains.entries},
        bases_by_domain=_grouped(bases.entries),
        own_domains=frozenset(organisation.domains),
        free_domains=frozenset(free_mail.domains),
    )
