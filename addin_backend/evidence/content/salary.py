"""Amounts of money about a person: income, salary, debt, pension, tax. Beside the terms of the register."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.evidence.content.person import Link, link_in
from addin_backend.evidence.content.prose import ACCEPT, DOUBT, TRIED
from addin_backend.model.evidence import Location, SensitivityClass

_AMOUNT = r"(?:(?:kr\.?|dkk|eur|€|£|\$)\s?\d[\d.,]{2,12}|\d[\d.,]{2,12}\s?(?:,-|kr\b\.?|kroner|dkk|eur\b|euro))"
_PAY_WORD = (
    r"(?<![a-zæøå])(?:(?:måneds|års|brutto|netto|grund|time|start)?løn(?:nen)?|indkomst\w*|indtægt\w*|gage|bonus|gæld(?:en)?"
    r"|restgæld\w*|lån(?:et)?|skyld(?:er|ig)|opsparing\w*|formue"
    r"|pension(?:en|sdepot\w*)?|efterløn|dagpenge|kontanthjælp|sygedagpenge|restskat\w*|skat(?:ten)?|tjener|rådighedsbeløb|salary"
    r"|income|earns?|earnings|wages?|debt|owes|loan|savings|mortgage|arrears)"
    r"(?![a-zæøå])"
)
_NEAR = re.compile(_PAY_WORD + r"[^\n]{0,60}?" + _AMOUNT)
_BEHIND = re.compile(_AMOUNT + r"\s(?:i|in|som|as|of)\s(?:\w+\s)?" + _PAY_WORD)
_HEAD = re.compile(_PAY_WORD)
_A_MONTH = re.compile(
    _AMOUNT + r"\s?(?:om måneden|pr\.? måned|per måned|/md|månedligt|a month|per month|monthly|om året|årligt|a year|per annum|p\.a\.)"
)
_BARE = re.compile(  # "is on 54k", "285k base", "stiger til 47.000", "we are delighted to offer you £46,250"
    r"\b(?:is|are|am|was|er) on (?:£|\$|€)?\d{2,3}(?:[.,]\d{3}|k)\b|\b\d{2,3}k (?:base|basic|salary|plus bonus)\b"
    r"|\b(?:stiger|sættes op|hæves|går op|ned) (?:fra [\d.]{5,9} )?til (?:kr\.? )?\d{2,3}\.\d{3}\b"
    r"|\boffer(?:ing)? you (?:a salary of )?(?:£|\$|€)\d{2,3},\d{3}"
    r"|\btager (?:nu )?\d{5,6} (?:om|i) (?:md|måned)|\bindstillet? til \d{2,3}\.\d{3} kr"
)
_SUM = re.compile(r"\d\d[.,k\d]")
_BARE_WORDS = (" on ", "base", "basic", "salary", "bonus", "stiger", "hæves", "sættes", "går op", "ned ", "offer", "tager", "indstil")
_PAY = tuple(
    """
    løn indkomst indtægt gage bonus gæld lån skyld opsparing formue pension dagpenge hjælp skat tjener rådighed salary income earn
    wage debt owes loan saving mortgage arrears
    """.split()
)
_LINKED = {Link.NONE: 0, Link.SELF: 20, Link.PERSON: 35}
_PAY_SUBJECT = ("løn", "salary", "pension", "gage", "indkomst", "income", "pay")
_PERIODS = ("om måneden", "md", "måned", "per måned", "månedligt", "month", "om året", "årligt", "year", "annum")
_NOT_PAY = re.compile(
    r"abonnement|subscription|leje\b|licens|husleje|\brent\b|pris|price|præmie|premium|gebyr|fee\b|kontingent|vederlag|konsulent|hosting"
    r"|service|\bomsætning|turnover|revenue"
    r"|lønsum|payroll cost|budget|selskab|virksomhed|company|firma\w*|a/s\b|aps\b|gennemsnit\w*|average|median|stilling\w*|position"
    r"|bruger|user",
)


def recognise(passage: Passage, subject: str = "") -> Iterator[Hit]:
    """Amounts about a person in the passage; a lower-case ``subject`` that speaks of pay counts too."""
    why = "amount of money about a person"
    about_pay = any(word in subject for word in _PAY_SUBJECT)
    kinds = (
        (_NEAR, _PAY, _HEAD, 40),
        (_BEHIND, _PAY, _HEAD, 40),
        (_A_MONTH, _PERIODS, None, 20),
        (_BARE, _BARE_WORDS, _SUM, 30),
    )
    for pattern, triggers, head, base in kinds:
        for number, match in enumerate(matches(passage, triggers, pattern, head=head)):
            if number >= TRIED:
                yield Hit("salary", SensitivityClass.CONFIDENTIAL, "income", match.start(), match.end(), DOUBT, why)
                break
            start, end = passage.sentence(match.start(), match.end())
            sentence = passage.text[start:end]
            link = link_in(sentence)
            if link is Link.NONE:
                link = Link(min(link_in(passage.text[max(0, start - 200) : start]), Link.SELF))
            pay = about_pay or any(word in passage.lower[start:end] for word in _PAY_SUBJECT)
            score = base + _LINKED[link] + (20 if pay else 0) - (35 if _NOT_PAY.search(passage.folded[start:end]) else 0)
            if score >= ACCEPT and passage.location_at(match.start()) is not Location.SIGNATURE:
                yield Hit("salary", SensitivityClass.CONFIDENTIAL, "income", match.start(), match.end(), score, why)
