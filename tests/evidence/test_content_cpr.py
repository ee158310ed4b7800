"""CPR numbers: found in every spelling that people use, told from the numbers that only look like them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.content.birthday import century, is_date
from addin_backend.evidence.content.cpr import passes_modulus_11
from addin_backend.model.evidence import Location, SensitivityClass
from content_samples import evidence, text_file
from sizes import size


@pytest.mark.parametrize(
    ("number", "body"),
    [
        ("040574-1235", "Kunden hedder Bo, 040574-1235."),
        ("040574 1235", "cpr 040574 1235"),
        ("0405741235", "Opret venligst Bo Madsen 0405741235 fra mandag"),
        ("0405741235", "CPR: 0405741235"),
        ("04.05.74-1235", "født 04.05.74-1235"),
        ("04 05 74 12 35", "Mit CPR er 04 05 74 12 35"),
        ("040574–1235", "CPR 040574–1235"),
        ("040574-\u200b1235", "CPR 040574-\u200b1235"),
        ("０４０５７４-1235", "CPR ０４０５７４-1235"),
        ("040574-\n1235", "Bo Madsen 040574-\n1235"),
        ("640574-1235", "erstatningspersonnummer 640574-1235"),
        ("010190-1111", "Lise er 010190-1111"),
        ("320190-1234", "cpr-nr. 320190-1234 kan ikke findes"),
        ("04051974-1235", "CPR-nummer 04051974-1235"),
        ("040574-6AB2", "cpr 040574-6AB2"),
        ("280256 2225", "Patient: Grethe Lind, 280256 2225"),
        ("0405741235", "https://portal.test/sag?cpr=0405741235"),
        ("040574-1235", "CPR-nr: 040574-1235"),
        ("040574-1235", "CPRNR 040574-1235"),
        ("040574-1235", "cpr.nr. 040574-1235"),
        ("040574-1235", "Cpr: 040574-1235, tlf. 12 34 56 78"),
        ("040574-1235", "Personnummer 040574-1235"),
        ("040574-1235", "person nr 040574-1235"),
        ("040574-1235", "Sygesikringsnummer: 040574-1235"),
        ("040574-1235", "Danish ID 040574-1235"),
        ("040574-1235", "Her civil registration number is 040574-1235"),
        ("040574-1235", "My SSN is 040574-1235"),
        ("040574-1235", "Bo Madsen (040574-1235) flytter"),
        ("040574-1235", "Bo Madsen, f. 040574-1235"),
        ("040574-1235", "Patienten 040574-1235 ringer"),
        ("040574-1235", "borger: 040574-1235"),
        ("040574-1235", "040574-1235 Bo Madsen"),
        ("040574-1235", "Navn: Bo Madsen\nCPR: 040574-1235\nAdresse: Byvej 1"),
        ("040574-1235", "(040574-1235), cpr"),
        ("040574-1235", '"cpr": "040574-1235"'),
        ("040574-1235", "cpr='040574-1235'"),
        ("040574-1235", "| CPR | 040574-1235 |"),
        ("040574-1235", "CPR;040574-1235;Bo"),
        ("040574/1235", "CPR 040574/1235"),
        ("040574 - 1235", "CPR 040574 - 1235"),
        ("040574.1235", "CPR 040574.1235"),
        ("040574\u00a01235", "CPR 040574\u00a01235"),
        ("040574—1235", "CPR 040574—1235"),
        ("040574−1235", "CPR 040574−1235"),
        ("0405 74 1235", "CPR 0405 74 1235"),
        ("04-05-74-1235", "CPR 04-05-74-1235"),
        ("04/05/74-1235", "CPR 04/05/74-1235"),
        ("0405-74-1235", "CPR 0405-74-1235"),
        ("040574\n-1235", "Bo Madsen 040574\n-1235"),
        ("0 4 0 5 7 4 1 2 3 5", "cpr 0 4 0 5 7 4 1 2 3 5"),
        ("290200-4009", "Hans CPR er 290200-4009"),
        ("910190-1234", "erstatnings-cpr 910190-1234"),
        ("010160-1111", "cpr 010160-1111"),
        ("311299-4444", "barnets cpr 311299-4444"),
        ("040574-12 35", "CPR 040574-12 35"),
        ("040574-123", "CPR-nummer 040574-123"),
        ("040574-1235", "Vi mangler svar fra kunden (cpr 040574-1235) om police 12345678"),
        ("040574-1235", "Sag 12345 vedrører Bo Madsen, 040574-1235"),
        ("040574-1235", "Ordre 998877 til Lise Holm, CPR 040574-1235"),
    ],
)
def test_every_spelling_is_found_as_it_was_written(number: str, body: str) -> None:
    """Hyphen, blanks, dots, dashes, wide digits, invisible characters, line breaks, none, day + 60, mistyped but called CPR."""
    found = evidence(body)
    assert (number,) == found.identifier_texts
    assert SensitivityClass.CPR in found.classes


@pytest.mark.parametrize(
    "body",
    [
        "Ordrenummer 0405741235 er sendt.",
        "Faktura nr. 040574-1235",
        "Ref. 040574-1235",
        "Sag 040574-1235 behandles",
        "Tlf. +45 04 05 74 12 35",
        "Pakkenr. 0405741235",
        "Version 040574-1235",
        "Konto 0405741235",
        "Batch 040574-1235",
        "EAN 5790405741235",
        "https://x.test/a/0405741235",
        "Brug 012345-6789 i formularen",
        "Skriv 000000-0000",
        "CPR 123456-7890",
        "Test-CPR 251248-9996",
        "Et eksempel: 040574-1235",
        "cpr 111111-1118",
        "IBAN DK5004057412350000",
        "040574-12356",
        "1040574-1235",
        "991374-1235",
        "Måler 0405741235 viser 12",
        "Kl. 1235 den 040574",
        "CPR XXXXXX-XXXX",
        "Møde 290326 1430",
        "SKU 0405741235",
        "Meeting id 040574-1235",
        "Skadenummer 0405741235",
        "040574-XXXX",
        "Rekvisition 040574-1235",
        "Purchase order 0405741235",
        "PO 040574-1235",
        "Kvittering 0405741235",
        "Bilag 040574-1235",
        "Booking 040574-1235",
        "Reservationsnummer 040574-1235",
        "Kundenummer 040574-1235",
        "Medlemsnr. 040574-1235",
        "Serienr. 040574-1235",
        "Chassis 040574-1235",
        "Stelnummer 0405741235",
        "Varenummer 040574-1235",
        "Lejemål 040574-1235",
        "Matrikel 040574-1235",
        "Projekt 040574-1235",
        "Licens 040574-1235",
        "Firmware 040574-1235",
        "Container 040574-1235",
        "Gavekort 040574-1235",
        "Ticket 040574-1235",
        "GLN 5790040574123",
        "IMEI 350405741235012",
        "Tlf. 0405741235",
        "fax 04 05 74 12 35",
        "+4504057412",
        "ISBN 0405741235",
        "2026-05-04 12:35:00",
        "20260504123500",
        "040526 1235",
        "04.05.2026 12.35",
        "v1.040574.1235",
        "192.168.040.574",
        "040574-1235-01",
        "AB040574-1235",
        "040574-1235.example.test",
        "bo_040574-1235@firma.example",
        "Vejen er 040574,1235 km",
        "Beløb 040.574,12 kr.",
        "040574-12",
        "040574-",
        "CPR: 040574-****",
        "CPR: DDMMÅÅ-XXXX",
        "CPR 000000-0000",
        "CPR 111111-1111",
        "Kontrolnummer 040574-1235 på maskinen",
        "Måler nr. 040574-1235 aflæses",
        "DOI 10.1000/0405741235",
        "Ingen CPR-numre her, tak",
        "Giro 040574-1235",
    ],
)
def test_other_numbers_are_no_people(body: str) -> None:
    """Orders, invoices, parcels, phones, versions, addresses, times, placeholders and test numbers are not CPR numbers."""
    assert () == evidence(body).identifier_texts


def test_tags_and_entities_do_not_hide_a_number() -> None:
    """The number that a reader of the HTML sees is found."""
    assert ("040574-1235",) == evidence("<p>CPR 0405<b>74</b>&#45;12<i>35</i></p>", html=True).identifier_texts


def test_a_lost_leading_zero_is_found_in_a_cpr_column() -> None:
    """A spreadsheet that took the number for a number dropped its zero."""
    assert ("405741235",) == evidence("Se", attachments=(text_file("a.csv", "navn;cpr\nBo;405741235\n"),)).identifier_texts


@pytest.mark.parametrize(
    ("location", "part", "found"),
    [
        (Location.SUBJECT, -1, evidence("x", "Vedr. 040574-1235")),
        (Location.BODY, -1, evidence("Bo 040574-1235")),
        (Location.QUOTED, -1, evidence("Ja\n\nFra: Bo\nSendt: i dag\nTil: Mig\n\nmit cpr er 040574-1235")),
        (Location.SIGNATURE, -1, evidence("Hej\n\nMvh\nBo Madsen\ncpr 040574-1235")),
        (Location.ATTACHMENT, 0, evidence("x", attachments=(text_file("a.txt", "cpr 040574-1235"),))),
        (Location.ATTACHMENT_NAME, 0, evidence("x", attachments=(text_file("Bo_040574-1235.txt", "x"),))),
    ],
)
def test_a_hit_says_where_it_stands(location: Location, part: int, found: object) -> None:
    """New text, quoted mail, signature, subject, attachment and file name are told apart."""
    hits = [hit for hit in found.hits if hit.recogniser == "cpr"]  # type: ignore[attr-defined] # a parametrised value
    assert [(location, part)] == [(hit.location, hit.part) for hit in hits]


def test_offsets_lead_back_to_the_text_as_written() -> None:
    """Invisible characters and ligatures before and inside the number do not shift its place."""
    body = "\ufb01rma\u00ad \u2026 CPR 0405\u200b74-1235 slut"
    (hit,) = [hit for hit in evidence(body).hits if hit.recogniser == "cpr"]
    assert "0405\u200b74-1235" == body[hit.start : hit.end]


@pytest.mark.parametrize(
    ("expected", "year", "seventh"),
    [(1974, 74, 1), (2004, 4, 4), (1937, 37, 4), (2036, 36, 9), (1999, 99, 9), (2057, 57, 5), (1858, 58, 8), (1900, 0, 0)],
)
def test_the_century_comes_from_the_seventh_digit(expected: int, year: int, seventh: int) -> None:
    """The table of the CPR office."""
    assert expected == century(year, seventh)


@pytest.mark.parametrize(
    ("expected", "digits"),
    [
        (True, "2902004"),
        (False, "2902000"),
        (True, "2902964"),
        (False, "3104000"),
        (False, "0013000"),
        (True, "9112990"),
        (False, "9200000"),
    ],
)
def test_dates_are_days_of_the_calendar(expected: bool, digits: str) -> None:
    """Leap years by the right century, and 60 added to the day."""
    assert expected is is_date(digits)


def test_modulus_11_is_evidence_and_no_gate() -> None:
    """A number without it is found beside its keyword, as numbers since 2007 need not have it."""
    assert not passes_modulus_11("0405741234")
    assert ("040574-1234",) == evidence("cpr 040574-1234").identifier_texts


_numbers = st.builds(
    lambda day, month, year, tail: f"{day:02}{month:02}{year:02}{tail:04}",
    st.integers(1, 28),
    st.integers(1, 12),
    st.integers(37, 99),
    st.integers(1, 3999),
).filter(lambda n: len(set(n)) > 2 and n not in {"2512489996"})


@settings(max_examples=size(sample=150, full=2000), deadline=None)
@given(
    _numbers,
    st.sampled_from(["{}-{}", "{} - {}", "{}{}", "{} {}", "{}–{}", "{}\u00a0{}"]),
    st.sampled_from(["CPR: {}", "Hans CPR-nummer er {}.", "personnr. {}"]),
)
def test_a_number_that_is_called_cpr_is_always_found(number: str, spelling: str, sentence: str) -> None:
    """Any valid number in any spelling, wherever it stands in a longer mail."""
    written = spelling.format(number[:6], number[6:])
    found = evidence("Hej Anna\n\nTak for sidst.\n" + sentence.format(written) + "\nVi ses.\n")
    assert (written,) == found.identifier_texts


@settings(max_examples=size(sample=150, full=2000), deadline=None)
@given(
    st.integers(10**9, 10**10 - 1),
    st.sampled_from(["Ordre {}", "Tracking: {}", "Faktura nr. {}", "Serienummer {}", "ID {}", "tlf. {}", "ref: {}"]),
)
def test_labelled_numbers_of_other_kinds_are_not(number: int, sentence: str) -> None:
    """Ten random digits with the label of something else are no CPR number, even when date and modulus fit."""
    assert () == evidence(sentence.format(number)).identifier_texts


@pytest.mark.parametrize(
    "body",
    [
        "Hi Anna, the locker 120683-4417 is free again.",
        "Tegning 120683-4417 er sendt til arkitekten.",
        "Nøglebrikken 1206834417 er spærret.",
        "Her er jeres startnumre:\n\nAnna 1206834417\nBo 0405741235\nCarl 0101801234",
        "Nøglekortene: Anna 1206834417, Bo 0405741235",
        "Sagen har hos ham nummer 1206834417.",
        "Your registration number is 1909264471 and your poster hangs on board 12.",
        "Hi runners, your chip codes: Anna 1405060814, Bo 1405060815, Carl 1405060816.",
        "Hej Peter. 2411264418 er klar til afhentning.",
        "Do not send your CPR number (e.g. 010190-1234) in e-mails.",
        "The example on the back concerns Test Testesen, 010100-0000.",
        "The app was updated to 311025-1044.",
        "Softwaren blev opdateret til 311025-1044.",
    ],
)
def test_the_number_of_a_thing_is_nobodys(body: str) -> None:
    """Named by the thing before it, by the heading of its list, by the date of its making, or shown as an example."""
    assert SensitivityClass.CPR not in evidence(body).classes


@pytest.mark.parametrize(
    ("number", "body"),
    [
        ("180577-2063", "Udlæg hos Carsten Bille Munch, 180577-2063, for 74.300 kr."),
        ("120492-1403", "Kopi af folkeregister: Rosa Lauge, f. 12.04.92, løbenr. 1403 (120492-1403), kvittering"),
        ("190914 3215", "De tre er 2403142980, 190914 3215 og 1112136003, som alle kom fra privatskolen."),
        ("140413-RV22", "Kommunen har givet hende et administrativt nummer, 140413-RV22."),
        ("640626-1UK9", "Manden fra i nat er nu oprettet som 640626-1UK9."),
        ("19 02 64 2331", "Beløbet skal gå til Per Munkholm, 19 02 64 2331."),
        ("05.09.1968-2214", "Jeg er født Ulla Brask, 05.09.1968-2214."),
        ("1402853217", 'Her er nummer til kontrakten: "1402853217", så har I mit cpr.'),
        ("120683-4417", "Ordre 2411264418 er klar. Bo Madsen, 120683-4417, henter den."),
        ("241126-4418", "Vores nyfødte datter har fået 241126-4418."),
        ("120683-4417", "Kan ses i e-Boks under 120683-4417."),
        ("310365-1459", "Der stod vist 3103650-1459 i mit brev, det rigtige er 310365-1459."),
    ],
)
def test_somebodys_number_without_a_label(number: str, body: str) -> None:
    """A person in the line, a birthday beside it, several people's numbers, a temporary number: and a second number is judged by itself."""
    found = evidence(body)
    assert number in found.identifier_texts
    assert SensitivityClass.CPR in found.classes
