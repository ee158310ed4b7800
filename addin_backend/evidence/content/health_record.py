"""Numbers of health records: they say that a person is a patient, so they are about health when the person is there.

"Journalnummer" is what every authority calls a case; it counts only beside words of care. A record number without a person is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.evidence.content.person import Link, link_in
from addin_backend.evidence.content.prose import ACCEPT
from addin_backend.model.evidence import Location, SensitivityClass

_OF_PATIENT = (
    r"patient(?:ens|journal\w*|'s)?[ -]?(?:nummer|nr|id|no|number|record(?: (?:no|number))?)|patientjournal(?:en)?(?:[ -]?(?:nr|nummer))?"
    r"|(?:læge|syge|sundheds|behandlings)journal(?:en)?(?:[ -]?(?:nr|nummer))?|(?:medical|health|hospital) (?:record )?(?:no|number)|mrn"
    r"|nhs (?:no|number)|(?:indlæggelses|behandlings|henvisnings|ambulatorie)(?:nummer|nr)"
)
_RECORD = re.compile(
    rf"(?<![a-zæøå])(?:({_OF_PATIENT})|journal(?:en)?[ -]?(?:nummer|nr|no|number)|j\.?[ ]?nr)(?![a-zæøå])\.?"
    r"(?:[ ](?:er|is|på|for|of|til)(?:[ ]\w+){0,3}?)?[ ]?[:#=]?[ ]?(?:er|is)?[ ]?((?:[a-z]{1,4}[ -]?)?[0-9][0-9 ./-]{2,16}[0-9])(?![0-9])"
)
_CARE = re.compile(
    r"patient|hospital|sygehus|læge(?!erklæringsgebyr)|klinik|behandling|indlagt|indlæg|ambulat|psykiatri|sundhed|operation|undersøg|scanning"
    r"|doctor|clinic|ward|treatment|surgery|physio|tandlæge|dentist|therap|sygeplej|nurse|epikrise|henvis|referral|diagnos"
)
_TRIGGERS = ("patient", "journal", "j.nr", "j nr", "record", "mrn", "nhs", "hospital number", "nummer", "nr")
_BASE, _PATIENT, _CARED = 20, 15, 15
_LINKED = {Link.NONE: 0, Link.SELF: 15, Link.PERSON: 30}


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every record number of a patient who is named or meant."""
    for match in matches(passage, _TRIGGERS, _RECORD, lines=True):
        start, end = passage.sentence(match.start(), match.end())
        sentence = passage.folded[start:end]
        if damper.is_test_data(sentence) or damper.is_general(sentence) or passage.location_at(start) is Location.SIGNATURE:
            continue
        link = link_in(passage.text[start:end].replace("patient", "").replace("Patient", ""))
        if link is not Link.PERSON:
            link = max(link, Link(min(link_in(passage.text[max(0, start - 120) : start]), Link.PERSON)))
        cared = match[1] is not None or _CARE.search(passage.folded, max(0, start - 120), end) is not None
        score = _BASE + _LINKED[link] + (_PATIENT if match[1] else 0) + (_CARED if cared else 0)
        if cared and link is not Link.NONE and score >= ACCEPT:
            span = match.start(2), match.end(2)
            why = "number of a person's health record"
            yield Hit("health_record", SensitivityClass.SPECIAL_CATEGORY, "health", *span, score, why, identifier=True)
