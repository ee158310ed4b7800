"""What Exchange's own report says of a domain, against what we believed of it: mail that went without TLS contradicts every promise.

The observations are a register (``registers/observations/data.json``), written by `addin-backend transport report`: dated, with the
digests of the reports that they come from. An agreement that was verified after the observation counts again;
without one an observation ends by itself, since the report tells of ordinary mail too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

import msgspec

from addin_backend.errors import BadRegister
from addin_backend.evidence.transport.exchange_report import Observation, Seen
from addin_backend.evidence.transport.names import a_label
from addin_backend.model.evidence import TransportEvidence, TransportVerdict

PATH = "registers/observations/data.json"
LIFE = timedelta(days=90)
REASON = "report_no_tls"
SUFFICIENT = frozenset({TransportVerdict.REGISTER, TransportVerdict.DANE, TransportVerdict.MTA_STS_ENFORCE})


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``count`` mails to ``domain`` that were seen so, the last of them on ``day``."""

    domain: str
    seen: Seen
    day: date
    count: int


class Observations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The register: ``sources`` are SHA-256 digests of the reports."""

    checked: date
    sources: list[str]
    entries: list[Entry]


EMPTY = Observations(checked=date(2026, 11, 23), sources=[], entries=[])


def _bad(what: str, da: str) -> BadRegister:
    return BadRegister(f"The register {PATH} cannot be used: {what}", sentence_da=f"Registret {PATH} kan ikke bruges: {da}", field=PATH)


def read_observations(files: Mapping[str, bytes]) -> Observations:
    """The register; empty when there is none. Raises BadRegister with the entry."""
    raw = files.get(PATH)
    if raw is None:
        return EMPTY
    try:
        found = msgspec.json.decode(raw, type=Observations)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad(f"{error}.", f"{error}.") from None
    for index, entry in enumerate(found.entries):
        if a_label(entry.domain) != entry.domain or entry.count < 1:
            raise _bad(f"entries[{index}] is no domain with a count.", f"entries[{index}] er ikke et domæne med et antal.")
    return found


def merged(register: Observations, report: Iterable[Observation], digest: str, on: date) -> Observations:
    """The register with a report taken in: one entry for a domain and a kind, the last day and the higher count. What is older than its
    life is left out. The same report twice changes nothing. A row without a day counts as seen on the day of the import.
    """
    if digest in register.sources:
        return register
    found = {(entry.domain, entry.seen): entry for entry in register.entries}
    for row in report:
        if row.seen not in (Seen.NO_TLS, Seen.BLOCKED):
            continue
        known = found.get((row.domain, row.seen))
        day = row.day or on
        if known is not None:
            day, count = max(day, known.day), max(row.count, known.count)
        else:
            count = row.count
        found[row.domain, row.seen] = Entry(domain=row.domain, seen=row.seen, day=day, count=count)
    kept = [entry for entry in found.values() if entry.day >= on - LIFE]
    return Observations(checked=on, sources=[*register.sources, digest], entries=sorted(kept, key=lambda item: (item.domain, item.seen)))


def last_without_tls(register: Observations) -> Mapping[str, date]:
    """The last day on which mail to a domain was seen to go without TLS."""
    days: dict[str, date] = {}
    for entry in register.entries:
        if entry.seen is Seen.NO_TLS:
            days[entry.domain] = max(entry.day, days.get(entry.domain, entry.day))
    return days


def judged(evidence: TransportEvidence, seen_on: date | None, verified_on: date | None, at: datetime) -> TransportEvidence:
    """``evidence``, or ``contradicted`` where it was sufficient and mail went without TLS after ``verified_on`` (the register's)."""
    if seen_on is None or evidence.verdict not in SUFFICIENT or seen_on < at.date() - LIFE:
        return evidence
    if evidence.verdict is TransportVerdict.REGISTER and verified_on is not None and verified_on > seen_on:
        return evidence
    return msgspec.structs.replace(
        evidence, verdict=TransportVerdict.CONTRADICTED, enforcement="none", reasons=tuple(dict.fromkeys((*evidence.reasons, REASON)))
    )
