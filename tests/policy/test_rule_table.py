"""The documentation lists the rules as they are, and says for each wish of the source documents what meets it."""

from __future__ import annotations

import re
from pathlib import Path

from addin_backend.decision import metadata
from addin_backend.flows.policy.rule_table import rule_table
from policy.engines import product_files

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_table_of_rules_is_the_one_that_the_metadata_gives() -> None:
    """docs/rules.md is made by `addin-backend policy table > docs/rules.md`; nobody writes it by hand."""
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == rule_table(product_files())


def test_every_rule_stands_in_the_table_with_its_law() -> None:
    """A line per code, and no line without an article."""
    rules = metadata.read(product_files()).rules
    lines = re.findall(r"^\| ([A-Z]{2}-\d{2}) \|(.*)\|$", rule_table(product_files()), re.MULTILINE)
    assert sorted(code for code, _ in lines) == sorted(rules)
    assert [code for code, line in lines if rules[code].text.law not in line or not rules[code].text.law] == []


def test_every_code_that_the_map_of_the_source_documents_names_is_a_rule() -> None:
    """docs/source-documents.md points to rules that are there, and no line of its tables is without an answer."""
    text = (DOCS / "source-documents.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z]{2}-\d{2}\b", text))
    assert named - set(metadata.read(product_files()).rules) == set()
    rows = [row.split("|")[1:-1] for row in text.splitlines() if row.startswith("| ") and "---" not in row]
    assert len(rows) > 30
    assert [row for row in rows if len(row) != 2 or not all(cell.strip() for cell in row)] == []
