"""What is wrong inside registers that have the right form: domains, countries, codes, periods, doubles. The first fault is raised."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from addin_backend.errors import BadRegister
from addin_backend.model.parameters import Parameters
from addin_backend.model.register import Countries, Dispensation, Dispensations, DomainFacts, Partners, TransferBases

MAX_ENTRIES = 20_000  # of one register: each check reads them, and a list this long is no list that an officer keeps
_DOMAIN = re.compile(r"^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$")
_CODE = re.compile(r"^[A-Z]{2}-[0-9]{2}$")


def path_of(name: str) -> str:
    """Where a register lies."""
    return f"registers/{name}/data.json"


def bad(name: str, entry: str, what_en: str, what_da: str) -> BadRegister:
    """The refusal of a register: file, entry and field, and what is wrong there."""
    place = f"{path_of(name)}{', ' + entry if entry else ''}"
    return BadRegister(
        f"The register {place} cannot be used: {what_en}", sentence_da=f"Registret {place} kan ikke bruges: {what_da}", field=place
    )


class _Doubled(ValueError):
    """A name that stands twice in one object."""


def _once(pairs: Sequence[tuple[str, Any]]) -> None:
    """An object_pairs_hook that keeps nothing: only names are looked at."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise _Doubled(next(name for name in names if names.count(name) > 1))


def check_names(name: str, raw: bytes) -> None:
    """No object says the same name twice: readers differ about which one counts."""
    try:
        json.loads(raw, object_pairs_hook=_once)
    except _Doubled as found:
        raise bad(name, "", f"the name “{found}” stands twice in one entry.", f"navnet “{found}” står to gange i samme post.") from None
    except (ValueError, RecursionError):
        return  # the strict reader says it better


def check_size(name: str, count: int) -> None:
    """No more entries than every check can read."""
    if count > MAX_ENTRIES:
        raise bad(name, "entries", f"it has {count} entries, {MAX_ENTRIES} at most.", f"det har {count} poster, højst {MAX_ENTRIES}.")


def check_domains(name: str, domains: Iterable[tuple[str, str]]) -> None:
    """Every domain is in lower-case A-labels. ``domains``: (entry, domain)."""
    for entry, domain in domains:
        if not _DOMAIN.match(domain):
            raise bad(
                name,
                entry,
                f"'{domain}' is not a domain in lower-case A-labels.",
                f"'{domain}' er ikke et domæne med små bogstaver (A-labels).",
            )


def _check_period(name: str, entry: str, start: date, end: date) -> None:
    if end < start:
        raise bad(
            name, f"{entry}.valid_to", f"valid_to {end} is before valid_from {start}.", f"valid_to {end} ligger før valid_from {start}."
        )


def _check_overlaps(name: str, periods: Iterable[tuple[Any, int, date, date]]) -> None:
    """No two entries about the same thing hold on the same day. ``periods``: (what it is about, index, first day, last day)."""
    by_key: dict[Any, list[tuple[date, date, int]]] = {}
    for key, index, start, end in periods:
        by_key.setdefault(key, []).append((start, end, index))
    for found in by_key.values():
        found.sort()
        for (_, end, first), (start, _, second) in pairwise(found):
            if start <= end:
                raise bad(
                    name,
                    f"entries[{second}].valid_from",
                    f"it overlaps entries[{first}]: {start} lies within its period.",
                    f"den overlapper entries[{first}]: {start} ligger i dens periode.",
                )


def _check_country(name: str, entry: str, country: str, countries: Countries) -> None:
    if country not in countries.known:
        raise bad(name, entry, f"'{country}' is not an ISO 3166-1 country code.", f"'{country}' er ikke en landekode efter ISO 3166-1.")


def check_countries(countries: Countries) -> None:
    """Known codes only, one decision per country."""
    for name in ("eea", "special"):
        for index, code in enumerate(getattr(countries, name)):
            _check_country("countries", f"{name}[{index}]", code, countries)
    seen: set[str] = set()
    for index, decision in enumerate(countries.adequacy):
        _check_country("countries", f"adequacy[{index}].country", decision.country, countries)
        if decision.country in seen:
            entry = f"adequacy[{index}].country"
            raise bad("countries", entry, f"{decision.country} stands there twice.", f"{decision.country} står der to gange.")
        seen.add(decision.country)


