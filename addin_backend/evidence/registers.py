"""Reads the registers strictly: a bad date, an unknown country or an unknown word stops the start and names file and entry."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec

from addin_backend.evidence.register_checks import (
    bad,
    check_bases,
    check_countries,
    check_dispensations,
    check_domains,
    check_facts,
    check_names,
    check_parameters,
    check_partners,
    check_size,
    path_of,
)
from addin_backend.model.parameters import Parameters
from addin_backend.model.register import (
    BasisEntry,
    Countries,
    Dispensation,
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
    parameters: Parameters
    content_terms: bytes
    partner_by_domain: Mapping[str, tuple[Partner, ...]] = field(default_factory=dict)
    fact_by_domain: Mapping[str, DomainFact] = field(default_factory=dict)
    bases_by_domain: Mapping[str, tuple[BasisEntry, ...]] = field(default_factory=dict)
    dispensations_by_domain: Mapping[str, tuple[Dispensation, ...]] = field(default_factory=dict)
    own_domains: frozenset[str] = frozenset()
    free_domains: frozenset[str] = frozenset()


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's sentence without the path, which is named apart."""
    return str(error).split(" - at `")[0]


def _read(files: Mapping[str, bytes], name: str, kind: type[S]) -> S:
    raw = files.get(path_of(name))
    if raw is None:
        raise bad(name, "", "the file is missing.", "filen mangler.")
    check_names(name, raw)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        entry = _ENTRY_PATH.search(str(error).rsplit("at `", 1)[-1]) if " - at `" in str(error) else None
        raise bad(name, entry.group(1) if entry else "", f"{_plain(error)}.", f"{_plain(error)}.") from None
    except msgspec.DecodeError as error:
        raise bad(name, "", f"it is not JSON ({error}).", f"det er ikke JSON ({error}).") from None


def _grouped(entries: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    groups: dict[str, list[Any]] = {}
    for entry in entries:
        groups.setdefault(entry.domain, []).append(entry)
    return {domain: tuple(found) for domain, found in groups.items()}


def _index(registers: Registers) -> Registers:
    """The same with its look-ups by domain."""
    return replace(
        registers,
        partner_by_domain=_grouped(registers.partners.entries),
        fact_by_domain={fact.domain: fact for fact in registers.domains.entries},
        bases_by_domain=_grouped(registers.transfer_bases.entries),
        dispensations_by_domain=_grouped(registers.dispensations.entries),
        own_domains=frozenset(registers.organisation.domains),
        free_domains=frozenset(registers.free_mail.domains),
    )


def _check(found: Registers, codes: Collection[str] | None) -> None:
    """Raises BadRegister for the first fault."""
    listed: dict[str, list[Any]] = {
        "partners": found.partners.entries,
        "domains": found.domains.entries,
        "transfer_bases": found.transfer_bases.entries,
        "dispensations": found.dispensations.entries,
    }
    for name, entries in listed.items():
        check_size(name, len(entries))
        check_domains(name, ((f"entries[{index}].domain", item.domain) for index, item in enumerate(entries)))
    for name, names in (("organisation", found.organisation.domains), ("free_mail", found.free_mail.domains)):
        check_size(name, len(names))
        check_domains(name, ((f"domains[{index}]", domain) for index, domain in enumerate(names)))
    check_countries(found.countries)
    check_partners(found.partners)
    check_facts(found.domains, found.countries)
    check_bases(found.transfer_bases, found.countries)
    check_dispensations(found.dispensations, codes)
    check_parameters(found.parameters, codes)


def read_registers(files: Mapping[str, bytes], codes: Collection[str] | None = None) -> Registers:
    """All registers from ``{"registers/<name>/data.json": bytes}``. ``codes`` are those of the rules in force, when they are known.

    Raises BadRegister that names file, entry and field.
    """
    if path_of("content_terms") not in files:
        raise bad("content_terms", "", "the file is missing.", "filen mangler.")
    found = Registers(
        organisation=_read(files, "organisation", Organisation),
        partners=_read(files, "partners", Partners),
        domains=_read(files, "domains", DomainFacts),
        free_mail=_read(files, "free_mail", FreeMail),
        transfer_bases=_read(files, "transfer_bases", TransferBases),
        countries=_read(files, "countries", Countries),
        dispensations=_read(files, "dispensations", Dispensations),
        parameters=_read(files, "parameters", Parameters),
        content_terms=files[path_of("content_terms")],
    )
    _check(found, codes)
    return _index(found)
