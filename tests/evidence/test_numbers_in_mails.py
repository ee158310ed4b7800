"""Any valid CPR number in any of its spellings inside any mail is found; numbers of other kinds are no identifiers of anybody."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.birthday import is_date
from addin_backend.evidence.content.cpr import recognise
from addin_backend.evidence.content.passage import make_passage
from addin_backend.model.evidence import Location
from content_samples import evidence
from sizes import size

MAILS = Path(__file__).resolve().parent / "data/mails"
SPELLINGS = (
    "{0}{1}{2}-{3}|{0}{1}{2}{3}|{0}{1}{2} {3}|{0}{1}{2} - {3}|{0}.{1}.{2}-{3}|{0} {1} {2} {3}|{0}-{1}-{2}-{3}|{0}/{1}/{2}-{3}|{0}{1}{2}/{3}"
    "|{0}{1}{2}–{3}|{0}{1}{2}—{3}|{0}{1}{2}\u00a0{3}|{0}{1}{2}-\u200b{3}|{0}{1}\u00ad{2}-{3}|{0}{1}{2}_{3}|{0}{1}{2}.{3}|{0}{1} {2} {3}"
    "|{0}{1}{2}-\n{3}|{0}{1}{2}\n{3}|{0}{1}{2}\t{3}"
).split("|")
LABELS = ("CPR: {}", "cpr-nr. {}", "Hans CPR-nummer er {}", "personnummer {}", "CPR number {}", "Bo Madsen, cpr {}, flytter")
_days = st.integers(1, 31), st.integers(1, 12), st.integers(0, 99), st.integers(1, 9999), st.booleans()


def _number(day: int, month: int, year: int, tail: int, moved: bool) -> tuple[str, str, str, str]:
    return f"{day + 60 * moved:02}", f"{month:02}", f"{year:02}", f"{tail:04}"


_NUMBERS = st.builds(_number, *_days).filter(lambda parts: is_date("".join(parts)) and len(set("".join(parts))) > 3)


@cache
def _bodies() -> list[str]:
    mails = [json.loads(line) for line in (MAILS / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    made_up = re.compile(
        "test|dummy|fiktiv|opdigt|fict|fake|placeholder|pladsholder|synt|eksemp|example|sample|format|mønster", re.IGNORECASE
    )
    return [mail["body"] for mail in mails if mail["format"] == "plain" and not made_up.search(mail["body"])]


@settings(max_examples=size(sample=150, full=10_000), deadline=None)
@given(_NUMBERS, st.sampled_from(SPELLINGS), st.sampled_from(LABELS), st.integers(0, 10**6), st.integers(0, 60))
def test_any_valid_number_in_any_spelling_inside_any_mail_is_found(
    parts: tuple[str, str, str, str], spelling: str, label: str, which: int, line: int
) -> None:
    """Behind a label, on a line of its own among those of a labelled mail."""
    written = spelling.format(*parts)
    lines = _bodies()[which % len(_bodies())].split("\n")
    place = line % (len(lines) + 1)
    passage = make_passage("\n".join([*lines[:place], label.format(written), *lines[place:]]), Location.BODY)
    found = {re.sub(r"\D", "", passage.text[hit.start : hit.end]) for hit in recognise(passage)}
    assert "".join(parts) in found


_ten = st.integers(10**9, 10**10 - 1).map(str)
_moments = st.integers(0, 10**9).map(lambda seconds: datetime(2000, 1, 1) + timedelta(seconds=seconds))  # a wall clock in a text
_OTHERS = st.one_of(
    _ten.map(lambda n: f"Ordre {n}"),
    _ten.map(lambda n: f"Ordrenr. {n[:6]}-{n[6:]}"),
    _ten.map(lambda n: f"Faktura nr. {n[:6]}-{n[6:]}"),
    _ten.map(lambda n: f"Invoice no. {n}"),
    _ten.map(lambda n: f"Sagsnummer {n[:6]}-{n[6:]}"),
    _ten.map(lambda n: f"Tracking: {n}"),
    _ten.map(lambda n: f"Pakkenr. {n}"),
    _ten.map(lambda n: f"Konto {n}"),
    _ten.map(lambda n: f"Serienummer {n}"),
    _ten.map(lambda n: f"Kundenr. {n[:6]} {n[6:]}"),
    _ten.map(lambda n: f"Policenummer {n[:6]}-{n[6:]}"),
    _ten.map(lambda n: f"Vare {n}"),
    _ten.map(lambda n: f"EAN 579{n}"),
    _ten.map(lambda n: f"IMEI 35{n}123"),
    _ten.map(lambda n: f"https://butik.example/p/{n}"),
    st.integers(20_000_000, 99_999_999).map(lambda n: f"Tlf. +45 {str(n)[:2]} {str(n)[2:4]} {str(n)[4:6]} {str(n)[6:]}"),
    st.integers(20_000_000, 99_999_999).map(lambda n: f"Ring på {n}"),
    st.integers(10_000_000, 99_999_999).map(lambda n: f"CVR {n}"),
    _moments.map(lambda at: f"Kl. {at:%Y-%m-%d %H:%M:%S}"),
    _moments.map(lambda at: f"Kørsel {at:%Y%m%d%H%M%S}"),
    _moments.map(lambda at: f"log {at:%Y%m%d%H%M}"),
    _moments.map(lambda at: f"Mødet er {at:%d.%m.%Y} kl. {at:%H.%M}"),
    st.integers(1, 10**8).map(lambda n: f"Prisen er {n:,} kr.".replace(",", ".")),
    st.integers(0, 10**10 - 1).map(lambda n: f"Betales af Nordlys A/S: IBAN DK{98 - (n * 10**6 + 132000) % 97:02} {n:014}"),
)


@settings(max_examples=size(sample=150, full=20_000), deadline=None)
@given(_OTHERS, st.booleans())
def test_numbers_of_other_kinds_are_no_identifiers(text: str, in_a_mail: bool) -> None:
    """Orders, invoices, cases, parcels, accounts, phones, companies, moments, prices: nobody's number, of no country."""
    body = f"Hej\n\nTak for i går.\n{text}\nVi ses i morgen.\n" if in_a_mail else text
    assert () == evidence(body).identifier_texts
