"""A husband of a man, a wife of a woman: sexual orientation by what is said in passing (GDPR Art. 9; facts on labels: "also inferred").

Whose spouse it is stands in the greeting ("Kære Bo … din mand"), in the signature ("min mand … Hilsen Jens"), or in the same sentence
("Henning Kjeldsen kommer med sin mand"). First names decide; one that either may have says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.concepts import fold
from addin_backend.evidence.content.first_names import first_names
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.model.evidence import Location, SensitivityClass

CERTAINTY = 75
SIGNED_LINES = 3  # of the signature, or of the text's end, in which the sender's name is looked for
SIGNED_WORDS = 5  # a last line with more is no signature
_HUSBAND, _WIFE = "mand|ægtemand|husband", "kone|hustru|wife"
_OWN = re.compile(rf"\b(?:min|my)[ ](?:\w+[ ])?(?:({_HUSBAND})|({_WIFE}))\b")
_YOUR = re.compile(rf"\b(?:din|your)[ ](?:\w+[ ])?(?:({_HUSBAND})|({_WIFE}))\b")
_ONES = re.compile(rf"\b(?:sin|his|her)[ ](?:\w+[ ])?(?:({_HUSBAND})|({_WIFE}))\b")
_COUPLE = re.compile(
    r"\bbryllupspar|\bbrudepar|\bægtepar|\bgift med hinanden\b|\bgot married\b|\bnewlyweds\b|\bto (?:mødre|fædre)\b|\btwo (?:mums|dads)\b"
)
_SAID = re.compile(  # in so many words: by Danish law a registered partner was of the same sex
    r"\b(?:vi er to (?:mænd|kvinder|piger|fyre)|we(?: are|'re) two (?:men|women)"
    r"|(?:min|hans|hendes|my|his|her) (?:registrerede|registered|civil) partner\b)"
    r"|\b[a-zæøå]{2,}'?s (?:registrerede partner|civil partner)\b"
)
_OF_A_NAME = re.compile(r"s (?:registrerede|civil) ")
_GREETED = re.compile(
    r"\s*(?:kære|hej|hejsa|goddag|dear|hi|hello)[ ]+((?:mrs?|ms|miss|hr|fru)\.?[ ]+)?([^\W\d_]+)([^\n,.!]*)", re.IGNORECASE
)
_NAME = re.compile(r"[A-ZÆØÅ][^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|,\s+(?=hilsen|mvh|vh\b|kh\b)|\s(?=(?:hilsen|mvh|vh|kh)\b)", re.IGNORECASE)
_SAYS_NAME = re.compile(r"\b(?:I'm|I am|[Jj]eg er|[Jj]eg hedder|[Mm]y name is|[Mm]it navn er)[ ]([A-ZÆØÅ][^\W\d_]+)")
_BOTH = re.compile(r"([A-ZÆØÅ][^\W\d_]+)(?:[ ]([A-ZÆØÅ][^\W\d_]+))?[ ](?:og|and|&)[ ]([A-ZÆØÅ][^\W\d_]+)")
_TITLES = {"mr": "m", "hr": "m", "mrs": "f", "ms": "f", "miss": "f", "fru": "f"}
_SPOUSES = ("mand", "husband", "kone", "hustru", "wife")
_SAY = ("vi er to", "we are two", "we're two", "registrerede partner", "registered partner", "civil partner")
_COUPLES = ("bryllupspar", "brudepar", "ægtepar", "gift med", "got married", "newlywed", "to mødre", "to fædre", "two mums", "two dads")


def _gender(name: str) -> str:
    """ "m", "f", or "" where the name does not say."""
    men, women, _ = first_names()
    lower = fold(name.lower())
    return "m" if lower in men else "f" if lower in women else ""


def _greeted(text: str) -> str:
    """The gender of the one who is written to; "" for several."""
    found = _GREETED.match(text)
    if not found or re.search(r"\b(?:og|and)\b|&", found[3]):
        return ""
    title = (found[1] or "").strip(" .").lower()
    return _TITLES.get(title, "") or _gender(found[2])


def _signed(passage: Passage) -> str:
    """The gender of the one who signs the new text, or says his or her name in it."""
    for segment in passage.segments:
        if segment.location is Location.SIGNATURE:
            lines = passage.text[segment.start : segment.end].splitlines()[:SIGNED_LINES]
            break
    else:
        stop = next((item.start for item in passage.segments if item.location is Location.QUOTED), len(passage.text))
        last = passage.text[:stop].rstrip().rpartition("\n")[2]
        lines = [line for line in _SENTENCE.split(last)[-1:] if len(line.split()) <= SIGNED_WORDS]
    names = [*_SAYS_NAME.findall(passage.text), *_NAME.findall(" ".join(lines))]
    return next(filter(None, map(_gender, names)), "")


def _same(found: re.Match[str], gender: str) -> bool:
    return gender == ("m" if found[1] else "f")


def _in_sentence(passage: Passage, found: re.Match[str]) -> bool:
    """Whether every gendered name before "sin mand" in the sentence is a man's (a woman's before "sin kone")."""
    start, _ = passage.sentence(found.start(), found.end())
    genders = {_gender(name) for name in _NAME.findall(passage.text[start : found.start()])} - {""}
    return len(genders) == 1 and _same(found, genders.pop())


def _couple(passage: Passage, found: re.Match[str]) -> bool:
    start, end = passage.sentence(found.start(), found.end())
    if found.group().startswith(("to ", "two ")):
        return any(map(_gender, _NAME.findall(passage.text[start:end])))
    return any((_gender(a) or _gender(b or "")) == _gender(c) != "" for a, b, c in _BOTH.findall(passage.text[start:end]))


def _is_said(passage: Passage, found: re.Match[str]) -> bool:
    """Whether it is said of somebody: "the insured's registered partner" is of nobody."""
    return not _OF_A_NAME.search(found.group()) or passage.text[found.start()].isupper()


def recognise(passage: Passage) -> Iterator[Hit]:
    """Spouses of one sex in the body."""
    if passage.location is not Location.BODY:
        return
    places = [found for found in matches(passage, _SPOUSES, _ONES) if _in_sentence(passage, found)]
    places += [found for found in matches(passage, _SAY, _SAID) if _is_said(passage, found)]
    places += [found for found in matches(passage, _COUPLES, _COUPLE) if _couple(passage, found)]
    for pattern, who in ((_OWN, _signed), (_YOUR, lambda item: _greeted(item.text))):
        own = [found for found in matches(passage, _SPOUSES, pattern) if passage.location_at(found.start()) is Location.BODY]
        if own:
            gender = who(passage)
            places += [found for found in own if _same(found, gender)]
    for found in places:
        why = "a spouse of the same sex"
        yield Hit("spouse", SensitivityClass.SPECIAL_CATEGORY, "sex_life", found.start(), found.end(), CERTAINTY, why)
