"""Finds the words of a text that hold one of many stems, in one pass whose time does not depend on how many stems there are.

An automaton (Aho and Corasick 1975) reads the text as bytes of Latin-1, one for each character, so that places in the bytes are places in
the text. Letters that Latin-1 has not, and all that is no letter, are blanks there: what is found is a word that may hold a stem, and the
caller looks at the word itself. An officer's terms are never patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from addin_backend.evidence.content.normalised import latin

TABLE_LETTERS = 100_000  # of all stems: up to here the automaton is one table (twice as fast, some MB); beyond, a smaller form
Marked = Mapping[str, Sequence[int]]
"""Words that may hold a stem, with the places where each stands."""
LAST = "\xff"  # of Latin-1
_LETTER = re.compile(r"[^\W\d_]")
_LETTERS = re.compile(r"[^\W\d_]*")
_BLANKED = bytes(code if _LETTER.match(chr(code)) else ord(" ") for code in range(256))


def _start(found: tuple[int, int, int]) -> int:
    return found[1]


def _whole(lower: str, begin: int, end: int) -> tuple[int, int]:
    """The word around a part of it."""
    while begin and lower[begin - 1] > LAST and _LETTER.match(lower, begin - 1):
        begin = next((place for place in range(begin - 1, -1, -1) if not _LETTER.match(lower, place)), -1) + 1
    found = _LETTERS.match(lower, end) if lower[end : end + 1] > LAST else None
    return begin, found.end() if found else end


class Scanner:
    """Stems that count anywhere in a word (``inside``) or at its beginning only (``at_start``), in lower case, letters only."""

    def __init__(self, inside: Iterable[str], at_start: Iterable[str]) -> None:
        inner, first = ([latin(stem).translate(_BLANKED) for stem in stems] for stems in (inside, at_start))
        every = sorted({*inner, *(b" " + stem for stem in first)})
        small = sum(map(len, every)) <= TABLE_LETTERS
        # A stem with letters that are blanks here may span words and hide the next one: then each place is told, however they overlap.
        self._overlapping = any(b" " in stem[1:] for stem in every)
        self._automaton = BytesAhoCorasick(
            every,
            matchkind=MatchKind.Standard if self._overlapping else MatchKind.LeftmostLongest,
            implementation=Implementation.DFA if small else Implementation.ContiguousNFA,
        )

    def words(self, lower: str, raw: bytes) -> Marked:
        """The distinct words of lower-case text that may hold a stem, each with the places where it stands. Linear. ``raw``: the text in
        Latin-1.
        """
        padded = b" " + raw.translate(_BLANKED) + b" "
        found = self._automaton.find_matches_as_indexes(padded, overlapping=self._overlapping)
        words: dict[bytes, list[int]] = {}
        others: dict[str, list[int]] = {}  # with letters that Latin-1 has not beside them
        done = 0
        rfind, find, length = padded.rfind, padded.find, len(raw)
        for _, start, _ in sorted(found, key=_start) if self._overlapping else found:
            if start < done:
                continue
            begin = rfind(b" ", done, start + 1)  # the place in ``lower``: one blank was put before it
            done = find(b" ", begin + 1)
            if begin >= length:  # a stem of strange letters alone
                break
            if raw[begin - 1 : begin] == b"?" or raw[done - 1 : done] == b"?":
                first, end = _whole(lower, begin, done - 1)
                done = max(done, end + 1)
                if first < end:
                    others.setdefault(lower[first:end], []).append(first)
                continue
            word = padded[begin + 1 : done]
            if word in words:
                words[word].append(begin)
            elif word:
                words[word] = [begin]
        for word, places in words.items():
            text = word.decode("latin-1")
            others[text] = sorted([*others[text], *places]) if text in others else places
        return others
