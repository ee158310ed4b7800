"""The statistical model: how much a sentence, and the whole mail, sounds like one that needs protection, per class.

Linear in hashed words and pieces of words, in concepts and in pairs of concepts; trained by tools/train_content_model.py from the labelled
mails. It sees every sentence alone, so that one sentence in a long mail is found, and can say which concepts made it think so.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from addin_backend.evidence.content.features import BITS, Features
from addin_backend.evidence.content.layout import Layout, layout_of, widen

HEADS = ("confidential", "criminal", "special_category", "needs")
FLAG_SCALE, MAIL_FLAG_SCALE, MAIL_PAIR_SCALE, MAIL_TEXT_SCALE = 0.35, 0.2, 0.12, 2.0
FEWEST_WORDS, FEWEST_PIECES = 4, 20  # a short sentence is not blown up
_SIZE = 1 << BITS
_FILE = Path(__file__).with_name("model.bin")
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of one level (sentence or mail), with a column for each head: hashed words and pieces, flags, pairs; and the bias."""

    words: Array
    pieces: Array
    flags: Array
    pairs: Array  # telling x wide x heads
    bias: Array


@dataclass(frozen=True, slots=True)
class ProseModel:
    """``combiner``: per class the weights of the scores and of the rules' certainties, the bias last."""

    concepts: tuple[str, ...]
    layout: Layout
    sentence: Weights
    mail: Weights
    combiner: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Scores:
    """``sentences``: a row for each sentence, a column for each head. ``mail``: one value for each head."""

    sentences: Array
    mail: Array


def _sums(numbers: tuple[NDArray[np.int32], NDArray[np.int32]], weights: Array, count: int, fewest: int) -> Array:
    """Per sentence the sum of its features' weights, divided by the square root of their number."""
    ids, lines = numbers
    if not len(ids):
        return np.zeros((count, weights.shape[1]), np.float32)
    chosen = weights[ids]
    sums = np.stack([np.bincount(lines, chosen[:, head], count) for head in range(weights.shape[1])], axis=1)
    length = np.maximum(np.bincount(lines, minlength=count), fewest)
    return np.asarray(sums / np.sqrt(length)[:, None], np.float32)


def _present(ids: NDArray[np.int32]) -> NDArray[np.int64]:
    there = np.zeros(_SIZE, np.bool_)
    there[ids] = True
    return np.flatnonzero(there)


def _mail_text(ids: NDArray[np.int32], weights: Array, fewest: int) -> Array:
    present = _present(ids)
    return np.asarray(MAIL_TEXT_SCALE * weights[present].sum(axis=0) / np.sqrt(max(len(present), fewest)), np.float32)


def _pairs(telling: Array, wide: Array, weights: Array) -> Array:
    """Per sentence and head the weights of its pairs of flags. Few flags are set, so only their rows are added up."""
    count, heads = len(wide), weights.shape[2]
    found = np.zeros((count, heads), np.float32)
    lines, flags = np.nonzero(telling)
    if len(lines):
        firsts = np.flatnonzero(np.diff(lines, prepend=-1))
        sums = np.add.reduceat(weights[flags], firsts, axis=0)
        found[lines[firsts]] = np.einsum("neh,ne->nh", sums, wide[lines[firsts]])
    return found


def score(features: Features, model: ProseModel) -> Scores:
    """The scores (log odds) of each sentence and of the mail. Linear in the length."""
    wide = widen(features.flags, model.layout)
    count, heads = len(wide), len(HEADS)
    if not count:
        return Scores(np.zeros((0, heads), np.float32), model.mail.bias)
    telling = wide[:, model.layout.telling]
    own = model.sentence
    pairs = _pairs(telling, wide, own.pairs)
    sentences = (
        own.bias
        + FLAG_SCALE * (wide @ own.flags + pairs)
        + _sums(features.words, own.words, count, FEWEST_WORDS)
        + _sums(features.pieces, own.pieces, count, FEWEST_PIECES)
    )
    whole = model.mail
    together = (telling.T @ wide > 0).astype(np.float32)
    mail = (
        whole.bias
        + MAIL_FLAG_SCALE * (wide.max(axis=0) @ whole.flags)
        + MAIL_PAIR_SCALE * np.einsum("te,teh->h", together, whole.pairs)
        + _mail_text(features.words[0], whole.words, FEWEST_WORDS)
        + _mail_text(features.pieces[0], whole.pieces, FEWEST_PIECES)
    )
    return Scores(np.asarray(sentences, np.float32), np.asarray(mail, np.float32))


def reasons(features: Features, line: int, head: int, model: ProseModel, most: int = 3) -> tuple[str, ...]:
    """The names of the flags and pairs of flags that speak most for ``head`` in a sentence, strongest first: never a word of the mail."""
    wide = widen(features.flags, model.layout)[line]
    own, names = model.sentence, model.layout.wide
    there = np.flatnonzero(wide)
    found = [(float(own.flags[flag, head]), names[flag]) for flag in there]
    for row, flag in enumerate(model.layout.telling):
        if wide[flag]:
            found += [(float(own.pairs[row, other, head]), f"{names[flag]}+{names[other]}") for other in there if other != flag]
    return tuple(name for weight, name in sorted(found, reverse=True)[:most] if weight > 0)


def pack(model: ProseModel) -> bytes:
    """The model as a file: one line of JSON, then all weights as float16, compressed. The same model gives the same bytes."""
    head = {"concepts": model.concepts, "combiner": model.combiner}
    parts = [getattr(level, name) for level in (model.sentence, model.mail) for name in ("words", "pieces", "flags", "pairs", "bias")]
    body = b"".join(np.asarray(part, "<f2").tobytes() for part in parts)
    return json.dumps(head, sort_keys=True).encode() + b"\n" + zlib.compress(body, 9)


def unpack(raw: bytes) -> ProseModel:
    """The model of ``pack``."""
    first, _, body = raw.partition(b"\n")
    head = json.loads(first)
    layout = layout_of(head["concepts"])
    numbers = np.frombuffer(zlib.decompress(body), "<f2").astype(np.float32)
    heads, wide = len(HEADS), len(layout.wide)
    shapes = ((_SIZE, heads), (_SIZE, heads), (wide, heads), (len(layout.telling), wide, heads), (heads,))
    levels, place = [], 0
    for _ in range(2):
        arrays = []
        for shape in shapes:
            length = int(np.prod(shape))
            arrays.append(numbers[place : place + length].reshape(shape))
            place += length
        levels.append(Weights(*arrays))
    combiner = {name: tuple(values) for name, values in head["combiner"].items()}
    return ProseModel(tuple(head["concepts"]), layout, levels[0], levels[1], combiner)


@cache
def product_model() -> ProseModel:
    """The model that comes with the product, read once."""
    return unpack(_FILE.read_bytes())
