"""The register of sensitive terms, and how its stems are found in a text.

Danish compounds (brystkræft, lungekræftbehandling) defeat word patterns, so stems are looked up in words. One pass over the text finds the
words that may hold one (``scanner``): an officer's term is never a pattern, and the time does not depend on how many terms there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import msgspec

from addin_backend.errors import BadRegister
from addin_backend.evidence.content import damper
from addin_backend.evidence.content.concepts import Concepts, ConceptTerm
from addin_backend.evidence.content.features import Lexicon
from addin_backend.evidence.content.first_names import first_names
from addin_backend.evidence.content.prose_model import product_model
from addin_backend.evidence.content.scanner import Marked, Scanner
from addin_backend.model.evidence import PROTECTED_CLASSES, SensitivityClass

MIN_STEM = 3
IDIOM_KEY = 5  # letters by which an idiom is found from one of its words
IDIOM_REACH = 40
LONGEST_WORD = 200  # letters looked up at once; a longer run of letters is looked up in pieces
OVERLAP = 60  # letters that two pieces share, more than any stem has
_PATH = "registers/content_terms/data.json"
_WORD = re.compile(r"[^\W\d_]+")
Boundary = Literal["prefix", "suffix", "any", "whole"]


class TermGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of one kind. ``boundary`` says where in a word the stem may stand; ``weight`` 1 (weak) to 3 (strong).

    A term of several words is met word by word from the beginning of each. Words that hold one of ``exceptions`` are never met.
    ``concept`` is what the words stand for in the statistical model; weight 0: they count through the model only (context has no class).
    ``valid_from``/``valid_to`` (both included) and ``source`` are for terms that an officer adds: expired means absent.
    """

    language: str
    category: str
    boundary: Boundary
    weight: Literal[0, 1, 2, 3]
    stems: list[str]
    sensitivity: SensitivityClass | None = msgspec.field(name="class", default=None)
    exceptions: list[str] = []
    concept: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""

    def holds(self, at: date | None) -> bool:
        """Whether the group counts on that day; None asks for no day."""
        return at is None or ((self.valid_from or at) <= at <= (self.valid_to or at))


