"""Runs the tests of the small ES modules with node's own test runner."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
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


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [
        ("", "", True),
        ("closeAsync: method", "closeAsynk: method", False),
        ("item.location.setAsync", "item.location.putAsync", False),
        ("getTypeAsync", "getKindAsync", False),
    ],
)
def test_what_stands_for_office_has_its_shapes(
    root: Path, tmp_path: Path, tool: Callable[[str], str], old: str, new: str, accepted: bool
) -> None:
    """The playground's Office and the pane's use of it pass `tsc --checkJs` against @types/office-js; an invented name does not."""
    packages = Path(tool("node-packages"))
    config = json.loads((HERE / "tsconfig.json").read_text(encoding="utf-8"))
    sources = [(HERE / name).resolve() for name in config["files"]]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        (tmp_path / source.parent.name).mkdir(exist_ok=True)
        (tmp_path / source.parent.name / source.name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    config["files"] = [f"{source.parent.name}/{source.name}" for source in sources]
    config["compilerOptions"]["typeRoots"] = [str(packages / "@types")]
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    ran = subprocess.run([str(packages / ".bin" / "tsc"), "-p", str(tmp_path)], capture_output=True, text=True, timeout=100, check=False)
    assert (ran.returncode == 0) is accepted, ran.stdout[-3000:]
