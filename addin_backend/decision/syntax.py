"""The embedded engine's syntax tree (JSON): walking it, reading names, and the place of a node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from addin_backend.model.policy import Diagnostic


def objects(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the tree, without recursion: a hostile file may nest deeply."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def dotted(reference: Any) -> str:
    """`object.get` of a dotted reference; "" when it is computed."""
    parts: list[str] = []
    while isinstance(reference, dict):
        if "RefDot" in reference:
            field = reference["RefDot"].get("field")
            if not (isinstance(field, list) and len(field) == 2 and isinstance(field[1], str)):
                return ""
            parts.append(field[1])
            reference = reference["RefDot"].get("refr")
        elif "Var" in reference:
            parts.append(str(reference["Var"].get("value")))
            return ".".join(reversed(parts))
        else:
            return ""
    return ""


def placed(path: str, node: Mapping[str, Any], sentence: str) -> Diagnostic:
    """A fault at a node of the tree."""
    span = node.get("span")
    place = span if isinstance(span, dict) else {}
    return Diagnostic(file=path, row=int(place.get("line", 0)), col=int(place.get("col", 0)), sentence=sentence)
