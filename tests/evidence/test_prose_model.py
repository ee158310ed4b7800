"""The statistical model: it reads single sentences, understands terms by their concept, and explains itself without a word of the mail."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from addin_backend.errors import BadRegister
from addin_backend.evidence.content.combine import combined_inputs
from addin_backend.evidence.content.concepts import Concepts, ConceptTerm
from addin_backend.evidence.content.features import Sentence, features
from addin_backend.evidence.content.prose_model import HEADS, pack, product_model, reasons, score, unpack
from addin_backend.evidence.content.terms import read_terms
from addin_backend.model.evidence import SensitivityClass
from content_samples import evidence, mail, terms

ROOT = Path(__file__).resolve().parents[2]
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
SPECIAL = SensitivityClass.SPECIAL_CATEGORY
FILLER = "Dagsordenen for mødet på torsdag er vedlagt, og kaffen står klar fra kl. 9. "


def _register(**change: Any) -> bytes:
    return json.dumps({**json.loads(REGISTER.read_bytes()), **change}).encode()


def _with_group(**group: Any) -> bytes:
    plain = {"language": "da", "class": "special_category", "category": "health", "boundary": "prefix", "weight": 0, "concept": "disease"}
    return _register(groups=[*json.loads(REGISTER.read_bytes())["groups"], {**plain, **group}])


def _disease_column(raw: bytes, at: date | None = None) -> float:
    known = read_terms(raw, at)
    seen = features([Sentence("Karen har zorgsyge i benet", "body")], known.lexicon)
    return float(seen.flags[0, known.lexicon.concepts.names.index("disease")])


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        (SPECIAL, "Hej. Hun kan stadig ikke komme op ad trappen efter operationen i knæet. Hilsen Bo"),
        (SPECIAL, "Kemoen tog hårdt på ham, så han kommer nok først i næste måned."),
        (SPECIAL, "He is struggling after the second round of treatment and cannot drive."),
        (SensitivityClass.CRIMINAL, "Mads afsoner stadig i Nyborg, så posten skal sendes til fængslet."),
        (SensitivityClass.CONFIDENTIAL, "Vi er nødt til at fyre Henrik, og han får det at vide på fredag."),
    ],
)
def test_prose_is_understood(expected: SensitivityClass, body: str) -> None:
    """Sentences that a list of words reads past, or that need a person to count."""
    assert expected in evidence(body).classes


@pytest.mark.parametrize(
    "body",
    [
        "Tak for mødet i går. Vi sender referatet på mandag.",
        "Kurset om stress og angst på arbejdspladsen holdes i marts. Tilmelding hos kursusafdelingen.",
        "Fakturaen er betalt, og varerne leveres på torsdag.",
    ],
)
def test_everyday_mail_is_ordinary(body: str) -> None:
    """What everybody writes every day, and a text about a topic."""
    assert frozenset() == evidence(body).classes


def test_one_sentence_in_a_long_mail_is_found() -> None:
    """Every sentence is read alone."""
    body = FILLER * 60 + "Karen har fået konstateret brystkræft og starter i kemo på mandag. " + FILLER * 60
    assert SPECIAL in evidence(body).classes


def test_ae_oe_aa_read_like_the_letters_they_stand_for() -> None:
    """Sloppy spelling gives the same features."""
    first, second = (features([Sentence(text, "body")], terms().lexicon) for text in ("Lægen så på knæet", "Laegen saa paa knaeet"))
    assert np.array_equal(first.words[0], second.words[0])
    assert np.array_equal(first.flags, second.flags)


def test_names_are_all_alike() -> None:
    """The model never learns about whom: two names give the same features."""
    first, second = (features([Sentence(f"Jeg talte med {name} om aftalen", "body")], terms().lexicon) for name in ("Karen", "Birthe"))
    assert np.array_equal(first.words[0], second.words[0])
    assert np.array_equal(first.pieces[0], second.pieces[0])


def test_a_new_term_is_understood_by_its_concept() -> None:
    """An officer's term takes part like those that the model was trained with."""
    assert 0 == _disease_column(REGISTER.read_bytes())
    assert 1 == _disease_column(_with_group(stems=["zorgsyge"]))


def test_an_expired_term_is_absent() -> None:
    """From and to, both included."""
    raw = _with_group(stems=["zorgsyge"], valid_from="2026-01-01", valid_to="2026-12-31")
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [0, 1, 1, 0] == [_disease_column(raw, day) for day in days]


def test_a_group_without_a_class_must_be_context() -> None:
    """A weight without a class, or a class that is no protected one, stops the register."""
    with pytest.raises(BadRegister):
        read_terms(_with_group(**{"class": None, "weight": 2, "stems": ["zorgsyge"]}))


