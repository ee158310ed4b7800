"""What the statistical model sees of a text: hashed words, pairs of words and pieces of words, and the concepts of each sentence.

Everything is done on whole arrays, so that a long text costs little more than a short one. Letters are folded (``concepts.fold``), digits
are all alike, names of persons are one word: the model learns what is said and never about whom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from addin_backend.evidence.content.concepts import NOTHING, Concepts, Known

BITS = 18  # of a hashed feature's number
CHUNK = 200_000  # characters worked on at once
PIECES = (3, 4, 5)  # letters of a piece of a word
_PRIME = 0x9E3779B97F4A7C15
_WORD_SALT, _PAIR_SALT, _PIECE_SALT = 0x51_7C_C1_B7_27_22_0A_95, 0x2545_F491_4F6C_DD1D, 0xD6E8_FEB8_6659_FD93
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_NAME_HASH = 0x1234_5678_9ABC_DEF1

_FOLDED = {
    "æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "u", "é": "e", "è": "e", "ß": "ss",
    "Æ": "Ae", "Ø": "Oe", "Å": "Aa", "Ä": "Ae", "Ö": "Oe", "Ü": "U", "É": "E", "È": "E", "\u2019": "'",
}  # fmt: skip
_LETTERS = bytes(
    ord("0")
    if chr(code).isdigit() and code < 128
    else ord(chr(code).lower())
    if chr(code).isalpha() and ord(chr(code).lower()) < 256
    else 1
    for code in range(256)
)
_DIGIT = ord("0")
_CODES = np.frombuffer(_LETTERS, np.uint8).astype(np.uint64)
_WORDS = bytes(32 if letter == 1 else ord(chr(code).lower()) for code, letter in enumerate(_LETTERS))  # all that is no word is a blank
_UPPER = np.array([chr(code).isupper() for code in range(256)])

COMPUTED = (
    "name_m", "name_f", "name", "amount", "percent", "long_number", "date", "question", "same_sex", "no_verb_list",
)  # fmt: skip
LOCATIONS = ("in_subject", "in_quoted", "in_signature", "in_attachment_name", "in_attachment")
_LOCATED = {place.removeprefix("in_"): column for column, place in enumerate(LOCATIONS)}
# Each begins with a digit, which the engine looks for fast; what must stand before it is asked after it.
_MONEY = re.compile(
    r"\d(?:(?=[\d.,])(?:" + "|".join(
        rf"(?<={word}{gap}\d)" for word in ("kr", r"kr\.", "dkk", "eur", "gbp", "€", "£", r"\$") for gap in ("", r"\s")
    ) + r")|[\d.,]{2,12}\s?(?:,-|kr\b|kroner|dkk|eur\b|euro|t\.?kr|mio))", re.IGNORECASE,
)  # fmt: skip
_LONG_NUMBER = re.compile(r"\d[\d .-]{6,}\d")
_DATE = re.compile(r"\d(?<!\w.)(?:\d?[./-]\s?\d{1,2}\b|(?:(?<=1)9|(?<=2)0)\d\d\b)")
_NONE = np.zeros(0, np.int32)
_HIS_MAN = re.compile(r"\b(?:hans|his)\s+(?:\w+\s+)?(?:mand|aegtemand|husband|boyfriend|forlovede mand)\b")
_HER_WIFE = re.compile(r"\b(?:hendes|her)\s+(?:\w+\s+)?(?:kone|hustru|wife|girlfriend|koner)\b")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Concepts and first names by gender (folded, lower case)."""

    concepts: Concepts
    men: frozenset[str]
    women: frozenset[str]
    names: frozenset[str]  # both, and those that either may have


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with the place where it stands ("body" or one of LOCATIONS without "in_")."""

    text: str
    location: str


@dataclass(frozen=True, slots=True)
class Features:
    """``words``/``pieces``: (feature number, sentence) of each hashed feature. ``flags``: sentences x concepts, 0 or 1."""

    words: tuple[NDArray[np.int32], NDArray[np.int32]]
    pieces: tuple[NDArray[np.int32], NDArray[np.int32]]
    flags: NDArray[np.float32]


class _Powers:
    """Powers of the multiplier and of its inverse modulo 2^64, for hashes of any stretch from one running sum."""

    def __init__(self, length: int) -> None:
        with np.errstate(over="ignore"):
            self.up = np.cumprod(np.concatenate([[np.uint64(1)], np.full(length, _PRIME, np.uint64)]))
            self.down = np.cumprod(np.concatenate([[np.uint64(1)], np.full(length, pow(_PRIME, -1, 1 << 64), np.uint64)]))


_POWERS: list[_Powers] = []


def _powers(length: int) -> _Powers:
    if not _POWERS or len(_POWERS[0].up) <= length:
        _POWERS[:] = [_Powers(max(length, 1 << 14) * 2)]
    return _POWERS[0]


def _mix(hashes: NDArray[np.uint64], salt: int) -> NDArray[np.int32]:
    """Numbers of BITS bits, well spread."""
    with np.errstate(over="ignore"):
        mixed = (hashes ^ np.uint64(salt)) * _MIX
        mixed ^= mixed >> np.uint64(32)
        mixed *= _MIX
    return (mixed >> np.uint64(64 - BITS)).astype(np.int32)


def _running(codes: NDArray[np.uint64], powers: _Powers) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        sums = np.cumsum(codes * powers.up[: len(codes)], dtype=np.uint64)
    return np.concatenate([np.zeros(1, np.uint64), sums])


def _between(running: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64], powers: _Powers) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return (running[ends] - running[starts]) * powers.down[starts]


def _pieces(codes: NDArray[np.uint64], lines: NDArray[np.int32], powers: _Powers) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pieces of words, with the blank before or after a word as a letter of its own."""
    running = _running(codes, powers)
    gaps = np.concatenate([[0], np.cumsum(codes == 1)])
    numbers, where = [], []
    for length in PIECES:
        if len(codes) < length:
            continue
        starts = np.arange(len(codes) - length + 1)
        inner = gaps[starts + length - 1] - gaps[starts + 1]
        starts = starts[(inner == 0) & (gaps[starts + length] - gaps[starts] < 2)] if length == 3 else starts[inner == 0]
        numbers.append(_mix(_between(running, starts, starts + length, powers), _PIECE_SALT + length))
        where.append(lines[starts])
    if not numbers:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    return np.concatenate(numbers), np.concatenate(where)


