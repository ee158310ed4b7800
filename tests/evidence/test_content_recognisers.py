"""The other recognisers: cards, accounts, papers, passwords, pay, private mail, negation, idioms, segments and masking."""

from __future__ import annotations

import json

import msgspec
import pytest

from addin_backend.errors import BadRegister
from addin_backend.evidence.content.classify import classify, mask_identifiers, min_protection
from addin_backend.evidence.content.iban import is_iban
from addin_backend.evidence.content.masking import mask
from addin_backend.evidence.content.private import is_private
from addin_backend.evidence.content.segments import cut
from addin_backend.evidence.content.terms import read_terms
from addin_backend.model.evidence import ContentEvidence, Location, SensitivityClass
from addin_backend.model.message import Attachment
from content_samples import evidence, mail, terms, text_file


def _found(body: str, recogniser: str) -> bool:
    return any(hit.recogniser == recogniser for hit in evidence(body).hits)


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        (True, "Mit kort er 4539 1488 0343 6467, udløb 09/28"),
        (True, "4539148803436467"),
        (True, "Amex 3714-496353-98431"),
        (True, "5019 7654 3210 9870 dankort"),
        (False, "4539 1488 0343 6468 kort"),
        (False, "Ordre 4539148803436467"),
        (False, "testkort 4111 1111 1111 1111"),
        (False, "+71<453914880343646+12345678<"),
        (False, "Licensnøgle 4539-1488-0343-6467"),
        (False, "Track 4539148803436467"),
    ],
)
def test_payment_cards(expected: bool, body: str) -> None:
    """Issuer, length and Luhn, told from orders, parcels, licences, payment slips and test cards."""
    assert expected is _found(body, "payment_card")


@pytest.mark.parametrize(
    ("expected", "recogniser", "body"),
    [
        (True, "iban", "Udbetal til min konto DK50 0040 0440 1162 43"),
        (True, "iban", "her salary goes to GB29NWBK60161331926819"),
        (False, "iban", "Faktura: betal til IBAN DK50 0040 0440 1162 43, CVR 12345678"),
        (False, "iban", "min konto DK51 0040 0440 1162 43"),
        (True, "danish_account", "Min konto: reg. 9570 konto 0012345678"),
        (True, "danish_account", "løn til konto 9570 0012345678"),
        (False, "danish_account", "Faktura 12 betales til reg. 9570 konto 0012345678"),
        (True, "passport_licence", "Hendes pasnummer er 209876543"),
        (True, "passport_licence", "Kørekort nr. 12345678 tilhører Bo"),
        (True, "passport_licence", "Passport number: AB1234567"),
        (False, "passport_licence", "Passet er udstedt i 2021"),
        (False, "passport_licence", "Det passer med 12345678 stk."),
        (True, "credentials", "Password: Kastanje77"),
        (True, "credentials", "adgangskoden til portalen er Hund-Kat-9"),
        (False, "credentials", "Dit password er udløbet"),
        (False, "credentials", "Adgangskode: ********"),
        (True, "salary", "Du får 52.000 kr. om måneden i løn fra juli"),
        (False, "salary", "Licensen koster 4.200 kr. om måneden pr. bruger"),
    ],
)
def test_identifiers_and_amounts(expected: bool, recogniser: str, body: str) -> None:
    """A person's number or pay is found; a company's, a price or a mere word is not."""
    assert expected is _found(body, recogniser)


@pytest.mark.parametrize(
    ("expected", "text"),
    [(True, "DK5000400440116243"), (True, "gb29 nwbk 6016 1331 9268 19"), (False, "DK5000400440116244"), (False, "XX00")],
)
def test_iban_checksum(expected: bool, text: str) -> None:
    """Country, length and modulus 97 (ISO 13616)."""
    assert expected is is_iban(text)


