"""The documentation is true: its commands exist, its links lead somewhere, decisions are numbered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from addin_backend.cli.main import app

DOCUMENTS = ("README.md", "CHANGELOG.md", "SECURITY.md", "manifest/README.md", "infra/terraform/README.md")


def _documents(root: Path) -> list[Path]:
    return [*(root / name for name in DOCUMENTS), *sorted((root / "docs").rglob("*.md"))]


def _found(root: Path, pattern: str) -> dict[str, str]:
    """What ``pattern`` finds in the documents -> the first document that it was found in."""
    return {
        found: str(path.relative_to(root))
        for path in reversed(_documents(root))
        for found in re.findall(pattern, path.read_text(encoding="utf-8"))
    }


def test_every_make_command_is_a_target(root: Path) -> None:
    """Every `make x` that the documents name stands in the Makefile and explains itself in `make help`."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {name: where for name, where in _found(root, r"`(?:[A-Z_]+=\S+ )?make ([a-z-]+)").items() if name not in targets} == {}


def test_the_targets_of_the_workshop_are_there(root: Path) -> None:
    """The commands that the project promises are in the Makefile."""
    text = (root / "Makefile").read_text(encoding="utf-8")
    promised = {"install", "run", "test", "test-full", "lint", "format", "tools", "bench", "lock", "help"}
    assert promised - set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)) == set()


def _commands(root: Path) -> dict[str, str]:
    group = r"(?:policy|log|seal|open|manifest|db) [a-z]+"
    return _found(root, rf"`(?:\.venv/bin/)?addin-backend ({group}|[a-z]+)\b")


def test_every_command_of_the_documents_exists(root: Path) -> None:
    """Every `addin-backend x` that the documents name answers to --help."""
    runner = CliRunner()
    unknown = {words: where for words, where in _commands(root).items() if runner.invoke(app, [*words.split(), "--help"]).exit_code != 0}
    assert unknown == {}


def test_every_link_leads_somewhere(root: Path) -> None:
    """Every relative link and image of the documents is a file of the project."""
    dead = [
        f"{path.relative_to(root)}: {target}"
        for path in _documents(root)
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert dead == []


def test_decisions_have_numbers_of_their_own(root: Path) -> None:
    """docs/decisions/NNN-name.md: no number is used twice, and the heading repeats it. (Gaps are numbers that parallel work left free.)"""
    files = sorted((root / "docs" / "decisions").glob("*.md"))
    assert [path.name for path in files if not re.match(r"\d{3}-[a-z0-9-]+\.md$", path.name)] == []
    assert len({path.name[:3] for path in files}) == len(files)
    assert [path.name for path in files if not path.read_text(encoding="utf-8").startswith(f"# {path.name[:3]} ")] == []


def test_every_public_page_of_the_documentation_is_on_the_map(root: Path) -> None:
    """Each document is reached from the README, directly or through docs/architecture.md."""
    maps = (root / "README.md").read_text(encoding="utf-8") + (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [path.name for path in _documents(root) if path.name != "README.md" and path.name not in maps] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash(root: Path, name: str) -> None:
    """The lock files pin every package to a version and at least one hash."""
    entries = re.split(r"\n(?=\S)", (root / name).read_text(encoding="utf-8").strip())
    assert [
        entry.splitlines()[0]
        for entry in entries
        if not re.match(r"[a-z0-9._-]+(\[[a-z0-9,]+\])?==", entry) or "--hash=sha256:" not in entry
    ] == []


def test_what_is_asked_for_is_pinned(root: Path) -> None:
    """Every package named in requirements*.in has a pin in its lock file."""
    for name in ("requirements", "requirements-dev"):
        asked = [
            re.split(r"[\[=;]", line)[0]
            for line in (root / f"{name}.in").read_text(encoding="utf-8").split("\n")
            if re.match(r"[a-z]", line)
        ]
        pinned = (root / f"{name}.txt").read_text(encoding="utf-8")
        assert [package for package in asked if f"\n{package}" not in f"\n{pinned}"] == []
