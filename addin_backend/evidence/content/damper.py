"""Tells a text about a topic from a text about a person: newsletters, policies, templates, job adverts, courses, price lists, examples."""

from __future__ import annotations

import re

from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.scanner import Marked

# The patterns are in lower case and read ``Passage.folded``.

CUE_STEMS = tuple(
    """
    nyhedsbrev newsletter afmeld unsubscribe stillingsopslag jobopslag ansøgningsfrist vacancy vacancies skabelon template
    prisliste privatlivspolitik persondatapolitik kursus kurser webinar konferen conference pressemeddelelse lovforslag
    bekendtgørelse retningslinje guideline personalehåndbog medarbejderhåndbog handbook foredrag temadag workshop training
    kampagne campaign fundrais indsamling brochure podcast artiklen artikler article anonymiser anonymis anonymiz aggrege fiktiv
    fictitious statisti trivselsmåling forskningsprojekt research udstilling roman museum spørgeskema survey questionnaire faq
    tjekliste checklist produktblad dagsorden blanket sundhedsforsikring sundhedsordning webshop rabat learning
    """.split()
)
CUE_ENDS = ("politik", "politikken", "politikker")
CUE_WORDS = frozenset({"policy", "policies", "course", "courses", "kursus"})
_CUE_PHRASES = (  # each with its rarest letters
    ("we are hiring", "hiring"),
    ("vi søger en", "søger"),
    ("job advert", "job"),
    ("price list", "price"),
    ("press release", "press"),
    ("privacy notice", "privacy"),
)
_GENERAL = re.compile(
    r"\b(?:f\.?eks\.?|for eksempel|fx|såsom|such as|e\.g\.|for example|hvis (?:en|man|du)|if (?:an?|you)|når (?:en|man)|when an?"
    r"|generelt|in general"
    r"|alle medarbejdere|all employees|medarbejdere|employees|patienter|borgere|kunder|medlemmer|members|patients|customers|people"
    r"|mennesker|danskere"
    r"|personer|(?:må ikke|aldrig|never|do not|don't|undlad at) (?:send|skriv|e-?mail|mail|includ|indeholde|oplys|share|dele|write)\w*"
    r"|send(?:e)? aldrig|send ikke|hvordan|how to|every|enhver|hver (?:anden|tredje|femte|tiende))\b",
)
_NO_CONTENT = re.compile(
    r"\b(?:(?:indeholder|er|skriver|sender|står) (?:der )?(?:ikke|ingen)|ingen|intet|uden|undlad|aldrig|send ikke|ikke sende|skriv ikke"
    r"|må ikke|no|without"
    r"|never|do not|don't|does not contain|contains no|husk ikke)\s+(?:\w+\s+){0,4}$",
)
_TEST = re.compile(
    r"(?<![.@\w])(?:test-?(?:person|cpr|nummer|data|borger|bruger|patient)\w*|testcpr\w*|dummy\w*|fiktiv\w*|opdigt\w*|fictitious|fake"
    r"|test testesen|test testsen|testesen|placeholder|pladsholder\w*|syntetisk\w*|synthetic)\b",
)
_EXAMPLE = re.compile(r"(?<![.@\w])(?:eksemp(?:el|l)\w*|sample|example|formatet?|mønster)\b")
_MADE_UP = re.compile(r"\b(?:fiktiv\w*|fictitious|fictional|opdigt\w*|hypothetical\w*|hypotetisk\w*)\b")
HEAVY, LIGHT = 40, 22


def _cues(passage: Passage, words: Marked) -> set[str]:
    found = {word[:6] for word in words if word.startswith(CUE_STEMS) or word.endswith(CUE_ENDS) or word in CUE_WORDS}
    if "policy" in found and any(phrase in passage.lower for phrase in ("policy no", "policy number", "policy holder")):
        found.discard("policy")  # an insurance policy, not a rule
    return found | {phrase for phrase, rarest in _CUE_PHRASES if rarest in passage.vocabulary and phrase in passage.lower}


def damping(subject: Passage, body: Passage, words: tuple[Marked, Marked]) -> int:
    """How much a text about a topic takes off a word's score: 0, LIGHT or HEAVY. Cues in the subject count double. ``words`` are those of
    subject and body that may hold a cue.
    """
    titles = _cues(subject, words[0])
    weight = len(_cues(body, words[1]) | titles) + len(titles)
    return HEAVY if weight >= 2 else LIGHT if weight == 1 else 0


def is_general(sentence: str) -> bool:
    """Whether a sentence speaks of people in general, or gives an example."""
    return _GENERAL.search(sentence) is not None


def denies_content(before: str) -> bool:
    """Whether the words before a term say that it is not there ("no CPR numbers here", "send aldrig …")."""
    return _NO_CONTENT.search(before[-80:]) is not None


def is_test_data(sentence: str) -> bool:
    """Whether a sentence says that its data are made up."""
    return _TEST.search(sentence) is not None


def is_example(sentence: str) -> bool:
    """Whether a sentence has a word for an example. Such words have other senses too ("a blood sample", "for eksempel Bo Madsen"):
    they count only where neither a label nor a person's name says that the number is real.
    """
    return _EXAMPLE.search(sentence) is not None


def is_made_up(sentence: str) -> bool:
    """Whether a sentence says that its person does not exist."""
    return _MADE_UP.search(sentence) is not None
