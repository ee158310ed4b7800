"""Questions made from a seed: every word of the schema, every boundary of dates and counts, and every case of the rules, changed at random.

Nothing here knows a field or a code: the schema gives the places, the registers and rules give their boundaries, the cases give what
matters. A new field, word or code is asked about without a line here.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from addin_backend.decision import metadata
from addin_backend.decision.schema import ANY, Place, fits_pattern, misfits, places
from addin_backend.flows.policy.cases import BASE_QUESTION, case_question, cases
from addin_backend.model.decision import Action

LEAST_ACTION = 0.05  # of all answers, for each action
LEAST_CODE = 20  # answers with each code, in FULL questions
FULL = 20_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"(?<![\w.\"-])\d{1,9}(?![\w.\"-])")
_WORD = re.compile(r'"([^"\\\n]{1,80})"')
_MOST = 40  # values at one place; a register of thousands of domains is sampled
_CHANGES = (0, 1, 1, 1, 2, 2, 3, 5)  # places that are changed in a case
_WILD = 0.1  # questions in which half of all places are changed


@dataclass(frozen=True, slots=True)
class Seed:
    """A case as a question, with what it is expected to give."""

    question: Mapping[str, Any]
    action: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """All that questions are made of. ``values`` has the words and boundaries of each place."""

    schema: Mapping[str, Any]
    base: Mapping[str, Any]
    places: tuple[Place, ...]
    values: Mapping[str, tuple[Any, ...]]
    seeds: tuple[Seed, ...]
    codes: frozenset[str]


def overlay(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the registers of all cases joined to those in force, so that one engine knows what every case speaks of."""
    result = dict(files)
    for _, case in cases(files):
        for name, content in case.get("registers", {}).items():
            path = f"registers/{name}/data.json"
            ours = json.loads(files.get(path, b"{}"))
            result[path] = json.dumps(_joined(json.loads(result.get(path, b"{}")), content, ours)).encode()
    return result


def _joined(first: Any, second: Any, ours: Any) -> Any:
    """``second`` put on ``first``. Where both have a single value, the one that differs from ``ours`` (what is in force) is kept."""
    if isinstance(first, dict) and isinstance(second, dict):
        own = ours if isinstance(ours, dict) else {}
        return {**first, **{key: _joined(first[key], value, own.get(key)) if key in first else value for key, value in second.items()}}
    if isinstance(first, list) and isinstance(second, list):
        return first + [item for item in second if item not in first]
    return first if second == ours else second


def stock(files: Mapping[str, bytes]) -> Stock:
    """What the rules, registers, schema and cases of ``files`` give to ask about. The files are those that `policy check` found sound."""
    schema = json.loads(files["schemas/question.json"])
    base = json.loads(files[BASE_QUESTION])
    seeds = tuple(_seeds(files, base, schema))
    found = places(schema)
    pool = _Pool(files, base, [seed.question for seed in seeds])
    values = {place.name: tuple(pool.values(place)) for place in found}
    return Stock(schema, base, found, values, seeds, frozenset(metadata.read(files).rules))


