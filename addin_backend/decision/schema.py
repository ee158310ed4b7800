"""The closed question's schema: whether a document fits it, where it does not, and every place in it with what may stand there.

Reads the part of JSON Schema (draft 7) that our schemas use. A word of another part is a fault of the schema: never silently ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]
ANY = "*"  # in a path: every item of a list
_NOTES = frozenset({"$schema", "title", "description", "definitions"})
_KNOWN = _NOTES | {
    "$ref",
    "type",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: ``path`` such as "recipients[0].country", "" for the document itself."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place that holds no object: its path, with ``*`` for the items of a list, and its part of the schema."""

    path: Path
    node: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The path as a person reads it: recipients.*.country."""
        return ".".join(self.path)


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that a ``$ref`` within the document names. Raises KeyError for one that leads nowhere."""
    for _ in range(8):  # a chain of references; a circle ends here as a KeyError below
        if "$ref" not in node:
            return node
        target: Any = root
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        node = target
    raise KeyError("$ref")


def schema_faults(schema: Mapping[str, Any]) -> Iterator[str]:
    """What this reader would not understand, as sentences."""
    waiting: list[tuple[str, Any]] = [("", schema)]
    while waiting:
        where, node = waiting.pop()
        if not isinstance(node, dict):
            yield f"{where or 'The schema'} does not describe anything."
            continue
        for word in sorted(set(node) - _KNOWN):
            yield f"{where or 'The schema'} uses “{word}”, which is not read here."
        try:
            _resolved(node, schema)
        except (KeyError, TypeError):
            yield f"{where or 'The schema'} refers to {node.get('$ref')}, which is not there."
        if "type" in node and node["type"] not in _TYPES:
            yield f"{where or 'The schema'} has a type that is none: {node['type']}."
        if node.get("type") == "object" and (
            node.get("additionalProperties") is not False or set(node.get("required", [])) != set(node.get("properties", {}))
        ):
            yield f"{where or 'The schema'} is not closed: every key is required and no other is allowed."
        waiting += [(f"{where}.{name}".lstrip("."), part) for name, part in dict(node.get("properties", {})).items()]
        waiting += [(name, part) for name, part in dict(node.get("definitions", {})).items()]
        if "items" in node:
            waiting.append((f"{where}[]", node["items"]))


def misfits(schema: Mapping[str, Any], document: Any) -> Iterator[Misfit]:
    """Every place in which ``document`` does not have the form of ``schema``."""
    yield from _misfits(schema, schema, document, "")


def _misfits(root: Mapping[str, Any], node: Mapping[str, Any], value: Any, path: str) -> Iterator[Misfit]:
    node = _resolved(node, root)
    kind = node.get("type")
    wrong = kind is not None and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind in {"integer", "number"}))
    if wrong:
        yield Misfit(path, f"is not of the type {kind}")
        return
    if "enum" in node and value not in node["enum"]:
        yield Misfit(path, f"is none of {', '.join(map(str, node['enum']))}")
    if "const" in node and value != node["const"]:
        yield Misfit(path, f"is not {node['const']}")
    if isinstance(value, str):
        yield from _string(node, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < node.get("minimum", value) or value > node.get("maximum", value):
            yield Misfit(path, "is out of its range")
    elif isinstance(value, list):
        yield from _list(root, node, value, path)
    elif isinstance(value, dict):
        yield from _object(root, node, value, path)


def fits_pattern(pattern: str, value: str) -> bool:
    """Whether the text fits. ``$`` is the end of the text as in JSON Schema (ECMA 262), never the place before a last line break."""
    return re.search(pattern.replace("$", r"\Z"), value) is not None


def _string(node: Mapping[str, Any], value: str, path: str) -> Iterator[Misfit]:
    if "pattern" in node and not fits_pattern(node["pattern"], value):
        yield Misfit(path, "does not have the form that is asked for")
    if not node.get("minLength", 0) <= len(value) <= node.get("maxLength", len(value)):
        yield Misfit(path, "is too short or too long")


def _list(root: Mapping[str, Any], node: Mapping[str, Any], value: list[Any], path: str) -> Iterator[Misfit]:
    if not node.get("minItems", 0) <= len(value) <= node.get("maxItems", len(value)):
        yield Misfit(path, "has too few or too many items")
    if node.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) != len(value):
        yield Misfit(path, "has an item twice")
    for index, item in enumerate(value):
        yield from _misfits(root, node.get("items", {}), item, f"{path}[{index}]")


def _object(root: Mapping[str, Any], node: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[Misfit]:
    parts = node.get("properties", {})
    for name in node.get("required", []):
        if name not in value:
            yield Misfit(f"{path}.{name}".lstrip("."), "is missing")
    for name, item in value.items():
        if name in parts:
            yield from _misfits(root, parts[name], item, f"{path}.{name}".lstrip("."))
        elif node.get("additionalProperties") is False:
            yield Misfit(f"{path}.{name}".lstrip("."), "is not a key of the question")


def places(schema: Mapping[str, Any]) -> tuple[Place, ...]:
    """Every place that holds a value, in the schema's order. A list of plain values is one place, a list of objects is looked into."""
    return tuple(_places(schema, schema, ()))


def _places(root: Mapping[str, Any], node: Mapping[str, Any], path: Path) -> Iterator[Place]:
    node = _resolved(node, root)
    if node.get("type") == "object":
        for name, part in node.get("properties", {}).items():
            yield from _places(root, part, (*path, name))
        return
    item = _resolved(node.get("items", {}), root) if node.get("type") == "array" else {}
    if item.get("type") == "object":
        yield from _places(root, item, (*path, ANY))
        return
    yield Place(path, {**node, "items": item} if item else node)
