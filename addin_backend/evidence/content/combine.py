"""What rules and model say together: one probability for each class of prose, and the findings that go with it.

Identifiers (CPR numbers, cards, accounts …) count by themselves and are never overruled by the model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from addin_backend.evidence.content.features import Features, features
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.layout import TELLING
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.prose_model import HEADS, ProseModel, Scores, reasons, score
from addin_backend.evidence.content.sentences import Placed, sentences_of
from addin_backend.evidence.content.terms import Terms
from addin_backend.model.evidence import Location, SensitivityClass

RULED = (SensitivityClass.CONFIDENTIAL, SensitivityClass.CPR, SensitivityClass.CRIMINAL, SensitivityClass.SPECIAL_CATEGORY)
PROSE = (SensitivityClass.CONFIDENTIAL, SensitivityClass.CRIMINAL, SensitivityClass.SPECIAL_CATEGORY)
COUNTS_FROM = 30  # percent, where the register says nothing
SOFTLY = 4.0  # scores beyond this count little more
NO_SENTENCE = -5.0
FEW_SENTENCES = 2
FEW_WORDS = 4  # besides the greeting
HEADING_WORDS = 3
SHOWN = 3  # sentences that the model points at for one class
# Statements so narrow that they were right whenever they stood in the labelled mails: the model does not overrule them.
NARROW = frozenset({"criminal", "spouse"})
NARROW_CATEGORIES = frozenset({"union", "politics", "religion", "sex_life"})  # of special_category
Found = tuple[Passage, Hit]
_CAUSES = frozenset(
    {*TELLING} - {"absence", "state", "function", "relation", "amount", "spouse_m", "spouse_f", "partnered", "police", "account"}
)


def combined_inputs(scores: Scores, rules: Mapping[SensitivityClass, int]) -> tuple[float, ...]:
    """What the combiner weighs: for each head the score of the mail and of its two strongest sentences, how much the
    mail and its strongest sentence agree, then the rules' certainties.
    """
    values: list[float] = []
    agreed: list[float] = []
    for head in range(len(HEADS)):
        ranked = sorted(scores.sentences[:, head].tolist(), reverse=True)[:2]
        ranked += [NO_SENTENCE] * (2 - len(ranked))
        whole, best, second = (math.tanh(value / SOFTLY) * SOFTLY for value in (float(scores.mail[head]), *ranked))
        values += [whole, best, second]
        agreed.append(whole * best / SOFTLY)
    return (*values, *agreed, *(rules.get(item, 0) / 100 for item in RULED))


def probability(inputs: Sequence[float], weights: Sequence[float]) -> float:
    """The logistic function of the weighted inputs; the bias stands last."""
    total = sum(value * weight for value, weight in zip(inputs, weights, strict=False)) + weights[-1]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def strongest(found: Sequence[Found]) -> dict[SensitivityClass, int]:
    """Per class the certainty of the rules' strongest hit."""
    best: dict[SensitivityClass, int] = {}
    for _, hit in found:
        best[hit.sensitivity] = max(best.get(hit.sensitivity, 0), hit.certainty)
    return best


def read_prose(passages: Sequence[Passage], terms: Terms, model: ProseModel) -> tuple[Features, list[Placed], Scores]:
    """The sentences of a mail as the model sees them, where they stand, and their scores."""
    sentences, places = sentences_of(passages)
    seen = features(sentences, terms.lexicon)
    return seen, places, score(seen, model)


def _a_mere_heading(place: Placed) -> bool:
    """Whether it is a subject of a word or two, to which the mail below gives its tone: nobody learns anything from it on the way."""
    words = _WORD.findall(place.passage.text[place.start : place.end])
    return place.passage.location is Location.SUBJECT and len(words) < HEADING_WORDS