@pytest.mark.parametrize(
    ("expected", "subject"),
    [
        (True, "Privat"),
        (True, "privat: hej"),
        (True, "Private - lunch"),
        (True, "Re: SV: Privat: hej"),
        (True, "VS: Private:"),
        (True, "  Privat – søndag"),
        (True, "Fwd: privat"),
        (True, "Re[2]: Private: x"),
        (True, "Privat- hej"),
        (False, "Privatforsikring"),
        (False, "Privat pension"),
        (False, "Private equity"),
        (False, "Vedr. Privat: sag"),
        (False, "Privat- og erhverv"),
        (False, ""),
        (False, "Privatkunde: Bo"),
        (False, "Ikke privat"),
    ],
)
def test_the_private_mark(expected: bool, subject: str) -> None:
    """The mark stands at the start, alone or before a colon or dash, also after reply marks."""
    assert expected is is_private(subject)


def test_a_private_mail_is_not_read() -> None:
    """Only the class unread, whatever it holds and whatever hangs on it."""
    found = evidence("CPR 040574-1235", "Privat: søndag", attachments=(Attachment(name="a.zip", media_type="", content=b"PK\x03\x04"),))
    assert ContentEvidence(classes=frozenset({SensitivityClass.UNREAD})) == found
    assert "none" == min_protection(found)


@pytest.mark.parametrize(
    ("category", "body"),
    [
        ("health", "Lars har fået konstateret sukkersyge."),
        ("union", "Hun er tillidsrepræsentant for HK på lageret."),
        ("religion", "Amina er muslim og faster."),
        ("ethnicity", "Drengen er af kurdisk afstamning."),
        ("politics", "Han er medlem af Enhedslisten."),
        ("sex_life", "Vores kollega Jens er homoseksuel."),
        ("genetic", "Emmas gentest viste en mutation."),
        ("biometric", "Peters fingeraftryk er gemt."),
        ("criminal", "Bo er dømt for vold."),
        ("income", "Karens årsløn er steget."),
        ("debt", "Klienten har gæld til banken."),
        ("whistleblower", "Karsten er den whistleblower, vi talte om."),
        ("protected_address", "Hun har hemmelig adresse."),
        ("family", "Anne og Bo strides om forældremyndigheden."),
        ("grades", "Eleven dumpede til eksamen."),
        ("employment", "Thomas er fyret."),
        ("health", "My sister was diagnosed with cancer."),
        ("criminal", "He was convicted of fraud."),
        ("union", "Anna is a union member."),
    ],
)
def test_each_category_about_a_person(category: str, body: str) -> None:
    """A sensitive word about somebody gives its category and asks for encryption."""
    found = evidence(body)
    assert category in found.categories
    assert "encrypt" == min_protection(found)


@pytest.mark.parametrize(
    "body",
    [
        "Vi bekræfter aftalen med alle vores kræfter.",
        "Det gælder også Bo.",
        "Hun tager gåturen religiøst hver dag.",
        "Kræftens Bekæmpelse takker Lise for hjælpen.",
        "Opgaven er dømt til at lykkes, siger Lars.",
        "Jens er sygemeldt i dag.",
        "Fyr op under grillen, Bo.",
        "Mikkel arbejder med databehandling.",
        "There are no CPR numbers in this mail.",
        "Bo bor på Hospitalsvej 4.",
        "Anna holder kursus i Excel.",
        "Kender du Jens fra lageret?",
    ],
)
def test_words_that_mean_something_else(body: str) -> None:
    """Idioms, look-alikes, streets, absence without a cause and the negation of content are none."""
    assert frozenset() == evidence(body).classes


def test_an_unreadable_attachment_is_unknown_and_its_name_counts() -> None:
    """Nothing could be extracted: unknown, encrypt, and the name alone says what it is."""
    found = evidence("Se", attachments=(text_file("Lægeerklæring_Bo_Madsen.pdf", ""),))
    assert {SensitivityClass.UNKNOWN, SensitivityClass.SPECIAL_CATEGORY} <= set(found.classes)
    assert [(0, "empty")] == [(part.part, part.reason) for part in found.unreadable]
    assert "encrypt" == min_protection(found)


