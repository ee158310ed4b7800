"""Domains that look like one that we know, and those that only share something with it. All of them are invented."""

from __future__ import annotations

import pytest

from addin_backend.evidence.look_alike import KnownDomains
from addin_backend.model.facts import LookAlike

OWN = ("nordlys.example", "nordlys-liv.example")
KNOWN = (
    "fynskpension.example",
    "skovadvokat.dk",
    "fjordtand.dk",
    "kamille.co.uk",
    "tryg1.dk",
    "skole1.dk",
    "bro.dk",
    "mortensen.dk",
    "østbyg.dk".encode("idna").decode(),
)
DOMAINS = KnownDomains(OWN, KNOWN)


def _idn(name: str) -> str:
    return ".".join("xn--" + label.encode("punycode").decode() if not label.isascii() else label for label in name.split("."))


OF_OWN = [
    "n0rdlys.example", "nordiys.example", "nord1ys.example", "nordlyss.example", "nordlis.example", "nrodlys.example", "nordys.example",
    "nordlys.dk", "nordlys.com", "nordlys.co.uk", "nordlys-dk.example", "login-nordlys.example", "nordlys-vest.example",
    "nordlyssupport.example", "supportnordlys.example", "nord-lys.example", "nordlysliv.example", "nordlys.example.andre.example",
    "mail.nordlys.example.andre.dk", "nordlys-example.andre.dk", "www.n0rdlys.example", "nordlys2.example",
    _idn("nоrdlys.example"), _idn("nοrdlys.example"), _idn("nördlys.example"), _idn("nordłys.example"), _idn("ոordlys.example"),
]  # fmt: skip
OF_KNOWN = [
    "fynskpention.example", "fynskepension.example", "fynskpensi0n.example", "fynskpension.dk", "fynskpension-dk.example",
    "sk0vadvokat.dk", "skowadvokat.dk", "skovadvokat.com", "skovadvokatlogin.dk", "skov-advokat.dk", "skovadvokatt.com",
    "fj0rdtand.dk", "fjordtamd.dk", "karnille.co.uk", "kamille.com", "rnortensen.dk", "mortenson.dk", "fjordtand.dk.andre.example",
    "fjordtand-dk.andre.example", _idn("skоvadvokat.dk"), "ostbyg.dk",
]  # fmt: skip
NEITHER = [
    "nordlys.example", "mail.nordlys.example", "a.b.nordlys.example", "nordlys-liv.example", "fynskpension.example",
    "post.skovadvokat.dk", "kamille.co.uk", "postkasse.example", "mumbaiclaims.example", "cafehavnen.example", "advokat.dk",
    "skovbrug.dk", "nordjylland.dk", "nord.example", "nordpol.example", "nordlyset-bygger.dk", "fynskbank.example", "pension.example",
    "skole2.dk", "skole12.dk", "bra.dk", "bro.com", "bro-anlaeg.dk", "bridge.dk", "mortensengaard.dk", "fjordtandlaegerne.dk",
    "tandfjord.dk", "example", "", "dk", "nordlys.sharepoint.example", "skovadvokat-og-partnere.dk", "fjordtand-vest.dk", "nordly.dk",
    "kamilla.dk", "vestbyg.dk", "x.dk", "tryg2.dk", _idn("blåbær.dk"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        *((domain, LookAlike.OF_OWN) for domain in OF_OWN),
        *((domain, LookAlike.OF_KNOWN) for domain in OF_KNOWN),
        *((domain, LookAlike.NONE) for domain in NEITHER),
    ],
)
def test_a_domain_that_looks_like_a_known_one_is_told_from_others(domain: str, expected: LookAlike) -> None:
    """Letters, scripts, slips, endings, added words and domains in front of domains."""
    assert DOMAINS.judge(domain) is expected


def test_a_domain_that_becomes_known_is_no_look_alike_any_more() -> None:
    """Known is known, whatever it looks like."""
    known = KnownDomains(OWN, KNOWN)
    assert known.judge("nordlyse.example") is LookAlike.OF_OWN
    known.add("nordlyse.example")
    assert known.judge("nordlyse.example") is LookAlike.NONE
