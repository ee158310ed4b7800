"""CPR numbers by shape, date and context. Modulus 11 raises the score and never gates: numbers without it are valid since October 2007.

Sources: CPR-kontoret, "Personnummeret i CPR" (century from the seventh digit, replacement numbers with 60 added to the day, 1 January
numbers without modulus 11).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice

from addin_backend.evidence.content import cpr_neighbours, number_words, spelled
from addin_backend.evidence.content.birthday import is_date
from addin_backend.evidence.content.cpr_context import BESIDE_A_PERSON, FAR, NEAR, Context, is_labelled, is_named_by_a_noun, judge
from addin_backend.evidence.content.cpr_letters import with_letters
from addin_backend.evidence.content.cpr_shapes import ALSO_UNLABELLED, HYPHENED, IN_PAIRS, UNUSUAL, Candidate, candidates
from addin_backend.evidence.content.cpr_words import KEYWORD, OTHER
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.placeholder import is_placeholder
from addin_backend.model.evidence import Location, SensitivityClass

ACCEPT = 50
MOST_HITS = 500  # in one text; what the mail is has long been settled
MOST_JUDGED = 4_000  # different numbers in one text that are found to be none; the next one counts (in doubt, encrypt)
LABEL_POINTS = 45  # from here the words around call it a CPR number
BIRTHDAY = 50  # points for the same day beside it, written as a date; more than those that a word like "løbenr." takes
DATE_STAMP, DATE_STAMP_DASHED = 30, 20  # a day of these years, where no child is spoken of: a number stamped with its date
NAMED = 20  # for a noun right before it
ALONE = 10  # in a line of its own in a signature
SIGNED = 25  # a signature holds the numbers of firms
ALIKE = 20  # for several people's numbers in one sentence
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)

_ZERO = re.compile(r"(?:uden|mangler|foranstillet|foran) (?:et )?nul|nul(?:let|ler)? (?:foran|først)|leading zero")
_REFERENCE = re.compile(
    r"(?:^|[\n.,;(])\s*(?:vores|deres|jeres|din|our|your)?\s*ref(?:erence[nr]?|\.)?(?:\s?(?:nr|no|nummer|number))?\.?\s*[:#]?\s*$"
)
_TRADE = re.compile(r"\b(?:[a-zæøå]*handel(?:en)?|trades?|valuta\w*|kurs|modpart\w*|counterparty|fx|nav|settlement|afregn\w*)\b")
_KEYWORD_PIECES = (
    "cpr",
    "person",
    "erstatning",
    "sygesikring",
    "danish",
    "fødsel",
    "civil",
    "national",
    "social",
    "ssn",
    "tax",
    "identifikation",
    "sundhedskort",
    "dansk",
    "dänisch",
    "pers.",
    "administrativ",
    "cifre",
    "digits",
)


def passes_modulus_11(digits: str) -> bool:
    """The check that every number met until 1 October 2007."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0


def _is_called_so(passage: Passage, item: Candidate) -> bool:
    """Whether a mistyped number in the usual shape follows the keyword in the same sentence, with no other label between."""
    if item.shape != "dashed":
        return False
    start, _ = passage.sentence(item.start, item.end)
    before = passage.folded[max(start, item.start - NEAR) : item.start]
    found = list(KEYWORD.finditer(before))
    return bool(found) and not OTHER.search(before[found[-1].end() :])


def _pieces(passage: Passage) -> tuple[str, ...]:
    """The beginnings of keywords that the text holds: most mails hold none, and the search around every number is saved."""
    if not any(piece in passage.vocabulary for piece in _KEYWORD_PIECES):
        return ()
    folded = passage.vocabulary.replace("\u0131", "i").replace("\u0130", "i")  # as in ``Passage.folded``
    return tuple([piece for piece in _KEYWORD_PIECES if piece in folded])


def _looks_like_a_time(item: Candidate) -> bool:
    """Whether it may be a date and an hour ("290326 1430")."""
    hour, minute = int(item.digits[6:8]), int(item.digits[8:10])
    return item.shape in {"spaced", "solid", "dotted"} and item.digits[4:6] in {"24", "25", "26", "27", "28"} and hour < 24 and minute < 60


_NOTHING = Context(0, False, False, "")