def test_segments() -> None:
    """New text, signature and quoted mail of an Outlook reply."""
    body = "Hej Bo\n\nDet er fint.\n\nVenlig hilsen\nMette\n\nFra: Bo <bo@x.example>\nSendt: 1. marts\nTil: Mette\nEmne: Hej\n\nTekst"
    assert [("Venlig hilsen", Location.SIGNATURE), ("Fra: Bo", Location.QUOTED)] == [
        (body[item.start :].split("\n")[0].split(" <")[0], item.location) for item in cut(body)
    ]


@pytest.mark.parametrize(
    ("expected", "body", "html"),
    [
        ("Bo XXXXXX-XXXX.", "Bo 040574-1235.", False),
        ("<p>CPR XXXX<b>XX</b>XX<i>XX</i></p>", "<p>CPR 0405<b>74</b>&#49;2<i>35</i></p>", True),
        ("Password: XXXXXXXXXX", "Password: Kastanje77", False),
    ],
)
def test_masking_takes_the_identifiers_out(expected: str, body: str, html: bool) -> None:
    """Every letter and digit becomes an X, tags stay, and nothing is found in the masked copy."""
    message = mail(body, html=html)
    masked = mask_identifiers(message, classify(message, terms()))
    assert expected == masked.body
    assert frozenset() == classify(masked, terms()).classes


def test_masking_reaches_subject_names_and_attachments() -> None:
    """All places of the mail, and an attachment that is left alone keeps its bytes."""
    files = (text_file("Bo_040574-1235.csv", "navn;cpr\nBo;040574-1235\n"), text_file("b.txt", "Hej"))
    message = mail("x", "Vedr. 040574-1235", attachments=files)
    masked = mask_identifiers(message, classify(message, terms()))
    assert ("Vedr. XXXXXX-XXXX", "Bo_XXXXXX-XXXX.csv") == (masked.subject, masked.attachments[0].name)
    assert (b"navn;cpr\nBo;XXXXXX-XXXX\n", b"Hej") == (masked.attachments[0].content, masked.attachments[1].content)
    assert () == classify(masked, terms()).identifier_texts


def test_mask_takes_hits_of_one_place_only() -> None:
    """The offsets of the subject do not blot the body."""
    found = evidence("0123456789", "Vedr. 040574-1235")
    assert "0123456789" == mask("0123456789", found.hits, Location.BODY, -1)


def test_explanations_are_fixed_phrases() -> None:
    """No word of the mail stands in what may be shown or logged."""
    found = evidence("Karen Mikkelsen, cpr 040574-1235, har fået konstateret brystkræft og har en gæld på 90.000 kr.")
    assert len(found.hits) >= 3
    assert not any(
        word in msgspec.json.encode(hit).decode().lower() for hit in found.hits for word in ("mikkelsen", "040574", "brystkræft", "90.000")
    )


def _register(sensitivity: str, boundary: str, stem: str) -> bytes:
    group = {"language": "da", "class": sensitivity, "category": "x", "boundary": boundary, "weight": 1, "stems": [stem]}
    return json.dumps({"checked": "2026-01-01", "source": "", "idioms": [], "groups": [group]}).encode()


@pytest.mark.parametrize(
    ("place", "raw"),
    [
        ("not JSON", b"{"),
        ("groups[0]", _register("cpr", "any", "ab")),
        ("groups[0]", _register("ordinary", "any", "abc")),
        ("checked", b'{"checked":"2026-13-01","source":"","idioms":[],"groups":[]}'),
        ("boundary", _register("cpr", "?", "abc")),
    ],
)
def test_a_bad_register_names_file_and_entry(place: str, raw: bytes) -> None:
    """The server refuses to start with a register of terms that it cannot use."""
    with pytest.raises(BadRegister) as caught:
        read_terms(raw)
    assert "registers/content_terms/data.json" in caught.value.sentence
    assert place == "not JSON" or place in caught.value.sentence
