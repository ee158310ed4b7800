"""Numbers of criminal cases: those of the courts ("SS-1234/2024-ODE"), and those of the police where somebody is suspected.

A case number alone tells nothing of anybody, and most police numbers in mails are those of a stolen bicycle, so a person must be there,
and for the police a word of suspicion. Any other case number is ordinary: it only keeps its digits from being taken for a CPR number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import Link, link_in
from addin_backend.evidence.content.prose import ACCEPT
from addin_backend.model.evidence import SensitivityClass

# Both begin with a digit, which the engine looks for fast.
_COURT = re.compile(r"[0-9](?<![0-9].)[0-9]{1,5}/[0-9]{2,4}(?:-[a-zæøå]{3})?(?![a-zæøå0-9])")
_OF_CRIME = re.compile(r"(?<![a-zæøå0-9])ss[ -]?(?:[0-9]{1,2}-)?$")
_POLICE = re.compile(r"[0-9](?<![0-9-].)[0-9]{3}-[0-9]{5}-[0-9]{5}-[0-9]{2}(?![0-9-])")
_SUSPECT = re.compile(
    r"sigte|tiltal|mistænk|anhold|afhør|varetægt|straffesag|gerningsmand|dømt|suspect|charged|accused|arrest|prosecut|defendant"
)
_INJURED = re.compile(r"skadelidt|forurettede|stjålet|tyveri|indbrud|hærværk|cykel|anmeldt tyveri|stolen|burglar|theft|victim|claim|skade")
_LINKED = {Link.NONE: 0, Link.SELF: 20, Link.PERSON: 35}
_OF_COURT, _OF_POLICE, _SUSPECTED, _HARMED = 30, 10, 20, 25


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every number of a criminal case against somebody."""
    for pattern, base in ((_COURT, _OF_COURT), (_POLICE, _OF_POLICE)):
        for match in pattern.finditer(passage.folded):
            if pattern is _COURT and not _OF_CRIME.search(passage.folded[max(0, match.start() - 8) : match.start()]):
                continue
            start, end = passage.sentence(match.start(), match.end())
            sentence = passage.folded[start:end]
            if damper.is_general(sentence) or damper.is_made_up(sentence):
                continue
            suspected = _SUSPECT.search(sentence) is not None
            harmed = _INJURED.search(sentence) is not None and not suspected
            score = base + _LINKED[link_in(passage.text[start:end])] + (_SUSPECTED if suspected else 0) - (_HARMED if harmed else 0)
            if score >= ACCEPT:
                why = "number of a criminal case against a person"
                yield Hit("case_number", SensitivityClass.CRIMINAL, "criminal", match.start(), match.end(), score, why)
