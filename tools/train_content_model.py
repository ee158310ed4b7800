"""Trains addin_backend/evidence/content/model.bin from the labelled mails, and prints how well it does on mails that it has not seen.

    .venv/bin/python tools/train_content_model.py            # train on all that is there; write the model
    .venv/bin/python tools/train_content_model.py --check    # the figures only: each writer's mails read by a model that saw none of them
    .venv/bin/python tools/train_content_model.py --verify   # train anew: the same bytes as the model that is there?

With OPENBLAS_NUM_THREADS=1 in the environment it is done in a quarter of the processor's time: the vectors are too short for threads.

Every sentence is an example: of a mail without a class, each one; of a mail with it, the one that sounds most like it by the model so far
(multiple-instance learning). The combiner is fitted on scores of mails that the scoring model had not seen. No randomness; the same mails
give the same bytes with the same numpy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addin_backend.evidence.content import classify as classifying
from addin_backend.evidence.content.combine import COUNTS_FROM, PROSE, combined_inputs, probability, says_little, stands, strongest
from addin_backend.evidence.content.features import BITS, Features, features
from addin_backend.evidence.content.layout import Layout, layout_of, widen
from addin_backend.evidence.content.prose_model import (
    FEWEST_PIECES,
    FEWEST_WORDS,
    FLAG_SCALE,
    HEADS,
    MAIL_FLAG_SCALE,
    MAIL_PAIR_SCALE,
    MAIL_TEXT_SCALE,
    ProseModel,
    Weights,
    pack,
    score,
)
from addin_backend.evidence.content.sentences import sentences_of
from addin_backend.evidence.content.terms import Terms, decode_terms, read_terms
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import Attachment, BodyFormat, Message
from logistic_regression import Problem, Row, Sparse, Vector, fit, sparse
from writer_figures import Judged, show

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests/evidence/data/mails"
TRAINED_ON = ("train.jsonl", "tune.jsonl", "tune_former_test.jsonl", "tune_former_test_2.jsonl", "everyday_tune.jsonl", "../mails.jsonl")
MODEL = ROOT / "addin_backend/evidence/content/model.bin"
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
# Each writer's mails (by the letter of their id) are judged by a model that saw none of them; what has no writer is split by its hash.
WRITERS = {"t": 0, "v": 1, "a": 2, "c": 3, "d": 3, "b": 4, "u": 5, "w": 6, "x": 7, "z": 7}
FOLDS = 8
SIZE = 1 << BITS
STRENGTH, COMBINER_STRENGTH = 0.4, 0.5
FEWEST_MAILS = 2  # in which a word or piece must stand: what one mail alone has says nothing about another
LENGTH_POWER = 0.3  # of the number of its sentences by which each sentence of an ordinary mail weighs less
ROUNDS = 3  # of choosing the telling sentence anew
IMPLYING = {"cpr", "criminal", "special_category"}
SENTENCE_WEIGHT = 0.7  # of a labelled sentence beside a mail
EVERYDAY_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A mail (or a single sentence) as the model learns it. ``labels``: per head 1, 0 or None where it teaches nothing."""

    mail: dict[str, Any]
    seen: Features
    sentences: list[Row]
    whole: Row
    labels: tuple[int | None, ...]
    rules: dict[SensitivityClass, int]
    weight: float
    standing: bool  # there is something that no threshold touches
    little: bool


def read_lines(name: str) -> list[dict[str, Any]]:
    """The mails of a file; none when there is no such file."""
    path = DATA / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def message_of(mail: dict[str, Any]) -> Message:
    """A labelled mail as the product gets it."""
    files = tuple(
        Attachment(name=item["name"], media_type="text/plain; extracted=yes", content=item.get("text", "").encode())
        for item in mail.get("attachments", [])
        if "base64" not in item
    )
    form = BodyFormat(mail.get("format", "plain"))
    return Message(sender="", recipients=(), subject=mail["subject"], body=mail["body"], body_format=form, attachments=files)


def label(mail: dict[str, Any], head: str) -> int | None:
    """1, 0, or None where either answer is right."""
    classes, optional = set(mail["classes"]), set(mail.get("optional_classes") or [])
    if head == "needs":
        return int(bool(classes & {"confidential", *IMPLYING}))
    if head in classes:
        return 1
    return None if head in optional or (head == "confidential" and classes & IMPLYING) else 0