def _seeds(files: Mapping[str, bytes], base: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Seed]:
    for _, case in cases(files):
        question = case_question(base, case["given"])
        if not any(misfits(schema, question)):  # a case about a hole in the question is not of the schema's form
            yield Seed(question, case["expect"]["action"], tuple(case["expect"]["codes"]))


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value that stands at a place."""
    if not path:
        yield value
    elif path[0] == ANY and isinstance(value, list):
        for item in value:
            yield from _at(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _days_around(text: str) -> list[str]:
    try:
        day = date.fromisoformat(text)
        return [(day + timedelta(days=step)).isoformat() for step in (-1, 0, 1)]
    except (ValueError, OverflowError):
        return []


class _Pool:
    """The words, dates and numbers that rules, registers and cases speak of."""

    def __init__(self, files: Mapping[str, bytes], base: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> None:
        self._asked = [base, *asked]
        rules = [raw.decode() for path, raw in sorted(files.items()) if path.endswith(".rego")]
        code = ["\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#")) for text in rules]
        registers = [json.loads(raw) for path, raw in sorted(overlay(files).items()) if path.endswith("/data.json")]
        spoken = [word for text in code for word in _WORD.findall(text)]
        codes = sorted(metadata.read(files).rules)
        self._words = list(dict.fromkeys([*spoken, *codes, *(text for one in registers for text in _strings(one)), "none", "unknown"]))
        self._numbers = sorted({int(text) for one in code for text in _NUMBER.findall(one)} | {0, 1, 2})
        dated = {text for question in self._asked for text in _strings(question) if _DAY.fullmatch(text)}
        known = {text for one in registers for text in _strings(one) if _DAY.fullmatch(text)}
        near = [day for text in sorted(dated) for day in _days_around(text)]
        self._days = list(dict.fromkeys([*near, *(day for text in sorted(known) for day in _days_around(text)), "2099-12-31"]))

    def _seen(self, place: Place) -> list[Any]:
        """What the cases have at the place, once each."""
        found = {json.dumps(value, sort_keys=True): value for question in self._asked for value in _at(question, place.path)}
        return list(found.values())

    def values(self, place: Place) -> list[Any]:
        """What may stand at the place: all of a closed list of words, or what is spoken of and the boundaries around it."""
        node = place.node
        if node.get("type") == "array":
            return self._lists(place)
        return _thinned([*self._seen(place), *self._plain(node)])

    def _plain(self, node: Mapping[str, Any]) -> list[Any]:
        if "enum" in node:
            return list(node["enum"])
        if node.get("type") == "boolean":
            return [False, True]
        if node.get("type") == "integer":
            near = {number + step for number in self._numbers for step in (-1, 0, 1)}
            return [number for number in sorted(near) if node.get("minimum", number) <= number <= node.get("maximum", number)]
        pattern = str(node.get("pattern", ""))
        fitting = [word for word in self._words if fits_pattern(pattern, word) and not _DAY.fullmatch(word)]
        return [*(day for day in self._days if fits_pattern(pattern, day)), *fitting]

    def _lists(self, place: Place) -> list[Any]:
        node = place.node
        words = _thinned(self._plain(node["items"]))
        found = [*self._seen(place), [], *([word] for word in words), sorted(words)]
        found += [sorted(pair) for pair in pairwise(words)]
        return [item for item in found if node.get("minItems", 0) <= len(item) <= node.get("maxItems", len(item))]


def _thinned(values: list[Any]) -> list[Any]:
    """At most _MOST different values, the first half of them as they stand, the others spread evenly."""
    unique = list({json.dumps(value, sort_keys=True): value for value in values}.values())
    if len(unique) <= _MOST:
        return unique
    head, tail = unique[: _MOST // 2], unique[_MOST // 2 :]
    return head + tail[:: len(tail) // (_MOST // 2) + 1]


def _numbered(question: dict[str, Any]) -> dict[str, Any]:
    for index, recipient in enumerate(question["recipients"]):
        recipient["id"] = f"r{index}"
    return question


class Generator:
    """Questions from a stock. The same seed gives the same ones."""

    def __init__(self, given: Stock, seed: int) -> None:
        self._stock = given
        self._rng = random.Random(seed)  # noqa: S311 reproducible questions, no secrets
        # the recipients' own ids are positions, given last
        self._places = [place for place in given.places if place.name != "recipients.*.id" and given.values[place.name]]
        self._by_action: dict[str, dict[str, list[str]]] = {}  # the questions as JSON: reading one anew is the quickest copy
        for item in given.seeds:
            for code in item.codes or ("",):
                self._by_action.setdefault(item.action, {}).setdefault(code, []).append(json.dumps(item.question))

    def questions(self, count: int) -> Iterator[dict[str, Any]]:
        """``count`` questions: first every value of every place once, then cases with changes."""
        made = 0
        for question in self._sweep():
            if made >= count // 2:
                break
            made += 1
            yield question
        for _ in range(count - made):
            yield self._one()

    def _put(self, question: dict[str, Any], place: Place, value: Any) -> None:
        """Set the value at the place: in one recipient where the place is theirs, in a new item of a list that has none."""
        node: Any = question
        for depth, step in enumerate(place.path[:-1]):
            if step != ANY:
                node = node[step]
                continue
            if not node:
                node.append(self._item(place.path[: depth + 1]) if depth > 1 else copy.deepcopy(self._stock.base["recipients"][0]))
            node = self._rng.choice(node)
        node[place.path[-1]] = copy.deepcopy(value)

    def _item(self, prefix: Sequence[str]) -> dict[str, Any]:
        """A new item of the list at ``prefix``, of plain values (no list in our questions holds more)."""
        inner = [place for place in self._stock.places if place.path[:-1] == tuple(prefix)]
        return {place.path[-1]: copy.deepcopy(self._rng.choice(self._stock.values[place.name])) for place in inner}

    def _seed(self) -> dict[str, Any]:
        """A case: each action equally often, and within it each code."""
        if not self._by_action:
            return copy.deepcopy(dict(self._stock.base))
        codes = self._by_action[self._rng.choice(sorted(self._by_action))]
        question: dict[str, Any] = json.loads(self._rng.choice(codes[self._rng.choice(sorted(codes))]))
        return question

    def _sweep(self) -> Iterator[dict[str, Any]]:
        pairs = [(place, value) for place in self._places for value in self._stock.values[place.name]]
        self._rng.shuffle(pairs)
        for place, value in pairs:
            question = self._seed()
            self._put(question, place, value)
            yield _numbered(question)

    def _one(self) -> dict[str, Any]:
        question = self._seed()
        wild = self._rng.random() < _WILD
        changes = len(self._places) // 2 if wild else self._rng.choice(_CHANGES)
        for place in self._rng.sample(self._places, min(changes, len(self._places))):
            self._put(question, place, self._rng.choice(self._stock.values[place.name]))
        if self._rng.random() < 0.15:
            question["recipients"] = (question["recipients"] + self._seed()["recipients"])[:6]
        return _numbered(question)


def questions(given: Stock, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` questions of the schema's form; the same seed gives the same ones."""
    return Generator(given, seed).questions(count)


def histogram(answers: Iterable[Mapping[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """In how many answers each action and each code stands."""
    actions: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for answer in answers:
        actions[answer["action"]] += 1
        codes.update({finding["code"] for finding in answer["findings"]})
    return actions, codes


def shortfalls(given: Stock, actions: Mapping[str, int], codes: Mapping[str, int]) -> list[str]:
    """What the questions did not reach often enough to prove anything, as sentences; in proportion when fewer than FULL were asked."""
    count = sum(actions.values())
    least = LEAST_CODE * count // FULL
    short = [f"{action.value} was answered {actions.get(action, 0)} times of {count}" for action in Action]
    found = [text for action, text in zip(Action, short, strict=True) if actions.get(action, 0) < LEAST_ACTION * count]
    return found + [f"{code} was answered {codes.get(code, 0)} times" for code in sorted(given.codes) if codes.get(code, 0) < least]
