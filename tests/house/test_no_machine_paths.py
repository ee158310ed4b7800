"""Tracked files carry nothing of the machine that they were written on, and nothing of a merge that was not finished."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BINARY = frozenset({".png", ".ico", ".svg", ".pdf", ".docx", ".xlsx", ".pptx", ".zip", ".msg"})
COMMON = frozenset({"/", "/opt", "/srv", "/app", "/usr", "/var"})  # parents that documentation may name for reasons of its own
APT_SOURCES = (Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*"))


def _tracked(root: Path) -> Iterator[tuple[Path, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so nothing is tracked")
    for name in listed.stdout.splitlines():
        path = root / name
        if path.suffix not in BINARY and path.is_file():
            yield path, path.read_text(encoding="utf-8", errors="replace")


def _said_by(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""  # a client that is not installed has no registry


def _registry_hosts() -> set[str]:
    """The hosts, asked of the package clients themselves, so that none is named here."""
    pip = "from pip._internal.models.index import PyPI as p; print('https://' + p.netloc); print('https://' + p.file_storage_domain)"
    said = [_said_by([sys.executable, "-c", pip]), _said_by(["npm", "config", "get", "registry"]), _said_by(["go", "env", "GOPROXY"])]
    said += [path.read_text(encoding="utf-8", errors="replace") for path in APT_SOURCES if path.is_file()]
    hosts = {host for text in said for host in re.findall(r"[a-z]+://([a-z0-9.-]+)", text)}
    return {host for host in hosts if "." in host}


def _lines_with(pattern: re.Pattern[str], root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{number}"
        for path, text in _tracked(root)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_this_machine(root: Path) -> None:
    """No file names the folder that this checkout stands in, nor the home folder of whoever runs the tests."""
    places = {str(place) for place in (root.parent, Path.home())} - COMMON
    if not places:
        pytest.skip("the checkout and the home folder stand at the root of the file system: there is no telling path")
    assert (
        _lines_with(re.compile(r"(?:^|[^A-Za-z0-9_.-])(?:" + "|".join(re.escape(place + "/") for place in sorted(places)) + ")"), root)
        == []
    )


def test_no_host_of_a_package_registry(root: Path) -> None:
    """No file names where packages come from: that is the business of the machine that installs them."""
    hosts = _registry_hosts()
    assert hosts, "pip itself names its hosts"
    assert _lines_with(re.compile("|".join(re.escape(host) for host in sorted(hosts))), root) == []


def test_no_merge_is_left_half_done(root: Path) -> None:
    """No file keeps the marks that git leaves where two changes met; a script with one of them does not even load."""
    assert _lines_with(re.compile(r"^(<{7}|>{7}|\|{7})( |$)"), root) == []
