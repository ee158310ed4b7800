"""Both engines answer alike, on generated questions that cover every word, every boundary and every code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from addin_backend.decision.schema import misfits
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.flows.policy.compare import compare, compare_sets
from addin_backend.flows.policy.generate import FULL, LEAST_CODE, questions, shortfalls, stock
from policy.engines import OwnOpa, product_files, product_policies
from sizes import size

SEED = 20261123


def two_workers(policies: Any) -> RegorusWorker:
    """The embedded engine on both cores."""
    return RegorusWorker(policies, workers=2)


def test_both_engines_give_the_same_answer() -> None:
    """Generated questions, compared to the letter; every action and every code is reached often enough to mean something."""
    result = compare(product_policies(), [two_workers, OwnOpa], size(sample=400, full=FULL), SEED)
    print(dict(result.actions), dict(result.codes))
    assert [example.question.decode() for example in result.examples] == []
    assert result.short == ()
    assert result.holds


def test_the_questions_are_of_the_schemas_form_and_the_same_for_one_seed() -> None:
    """What is generated could be asked, and a difference can be looked at again."""
    made = stock(product_files())
    first = list(questions(made, 300, seed=5))
    assert [item for question in first for item in misfits(made.schema, question)] == []
    assert first == list(questions(made, 300, seed=5))
    assert first != list(questions(made, 300, seed=6))


def _values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from _values(inner, f"{path}.*")
    else:
        yield path, json.dumps(value)


def test_every_word_and_boundary_of_every_place_is_asked() -> None:
    """Each value that the stock holds for a place stands in some question; dates come as the day, the day before and after."""
    made = stock(product_files())
    asked = {item for question in questions(made, 6000, seed=SEED) for item in _values(question)}
    wanted = {
        (place.name, json.dumps(value)) for place in made.places if place.name != "recipients.*.id" for value in made.values[place.name]
    }
    assert sorted(wanted - asked) == []
    days = {value for value in made.values["recipients.*.basis.valid_to"] if re.fullmatch(r"\d{4}-\d\d-\d\d", value)}
    assert {"2026-11-22", "2026-11-23", "2026-11-24"} <= days
    assert {0, 1} <= set(made.values["message.unreadable_parts"])


def test_a_new_word_field_or_code_is_asked_about_by_itself() -> None:
    """The generator reads schema, registers and cases: what an officer or a developer adds needs no line in it."""
    files = product_files()
    schema = json.loads(files["schemas/question.json"])
    schema["properties"]["message"]["properties"]["weather"] = {"type": "string", "enum": ["sun", "rain"]}
    schema["properties"]["message"]["required"].append("weather")
    base = json.loads(files["schemas/base_question.json"])
    base["message"]["weather"] = "sun"
    made = stock({**files, "schemas/question.json": json.dumps(schema).encode(), "schemas/base_question.json": json.dumps(base).encode()})
    assert {question["message"]["weather"] for question in questions(made, 2000, seed=1)} == {"sun", "rain"}


def test_what_is_reached_too_seldom_is_named() -> None:
    """A comparison over questions that all end alike would prove nothing, and says so."""
    made = stock(product_files())
    told = shortfalls(made, {"allow": FULL}, dict.fromkeys(made.codes, LEAST_CODE) | {"CO-01": LEAST_CODE - 1})
    assert sorted(text.split(" ")[0] for text in told) == ["CO-01", "block", "confirm", "protect"]


FLIPPED = (
    (b"input.message.unreadable_parts == 0", b"input.message.unreadable_parts >= 0"),
    (b"recipient.basis.valid_to >= input.today", b"recipient.basis.valid_to > input.today"),
    (b"entry.valid_from <= input.today", b"entry.valid_from < input.today"),
)


@pytest.mark.slow
def test_one_flipped_comparison_in_one_engine_is_found() -> None:
    """The comparison is sharp enough: one comparison turned over in one engine's copy alone shows as a difference."""
    files = product_files()
    found = [(path, old, new) for old, new in FLIPPED for path, raw in sorted(files.items()) if path.endswith(".rego") and old in raw]
    assert found, "none of these comparisons is in the rules any more"
    for path, old, new in found[: size(sample=1, full=len(FLIPPED))]:
        other = product_policies({path: files[path].replace(old, new)})
        result = compare_sets([(two_workers, product_policies()), (two_workers, other)], size(sample=2000, full=20000), SEED)
        assert result.different > 0, (path, old)
        assert not result.holds
        assert result.examples[0].answers[0] != result.examples[0].answers[1]