def _score(passage: Passage, item: Candidate, pieces: tuple[str, ...]) -> tuple[int, Context]:
    """(score, what the words around say)."""
    if item.shape in UNUSUAL and (pieces or item.shape in ALSO_UNLABELLED):
        return _unusual_score(passage, item)
    if item.shape in UNUSUAL:
        return 0, _NOTHING
    dated = is_date(item.digits)
    if not dated and not pieces:
        return 0, _NOTHING
    context = judge(passage, (item.start, item.end), keyed=bool(pieces), checked=passes_modulus_11(item.digits))
    if context.other and item.shape == "dashed" and dated and passes_modulus_11(item.digits) and _is_bare_reference(passage, item.start):
        return ACCEPT + 5, _NOTHING
    if not dated:
        return (60 if context.labelled or _is_called_so(passage, item) else 0), context  # mistyped, but called a CPR number
    score = item.base + context.points
    if passes_modulus_11(item.digits):
        score += 12
    elif item.digits.startswith("0101"):
        score += 5
    if context.points < LABEL_POINTS:
        score += _of_neighbours(passage, item, context)
    return (score - 30 if _looks_like_a_time(item) and context.points < LABEL_POINTS else score), context


def _of_neighbours(passage: Passage, item: Candidate, context: Context) -> int:
    """Points for what stands further around a number that nothing calls a CPR number."""
    points = BIRTHDAY if not context.other and cpr_neighbours.is_birthday_nearby(passage, item.start, item.end, item.digits) else 0
    if cpr_neighbours.is_recent(item.digits) and not cpr_neighbours.speaks_of_child(passage, item.start, item.end):
        points -= DATE_STAMP_DASHED if item.shape == "dashed" else DATE_STAMP
    if passage.location_at(item.start) is Location.SIGNATURE and not _stands_alone(passage, item):
        points -= 0 if item.shape in HYPHENED else SIGNED
    elif passage.location_at(item.start) is Location.SIGNATURE and not context.other:
        points += ALONE
    if item.shape not in HYPHENED and is_named_by_a_noun(passage, item.start):
        points -= NAMED
    return points


def _stands_alone(passage: Passage, item: Candidate) -> bool:
    """Whether nothing else stands in the line: below a name, people put their own number so."""
    begin, stop = passage.line(item.start)
    return passage.text[begin:stop].strip() == passage.text[item.start : item.end]


def _is_bare_reference(passage: Passage, start: int) -> bool:
    """Whether nothing but "Reference:" stands before the number in its line: people also file under a person's number. One in 300 of other
    references in this shape is a date and passes modulus 11.
    """
    line, _ = passage.line(start)
    before = passage.folded[max(line, start - NEAR) : start]
    if not before.strip():
        before = passage.folded[max(0, line - NEAR) : start].rstrip().rsplit("\n", 1)[-1]
    return _REFERENCE.search(before) is not None and not _TRADE.search(passage.folded)


def _unusual_score(passage: Passage, item: Candidate) -> tuple[int, Context]:
    """For spellings that say nothing without the keyword beside them."""
    context = judge(passage, (item.start, item.end), keyed=True, checked=False)
    if item.shape == "short":
        fits = (context.labelled or _in_cpr_column(passage.folded, item.start) or _lost_its_zero(passage, item)) and is_date(
            "0" + item.digits
        )
        return (60 if fits else 0), context
    if item.shape == "cut":
        return (65 if context.labelled and len(item.digits) in {9, 11} else 0), context
    if item.shape in IN_PAIRS and context.points >= BESIDE_A_PERSON and passes_modulus_11(item.digits) and is_date(item.digits):
        return (
            0 if cpr_neighbours.is_recent(item.digits) else ACCEPT + 2
        ), context  # "Bo Madsen (040574 12 32)": one in 300 of other numbers
    if item.shape == "long year" and context.points >= BESIDE_A_PERSON // 2 and not cpr_neighbours.is_recent(item.digits):
        return (55 if is_date(item.digits) else 0), context  # "Ulla Brask, 05.09.1968-2214"
    return (65 if (context.labelled or context.points >= LABEL_POINTS) and is_date(item.digits) else 0), context


def _lost_its_zero(passage: Passage, item: Candidate) -> bool:
    """Whether the text says that CPR numbers lost their leading zero."""
    around = slice(max(0, item.start - FAR), item.end + FAR)
    return _ZERO.search(passage.folded[around]) is not None and KEYWORD.search(passage.folded[around]) is not None