def _word_numbers(hashes: NDArray[np.uint64], lines: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    with np.errstate(over="ignore"):
        pairs = hashes[:-1] * np.uint64(31) + hashes[1:]
    together = lines[:-1] == lines[1:]
    return (
        np.concatenate([_mix(hashes, _WORD_SALT), _mix(pairs[together], _PAIR_SALT)]),
        np.concatenate([lines, lines[:-1][together]]),
    )


def width(lexicon: Lexicon) -> int:
    """The number of flags of a sentence."""
    return len(lexicon.concepts.names) + len(COMPUTED) + len(LOCATIONS)


def features(sentences: Sequence[Sentence], lexicon: Lexicon) -> Features:
    """The features of ``sentences``; ``flags`` has a row for each."""
    parts, start = [], 0
    while start < len(sentences):
        end, length = start, 0
        while end < len(sentences) and (end == start or length + len(sentences[end].text) < CHUNK):
            length += len(sentences[end].text)
            end += 1
        parts.append((start, _chunk(sentences[start:end], lexicon)))
        start = end
    if not parts:
        return Features((_NONE, _NONE), (_NONE, _NONE), np.zeros((0, width(lexicon)), np.float32))
    if len(parts) == 1:
        return parts[0][1]
    return Features(
        (np.concatenate([part.words[0] for _, part in parts]), np.concatenate([part.words[1] + first for first, part in parts])),
        (np.concatenate([part.pieces[0] for _, part in parts]), np.concatenate([part.pieces[1] + first for first, part in parts])),
        np.concatenate([part.flags for _, part in parts]),
    )


def _folded(text: str) -> str:
    folded = text.replace("\n", " ").replace("\r", " ")
    if not folded.isascii():
        for letter, plain in _FOLDED.items():
            folded = folded.replace(letter, plain)
    return folded


def fold_all(texts: Sequence[str]) -> str:
    """The texts with their letters folded, one a line. Some searches over the whole are faster than a look at every letter."""
    joined = "\0".join(texts)
    if joined.count("\0") >= len(texts):  # a text holds the separator itself
        return "\n".join([_folded(text) for text in texts])
    return _folded(joined).replace("\0", "\n")


def _chunk(sentences: Sequence[Sentence], lexicon: Lexicon) -> Features:
    folded = fold_all([item.text for item in sentences])
    raw = folded.encode("latin-1", "replace") + b"\n"
    source = np.frombuffer(raw, np.uint8)
    codes = _CODES[source]
    powers = _powers(len(codes))
    edges = np.diff(codes != 1, prepend=False, append=False)
    borders = np.flatnonzero(edges)
    starts, ends = borders[::2], borders[1::2]
    lines = np.concatenate([[0], np.cumsum(source == 10)[:-1]]).astype(np.int32)
    flags = np.zeros((len(sentences), width(lexicon)), np.float32)
    _locate(sentences, flags, len(lexicon.concepts.names) + len(COMPUTED))
    if not len(starts):
        return Features((_NONE, _NONE), (_NONE, _NONE), flags)
    hashes = _between(_running(codes, powers), starts, ends, powers)
    words = raw.translate(_WORDS).decode("latin-1").split(" ")
    named = _mark([word for word in words if word], (lines[starts], np.flatnonzero(_UPPER[source[starts]])), flags, lexicon)
    numbered = np.zeros(len(sentences), np.bool_)
    numbered[lines[codes == _DIGIT]] = True
    _compute(folded.split("\n"), np.flatnonzero(numbered).tolist(), flags, lexicon)
    hashes = np.where(named, np.uint64(_NAME_HASH), hashes)
    hidden = np.zeros(len(codes) + 1, np.int64)
    np.add.at(hidden, starts[named], 1)
    np.add.at(hidden, ends[named], -1)
    masked = np.where(np.cumsum(hidden[:-1]) > 0, np.uint64(1), codes)
    return Features(_word_numbers(hashes, lines[starts]), _pieces(masked, lines, powers), flags)


def _locate(sentences: Sequence[Sentence], flags: NDArray[np.float32], base: int) -> None:
    for number, item in enumerate(sentences):
        column = _LOCATED.get(item.location)
        if column is not None:
            flags[number, base + column] = 1


def _mark(
    words: Sequence[str], places: tuple[NDArray[np.int32], NDArray[np.int64]], flags: NDArray[np.float32], lexicon: Lexicon
) -> NDArray[np.bool_]:
    """Sets the concepts and the names of each sentence; returns which words are names. ``places``: the sentence of each word, and which
    words begin with a capital.
    """
    lines: list[int] = places[0].tolist()
    known = lexicon.concepts.of_each(words)
    rows: list[int] = []
    columns: list[int] = []
    for number, item in enumerate(known):
        if item is NOTHING:
            continue
        line = lines[number]
        rows += [line] * len(item.concepts)
        columns += item.concepts
        if item.by_next:
            for expression in item.begun(words, number + 1):
                if lines[number + len(expression.words)] == line:
                    rows.append(line)
                    columns.append(expression.concept)
    named = np.zeros(len(words), np.bool_)
    base, before = len(lexicon.concepts.names), -2  # ``before``: the last word that was a name
    for number in places[1].tolist():
        word = words[number]
        bare = word if word in lexicon.names or not word.endswith("s") else word[:-1]
        if bare in lexicon.names and not (known[number].concepts and (number == 0 or lines[number - 1] != lines[number])):
            rows += [lines[number]] * 2
            columns += [base + 2, base if bare in lexicon.men else base + 1 if bare in lexicon.women else base + 2]
        elif not (before == number - 1 and number and lines[number - 1] == lines[number] and not known[number].concepts):
            continue
        named[number] = True
        before = number
    flags[rows, columns] = 1
    if named.any():  # a name is no sensitive word ("Ben", "Hope")
        _forget(known, named, lines, flags)
    return named


def _forget(known: Sequence[Known], named: NDArray[np.bool_], lines: Sequence[int], flags: NDArray[np.float32]) -> None:
    for number in np.flatnonzero(named).tolist():
        for concept in known[number].concepts:
            others = [place for place in range(max(0, number - 60), min(len(lines), number + 60)) if lines[place] == lines[number]]
            if not any(concept in known[place].concepts for place in others if not named[place]):
                flags[lines[number], concept] = 0


def _compute(folded: Sequence[str], numbered: Sequence[int], flags: NDArray[np.float32], lexicon: Lexicon) -> None:
    """Sets the flags that are no concepts. ``numbered``: the sentences that hold a digit."""
    names = lexicon.concepts.names
    base = len(names)
    spouse = [index for index, name in enumerate(names) if name in {"spouse_m", "spouse_f", "partnered"}]
    for number in numbered:
        text = folded[number]
        amount, date = _MONEY.search(text) is not None, _DATE.search(text) is not None
        flags[number, base + 3 : base + 7] = amount, "%" in text, _LONG_NUMBER.search(text) is not None, date
    flags[[number for number, text in enumerate(folded) if "?" in text], base + 7] = 1
    for number in np.flatnonzero(flags[:, spouse].any(axis=1)).tolist() if spouse else ():
        flags[number, base + 8] = is_same_sex(folded[number].lower())


def is_same_sex(lower: str) -> bool:
    """Whether somebody's spouse seems to be of the same sex: "Henrik og hans mand", "hendes kone"."""
    return bool(_HIS_MAN.search(lower) or _HER_WIFE.search(lower))