def _sentence_rows(seen: Features, layout: Layout) -> list[Row]:
    wide = widen(seen.flags, layout)
    flags, pairs = 2 * SIZE, 2 * SIZE + len(layout.wide)
    rows: list[Row] = []
    groups = [_by_line(numbers, len(wide)) for numbers in (seen.words, seen.pieces)]
    for line, (words, pieces) in enumerate(zip(*groups, strict=True)):
        there, telling = np.flatnonzero(wide[line]), np.flatnonzero(wide[line][layout.telling])
        couples = (pairs + telling[:, None] * len(layout.wide) + there[None, :]).ravel()
        counts = np.full(len(there) + len(couples), FLAG_SCALE)
        text = [
            np.full(len(words), 1 / np.sqrt(max(FEWEST_WORDS, len(words)))),
            np.full(len(pieces), 1 / np.sqrt(max(FEWEST_PIECES, len(pieces)))),
        ]
        rows.append((np.concatenate([words, pieces + SIZE, there + flags, couples]).astype(np.int64), np.concatenate([*text, counts])))
    return rows


def _by_line(numbers: tuple[Any, Any], count: int) -> list[Any]:
    ids, lines = numbers
    order = np.argsort(lines, kind="stable")
    cuts = np.searchsorted(lines[order], np.arange(1, count))
    return list(np.split(ids[order], cuts)) if count else []


def _mail_row(seen: Features, layout: Layout) -> Row:
    wide = widen(seen.flags, layout)
    words, pieces = np.unique(seen.words[0]), np.unique(seen.pieces[0])
    there = np.flatnonzero(wide.max(axis=0)) if len(wide) else np.zeros(0, np.int64)
    couples = np.flatnonzero((wide[:, layout.telling].T @ wide > 0).ravel())
    ids = np.concatenate([words, pieces + SIZE, there + 2 * SIZE, couples + 2 * SIZE + len(layout.wide)]).astype(np.int64)
    values = [
        np.full(len(words), MAIL_TEXT_SCALE / np.sqrt(max(FEWEST_WORDS, len(words)))),
        np.full(len(pieces), MAIL_TEXT_SCALE / np.sqrt(max(FEWEST_PIECES, len(pieces)))),
        np.full(len(there), MAIL_FLAG_SCALE),
        np.full(len(couples), MAIL_PAIR_SCALE),
    ]
    return ids, np.concatenate(values)


def example_of(mail: dict[str, Any], terms: Terms, layout: Layout) -> Example:
    """A mail made ready."""
    message = message_of(mail)
    passages, found = classifying.ruled(message, terms, read_here)
    seen = features(sentences_of(passages)[0], terms.lexicon)
    labels = tuple(label(mail, head) for head in HEADS)
    weight = {"everyday_external": EVERYDAY_WEIGHT, "sentence": SENTENCE_WEIGHT}.get(mail.get("slice", ""), 1.0)
    unread = any(not file.content for file in message.attachments)
    standing = unread or any(stands(hit) for _, hit in found)
    rows = _sentence_rows(seen, layout), _mail_row(seen, layout)
    return Example(mail, seen, *rows, labels, strongest(found), weight, standing, says_little(passages))


def without_rare(examples: Sequence[Example]) -> list[Example]:
    """The same without the words and pieces that fewer than FEWEST_MAILS of them have."""
    counts = np.bincount(np.concatenate([item.whole[0] for item in examples]))
    kept = counts >= FEWEST_MAILS
    kept[2 * SIZE :] = True

    def lean(row: Row) -> Row:
        there = kept[row[0]]
        return row[0][there], row[1][there]

    return [replace(item, sentences=[lean(row) for row in item.sentences], whole=lean(item.whole)) for item in examples]


def sentence_mails() -> list[dict[str, Any]]:
    """The single sentences that were written to teach what the mails show too seldom, as mails of one sentence."""
    return [
        {"id": item["text"], "slice": "sentence", "subject": "", "body": item["text"], **item} for item in read_lines("sentences.jsonl")
    ]


def reported_mails(path: Path) -> list[dict[str, Any]]:
    """Sentences that employees reported (`addin-backend mistakes export FILE`), as mails of one sentence."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{"slice": "sentence", "subject": "", "body": item["text"], **item} for item in lines]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All mails as matrices. ``owner``: the mail of each sentence, in order. ``labels``: mails x heads, -1 where one teaches nothing."""

    sentences: Sparse
    mails: Sparse
    owner: NDArray[np.int64]
    counts: NDArray[np.int64]  # sentences of each mail
    labels: NDArray[np.int64]
    weights: Vector
    folds: NDArray[np.int64]


def corpus_of(examples: Sequence[Example]) -> Corpus:
    """The mails made ready for training: once, whatever is kept out later."""
    counts = np.array([len(item.sentences) for item in examples])
    return Corpus(
        sentences=sparse([row for item in examples for row in item.sentences]),
        mails=sparse([item.whole for item in examples]),
        owner=np.repeat(np.arange(len(examples)), counts),
        counts=counts,
        labels=np.array([[-1 if value is None else value for value in item.labels] for item in examples]),
        weights=np.array([item.weight for item in examples]),
        folds=np.array([fold_of(item.mail) for item in examples]),
    )


