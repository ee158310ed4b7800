"""Runs the tests of the small ES modules with node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_the_modules_pass_their_own_tests() -> None:
    """Every tests/frontend/*.test.mjs passes under node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine; the browser tests still drive the same modules")
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    assert files
    ran = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
