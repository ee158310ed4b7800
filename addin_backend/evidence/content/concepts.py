"""What kind of thing each word stands for: "knæet" a part of the body, "kemoen" a treatment, "hans" a third person.

The statistical model weighs kinds of words (concepts) beside words, so that a term which an officer adds to the register is understood
like those that stood there when the model was trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CACHED_WORDS = 200_000  # looked up once each; a longer list is begun anew
LONGEST_STEM = 40
LONGEST_WORD = 200  # letters looked up of one word
_WORD = re.compile(r"[^\W_]+")
_FOLD = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "u", "é": "e", "è": "e", "ß": "ss"})


def fold(lower: str) -> str:
    """Lower-case text as it is looked up: "lægen" and "laegen" are one word."""
    return lower if lower.isascii() else lower.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class ConceptTerm:
    """One stem of a concept; ``boundary`` as in the register (prefix, suffix, any, whole)."""

    concept: str
    stem: str
    boundary: str
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """The further words of an expression; ``open``: the last of them may go on ("dårlig betaler", "dårlige betalere")."""

    concept: int
    words: tuple[str, ...]
    open: bool

    def follows(self, words: Sequence[str], place: int) -> bool:
        """Whether the expression's further words stand from ``place`` on."""
        last = len(self.words) - 1
        if place + last >= len(words):
            return False
        return all(
            words[place + index] == word or (index == last and self.open and words[place + index].startswith(word))
            for index, word in enumerate(self.words)
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What one word means: concepts of the word alone, and expressions that may begin with it."""

    concepts: tuple[int, ...]
    expressions: tuple[Expression, ...]


NOTHING = Known((), ())
_Entry = tuple[int, Expression | None, tuple[str, ...]]


class Concepts:
    """The concepts of a register, by number in the order of ``names``. Made once for each revision."""

    def __init__(self, terms: Iterable[ConceptTerm], names: tuple[str, ...]) -> None:
        self.names = names
        number = {name: index for index, name in enumerate(names)}
        self._tables: dict[str, dict[str, list[_Entry]]] = {"whole": {}, "prefix": {}, "suffix": {}, "any": {}}
        for term in terms:
            words = _WORD.findall(fold(term.stem.lower()))
            if not words or term.concept not in number:
                continue
            concept, free = number[term.concept], term.boundary in {"prefix", "any"}
            rest = Expression(concept, tuple(words[1:]), free) if len(words) > 1 else None
            table = self._tables["whole" if rest and term.boundary == "prefix" else term.boundary]
            table.setdefault(words[0], []).append((concept, rest, term.exceptions))
        self._beginnings = frozenset(stem[:3] for stem in self._tables["any"])
        self._known: dict[str, Known] = {}

    def of(self, word: str) -> Known:
        """What ``word`` (lower case, folded) stands for."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= CACHED_WORDS:
                self._known.clear()
            known = self._known[word] = self._look_up(word[:LONGEST_WORD])
        return known

    def _look_up(self, word: str) -> Known:
        whole, prefix, suffix, inside = self._tables.values()
        found = list(whole.get(word, ()))
        for length in range(2, min(len(word), LONGEST_STEM) + 1):
            found += prefix.get(word[:length], ())
            found += suffix.get(word[-length:], ())
        for start in range(len(word) - 2):
            if word[start : start + 3] in self._beginnings:
                for length in range(3, min(len(word) - start, LONGEST_STEM) + 1):
                    found += inside.get(word[start : start + length], ())
        if not found:
            return NOTHING
        kept = [(concept, rest) for concept, rest, exceptions in found if not any(item in word for item in exceptions)]
        alone = tuple(sorted({concept for concept, rest in kept if rest is None}))
        return Known(alone, tuple(rest for _, rest in kept if rest is not None))
