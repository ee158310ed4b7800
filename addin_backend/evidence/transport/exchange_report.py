"""Reads Exchange Online's report *Outbound messages in transit security*: what really happened to mail that left.

It is evidence of its own class: it says of a domain, not of one mail, that mail went without TLS, or was stopped because DANE or
MTA-STS failed. The sections are exported one by one as CSV; columns are known by their names, in any order.
Source: learn.microsoft.com, Exchange admin center, mail flow reports.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from addin_backend.errors import BadInput
from addin_backend.evidence.transport.names import a_label

MOST_ROWS = 500_000
MOST_BYTES = 64 * 1024 * 1024
_DAY_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y")


class Seen(StrEnum):
    """What the report says of mail to a domain."""

    NO_TLS = "no_tls"
    BLOCKED = "blocked"
    TLS = "tls"
    MTA_STS = "mta_sts"
    DANE = "dane"


class Observation(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """``count`` mails to ``domain`` (A-labels) on ``day`` (None where the section has no days)."""

    domain: str
    seen: Seen
    day: date | None
    count: int


_TYPES = {"notls": Seen.NO_TLS, "plaintext": Seen.NO_TLS, "tls": Seen.TLS, "tlsonly": Seen.TLS, "mtasts": Seen.MTA_STS, "dane": Seen.DANE}


def _key(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _bad(row: int, what: str, da: str) -> BadInput:
    return BadInput(
        f"The report cannot be used: line {row}: {what}",
        sentence_da=f"Rapporten kan ikke bruges: linje {row}: {da}",
        next_step="Export the section from the Exchange admin center as CSV, and leave it as it is.",
        next_step_da="Hent afsnittet som CSV i Exchange admin center, og lad filen være, som den er.",
        field="report",
    )


def _text(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise _bad(1, "the file is too large.", "filen er for stor.")
    form = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(form)
    except UnicodeDecodeError:
        raise _bad(1, "it is neither UTF-8 nor UTF-16.", "den er hverken UTF-8 eller UTF-16.") from None


class _Columns(msgspec.Struct, frozen=True, kw_only=True):
    domain: int
    count: int
    day: int | None
    kind: int | None
    blocked: bool


def _columns(header: Sequence[str]) -> _Columns:
    keys = [_key(cell) for cell in header]

    def place(*words: str) -> int | None:
        return next((index for index, key in enumerate(keys) if any(word in key for word in words)), None)

    domain, count = place("recipientdomain", "domain"), place("count", "messages", "volume")
    if domain is None or count is None or domain == count:
        raise _bad(1, "there is no column for domain and count.", "der er ingen kolonner for domæne og antal.")
    blocked = any("blocked" in key or "error" in key for key in keys)
    kind = next((index for index, key in enumerate(keys) if key in {"securitytype", "type", "tlstype", "security", "protocol"}), None)
    return _Columns(domain=domain, count=count, day=place("date", "day"), kind=kind, blocked=blocked)


def _day(text: str, row: int) -> date:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text.strip()[:10].rstrip("T "), form).date()
        except ValueError:
            continue
    raise _bad(row, "the date cannot be read.", "datoen kan ikke læses.")


def _kind(cells: Sequence[str], columns: _Columns, row: int) -> Seen:
    if columns.blocked:
        return Seen.BLOCKED
    if columns.kind is None:
        return Seen.NO_TLS  # the section that lists only domains that do not support TLS
    found = _TYPES.get(_key(cells[columns.kind]))
    if found is None:
        raise _bad(row, "the security type is not known.", "sikkerhedstypen kendes ikke.")
    return found


def _observation(cells: Sequence[str], columns: _Columns, row: int) -> Observation:
    if len(cells) <= max(columns.domain, columns.count, columns.day or 0, columns.kind or 0):
        raise _bad(row, "a column is missing.", "der mangler en kolonne.")
    domain = a_label(cells[columns.domain].strip())
    count = re.sub(r"[\s.,]", "", cells[columns.count])
    if domain is None:
        raise _bad(row, "the domain is none.", "domænet er ikke et domæne.")
    if not re.fullmatch(r"[0-9]{1,12}", count):
        raise _bad(row, "the count is no number.", "antallet er ikke et tal.")
    day = _day(cells[columns.day], row) if columns.day is not None else None
    return Observation(domain=domain, seen=_kind(cells, columns, row), day=day, count=int(count))


def read_report(raw: bytes) -> tuple[Observation, ...]:
    """The rows with a count above 0, sorted. Raises BadInput that names the line; half a file is never taken."""
    rows = csv.reader(io.StringIO(_text(raw).replace("\0", "")), strict=True)
    try:
        header = next(rows, [])
        columns = _columns(header)
        found = []
        for number, cells in enumerate(rows, 2):
            if number > MOST_ROWS:
                raise _bad(number, "there are too many lines.", "der er for mange linjer.")
            if any(cell.strip() for cell in cells):
                found.append(_observation(cells, columns, number))
    except csv.Error:
        raise _bad(rows.line_num, "it is no CSV.", "det er ikke CSV.") from None
    return tuple(sorted(item for item in found if item.count > 0))
