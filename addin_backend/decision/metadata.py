"""Reads the words of the rules: the METADATA blocks (OPA annotations) in the rule files, which officers write.

A block belongs to the rule or package below it. Only a rule with ``custom.code`` has words for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml  # type: ignore[import-untyped]  # PyYAML is published without types; only its safe loaders are used

from addin_backend.decision.explain import RuleText
from addin_backend.errors import BadRegister
from addin_backend.model.decision import Effect, Texts
from addin_backend.model.policy import Diagnostic

_LANGUAGES = ("da", "en")
_TEXTS = ("title", "explanation", "way_out")
_CODE = re.compile(r"^[A-Z]{2}-[0-9]{2}$")
_MAX_BLOCK = 200  # lines
_RESERVED = "EN-"  # said by the backend itself when the engine gives no answer
_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C: a tenth of the time of the loader in Python, which a check would wait for
_DEEPEST = 1000  # signs that may nest; beyond it the loader in C could run out of stack, where the one in Python says so


@dataclass(frozen=True, slots=True)
class Block:
    """A METADATA block: the row of its first line, what it says, and the first line of code below it."""

    file: str
    row: int
    content: Mapping[str, Any]
    code_line: str


@dataclass(frozen=True, slots=True)
class Rule:
    """All that the METADATA of one rule says. ``sources`` are pairs of address and description."""

    code: str
    effect: Effect
    text: RuleText
    description: str
    owner: str
    effective_on: date
    sources: tuple[tuple[str, str], ...]
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from all files: rules by code, and what is wrong."""

    rules: Mapping[str, Rule]
    faults: tuple[Diagnostic, ...] = field(default=())


