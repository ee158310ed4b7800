"""In which country is a recipient's mail read: by register, else presumed or flagged from the country-code domain (tls.md §10).

A ccTLD says where a name was registered, not where mail lies. So it may support a presumption inside the EEA and raise a flag
outside it; it never permits a transfer.
"""

from __future__ import annotations

from addin_backend.model.evidence import CountryStrength
from addin_backend.model.register import Countries

UNKNOWN = "unknown"

# ccTLDs that are not the ISO 3166-1 code of the country they stand for. "" = of no single country.
_SPECIAL = {
    "uk": "GB",
    "ac": "SH",  # Ascension is part of Saint Helena, Ascension and Tristan da Cunha
    "eu": "",
    "su": "",  # the Soviet Union is no country in ISO 3166-1 any more
    # Territory of a member state (TFEU Art. 355(1) and (4)), so inside the EEA with codes of their own in ISO 3166-1.
    "ax": "FI",
    "gf": "FR",
    "gp": "FR",
    "mf": "FR",
    "mq": "FR",
    "re": "FR",
    "yt": "FR",
}

# Internationalised ccTLDs (IANA root zone) as A-labels.
_IDN = {
    "xn--qxa6a": "", "xn--e1a4c": "",  # .eu in Greek and Cyrillic
    "xn--qxam": "GR", "xn--90ae": "BG",
    "xn--90ais": "BY", "xn--p1ai": "RU", "xn--j1amh": "UA", "xn--d1alf": "MK", "xn--90a3ac": "RS", "xn--l1acc": "MN",
    "xn--80ao21a": "KZ", "xn--y9a3aq": "AM", "xn--node": "GE",
    "xn--fiqs8s": "CN", "xn--fiqz9s": "CN", "xn--j6w193g": "HK", "xn--mix891f": "MO", "xn--kprw13d": "TW", "xn--kpry57d": "TW",
    "xn--3e0b707e": "KR", "xn--yfro4i67o": "SG", "xn--clchc0ea0b2g2a9gcd": "SG", "xn--o3cw4h": "TH", "xn--q7ce6a": "LA",
    "xn--mgbx4cd0ab": "MY", "xn--54b7fta0cc": "BD", "xn--fzc2c9e2c": "LK", "xn--xkc2al3hye2a": "LK",
    "xn--h2brj9c": "IN", "xn--45brj9c": "IN", "xn--fpcrj9c3d": "IN", "xn--gecrj9c": "IN", "xn--mgbbh1a71e": "IN",
    "xn--s9brj9c": "IN", "xn--xkc2dl3a5ee0h": "IN", "xn--h2breg3eve": "IN", "xn--h2brj9c8c": "IN", "xn--45br5cyl": "IN",
    "xn--3hcrj9c": "IN", "xn--2scrj9c": "IN", "xn--rvc1e0am3e": "IN", "xn--mgbgu82a": "IN", "xn--mgbbh1a": "IN",
    "xn--wgbh1c": "EG", "xn--mgberp4a5d4ar": "SA", "xn--mgbaam7a8h": "AE", "xn--mgba3a4f16a": "IR", "xn--mgbayh7gpa": "JO",
    "xn--mgbc0a9azcg": "MA", "xn--mgb9awbf": "OM", "xn--mgbai9azgqp6j": "PK", "xn--ygbi2ammx": "PS", "xn--wgbl6a": "QA",
    "xn--mgbpl2fh": "SD", "xn--ogbpf8fl": "SY", "xn--pgbs0dh": "TN", "xn--mgb2ddes": "YE", "xn--lgbbat1ad8j": "DZ",
    "xn--mgbtx2b": "IQ", "xn--mgbah1a3hjkrd": "MR", "xn--mgbcpq6gpa1a": "BH",
}  # fmt: skip


def country_of_tld(domain: str, countries: Countries) -> str:
    """The country whose code domain ``domain`` stands under, or "unknown" for a generic, shared or unknown one."""
    tld = domain.rsplit(".", 1)[-1].lower() if "." in domain else ""
    code = _SPECIAL.get(tld, _IDN.get(tld, tld.upper() if len(tld) == 2 else ""))
    return code if code in countries.known else UNKNOWN


def country_of(domain: str, registered: str | None, countries: Countries) -> tuple[str, CountryStrength]:
    """The country and how firmly it is known; ``registered`` is the register's, which counts before the domain's name."""
    if registered:
        return registered, CountryStrength.REGISTERED
    country = country_of_tld(domain, countries)
    if country == UNKNOWN:
        return UNKNOWN, CountryStrength.UNKNOWN
    return country, CountryStrength.PRESUMED if country in countries.eea else CountryStrength.FLAGGED
