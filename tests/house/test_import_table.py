"""The import table of the design: which room may import which room, and which third party. (import-linter follows the indirect ways.)"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "addin_backend"
MIDDLE = frozenset({"model", "ports", "errors"})
JOURNEY = MIDDLE | {"evidence", "decision", "sealing", "accountability"}


class Row(NamedTuple):
    """What one room may import: other rooms, and third parties. None: anything."""

    rooms: frozenset[str] | None
    third_parties: frozenset[str] | None


def row(rooms: frozenset[str] | set[str], *third_parties: str) -> Row:
    """A row of the table."""
    return Row(frozenset(rooms), frozenset(third_parties))


TABLE = {
    "model": row(set(), "msgspec"),
    "errors": row({"model"}),
    "ports": row({"model"}),
    "evidence": row(
        MIDDLE,
        "msgspec",
        "idna",
        "cryptography",
        "numpy",
        "ahocorasick_rs",
        "pypdfium2",
        "olefile",
        "python_calamine",
        "OpenSSL",
        "service_identity",
    ),  # certificates and chains; file formats
    "decision": row(MIDDLE, "msgspec", "yaml"),  # the texts in METADATA blocks are YAML
    "sealing": row(MIDDLE, "msgspec", "cryptography", "asn1crypto"),
    "accountability": row(MIDDLE, "msgspec", "cryptography"),
    "flows": row(JOURNEY, "structlog", "msgspec"),
    "edges": Row(MIDDLE, None),  # one third party per edge: EDGE_COMPANIONS below
    "web": row({"flows", "model", "errors"}, "starlette", "jinja2", "msgspec"),
    "sandbox": Row(None, None),
    "settings": row(set(), "msgspec"),
    "bootstrap": Row(None, None),
    "manifest": row({"errors"}),  # a build step that runs without the product: standard library only
    "cli": row({"bootstrap", "flows", "manifest", "model", "errors", "settings"}, "typer", "rich"),
    "__main__": row({"cli"}),
    "__init__": row(set()),
}

EVERY_EDGE = frozenset({"msgspec"})  # wire and stored JSON
# A third party that is used through another one, which is then no second party.
EDGE_COMPANIONS = {
    "exchangelib": frozenset({"requests", "urllib3", "lxml"}),  # it speaks through requests (on urllib3) and gives lxml elements
    "opa_client": frozenset({"requests", "urllib3"}),  # its errors are those of requests, on urllib3
    "joserfc": frozenset({"cryptography"}),  # its keys are cryptography's, and the certificates that Exchange puts beside them
    "dbos": frozenset({"sqlalchemy"}),  # DBOS takes an SQLAlchemy engine
}


class Import(NamedTuple):
    """One import in one file: the importing room, the file, and the dotted name."""

    room: str
    path: Path
    name: str


def _modules(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / PACKAGE).rglob("*.py")):
        first = path.relative_to(root / PACKAGE).parts[0]
        yield first.removesuffix(".py"), path


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f".{node.module or ''}"
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            yield from (f"{PACKAGE}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.fixture(scope="module")
def imports(root: Path) -> list[Import]:
    """Every import of the product."""
    return [Import(room, path.relative_to(root), name) for room, path in _modules(root) for name in _names(path)]


def _third_party(name: str) -> str | None:
    top = name.split(".")[0]
    return None if top == PACKAGE or top in sys.stdlib_module_names else top


def test_every_room_is_in_the_table(root: Path) -> None:
    """A new room has to say what it may import before it can be built."""
    assert {room for room, _ in _modules(root)} - set(TABLE) == set()


def test_imports_are_absolute(imports: list[Import]) -> None:
    """An import names its room, so that a reader and this table can see it."""
    assert [item for item in imports if item.name.startswith(".")] == []


def test_rooms_import_only_the_rooms_of_their_row(imports: list[Import]) -> None:
    """Data flows one way: no room imports a room that its row does not name."""
    wrong = []
    for item in imports:
        parts = item.name.split(".")
        allowed = TABLE[item.room].rooms
        if parts[0] == PACKAGE and len(parts) > 1 and allowed is not None and parts[1] not in allowed | {item.room}:
            wrong.append(f"{item.path}: {item.name}")
    assert wrong == []


def test_rooms_import_only_the_third_parties_of_their_row(imports: list[Import]) -> None:
    """A library stays in the room that the table gives it."""
    wrong = []
    for item in imports:
        party, allowed = _third_party(item.name), TABLE[item.room].third_parties
        if party and allowed is not None and party not in allowed:
            wrong.append(f"{item.path}: {item.name}")
    assert wrong == []


def test_an_edge_knows_one_third_party(root: Path) -> None:
    """Each edge (a file or a folder) is the border to one third party, with that party's own companions at most."""
    crowded = {}
    for edge in sorted((root / PACKAGE / "edges").iterdir()):
        files = [edge] if edge.suffix == ".py" else sorted(edge.rglob("*.py"))
        parties = {party for path in files for name in _names(path) if (party := _third_party(name))} - EVERY_EDGE
        companions = frozenset().union(*(EDGE_COMPANIONS.get(party, frozenset()) for party in parties))
        if len(parties - companions) > 1:
            crowded[edge.name] = sorted(parties)
    assert crowded == {}