def test_expressions_need_all_their_words() -> None:
    """ "dårlig betaler" is met, its first word alone is not; a prefix may go on."""
    concepts = Concepts([ConceptTerm("debt", "dårlig betaler", "prefix")], ("debt",))
    (expression,) = concepts.of("daarlig").expressions
    assert () == concepts.of("daarlig").concepts
    assert [True, True, False] == [expression.follows(["daarlig", word], 1) for word in ("betaler", "betalere", "mave")]


def test_the_model_says_why_without_words_of_the_mail() -> None:
    """Reasons are names of concepts."""
    model, known = product_model(), terms()
    seen = features([Sentence("Kemoen tog hårdt på ham", "body")], known.lexicon)
    why = reasons(seen, 0, HEADS.index("special_category"), model)
    assert why
    assert {part for item in why for part in item.split("+")} <= set(model.layout.wide)


def test_the_file_holds_the_model_exactly() -> None:
    """Packing what was unpacked gives the same bytes."""
    raw = (ROOT / "addin_backend/evidence/content/model.bin").read_bytes()
    assert raw == pack(unpack(raw))
    assert len(raw) < 20_000_000


def test_training_and_use_weigh_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence and a mail score the same by the rows of the training as by the arrays of the product."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "tools")])
    import train_content_model as training  # here: its folder is on the path for this test only

    model, known = product_model(), terms()
    item = {
        "id": "t",
        "slice": "t",
        "subject": "Orlov",
        "body": "Mikkel sover ikke. Lægen taler om stress, og han får piller.",
        "classes": [],
    }
    example = training.example_of(item, known, model.layout)
    scores = score(example.seen, model)
    for level, rows, values in ((model.sentence, example.sentences, scores.sentences), (model.mail, [example.whole], scores.mail[None, :])):
        flat = np.concatenate([level.words, level.pieces, level.flags, level.pairs.reshape(-1, len(HEADS))])
        for row, value in zip(rows, values, strict=True):
            assert np.allclose((flat[row[0]] * row[1][:, None]).sum(axis=0) + level.bias, value, atol=1e-3)


def test_training_is_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same mails give the same bytes (the whole training: tools/train_content_model.py --verify); rare words have no weight."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "tools")])
    import train_content_model as training  # here: its folder is on the path for this test only

    model, known = product_model(), terms()
    read = [training.example_of(item, known, model.layout) for item in training.read_lines("tune.jsonl")[:24]]
    mails = training.without_rare(read)
    inputs = [combined_inputs(score(item.seen, model), item.rules) for item in mails]
    corpus = training.corpus_of(mails)
    first, second = (training.trained(mails, corpus, inputs, model.concepts, model.layout) for _ in range(2))
    assert first == second
    once = set(read[0].whole[0]) - set(mails[0].whole[0])
    assert once
    assert not unpack(first).mail.words[[number for number in once if number < training.SIZE]].any()


def test_each_writer_is_judged_by_a_model_that_did_not_read_him(monkeypatch: pytest.MonkeyPatch) -> None:
    """All mails of one writer are in one fold, and every fold holds some."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "tools")])
    import train_content_model as training  # here: its folder is on the path for this test only

    folds: dict[str, set[int]] = {}
    for name in training.TRAINED_ON:
        for item in training.read_lines(name):
            folds.setdefault(item["id"].partition("-")[0], set()).add(training.fold_of(item))
    assert {1} == {len(folds[writer]) for writer in training.WRITERS}
    assert set(range(training.FOLDS)) == set().union(*(folds[writer] for writer in training.WRITERS))


def test_the_policy_sets_the_doubt() -> None:
    """A lower ``counts_from`` can only find more."""
    body = mail("Hun er ikke rigtig sig selv for tiden.")
    from addin_backend.evidence.content.classify import classify  # here: beside its one use

    strict, careful = (
        classify(body, read_terms(_register(counts_from=dict.fromkeys(("confidential", "criminal", "special_category"), level))))
        for level in (99, 1)
    )
    assert frozenset() == strict.classes
    assert careful.classes > strict.classes


@pytest.mark.parametrize("text", ["Hej Pernille", "Hi Susan", "Kære Peter Hansen", "Hej Morten, ring lige", "Hej", ""])
def test_a_greeting_and_a_few_words_tell_nothing_about_anybody(text: str) -> None:
    """The tone of a name alone is no finding; with a sentence about the person behind it, it is."""
    assert frozenset() == evidence(text, "Sag").classes
    assert SPECIAL in evidence(f"{text}\n\nKaren er indlagt med en blodprop i hjernen og kan ikke tale.", "Sag").classes
