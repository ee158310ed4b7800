"""Whether the words of a rule can be filled: each placeholder must be a fact of the recipient or a param that the rule gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from addin_backend.decision.metadata import Rule
from addin_backend.decision.syntax import dotted, objects
from addin_backend.model.policy import Diagnostic

ALWAYS_FILLED = frozenset({"recipient", "domain", "country"})  # decision/explain.py fills them from the evidence
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[a-z_]+")


def used(rule: Rule) -> frozenset[str]:
    """The placeholders in all words of the rule, both languages."""
    texts = (rule.text.title, rule.text.explanation, rule.text.way_out)
    return frozenset(name for text in texts for words in (text.da, text.en) for name in _PLACEHOLDER.findall(words))


Specs = Mapping[str, list[Mapping[str, Any]]]  # the rules of each file


def _specs(tree: Any) -> list[Mapping[str, Any]]:
    return [node["Spec"] for node in objects(tree) if isinstance(node.get("Spec"), dict)]


def _line(node: Mapping[str, Any]) -> int:
    span = node.get("span")
    return int(span.get("line", 0)) if isinstance(span, dict) else 0


def _head_name(spec: Mapping[str, Any]) -> str:
    for shape in spec.get("head", {}).values():
        if isinstance(shape, dict):
            return dotted(shape.get("refr"))
    return ""


def _keys_and_names(node: Any) -> tuple[set[str], set[str]]:
    """The keys of all objects written below a node, and the names that it mentions."""
    keys, names = set(), set()
    for item in objects(node):
        written = item.get("Object")
        if isinstance(written, dict):
            keys |= {str(field[1]["String"]["value"]) for field in written.get("fields", []) if "String" in field[1]}
        variable = item.get("Var")
        if isinstance(variable, dict):
            names.add(str(variable.get("value")))
        field = item["RefDot"].get("field") if isinstance(item.get("RefDot"), dict) else None
        if isinstance(field, list) and len(field) == 2:
            names.add(str(field[1]))
    return keys, names


def _given(rule: Rule, specs: Specs) -> frozenset[str]:
    """The keys of every object that the rule, or a rule that it uses, writes down: more than its params, never fewer."""
    own = min((spec for spec in specs[rule.file] if _line(spec) > rule.row), key=_line, default=None)
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for written in specs.values():
        for spec in written:
            by_name.setdefault(_head_name(spec), []).append(spec)
    keys, seen = set[str](), set[str]()
    waiting = [own] if own else []
    while waiting:
        found, names = _keys_and_names(waiting.pop())
        keys |= found
        for name in names - seen - {"findings"}:
            seen.add(name)
            waiting += by_name.get(name, [])
    return frozenset(keys)


def faults(rules: Mapping[str, Rule], trees: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Placeholders that nothing fills, and those that one language lacks. A file without a tree is judged by others."""
    specs = {path: _specs(tree) for path, tree in trees.items()}
    for rule in rules.values():
        if rule.file not in trees:
            continue
        asked = used(rule) - ALWAYS_FILLED
        known = _given(rule, specs) if asked else frozenset()
        unfilled = sorted(name for name in asked if not _WORD.fullmatch(name) or name not in known)
        for name in unfilled:
            yield _fault(rule, f"Nothing fills {{{name}}} in the words of {rule.code}: the finding's params have no such key.")
        for text in (rule.text.title, rule.text.explanation, rule.text.way_out):
            if sorted(_PLACEHOLDER.findall(text.da)) != sorted(_PLACEHOLDER.findall(text.en)):
                yield _fault(rule, f"The Danish and the English words of {rule.code} do not have the same placeholders.")


def _fault(rule: Rule, sentence: str) -> Diagnostic:
    return Diagnostic(file=rule.file, row=rule.row, col=1, sentence=sentence)
