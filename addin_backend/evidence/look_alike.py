"""Whether a domain looks like one that we know, or like our own, without being it.

Sources: Unicode TR39 §4 (skeletons of confusable letters; a table of those that meet in domain names), ICANN on typosquatting. Kept to
few false alarms: short names are compared whole, a slip counts from five letters, an added word counts for names of others only when it
is a word that swindlers add.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import idna

from addin_backend.evidence.near import one_slip
from addin_backend.model.facts import LookAlike

MIN_SLIP = 5  # letters of a name from which one slip counts
MIN_SLIP_OTHER_TLD = 8  # and under another top-level domain
MIN_KNOWN, MIN_OWN = 4, 3  # letters of a name that is compared at all
MIN_WORD = 5  # letters of a name to which a word may be added

# Letters of other scripts and signs that are drawn like a Latin letter.
_FOLD = {
    **dict(zip("авеёіӏјкмнорсѕтухһԁԛԝүѵ", "abeelljkmhopcstyxhdqwyv", strict=True)),
    **dict(zip("αβεηικνορτυχωγ", "abenlkvoptuxwy", strict=True)),
    **dict(zip("łđħŧıɩɡøð", "ldhtllgod", strict=True)),
    **{"æ": "ae", "œ": "oe", "ß": "ss", "0": "o", "1": "l", "3": "e", "5": "s", "i": "l", "|": "l"},
}
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "ac", "edu"})  # co.uk, com.au: names are given out below them
_BAIT = frozenset(
    "dk com net org eu de se no example support help helpdesk service kundeservice login logon konto account mail email post webmail "
    "online web secure security sikker sikkerhed safe verify bekraeft betaling payment pay faktura invoice bank it hr admin office "
    "portal info nyt ny new team cloud update".split()
)


def _folded(name: str) -> str:
    """A name without accents, hyphens and letters of other scripts; ``i``, ``l`` and ``1`` are still told apart."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return plain.replace("-", "")


def skeleton(name: str) -> str:
    """What the eye reads: names that look alike have the same."""
    text = "".join(_FOLD.get(char, char) for char in _folded(name))
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text


def _shown(label: str) -> str:
    """A label as it is shown: xn-- decoded."""
    if not label.startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except UnicodeError:
        return label


def _parts(domain: str) -> tuple[str, str]:
    """The name that somebody chose, and what it was registered under."""
    labels = domain.split(".")
    cut = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 1
    return (_shown(labels[-cut - 1]), ".".join(labels[-cut:])) if len(labels) > cut else ("", domain)


def _gaps(name: str) -> Iterable[str]:
    """The name and what is left of it without one letter: two names one slip apart share one of these."""
    yield name
    for index in range(len(name)):
        yield name[:index] + name[index + 1 :]


def _series(first: str, second: str) -> bool:
    """Whether two names differ in a number only, like skole1 and skole2."""
    return first.strip("0123456789") == second.strip("0123456789") and first[-1:].isdigit() and second[-1:].isdigit()


class KnownDomains:
    """The domains that we know, ready to be compared with. Adding is cheap; asking takes microseconds, however many there are."""

    def __init__(self, own: Iterable[str], known: Iterable[str]) -> None:
        self._own: set[str] = set()
        self._all: set[str] = set()
        self._by_skeleton: dict[str, set[str]] = {}
        self._by_gap: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        for domain in own:
            self._own.add(domain)
            self.add(domain)
        for domain in known:
            self.add(domain)

    def add(self, domain: str) -> None:
        """One more. Idempotent."""
        if domain in self._all or "." not in domain:
            return
        self._all.add(domain)
        name, _ = _parts(domain)
        if len(name) < (MIN_OWN if domain in self._own else MIN_KNOWN):
            return
        self._by_skeleton.setdefault(skeleton(name), set()).add(domain)
        self._by_name.setdefault(_folded(name), set()).add(domain)
        if len(name) >= MIN_SLIP:
            for gap in _gaps(_folded(name)):
                self._by_gap.setdefault(gap, set()).add(domain)

    def judge(self, domain: str) -> LookAlike:
        """What ``domain`` (A-labels, lower case) looks like. One that we know, or a part of it, looks like nothing else."""
        labels = domain.split(".")
        if not domain or any(".".join(labels[index:]) in self._all for index in range(len(labels) - 1)):
            return LookAlike.NONE
        found = self._alike(domain, labels)
        if found & self._own:
            return LookAlike.OF_OWN
        return LookAlike.OF_KNOWN if found else LookAlike.NONE

    def _alike(self, domain: str, labels: list[str]) -> set[str]:
        name, suffix = _parts(domain)
        if not name:
            return set()
        found = set(self._by_skeleton.get(skeleton(name), ()))  # another script, digit or top-level domain
        found |= self._slips(_folded(name), suffix)
        found |= self._with_a_word(name)
        return found | self._inside(labels)

    def _slips(self, name: str, suffix: str) -> set[str]:
        if len(name) < MIN_SLIP:
            return set()
        near = {domain for gap in _gaps(name) for domain in self._by_gap.get(gap, ())}
        found = set()
        for domain in near:
            other, under = _parts(domain)
            long_enough = len(name) >= MIN_SLIP_OTHER_TLD or suffix == under
            if long_enough and one_slip(name, _folded(other)) and not _series(name, _folded(other)):
                found.add(domain)
        return found

    def _named(self, name: str, *, own_only: bool) -> set[str]:
        if len(name) < MIN_WORD:
            return set()
        found = self._by_name.get(name, set())
        return found & self._own if own_only else found

    def _with_a_word(self, name: str) -> set[str]:
        """firma-dk, login-firma, firmasupport: to our own name any word with a hyphen, to others' the words that swindlers add."""
        found: set[str] = set()
        tokens = name.split("-")
        for start in range(len(tokens)):
            for end in range(start + 1, len(tokens) + 1):
                rest = tokens[:start] + tokens[end:]
                if rest:
                    middle = _folded("".join(tokens[start:end]))
                    bait = all(token in _BAIT or token.isdigit() for token in rest)
                    found |= self._named(middle, own_only=not bait)
        plain = _folded(name)
        for length in range(2, min(len(plain) - MIN_WORD, 12) + 1):
            if plain[-length:] in _BAIT:
                found |= self._named(plain[:-length], own_only=False)
            if plain[:length] in _BAIT:
                found |= self._named(plain[length:], own_only=False)
        return found

    def _inside(self, labels: list[str]) -> set[str]:
        """A whole domain of ours in front of somebody else's: firma.dk.andre.example, firma-dk.andre.example."""
        found: set[str] = set()
        for start in range(len(labels) - 2):
            for end in range(start + 1, len(labels) - 1):
                inner = ".".join(labels[start:end])
                found |= {item for item in (inner, inner.replace("-", ".")) if item in self._all}
        return found
