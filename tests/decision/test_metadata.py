"""METADATA blocks are read by the loader in C where that is safe, and people get the words of the one in Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML is published without types

from addin_backend.decision.metadata import Block, blocks
from addin_backend.model.policy import Diagnostic


def _read(*lines: str) -> Block | Diagnostic:
    (found,) = blocks("a.rego", "\n".join(["# METADATA", *(f"# {line}" for line in lines), "findings contains 1"]).encode())
    return found


def test_both_loaders_read_the_product_s_rules_alike(root: Path) -> None:
    """Every block of every rule file."""
    read = 0
    for path in sorted((root / "policies" / "rego").rglob("*.rego")):
        for block in blocks(path.name, path.read_bytes()):
            assert isinstance(block, Block)
            lines = path.read_text(encoding="utf-8").split("\n")[block.row :]
            text = "\n".join(line[2:] for line in lines[: next(at for at, line in enumerate(lines) if not line.startswith("#"))])
            assert yaml.safe_load(text) == block.content
            read += 1
    assert read > 50


@pytest.mark.parametrize(
    ("lines", "row", "sentence"),
    [
        (("title: a", "custom: [1"), 3, "not YAML: expected ',' or ']'"),
        (("title: Ugyldig: adresse",), 2, "not YAML: mapping values are not allowed here"),
        (("a: 2026-02-30",), 1, "a date or number that does not exist"),
        (("a: !!python/name:os.system",), 2, "not YAML: could not determine a constructor"),
        (("- a",), 1, "not a list of names and values"),
        (("a: " + "[" * 60_000,), 1, "nested too deeply"),
        (("a:", "- " * 60_000 + "b"), 1, "nested too deeply"),
        (("? " * 60_000 + "b",), 1, "nested too deeply"),
    ],
)
def test_a_block_that_cannot_be_read_says_where_and_why(lines: tuple[str, ...], row: int, sentence: str) -> None:
    """As the loader in Python says it; no depth of nesting reaches the one in C."""
    found = _read(*lines)
    assert isinstance(found, Diagnostic)
    assert (row, True) == (found.row, sentence in found.sentence), found
