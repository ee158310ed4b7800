"""What the two engines are known to answer differently, found in the syntax tree. Measured on OPA 1.21.3 and regorus 0.9.1.

* `not f(x.y)`, `not x.y in z`, `not x.y > z` and their like: OPA takes the reference out of the negation, so a missing `x.y` makes
  the whole body fail (milder!), while regorus negates. Only `==` keeps the reference inside in both.
* A comprehension in the head of a rule that has a body, or inside another comprehension's head: regorus cannot order its statements.
* A set or object whose member names something that may be missing (`findings contains {"x": item.y} if …`): OPA leaves that member out,
  regorus drops the whole set, and with it every other finding (milder!). The same goes for a call that has no value.
* Fractions and division: the engines round differently.
* A reference to a rule that does not exist: OPA says undefined, regorus refuses or says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from addin_backend.decision.syntax import dotted, objects, placed
from addin_backend.model.policy import Diagnostic

_ALWAYS_THERE = frozenset({"id", "code", "recipient", "effect"})  # without them there is no answer at all, which is a block
_COMPREHENSIONS = ("ArrayCompr", "SetCompr", "ObjectCompr")
_OWN = "data.sendsecurely."
_ABSENT = (
    "If `{name}` is missing, the two engines answer this differently. Give it a name with `:=` and a default (object.get) first, "
    "or ask in a helper rule that states when it holds."
)


_MEMBER = (
    "If `{name}` has no value, the embedded engine drops the whole set, not only this member. Give it a name with `:=` in the body first."
)


def faults(path: str, tree: Any) -> tuple[Diagnostic, ...]:
    """Every known trap in one file, by place."""
    return tuple(sorted({*_negations(path, tree), *_heads(path, tree), *_members(path, tree), *_numbers(path, tree)}))


def _references(node: Any) -> Iterator[Mapping[str, Any]]:
    """The outermost references below a node; a function's own name is none."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        found = next((node[kind] for kind in ("RefDot", "RefBrack") if isinstance(node.get(kind), dict)), None)
        if found is not None:
            yield node
        elif isinstance(node.get("Call"), dict):
            yield from _references(node["Call"].get("params"))
        else:
            for key, item in node.items():
                if key not in {"span", *_COMPREHENSIONS}:
                    yield from _references(item)


def _may_be_missing(reference: Mapping[str, Any]) -> bool:
    if "RefBrack" in reference:
        return True
    name = dotted(reference)
    if name.startswith("data.") or not name:
        return False
    return name.rsplit(".", 1)[-1] not in _ALWAYS_THERE


def _negations(path: str, tree: Any) -> Iterator[Diagnostic]:
    for node in objects(tree):
        negated = node.get("NotExpr")
        if not isinstance(negated, dict):
            continue
        inner = negated.get("expr", {})
        if "RefDot" in inner or "RefBrack" in inner:  # `not x.y` alone is the same in both
            continue
        compared = inner.get("BoolExpr")
        if isinstance(compared, dict) and compared.get("op") == "Eq":
            continue
        for reference in _references(inner):
            if _may_be_missing(reference):
                yield placed(path, negated, _ABSENT.format(name=dotted(reference) or "the item"))


def _comprehensions(node: Any) -> Iterator[Mapping[str, Any]]:
    for item in objects(node):
        for kind in _COMPREHENSIONS:
            if isinstance(item.get(kind), dict):
                yield item[kind]


def _heads(path: str, tree: Any) -> Iterator[Diagnostic]:
    for node in objects(tree):
        rule = node.get("Spec")
        if isinstance(rule, dict) and rule.get("bodies"):
            for found in _comprehensions(rule.get("head")):
                yield placed(path, found, "The embedded engine cannot evaluate a comprehension in the head of a rule: name it in the body.")
    for outer in _comprehensions(tree):
        for part in ("term", "key", "value"):
            for inner in _comprehensions(outer.get(part)):
                yield placed(
                    path, inner, "The embedded engine cannot evaluate a comprehension inside another one's head: use a helper rule."
                )


def _calls(node: Any) -> Iterator[Mapping[str, Any]]:
    for item in objects(node):
        if isinstance(item.get("Call"), dict):
            yield item["Call"]


def _members(path: str, tree: Any) -> Iterator[Diagnostic]:
    """Heads that put something into a set or object for each way its body holds."""
    for node in objects(tree):
        rule = node.get("Spec")
        head = rule.get("head") if isinstance(rule, dict) and rule.get("bodies") else None
        if not isinstance(head, dict):
            continue
        several, one = head.get("Set"), head.get("Compr")
        if isinstance(several, dict):
            parts = [several.get("key")]
        elif isinstance(one, dict) and isinstance(one.get("refr"), dict) and "RefBrack" in one["refr"]:
            parts = [one["refr"]["RefBrack"].get("index"), (one.get("assign") or {}).get("value")]
        else:
            continue
        for reference in _references(parts):
            if _may_be_missing(reference):
                yield placed(path, next(iter(reference.values())), _MEMBER.format(name=dotted(reference) or "the item"))
        for call in _calls(parts):
            yield placed(path, call, _MEMBER.format(name=dotted(call.get("fcn")) or "the call"))


def _numbers(path: str, tree: Any) -> Iterator[Diagnostic]:
    for node in objects(tree):
        number, sum_of = node.get("Number"), node.get("ArithExpr")
        if isinstance(number, dict) and not str(number.get("value", "0")).lstrip("-").isdigit():
            yield placed(path, number, "The engines round fractions differently: use whole numbers.")
        if isinstance(sum_of, dict) and sum_of.get("op") in {"Div", "Mod"}:
            yield placed(path, sum_of, "The engines divide differently: use whole numbers without division.")


def _defined(trees: Mapping[str, Any]) -> frozenset[str]:
    """The full name of every rule in all files: data.sendsecurely.<concern>.<rule>."""
    found = set()
    for tree in trees.values():
        for module in objects(tree):
            if not isinstance(module.get("package"), dict) or "rules" not in module:
                continue
            package = dotted(module["package"].get("refr"))
            for node in objects(module["rules"]):
                head = node.get("head") if "bodies" in node else node if "refr" in node and "args" in node else None
                for shape in (head or {}).values() if isinstance(head, dict) else ():
                    if isinstance(shape, dict) and "refr" in shape:
                        found.add(f"data.{package}.{dotted(shape['refr']) or dotted(shape['refr'].get('RefBrack', {}).get('refr'))}")
            for node in module["rules"]:
                default = node.get("Default")
                if isinstance(default, dict):
                    found.add(f"data.{package}.{dotted(default.get('refr'))}")
    return frozenset(found)


def unknown_references(trees: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """References to our own rules that no file defines."""
    defined = _defined(trees)
    for path, tree in trees.items():
        for reference in _references(tree):
            name = dotted(reference)
            if name.startswith(_OWN) and not any(name == rule or name.startswith(f"{rule}.") for rule in defined):
                yield placed(path, next(iter(reference.values())), f"There is no rule called `{name}`.")
