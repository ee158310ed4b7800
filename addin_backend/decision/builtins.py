"""What a rule may use: the part of Rego in which both engines answer alike and no rule can reach the world, the clock or chance.

Works on the embedded engine's syntax tree (JSON), so that a name in a comment or a text is no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addin_backend.decision.syntax import dotted, objects, placed
from addin_backend.model.policy import Diagnostic

ALLOWED = frozenset(
    {
        "concat",
        "count",
        "endswith",
        "intersection",
        "is_array",
        "is_boolean",
        "is_null",
        "is_number",
        "is_object",
        "is_set",
        "is_string",
        "lower",
        "max",
        "min",
        "object.get",
        "object.keys",
        "object.union",
        "sort",
        "startswith",
        "sum",
        "union",
    }
)
_OWN = "data.sendsecurely."


def _functions(tree: Any) -> frozenset[str]:
    """Names of the functions that the file itself defines."""
    return frozenset(dotted(node["Func"].get("refr")) for node in objects(tree) if isinstance(node.get("Func"), dict))


def _call(path: str, node: Mapping[str, Any], own: frozenset[str]) -> Diagnostic | None:
    name = dotted(node.get("fcn"))
    if name in ALLOWED or name in own or name.startswith((_OWN, "_")):
        return None
    called = f"`{name}`" if name else "a computed function"
    return placed(path, node, f"{called} is not on the list of functions that a rule may use.")


def faults(path: str, tree: Any) -> tuple[Diagnostic, ...]:
    """What the file uses that it may not: a function that is not listed, `with`, or an import of a package.

    Imports are out because the embedded engine loses parts of a package that is reached through one.
    """
    found: list[Diagnostic] = []
    own = _functions(tree)
    for node in objects(tree):
        call = node.get("Call")
        fault = _call(path, call, own) if isinstance(call, dict) else None
        if fault is not None:
            found.append(fault)
        if node.get("with_mods"):
            found.append(placed(path, node, "`with` changes the question and is for tests only."))
        for item in node.get("imports") or []:
            found.append(placed(path, item, "Write the full path (data.sendsecurely.…) instead of an import."))
    return tuple(sorted(found))