def check_partners(partners: Partners) -> None:
    """Periods in order, and one agreement per domain at a time."""
    for index, item in enumerate(partners.entries):
        _check_period("partners", f"entries[{index}]", item.valid_from, item.valid_to)
    _check_overlaps("partners", ((item.domain, i, item.valid_from, item.valid_to) for i, item in enumerate(partners.entries)))


def check_facts(facts: DomainFacts, countries: Countries) -> None:
    """Known countries, each domain once."""
    seen: set[str] = set()
    for index, fact in enumerate(facts.entries):
        entry = f"entries[{index}]"
        _check_country("domains", f"{entry}.country", fact.country, countries)
        if fact.remote_access is not None:
            _check_country("domains", f"{entry}.remote_access.country", fact.remote_access.country, countries)
        if fact.domain in seen:
            raise bad("domains", f"{entry}.domain", f"{fact.domain} stands there twice.", f"{fact.domain} står der to gange.")
        seen.add(fact.domain)


def check_bases(bases: TransferBases, countries: Countries) -> None:
    """Known countries and modules, periods in order, and the same ground for the same organisation and classes once at a time."""
    for index, basis in enumerate(bases.entries):
        entry = f"entries[{index}]"
        _check_country("transfer_bases", f"{entry}.country", basis.country, countries)
        _check_period("transfer_bases", entry, basis.valid_from, basis.valid_to)
        if basis.module not in {"none", "1", "2", "3", "4"}:
            raise bad(
                "transfer_bases",
                f"{entry}.module",
                f"module '{basis.module}' is none of none, 1-4.",
                f"modul '{basis.module}' er ikke none eller 1-4.",
            )
    _check_overlaps(
        "transfer_bases",
        (
            ((item.domain, item.country, item.basis, item.module, tuple(sorted(item.classes))), index, item.valid_from, item.valid_to)
            for index, item in enumerate(bases.entries)
        ),
    )


def _check_code(name: str, entry: str, code: str, codes: Collection[str] | None) -> None:
    if not _CODE.match(code) or (codes is not None and code not in codes):
        raise bad(name, entry, f"there is no rule {code[:20]}.", f"der er ingen regel {code[:20]}.")


def _check_approval(entry: str, item: Dispensation) -> None:
    if item.approved_by and item.asked_by == item.approved_by:
        raise bad(
            "dispensations",
            f"{entry}.approved_by",
            "the same person asked and approved.",
            "samme person har bedt om den og godkendt den.",
        )
    if not item.approved_by and not item.emergency:
        raise bad("dispensations", f"{entry}.approved_by", "nobody has approved it.", "ingen har godkendt den.")
    if item.emergency and item.confirm_by is None:
        raise bad(
            "dispensations",
            f"{entry}.confirm_by",
            "an emergency dispensation needs the day by which it is confirmed.",
            "en nøddispensation skal have den dag, den senest skal være bekræftet.",
        )


def check_dispensations(dispensations: Dispensations, codes: Collection[str] | None) -> None:
    """Ids once, two people, periods in order, a rule that exists. ``codes`` are those of the rules in force, when they are known."""
    seen: set[str] = set()
    for index, item in enumerate(dispensations.entries):
        entry = f"entries[{index}] ({item.id})"
        _check_period("dispensations", entry, item.valid_from, item.valid_to)
        _check_code("dispensations", f"{entry}.code", item.code, codes)
        _check_approval(entry, item)
        if item.id in seen:
            raise bad("dispensations", f"{entry}.id", "the id stands there twice.", "id'et står der to gange.")
        seen.add(item.id)


def check_parameters(parameters: Parameters, codes: Collection[str] | None) -> None:
    """Codes of rules that exist, each once."""
    seen: set[str] = set()
    for index, item in enumerate(parameters.answers):
        _check_code("parameters", f"answers[{index}].code", item.code, codes)
        if item.code in seen:
            raise bad("parameters", f"answers[{index}].code", f"{item.code} stands there twice.", f"{item.code} står der to gange.")
        seen.add(item.code)
