"""XML and JSON as trees that know the line of every part, so that a rule can point at it. Standard library only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}


class Unreadable(Exception):
    """The file is not what its name says; ``line`` is where that shows."""

    def __init__(self, line: int, why: str) -> None:
        self.line = line
        super().__init__(why)


@dataclass(slots=True)
class Element:
    """One XML element: its namespace and name, attributes ("ns}name" or "name"), text, children."""

    space: str
    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute of no namespace or of xsi, or ""."""
        return self.attributes.get(name, self.attributes.get(f"http://www.w3.org/2001/XMLSchema-instance}}{name}", ""))

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name: str) -> list[Element]:
        """Every element of this name below."""
        return [item for item in self.walk() if item.name == name]

    def child(self, name: str) -> Element | None:
        """The first child of this name."""
        return next((item for item in self.children if item.name == name), None)


def read_xml(text: str) -> Element:
    """The tree of an XML file. Raises Unreadable, also for a document type: a manifest needs no entities."""
    parser = expat.ParserCreate(namespace_separator="}")
    open_elements: list[Element] = []
    roots: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("}")
        made = Element(space, local, parser.CurrentLineNumber, dict(attributes))
        (open_elements[-1].children if open_elements else roots).append(made)
        open_elements.append(made)

    def end(_name: str) -> None:
        open_elements.pop()

    def characters(data: str) -> None:
        open_elements[-1].text += data

    def doctype(*_given: object) -> None:
        raise Unreadable(parser.CurrentLineNumber, "a document type (DOCTYPE) has no place in a manifest: remove it")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, doctype
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Unreadable(error.lineno, f"this is not well-formed XML: {expat.ErrorString(error.code)}") from None
    return roots[0]


@dataclass(slots=True)
class Node:
    """One JSON value: a dict of nodes, a list of nodes, or a plain value; with its line and its place (``a.b[0]``)."""

    value: Any
    line: int
    place: str

    def at(self, *path: str | int) -> Node | None:
        """The node under keys and indexes, or None."""
        here: Node | None = self
        for step in path:
            held = here.value if here is not None else None
            if isinstance(step, str):
                here = held.get(step) if isinstance(held, dict) else None
            else:
                here = held[step] if isinstance(held, list) and step < len(held) else None
        return here

    def items(self, *path: str | int) -> list[Node]:
        """The nodes of the list under ``path``, or none."""
        found = self.at(*path)
        return list(found.value) if found is not None and isinstance(found.value, list) else []

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        held = self.value.values() if isinstance(self.value, dict) else self.value if isinstance(self.value, list) else ()
        for child in held:
            yield from child.walk()


class _Reader:
    """A JSON reader (RFC 8259) that keeps lines; a key that stands twice is an error."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def whole(self) -> Node:
        """The one value of the file."""
        found = self._value("")
        self._blank()
        if self._at != len(self._text):
            self._fail("something stands after the end")
        return found

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _fail(self, why: str) -> None:
        raise Unreadable(self._line(), f"this is not JSON: {why}")

    def _blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _take(self, mark: str) -> bool:
        self._blank()
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def _string(self) -> str:
        """The string whose opening quotation mark was taken."""
        try:
            found, self._at = json.JSONDecoder().raw_decode(self._text, self._at - 1)
        except json.JSONDecodeError as error:
            self._at = error.pos
            self._fail(error.msg)
        return str(found)

    def _value(self, place: str) -> Node:
        self._blank()
        line = self._line()
        if self._take("{"):
            return Node(self._object(place), line, place)
        if self._take("["):
            return Node(self._list(place), line, place)
        if self._take('"'):
            return Node(self._string(), line, place)
        for word, value in _WORDS.items():
            if self._take(word):
                return Node(value, line, place)
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            self._fail("a value is missing")
            raise AssertionError  # _fail has raised
        self._at = match.end()
        return Node(json.loads(match[0]), line, place)

    def _object(self, place: str) -> dict[str, Node]:
        made: dict[str, Node] = {}
        while not self._take("}"):
            if made and not self._take(","):
                self._fail("a comma is missing")
            if not self._take('"'):
                self._fail("a name is missing")
            key = self._string()
            if not self._take(":"):
                self._fail("a colon is missing")
            if key in made:
                self._fail(f"{key} stands here twice")
            made[key] = self._value(f"{place}.{key}" if place else key)
        return made

    def _list(self, place: str) -> list[Node]:
        made: list[Node] = []
        while not self._take("]"):
            if made and not self._take(","):
                self._fail("a comma is missing")
            made.append(self._value(f"{place}[{len(made)}]"))
        return made


def read_json(text: str) -> Node:
    """The tree of a JSON file. Raises Unreadable."""
    return _Reader(text).whole()