def _rule_files(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(files):
        if path.endswith(".rego") and not path.endswith("_test.rego"):
            yield path, files[path]


def _fault(file: str, row: int, sentence: str) -> Diagnostic:
    return Diagnostic(file=file, row=row, col=1, sentence=sentence)


def _yaml(text: str) -> object:
    """What the loader in Python reads, or its error, whose words and line people get; the loader in C where that reads it as well."""
    if sum(text.count(sign) for sign in "[{-?") > _DEEPEST:
        return yaml.safe_load(text)
    try:
        return yaml.load(text, Loader=_QUICK)  # noqa: S506 a safe loader: no objects
    except (yaml.YAMLError, ValueError):
        return yaml.safe_load(text)


def _parse(file: str, row: int, lines: list[str], code_line: str) -> Block | Diagnostic:
    """The YAML of a block. A fault names the line that the reader of the file sees."""
    try:
        content = _yaml("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = row + 1 + (mark.line if mark is not None else 0)
        return _fault(file, place, f"The METADATA block is not YAML: {getattr(error, 'problem', None) or 'it cannot be read'}.")
    except ValueError:
        return _fault(file, row, "The METADATA block holds a date or number that does not exist.")
    except RecursionError:
        return _fault(file, row, "The METADATA block is nested too deeply.")
    if not isinstance(content, dict):
        return _fault(file, row, "The METADATA block is not a list of names and values.")
    return Block(file=file, row=row, content=content, code_line=code_line)


def blocks(file: str, raw: bytes) -> Iterator[Block | Diagnostic]:
    """Every METADATA block of one rule file, or what is wrong with it."""
    lines = raw.decode(errors="replace").split("\n")
    index = 0
    while index < len(lines):
        if lines[index].rstrip() != "# METADATA":
            index += 1
            continue
        row, found = index + 1, []
        index += 1
        while index < len(lines) and lines[index].startswith("#"):
            found.append(lines[index][1:].removeprefix(" ").rstrip())
            index += 1
        if len(found) > _MAX_BLOCK:
            yield _fault(file, row, f"The METADATA block has more than {_MAX_BLOCK} lines.")
            continue
        yield _parse(file, row, found, lines[index] if index < len(lines) else "")


def _texts(custom: Mapping[str, Any], name: str, block: Block, faults: list[Diagnostic]) -> Texts:
    given = custom.get(name)
    words = given if isinstance(given, dict) else {}
    for language in _LANGUAGES:
        if not isinstance(words.get(language), str) or not words[language].strip():
            faults.append(_fault(block.file, block.row, f"custom.{name}.{language} is missing or empty."))
    return Texts(da=str(words.get("da", "")).strip(), en=str(words.get("en", "")).strip())


def _word(source: Mapping[str, Any], name: str, label: str, block: Block, faults: list[Diagnostic]) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value.strip():
        faults.append(_fault(block.file, block.row, f"{label} is missing or empty."))
        return ""
    return value.strip()


def _day(custom: Mapping[str, Any], block: Block, faults: list[Diagnostic]) -> date:
    value = custom.get("effective_on")
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        faults.append(_fault(block.file, block.row, "custom.effective_on is not a date such as 2026-11-01."))
        return date.min


def _effect(custom: Mapping[str, Any], block: Block, faults: list[Diagnostic]) -> Effect:
    try:
        return Effect(str(custom.get("effect")))
    except ValueError:
        faults.append(_fault(block.file, block.row, "custom.effect is none of note, protect, confirm, block."))
        return Effect.BLOCK


def _sources(block: Block, faults: list[Diagnostic]) -> tuple[tuple[str, str], ...]:
    given = block.content.get("related_resources")
    found = []
    for item in given if isinstance(given, list) else []:
        if isinstance(item, dict) and isinstance(item.get("ref"), str):
            found.append((item["ref"], str(item.get("description", ""))))
    if not found:
        faults.append(_fault(block.file, block.row, "related_resources names no source (ref, description)."))
    return tuple(found)


def _rule(block: Block, custom: Mapping[str, Any]) -> tuple[Rule, list[Diagnostic]]:
    faults: list[Diagnostic] = []
    code = custom.get("code")
    if not isinstance(code, str) or not _CODE.match(code) or code.startswith(_RESERVED):
        faults.append(_fault(block.file, block.row, "custom.code is not of the form TR-01 (EN-01 … are kept for the backend)."))
    _word(block.content, "title", "title", block, faults)
    title, explanation, way_out = (_texts(custom, name, block, faults) for name in _TEXTS)
    law = _word(custom, "law", "custom.law", block, faults)
    rule = Rule(
        code=str(code),
        effect=_effect(custom, block, faults),
        text=RuleText(title=title, explanation=explanation, way_out=way_out, law=law),
        description=_word(block.content, "description", "description", block, faults),
        owner=_word(custom, "owner", "custom.owner", block, faults),
        effective_on=_day(custom, block, faults),
        sources=_sources(block, faults),
        file=block.file,
        row=block.row,
    )
    return rule, faults


def _is_finding(block: Block) -> bool:
    return block.code_line.startswith("findings ")


def read(files: Mapping[str, bytes]) -> Reading:
    """All rules with words, and every fault: unreadable block, missing text, a code used twice, a findings rule without words."""
    rules: dict[str, Rule] = {}
    faults: list[Diagnostic] = []
    for path, raw in _rule_files(files):
        described = 0
        for block in blocks(path, raw):
            if isinstance(block, Diagnostic):
                faults.append(block)
                continue
            described += _is_finding(block)
            custom = block.content.get("custom")
            if isinstance(custom, dict):
                rule, found = _rule(block, custom)
                if not _is_finding(block):
                    found.append(_fault(path, block.row, "These words stand above something that is not a findings rule."))
                if rule.code in rules:
                    first = rules[rule.code]
                    found.append(_fault(path, block.row, f"The code {rule.code} is already used in {first.file}, line {first.row}."))
                rules.setdefault(rule.code, rule)
                faults += found
            elif _is_finding(block):
                faults.append(
                    _fault(
                        path,
                        block.row,
                        "A findings rule needs custom: code, effect, title, explanation, way_out, law, owner, effective_on.",
                    )
                )
        heads = [number for number, line in enumerate(raw.decode(errors="replace").split("\n"), 1) if line.startswith("findings")]
        if len(heads) != described:
            faults.append(_fault(path, heads[0] if heads else 1, "Every findings rule needs a METADATA block of its own just above it."))
    return Reading(rules=rules, faults=tuple(faults))


def texts(files: Mapping[str, bytes]) -> Mapping[str, RuleText]:
    """Code -> words. Raises BadRegister that names the file and line of the first fault."""
    reading = read(files)
    if reading.faults:
        first = reading.faults[0]
        place = f"{first.file}, line {first.row}"
        raise BadRegister(
            f"The rule in {place} cannot be used: {first.sentence}",
            sentence_da=f"Reglen i {first.file}, linje {first.row}, kan ikke bruges: {first.sentence}",
            field=place,
        )
    return {code: rule.text for code, rule in reading.rules.items()}
