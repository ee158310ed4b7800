"""Exchange Online's report on messages in transit: read by column names, refused by line, never taken by half."""

from __future__ import annotations

from datetime import date

import pytest

from addin_backend.errors import BadInput
from addin_backend.evidence.transport.exchange_report import Observation, Seen, read_report

DAY = date(2026, 11, 20)


def _row(domain: str, seen: Seen, count: int, day: date | None = DAY) -> Observation:
    return Observation(domain=domain, seen=seen, day=day, count=count)


CASES: list[tuple[str, str, list[Observation]]] = [
    ("domains without TLS", "Date,Recipient Domain,Message Count\n2026-11-20,A.example,3\n", [_row("a.example", Seen.NO_TLS, 3)]),
    (
        "sent, by type",
        'Recipient Domain,Security Type,Date,Count of Messages\nb.example,MTA-STS,11/20/2026,"1,204"\na.example,No-TLS,11/20/2026,2\n',
        [_row("a.example", Seen.NO_TLS, 2), _row("b.example", Seen.MTA_STS, 1204)],
    ),
    (
        "blocked",
        "Recipient Domain,Security Type,Count of Messages Blocked,Distinct Error Generated for Domain\na.example,DANE,7,tlsa-invalid\n",
        [_row("a.example", Seen.BLOCKED, 7, None)],
    ),
    ("nothing counted", "Date,Recipient Domain,Count\n2026-11-20,a.example,0\n\n", []),
    ("the header alone", "Date,Recipient Domain,Count\n", []),
    ("a Danish letter", "Date,Recipient Domain,Count\n20-11-2026,blåbær.example,1\n", [_row("xn--blbr-roah.example", Seen.NO_TLS, 1)]),
]


@pytest.mark.parametrize(("what", "text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_each_section_is_read(what: str, text: str, expected: list[Observation]) -> None:
    """Columns by name, domains in A-labels, sorted."""
    assert expected == list(read_report(text.encode()))
    assert expected == list(read_report(text.encode("utf-16")))


BAD = [
    ("empty", b"", 1),
    ("no domain", b"Date,Count\n2026-11-20,1\n", 1),
    ("no count", b"Date,Recipient Domain\n2026-11-20,a.example\n", 1),
    ("a word for a number", b"Date,Recipient Domain,Count\n2026-11-20,a.example,1\n2026-11-20,b.example,many\n", 3),
    ("a negative count", b"Date,Recipient Domain,Count\n2026-11-20,a.example,-1\n", 2),
    ("no such day", b"Date,Recipient Domain,Count\n2026-13-45,a.example,1\n", 2),
    ("no domain in a row", b"Date,Recipient Domain,Count\n2026-11-20,not a domain,1\n", 2),
    ("a new type", b"Recipient Domain,Security Type,Count\na.example,QUANTUM,1\n", 2),
    ("a short row", b"Date,Recipient Domain,Count\n2026-11-20,a.example\n", 2),
    ("a quote that never ends", b'Date,Recipient Domain,Count\n2026-11-20,"a.example,1\n', 2),
    ("other bytes", b"\x80\x81", 1),
]


@pytest.mark.parametrize(("what", "raw", "line"), BAD, ids=[case[0] for case in BAD])
def test_what_cannot_be_read_is_refused_by_line(what: str, raw: bytes, line: int) -> None:
    """A new word of Microsoft's is not guessed at, and half a report says too little."""
    with pytest.raises(BadInput, match=f"line {line}"):
        read_report(raw)
