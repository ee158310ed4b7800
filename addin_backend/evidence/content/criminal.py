"""Criminal matters that a list of words misses: records, prison addresses, counts and sections of the Criminal Code. GDPR Art. 10."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.evidence.content.person import Link, link_in
from addin_backend.evidence.content.prose import ACCEPT, DOUBT, TRIED
from addin_backend.model.evidence import SensitivityClass

_LINKED = {Link.NONE: 0, Link.SELF: 25, Link.PERSON: 35}
_PATTERNS = (
    (
        ("fængs", "arresthus", "enner mark", "herstedvester", "anstalten", "hmp "),
        re.compile(
            r"\b(?:statsfængslet|arresthuset?|enner mark fængsel|vestre fængsel|storstrøm fængsel|herstedvester|nyborg fængsel"
            r"|anstalten ved|hmp) [^\n]{0,40}"
        ),
        30,
    ),
    (
        ("dømt", "sentenced", "convicted"),
        re.compile(
            r"\b(?:dømt|idømt|sentenced|convicted)\b[^\n.]{0,60}\b(?:fængsel|måneder|dage|år|dagbøder|prison|months?|years?|fine"
            r"|samfundstjeneste)\b"
        ),
        35,
    ),
    (
        (
            "dømt",
            "sigtet",
            "tiltalt",
            "mistænkt",
            "anholdt",
            "varetægt",
            "convicted",
            "charged",
            "arrested",
            "accused",
            "suspected",
            "prosecuted",
        ),
        re.compile(
            r"\b(?:dømt|idømt|sigtet|tiltalt|mistænkt|anholdt|varetægtsfængslet|convicted|charged|arrested|accused|suspected"
            r"|prosecuted)\b[^\n.]{0,15}\b(?:for|of|on|with|i går|at)\b"
        ),
        25,
    ),
    (
        ("attest", "record"),
        re.compile(r"\b(?:ren|blank|plettet|clean|clear|spotless)\w{0,2} (?:straffe|børne|criminal)[ ]?(?:attest\w*|record)"),
        30,
    ),
    (
        ("straffelov", "criminal record", "conviction"),
        re.compile(
            r"\bstraffelovens?\s?§\s?\d+|\b(?:no|any|has a|his|her|with a) (?:prior |previous )?(?:criminal record"
            r"|convictions?)\b"
        ),
        25,
    ),
    (  # what a certificate of somebody's says: a line of a form, or a sentence about the certificate that was brought
        ("attest", "criminal record", "dbs", "disclosure", "vetting"),
        re.compile(
            r"\b(?:straffe|børne|politi)attest\w*\s?: ?(?:ren\b|blank|ingen (?:anm|dom|forhold|bem)"
            r"|plettet|uden|en dom|dom\b|[1-9] (?:dom|forhold|anm))"
            r"|\b(?:criminal record|dbs|disclosure|police certificate)(?: (?:extract|check|certificate|report|result))*\s?: ?"
            r"(?:clean|clear|blank|nothing|no (?:entr|conv|rec|hit)|none\b|one |two |[1-9] (?:entr|conv|caution)|convict|caution|entr)"
        ),
        60,
    ),
    (
        ("conviction", "attesten", "udskriften", "domme", "anmærkning", "entries", "entry"),
        re.compile(
            r"\b(?:it|certificate|extract|check|record|den|attesten|udskriften) (?:shows?|showed|lists?|holds?|has"
            r"|came back with|viser|viste|er|har)"
            r" (?:no |one |two |ingen |en )(?:previous |prior |tidligere )?(?:convictions?|entry|entries|dom|domme|anmærkning(?:er)?)\b"
        ),
        32,
    ),
    (
        ("kørsel", "frakendt", "fodlænke", "drunk", "dui", "ankle"),
        re.compile(
            r"\b(?:spritkørsel|spirituskørsel|frakendt (?:førerretten|kørekortet)|drunk[- ]driving|dui|fodlænke"
            r"|elektronisk fodlænke|ankle (?:monitor|tag))\b"
        ),
        25,
    ),
)
_HISTORIC = re.compile(r"(?<![\d.-])1[0-8]\d\d(?![\d.,]|[ -]\d)(?! (?:kr|dkk|eur|gbp|m2|stk))")  # a year of persons long dead
_FIGURATIVE = re.compile(
    r"\bdømt til at\b|\bdoomed\b|\bcharged (?:for|with) (?:the )?(?:shipping|delivery|a fee|vat|interest)|\bis charged (?:at|per|on)"
    r"|\bopladet\b|\bfree of charge\b",
)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Criminal matters about a person in the passage."""
    why = "criminal matter about a person"
    for triggers, pattern, base in _PATTERNS:
        for number, match in enumerate(matches(passage, triggers, pattern)):
            if number >= TRIED:
                yield Hit("criminal", SensitivityClass.CRIMINAL, "criminal", match.start(), match.end(), DOUBT, why)
                break
            start, end = passage.sentence(match.start(), match.end())
            sentence = passage.folded[start:end]
            if _FIGURATIVE.search(sentence) or _HISTORIC.search(sentence):
                continue
            score = base + _LINKED[link_in(passage.text[start:end])] - (20 if damper.is_general(sentence) else 0)
            if score >= ACCEPT:
                yield Hit("criminal", SensitivityClass.CRIMINAL, "criminal", match.start(), match.end(), score, why)
