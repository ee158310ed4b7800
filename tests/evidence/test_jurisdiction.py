"""In which country mail is read: the register first, the domain's country code as a presumption or a flag, else unknown."""

from __future__ import annotations

from datetime import date

import idna
import pytest

from addin_backend.evidence import jurisdiction
from addin_backend.evidence.jurisdiction import country_of
from addin_backend.model.evidence import CountryStrength
from addin_backend.model.register import Countries

EEA = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()
OTHERS = (
    "GB US CH GL FO SJ GI JE IN RU UA CN HK TW KR SG TH SA AE JO MA OM PK PS QA SD SY TN YE DZ "
    "IQ MR BH MY BD LK EG IR KZ AM GE MN RS MK BY LA MO IO SH"
).split()
COUNTRIES = Countries(checked=date(2026, 11, 23), source="test", eea=EEA, adequacy=[], known=EEA + OTHERS)

PRESUMED, FLAGGED, UNKNOWN = CountryStrength.PRESUMED, CountryStrength.FLAGGED, CountryStrength.UNKNOWN
CASES = [
    (("DK", PRESUMED), "firma.dk"),
    (("DK", PRESUMED), "post.FIRMA.DK"),
    (("NO", PRESUMED), "firma.no"),
    (("FI", PRESUMED), "firma.ax"),
    (("FR", PRESUMED), "firma.re"),
    (("GR", PRESUMED), "firma.xn--qxam"),
    (("BG", PRESUMED), "firma.xn--90ae"),
    (("GB", FLAGGED), "firma.co.uk"),
    (("GL", FLAGGED), "firma.gl"),
    (("FO", FLAGGED), "firma.fo"),
    (("SJ", FLAGGED), "firma.sj"),
    (("CH", FLAGGED), "firma.ch"),
    (("IN", FLAGGED), "firma.in"),
    (("RU", FLAGGED), "firma.xn--p1ai"),
    (("SH", FLAGGED), "firma.ac"),
    (("IO", FLAGGED), "firma.io"),
    (("unknown", UNKNOWN), "firma.eu"),
    (("unknown", UNKNOWN), "firma.xn--e1a4c"),
    (("unknown", UNKNOWN), "firma.su"),
    (("unknown", UNKNOWN), "firma.com"),
    (("unknown", UNKNOWN), "firma.example"),
    (("unknown", UNKNOWN), "firma.zz"),
    (("unknown", UNKNOWN), "firma.xn--vermgensberatung-pwb"),
    (("unknown", UNKNOWN), "dk"),
    (("unknown", UNKNOWN), ""),
    (("unknown", UNKNOWN), "firma.d1"),
]


@pytest.mark.parametrize(("expected", "domain"), CASES)
def test_a_country_code_presumes_inside_the_eea_and_flags_outside(expected: tuple[str, CountryStrength], domain: str) -> None:
    """The country-code domain gives a presumption inside the EEA and a flag elsewhere; a generic or shared one says nothing."""
    assert country_of(domain, None, COUNTRIES) == expected


@pytest.mark.parametrize("domain", ["firma.dk", "firma.com", "firma.in", ""])
def test_the_register_counts_first(domain: str) -> None:
    """A registered country stands whatever the name looks like."""
    assert country_of(domain, "GL", COUNTRIES) == ("GL", CountryStrength.REGISTERED)


@pytest.mark.parametrize("label", sorted(jurisdiction._IDN))
def test_internationalised_codes_are_real_a_labels(label: str) -> None:
    """Each A-label in the table decodes and encodes back, so that none of them can be a slip of the pen."""
    assert idna.encode(idna.decode(label)).decode() == label