def _pointed_at(head: int, seen: tuple[Features, list[Placed], Scores], model: ProseModel, certainty: int) -> list[Found]:
    """The sentences that sound most like the class, when no rule found any."""
    features_, places, scores = seen
    column = scores.sentences[:, head]
    order = [int(line) for line in np.argsort(-column, kind="stable")]
    order = ([line for line in order if not _a_mere_heading(places[line])] or order)[:SHOWN]
    chosen = [line for line in order if line == order[0] or column[line] > 0]
    found = []
    for line in chosen:
        place, why = places[line], ", ".join(reasons(features_, line, head, model)) or "the wording as a whole"
        hit = Hit(
            "prose_model",
            SensitivityClass(HEADS[head]),
            _CATEGORY[HEADS[head]],
            place.start,
            place.end,
            certainty,
            f"sounds like it: {why}",
        )
        found.append((place.passage, hit))
    return found


_CATEGORY = {"confidential": "confidential_prose", "criminal": "criminal", "special_category": "special_prose"}


def _merely_absent(seen: Features, model: ProseModel) -> bool:
    """Whether a short mail says that somebody is ill or away and nothing of the cause: that is ordinary (ATP handbook, Sygefravær).

    A longer one may say the cause in words that no concept covers.
    """
    if len(seen.flags) > FEW_SENTENCES:
        return False
    names = model.layout.flags
    there = {names[column] for column in np.flatnonzero(seen.flags.max(axis=0))} if len(seen.flags) else set()
    return "absence" in there and not (there & _CAUSES)


_GREETING = re.compile(
    r"^\s*(?:hej(?:sa)?|hi|hey|hello|hallo|dav|kære|dear|goddag|god(?:morgen|aften| dag| morgen| aften)"
    r"|good (?:morning|afternoon|evening))\b[^\n,.!?:;]{0,40}[,.!:;]?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def says_little(passages: Sequence[Passage]) -> bool:
    """Whether a mail is a greeting and a few words at the most: too little to tell anything about a person by its tone alone."""
    said = 0
    for passage in passages:
        said += len(_WORD.findall(_GREETING.sub(" ", passage.text[:200]) + passage.text[200:]))
        if said >= FEW_WORDS:
            return False
    return True


def _only_a_file_name(head: int, seen: Features, scores: Scores, model: ProseModel) -> bool:
    """Whether nothing but a file name ("scan.pdf") sounds like the class: the rules read names, tone does not tell in them."""
    names = seen.flags[:, model.layout.flags.index("in_attachment_name")].astype(bool)
    column = scores.sentences[:, head]
    return bool(names.all() or (names[int(np.argmax(column))] and column[~names].max() <= 0))


def _is_said_already(name: SensitivityClass, kept: Sequence[Found], seen: Features, model: ProseModel) -> bool:
    """Whether the model's own finding adds nothing: a short mail that is merely about absence, or whose CPR number it means."""
    if name is SensitivityClass.SPECIAL_CATEGORY:
        return _merely_absent(seen, model)
    number = any(hit.sensitivity is SensitivityClass.CPR for _, hit in kept)
    return name is SensitivityClass.CONFIDENTIAL and number and len(seen.flags) <= FEW_SENTENCES


def stands(hit: Hit) -> bool:
    """Whether the model does not overrule it: an identifier, a CPR number, or a narrow statement."""
    if hit.identifier or hit.sensitivity is SensitivityClass.CPR or hit.recogniser in NARROW:
        return True
    return hit.recogniser == "special_category" and hit.category in NARROW_CATEGORIES


def combine(passages: Sequence[Passage], found: Sequence[Found], terms: Terms, model: ProseModel) -> list[Found]:
    """The findings that stand: all identifiers; the rules' where the class is likely enough; the model's own where rules saw nothing."""
    seen = read_prose(passages, terms, model)
    inputs = combined_inputs(seen[2], strongest(found))
    little = says_little(passages)
    kept = [item for item in found if stands(item[1])]
    for name in PROSE:
        share = probability(inputs, model.combiner[name.value])
        certainty = round(100 * share)
        if certainty < terms.counts_from.get(name, COUNTS_FROM):
            continue
        ruled = [item for item in found if item[1].sensitivity is name and item not in kept]
        if not ruled and (little or _is_said_already(name, kept, seen[0], model)):
            continue
        if not ruled and _only_a_file_name(HEADS.index(name.value), seen[0], seen[2], model):
            continue
        kept += ruled or _pointed_at(HEADS.index(name.value), seen, model, certainty)
    return kept
