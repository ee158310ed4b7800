"""What kind of thing each word stands for: "knæet" a part of the body, "kemoen" a treatment, "hans" a third person.

The statistical model weighs kinds of words (concepts) beside words, so that a term which an officer adds to the register is understood
like those that stood there when the model was trained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

CACHED_WORDS = 200_000  # looked up once each; a longer list is begun anew
LONGEST_STEM = 40
LONGEST_WORD = 200  # letters looked up of one word
NEXT = 2  # letters by which an expression is found from its second word
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
    """What one word means: concepts of the word alone, and expressions that may begin with it, the same by the first two letters of
    their next word too.
    """

    concepts: tuple[int, ...]
    expressions: tuple[Expression, ...]
    by_next: Mapping[str, Sequence[Expression]]

    def begun(self, words: Sequence[str], place: int) -> Sequence[Expression]:
        """The expressions whose further words stand from ``place`` on."""
        if place >= len(words):
            return ()
        likely = self.by_next.get(words[place][:NEXT], ())
        if "" in self.by_next:
            likely = [*likely, *self.by_next[""]]
        return [item for item in likely if item.follows(words, place)] if likely else ()


NOTHING = Known((), (), {})
_Entry = tuple[int, Expression | None, tuple[str, ...]]


class _Known(dict[str, Known]):
    """What was looked up already; a word that is not there is looked up."""

    def __init__(self, look_up: Callable[[str], Known]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> Known:
        if len(self) >= CACHED_WORDS:
            self.clear()
        found = self[word] = self._look_up(word)
        return found


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
        self._known = _Known(self._look_up)

    def of(self, word: str) -> Known:
        """What ``word`` (lower case, folded) stands for."""
        return self._known[word]

    def of_each(self, words: Iterable[str]) -> list[Known]:
        """The same of many words."""
        return list(map(self._known.__getitem__, words))

    def _look_up(self, word: str) -> Known:
        word = word[:LONGEST_WORD]
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
        expressions = tuple(rest for _, rest in kept if rest is not None)
        by_next: dict[str, list[Expression]] = {}
        for item in expressions:
            second = item.words[0]
            by_next.setdefault(second[:NEXT] if len(second) >= NEXT or not (item.open and len(item.words) == 1) else "", []).append(item)
        return Known(alone, expressions, by_next)