def _in_cpr_column(text: str, place: int) -> bool:
    first = text[: max(0, text.find("\n", 0, 2_000))]
    return place > len(first) and KEYWORD.search(first) is not None


def _spelled(passage: Passage, pieces: tuple[str, ...]) -> Iterator[tuple[Candidate, int]]:
    """The numbers in odd spellings, with their scores: those behind a label (also in words, with letters for digits, in two pieces), and
    six and four digits in neighbouring cells.
    """
    if pieces:
        for way in (spelled.labelled, spelled.lettered, spelled.apart, number_words.in_words):
            for start, end, digits in islice(way(passage), MOST_HITS):
                if is_date(digits):
                    yield Candidate("spelled", 0, start, end, digits), 60
    for start, end, digits in islice(chain(spelled.two_pieces(passage), spelled.day_and_four(passage)), MOST_HITS):
        if is_date(digits) and not cpr_neighbours.is_recent(digits):
            yield Candidate("in two pieces", 0, start, end, digits), 60
    for start, end, digits in islice(spelled.cells(passage), MOST_HITS):
        if is_date(digits):
            item = Candidate("cells", 20, start, end, digits)
            yield item, min(100, _score(passage, item, pieces)[0])


def _judged(passage: Passage, pieces: tuple[str, ...]) -> Iterator[tuple[Candidate, int, Context]]:
    """Every candidate with its score and context, until enough are found. What stands in the same words is judged once."""
    known: dict[tuple[str, int, int], tuple[int, Context]] = {}
    found = 0
    for item in candidates(passage):
        begin = max(0, item.start - 150)
        key = passage.text[begin : item.end + 130], item.start - begin, item.end - begin  # two numbers may stand in the very same words
        if key not in known:
            known[key] = _score(passage, item, pieces) if len(known) - found < MOST_JUDGED else (ACCEPT, _NOTHING)
            found += known[key][0] >= ACCEPT
        yield item, *known[key]
        if found >= 2 * MOST_HITS:
            return


def _in_company(passage: Passage, judged: list[tuple[Candidate, int, Context]]) -> Iterator[tuple[Candidate, int, Context]]:
    """The numbers of a text without any label, each weighed with the others beside it."""
    row = cpr_neighbours.of_one_day(passage, [item.digits for item, _, _ in judged])
    sentences: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for item, _, _ in judged:
        if len(item.digits) == 10:
            sentences[passage.sentence_number(item.start)].append((item.digits, is_date(item.digits)))
    alike = {number for number, given in sentences.items() if cpr_neighbours.all_days(given)}
    for item, score, context in judged:
        more = ALIKE if passage.sentence_number(item.start) in alike and is_date(item.digits) else 0
        yield item, score + more - (ALIKE if item.digits in row else 0), context


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every CPR number in the passage."""
    folded, pieces = passage.folded, _pieces(passage)
    kept: list[tuple[int, int]] = []  # (end, start) of each, in order
    judged = list(_judged(passage, pieces))
    things = {
        item.digits[:6] for item, score, context in judged if context.other and score < ACCEPT
    }  # "version 100562-4255 … the one on the drive is 100562-4254"
    if not pieces:
        judged = list(_in_company(passage, judged))
    for item, score, context in judged:
        if (
            score >= ACCEPT
            and not (item.digits[:6] in things and not context.labelled)
            and not is_placeholder(passage, (item.start, item.end), item.digits)
        ):
            labelled = is_labelled(folded[max(0, item.start - NEAR) : item.start])
            why = "called a CPR number" if labelled else "shape and date of a CPR number"
            yield Hit("cpr", SensitivityClass.CPR, "cpr", item.start, item.end, min(score, 100), why, identifier=True)
            kept.append((item.end, item.start))
            if len(kept) >= MOST_HITS:
                return
    for item, score in _spelled(passage, pieces):
        next_kept = bisect_right(kept, (item.start, item.start))
        overlaps = next_kept < len(kept) and kept[next_kept][1] < item.end
        if score >= ACCEPT and not overlaps and not is_placeholder(passage, (item.start, item.end), item.digits):
            yield Hit("cpr", SensitivityClass.CPR, "cpr", item.start, item.end, score, "called a CPR number", identifier=True)
    yield from with_letters(passage)
