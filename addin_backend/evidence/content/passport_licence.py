"""Numbers of passports and driving licences (with their word), and copies of them. One that was merely issued is ordinary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.model.evidence import Location, SensitivityClass

_NUMBER = re.compile(
    r"(?<![a-zæøå])(?:pas(?:nummer|nr|-?nr\.?| nr\.?| nummer)?(?! på\b)|passet(?:s| har)? (?:nr|nummer)|passport(?: (?:no|number|nr)\.?)?"
    r"|kørekort(?:s?nummer|s?nr|-?nr\.?|ets?(?: har)?(?: nr| nummer)?"
    r"| nr\.?| nummer)?"
    r"|driv(?:ing|er'?s) licen[cs]e(?: (?:no|number)\.?)?|opholdskort\w*|identity card(?: (?:no|number))?)"
    r"(?![a-zæøå])[^\d\n]{0,30}?(?<![a-z0-9])([a-z]{0,3}\d{7,9})(?!\d)",
)
_FURTHER = re.compile(  # the number of a British licence (five of the surname, date, initials); a number further on; a travel document
    r"(?<![a-zæøå])(?:licen[cs]e|driver|kørekort)\w*[^\n]{0,40}?"
    r"\b([a-z]{2,5}9{0,3}[ ]?\d{6}[ ]?[a-z9]{1,2}[ ]?\d{0,2}[a-z]{2}(?:[ ]?\d{2})?)(?![a-z0-9])"
    r"|(?<![a-zæøå])(?:pas|passet|passport|rejsedokument|travel document|kørekort)(?![a-zæøå])[^\n.]{0,40}?"
    r"\b(?:nummer|nr\.?|number|no\.?)[ ]?:?[ ]?([a-z]{0,3}\d{7,9})(?!\d)"
)
_COPY = re.compile(
    r"(?<![a-zæøå])(?:(?:kopi|billede|foto|scan(?:ning)?|copy|photo|picture)\s(?:af|of)\s(?:\w+\s){0,3}?(?:pas(?:set)?|kørekort(?:et)?"
    r"|passport|driv(?:ing|er'?s) licen[cs]e"
    r"|sundhedskort(?:et)?|sygesikringskort(?:et)?|sygesikringsbevis(?:et)?|id-kort)|(?:pas|passport|kørekort"
    r"|sundhedskort)[ _-]?(?:kopi|copy|scan))(?![a-zæøå])",
)
_NAME = re.compile(
    r"(?:^|[ _\-(])(?:pas|passport|kørekort|koerekort|driving[ _-]?licen[cs]e|sundhedskort|sygesikringskort)(?=[ _\-.)]|$)", re.IGNORECASE
)
_TRIGGERS = (
    "pas",
    "kørekort",
    "licence",
    "license",
    "driver",
    "rejsedokument",
    "travel",
    "opholdskort",
    "identity card",
    "sundhedskort",
    "sygesikring",
    "kort",
)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Numbers and copies of identity papers in the passage."""
    seen: set[int] = set()
    for pattern in (_NUMBER, _FURTHER):
        for match in matches(passage, _TRIGGERS, pattern, lines=True):
            start, end = match.span(match.lastindex or 0)
            if start in seen:
                continue
            seen.add(start)
            why = "number of an identity paper"
            yield Hit("passport_licence", SensitivityClass.CONFIDENTIAL, "identity_paper", start, end, 80, why, True)
    for match in matches(passage, _TRIGGERS, _COPY):
        start, end = passage.sentence(match.start(), match.end())
        if not damper.is_general(passage.folded[start:end]):
            yield Hit(
                "passport_licence",
                SensitivityClass.CONFIDENTIAL,
                "identity_paper",
                match.start(),
                match.end(),
                60,
                "copy of an identity paper",
            )
    if passage.location is Location.ATTACHMENT_NAME:
        for match in _NAME.finditer(passage.text):
            yield Hit(
                "passport_licence",
                SensitivityClass.CONFIDENTIAL,
                "identity_paper",
                match.start(),
                match.end(),
                65,
                "file named after an identity paper",
            )