class TermsRegister(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The register file. ``idioms`` are expressions in which a sensitive word means something else. ``counts_from``: per class the
    certainty in percent from which prose counts as of that class ("in doubt, encrypt": the lower, the more is protected).
    """

    checked: date
    source: str
    groups: list[TermGroup]
    idioms: list[str]
    counts_from: dict[SensitivityClass, Annotated[int, msgspec.Meta(ge=1, le=99)]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One stem, ready to be looked up. ``rest`` are the further words of an expression."""

    stem: str
    boundary: Boundary
    sensitivity: SensitivityClass
    category: str
    weight: int
    exceptions: tuple[str, ...] = ()
    rest: re.Pattern[str] | None = None

    def meets(self, word: str, place: int) -> bool:
        """Whether the stem stands at ``place`` of ``word`` as its boundary wants it."""
        end = place + len(self.stem)
        if not word.startswith(self.stem, place):
            return False
        if self.boundary in {"prefix", "whole"} and place != 0:
            return False
        if self.boundary in {"suffix", "whole"} and end != len(word) and not (self.rest and self.boundary == "whole"):
            return False
        return not any(item in word for item in self.exceptions)


class Terms:
    """All terms by the first three letters of their stem, or by the whole stem where it stands at the start of a word.

    Made once for each revision of the register; never changed.
    """

    def __init__(
        self, terms: tuple[Term, ...], idioms: tuple[str, ...], lexicon: Lexicon, counts_from: Mapping[SensitivityClass, int]
    ) -> None:
        self.lexicon = lexicon
        self.counts_from = counts_from
        self.inside: dict[str, tuple[Term, ...]] = {}
        self.at_start: dict[str, tuple[tuple[int, Term], ...]] = {}  # by the whole stem, with the term's number
        self.lengths: dict[str, tuple[int, ...]] = {}  # of the stems in ``at_start``
        for number, term in enumerate(terms):
            key = term.stem[:MIN_STEM]
            if term.boundary in {"any", "suffix"}:
                self.inside[key] = (*self.inside.get(key, ()), term)
            else:
                self.at_start[term.stem] = (*self.at_start.get(term.stem, ()), (number, term))
                self.lengths[key] = tuple(sorted({*self.lengths.get(key, ()), len(term.stem)}))
        self._keys = frozenset(self.inside)
        anywhere = {"any", "suffix"}  # the cues of a topic are found in the same pass
        self.scanner = Scanner(
            [*damper.CUE_ENDS, *(term.stem for term in terms if term.boundary in anywhere)],
            [*damper.CUE_STEMS, *damper.CUE_WORDS, *(term.stem for term in terms if term.boundary not in anywhere)],
        )
        self.idioms: dict[str, tuple[str, ...]] = {}
        for idiom in idioms:
            for key in {word[:IDIOM_KEY] for word in _WORD.findall(idiom)}:
                self.idioms[key] = (*self.idioms.get(key, ()), idiom)

    def met_by(self, word: str) -> tuple[Term, ...]:
        """The terms that the word meets. Linear: of a very long word, each piece is taken for a word (in doubt, it counts)."""
        if len(word) <= LONGEST_WORD:
            return self._met_by(word)
        pieces = {word[start : start + LONGEST_WORD] for start in range(0, len(word) - OVERLAP, LONGEST_WORD - OVERLAP)}
        return tuple(dict.fromkeys(term for piece in sorted(pieces) for term in self._met_by(piece)))

    def _met_by(self, word: str) -> tuple[Term, ...]:
        lengths = [length for length in self.lengths.get(word[:MIN_STEM], ()) if length <= len(word)]
        stems = [item for length in lengths for item in self.at_start.get(word[:length], ())]
        found = [term for _, term in sorted(stems, key=_number) if term.meets(word, 0)] if stems else []
        if self._keys.isdisjoint([word[place : place + MIN_STEM] for place in range(len(word) - MIN_STEM + 1)]):
            return tuple(found)
        for place in range(len(word) - MIN_STEM + 1):
            for term in self.inside.get(word[place : place + MIN_STEM], ()):
                if term.meets(word, place) and term not in found:
                    found.append(term)
        return tuple(found)

    def find(self, lower: str, words: Marked) -> Iterator[tuple[Term, int, int]]:
        """(term, start, end) of every place where a term is met in lower-case text, word by word in order of the alphabet. ``words`` are
        those that the scanner found in it.
        """
        for word, places in sorted(words.items()):
            terms = self.met_by(word)
            if not terms:
                continue
            idioms = self.idioms.get(word[:IDIOM_KEY], ())
            for start in places:
                for term in terms:
                    end = _whole_expression(lower, term, start + len(word))
                    if end and not (idioms and _in_idiom(lower, start, end, idioms)):
                        yield term, start, end


def _number(item: tuple[int, Term]) -> int:
    return item[0]


def _in_idiom(lower: str, start: int, end: int, idioms: tuple[str, ...]) -> bool:
    around = lower[max(0, start - IDIOM_REACH) : end + IDIOM_REACH]
    return any(idiom in around and _covers(around, idiom, min(start, IDIOM_REACH), end - start) for idiom in idioms)


def _covers(around: str, idiom: str, start: int, length: int) -> bool:
    place = around.find(idiom)
    while place >= 0:
        if place < start + length and start < place + len(idiom):
            return True
        place = around.find(idiom, place + 1)
    return False


def _whole_expression(lower: str, term: Term, end: int) -> int:
    """The end of the expression that begins with a word ending at ``end``, or 0 when its further words do not follow."""
    if term.rest is None:
        return end
    match = term.rest.match(lower, end)
    return match.end() if match else 0


def _bad(entry: str, english: str, danish: str) -> BadRegister:
    place = f"{_PATH}{', ' + entry if entry else ''}"
    return BadRegister(
        f"The register {place} cannot be used: {english}", sentence_da=f"Registret {place} kan ikke bruges: {danish}", field=place
    )


def _terms_of(group: TermGroup, entry: str) -> Iterator[Term]:
    if group.sensitivity is None and group.weight == 0 and group.concept:
        return
    if group.sensitivity is None or group.sensitivity not in PROTECTED_CLASSES:
        raise _bad(entry, "its class is not a protected one.", "klassen er ikke en beskyttet klasse.")
    if group.weight == 0:
        return
    for stem in group.stems:
        words = re.findall(r"[^\W_]+", stem.lower())
        if not words or len(words[0]) < MIN_STEM or not _WORD.fullmatch(words[0]):
            raise _bad(entry, f"'{stem}' is shorter than {MIN_STEM} letters.", f"'{stem}' er kortere end {MIN_STEM} bogstaver.")
        exceptions = tuple(item.lower() for item in group.exceptions)
        rest = "".join(r"[\s\-]{1,3}" + re.escape(word) + r"[^\W\d_]*" for word in words[1:])
        pattern = re.compile(rest) if rest else None
        yield Term(words[0], group.boundary, group.sensitivity, group.category, group.weight, exceptions, pattern)


def _lexicon(groups: list[TermGroup], concepts: tuple[str, ...]) -> Lexicon:
    entries = [
        ConceptTerm(group.concept, stem, group.boundary, tuple(item.lower() for item in group.exceptions))
        for group in groups
        if group.concept
        for stem in group.stems
    ]
    return Lexicon(Concepts(entries, concepts), *first_names())


def decode_terms(raw: bytes) -> TermsRegister:
    """The register file as it stands. Raises BadRegister that names file and entry."""
    try:
        return msgspec.json.decode(raw, type=TermsRegister)
    except msgspec.DecodeError as error:
        raise _bad("", f"{error}.", f"{error}.") from None


def read_terms(raw: bytes, at: date | None = None, concepts: tuple[str, ...] | None = None) -> Terms:
    """The terms of the register file that count on the day ``at`` (None: all). Raises BadRegister that names file and entry.

    ``concepts`` are those of the model that will read with them; none: the product's own.
    """
    register = decode_terms(raw)
    groups = [group for group in register.groups if group.holds(at)]
    terms = tuple(term for index, group in enumerate(groups) for term in _terms_of(group, f"groups[{index}]"))
    lexicon = _lexicon(groups, product_model().concepts if concepts is None else concepts)
    return Terms(terms, tuple(item.lower() for item in register.idioms), lexicon, register.counts_from)