def _telling(corpus: Corpus, values: Vector, positive: NDArray[np.bool_]) -> Vector:
    """The weight of each sentence of the positive mails: the one that sounds most like it, and those that clearly do."""
    best = np.full(len(corpus.counts), -np.inf)
    np.maximum.at(best, corpus.owner, values)
    first = np.unique(corpus.owner[top := np.flatnonzero(values == best[corpus.owner])], return_index=True)[1]
    chosen = values > 1
    chosen[top[first]] = True
    chosen &= positive[corpus.owner]
    number = np.bincount(corpus.owner[chosen], minlength=len(corpus.counts))
    return np.where(chosen, corpus.weights[corpus.owner] / np.sqrt(np.maximum(1, number))[corpus.owner], 0.0)


def fit_sentences(corpus: Corpus, taught: NDArray[np.bool_], head: int) -> tuple[Vector, float]:
    """Weights for single sentences: the telling one of each positive mail is chosen anew in each round."""
    owner, each = corpus.owner, corpus.weights[corpus.owner]
    positive, negative = taught & (corpus.labels[:, head] == 1), taught & (corpus.labels[:, head] == 0)
    labels = positive[owner].astype(float)
    ordinary = np.where(negative[owner], each / corpus.counts[owner] ** LENGTH_POWER, 0.0)
    telling = np.where(positive[owner], each / corpus.counts[owner], 0.0)
    now: tuple[Vector, float] | None = None
    for turn in range(ROUNDS):
        if now is not None:
            telling = _telling(corpus, corpus.sentences.rows @ now[0] + now[1], positive)
        given = Problem(corpus.sentences, labels, ordinary + telling)
        now = fit(given, STRENGTH, 30 if turn == ROUNDS - 1 else 12, now)
    if now is None:
        raise ValueError(f"no round was made for {HEADS[head]}")
    return now


def fit_mails(corpus: Corpus, taught: NDArray[np.bool_], head: int) -> tuple[Vector, float]:
    """Weights for whole mails."""
    known = taught & (corpus.labels[:, head] >= 0)
    given = Problem(corpus.mails, (corpus.labels[:, head] == 1).astype(float), np.where(known, corpus.weights, 0.0))
    return fit(given, STRENGTH, 30)


def _level(fitted: Sequence[tuple[Vector, float]], used: NDArray[np.int64], layout: Layout) -> Weights:
    flags, pairs = 2 * SIZE, 2 * SIZE + len(layout.wide)
    columns = np.zeros((pairs + len(layout.telling) * len(layout.wide), len(HEADS)), np.float32)
    columns[used] = np.stack([weights for weights, _ in fitted], axis=1).astype("<f2")
    shape = (len(layout.telling), len(layout.wide), len(HEADS))
    bias = np.array([value for _, value in fitted], "<f2").astype(np.float32)
    return Weights(columns[:SIZE], columns[SIZE:flags], columns[flags:pairs], columns[pairs:].reshape(shape), bias)


def train(corpus: Corpus, taught: NDArray[np.bool_], concepts: tuple[str, ...], layout: Layout) -> ProseModel:
    """A model without a combiner, from the mails that are ``taught``."""
    heads = range(len(HEADS))
    sentence = _level([fit_sentences(corpus, taught, head) for head in heads], corpus.sentences.used, layout)
    mail = _level([fit_mails(corpus, taught, head) for head in heads], corpus.mails.used, layout)
    return ProseModel(concepts, layout, sentence, mail, {})


def fold_of(mail: dict[str, Any]) -> int:
    """The fold that a mail is kept out of."""
    writer = WRITERS.get(str(mail["id"]).partition("-")[0])
    return int(hashlib.sha256(str(mail["id"]).encode()).hexdigest(), 16) % FOLDS if writer is None else writer


def fit_combiner(inputs: Sequence[tuple[float, ...]], examples: Sequence[Example], head: int) -> tuple[float, ...]:
    """Weights of the combiner for one head, the bias last."""
    known = [number for number, item in enumerate(examples) if item.labels[head] is not None]
    rows = sparse([(np.arange(len(inputs[0])), np.asarray(inputs[number])) for number in known])
    labels = np.array([float(examples[number].labels[head] or 0) for number in known])
    given = Problem(rows, labels, np.array([examples[number].weight for number in known]))
    weights, bias = fit(given, COMBINER_STRENGTH, 100)
    return (*(round(float(value), 4) for value in weights), round(bias, 4))


def unseen_inputs(mails: Sequence[Example], corpus: Corpus, concepts: tuple[str, ...], layout: Layout) -> list[tuple[float, ...]]:
    """What the combiner gets for each mail, from a model that did not see its fold."""
    inputs: list[tuple[float, ...]] = [()] * len(mails)
    for fold in range(FOLDS):
        model = train(corpus, corpus.folds != fold, concepts, layout)
        for number in np.flatnonzero(corpus.folds == fold).tolist():
            inputs[number] = combined_inputs(score(mails[number].seen, model), mails[number].rules)
        print(f"fold {fold + 1} of {FOLDS}", file=sys.stderr, flush=True)
    return inputs


def unseen_probabilities(inputs: Sequence[tuple[float, ...]], mails: Sequence[Example]) -> list[dict[str, float]]:
    """Per mail the probability of each class, from a combiner that did not see its fold either."""
    shares: list[dict[str, float]] = [{} for _ in mails]
    for head in (name.value for name in PROSE):
        for fold in range(FOLDS):
            taught = [number for number, item in enumerate(mails) if fold_of(item.mail) != fold]
            weights = fit_combiner([inputs[number] for number in taught], [mails[number] for number in taught], HEADS.index(head))
            for number, item in enumerate(mails):
                if fold_of(item.mail) == fold:
                    shares[number][head] = round(probability(inputs[number], weights), 4)
    return shares


def judged(item: Example, shares: dict[str, float]) -> Judged:
    """A mail with what was found about it unseen."""
    prefix = str(item.mail["id"]).partition("-")[0]
    writer = {"everyday_external": "everyday", "sentence": "sentence"}.get(
        item.mail.get("slice", ""), prefix if prefix in WRITERS else "other"
    )
    return Judged(
        writer=writer,
        wanted=frozenset(item.mail["classes"]),
        optional=frozenset(item.mail.get("optional_classes") or []),
        shares=shares,
        ruled=frozenset(name.value for name in item.rules),
        standing=item.standing,
        little=item.little,
        borderline=bool(item.mail.get("borderline")),
    )


def examples(terms: Terms, layout: Layout, reports: Path | None) -> list[Example]:
    """Everything that is learnt from."""
    mails = [mail for name in TRAINED_ON for mail in read_lines(name) if mail["classes"] != ["unread"]]
    mails += sentence_mails() + (reported_mails(reports) if reports else [])
    return without_rare([example_of(mail, terms, layout) for mail in mails])


def trained(
    mails: Sequence[Example], corpus: Corpus, inputs: Sequence[tuple[float, ...]], concepts: tuple[str, ...], layout: Layout
) -> bytes:
    """The file of the model."""
    combiner = {name.value: fit_combiner(inputs, mails, HEADS.index(name.value)) for name in PROSE}
    model = train(corpus, np.ones(len(mails), np.bool_), concepts, layout)
    return pack(ProseModel(concepts, layout, model.sentence, model.mail, combiner))


def main() -> None:
    """Train, check, or verify."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="print the figures and write no model")
    parser.add_argument("--verify", action="store_true", help="train anew and compare with the model that is there: 1 when they differ")
    parser.add_argument("--scores", type=Path, help="write the unseen probabilities of every mail here (JSON lines)")
    parser.add_argument("--reports", type=Path, help="learn from these sentences, too (addin-backend mistakes export FILE)")
    args = parser.parse_args()
    raw = REGISTER.read_bytes()
    concepts = tuple(sorted({group.concept for group in decode_terms(raw).groups if group.concept}))
    layout, terms = layout_of(concepts), read_terms(raw, concepts=concepts)
    mails = examples(terms, layout, args.reports)
    print(f"{len(mails)} mails and sentences", file=sys.stderr)
    corpus = corpus_of(mails)
    inputs = unseen_inputs(mails, corpus, concepts, layout)
    shares = unseen_probabilities(inputs, mails)
    if args.scores:
        lines = [{"id": item.mail["id"], **found} for item, found in zip(mails, shares, strict=True)]
        args.scores.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    show(
        [judged(*pair) for pair in zip(mails, shares, strict=True)],
        {name.value: terms.counts_from.get(name, COUNTS_FROM) for name in PROSE},
        print,
    )
    if args.check:
        return
    made = trained(mails, corpus, inputs, concepts, layout)
    if args.verify:
        same = made == MODEL.read_bytes()
        print(f"{MODEL.relative_to(ROOT)}: {'the very same bytes' if same else 'ANOTHER MODEL'}")
        raise SystemExit(0 if same else 1)
    MODEL.write_bytes(made)
    print(f"{MODEL.relative_to(ROOT)}: {MODEL.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
