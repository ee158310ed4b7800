"""Broken files of every format: whatever is changed in the bytes, the reader ends with an answer, and never with a mild one by accident.

hypothesis chooses the damage; atheris, where it is installed, is led by the coverage of our own readers. Both in processes with limits.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make_files
from addin_backend.bootstrap.attachments import MODULE
from addin_backend.edges.attachment_process.pool import AttachmentProcesses
from addin_backend.model.message import Attachment
from sizes import size

FILES = make_files.files()
REASONS = frozenset({"", "encrypted", "unknown_type", "damaged", "too_large", "too_many", "too_slow", "picture", "empty", "unparsable"})
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["cut", "flip", "drop", "double", "zero"]), st.integers(1, 255)), min_size=1, max_size=4
)
SECONDS = 6.0


@pytest.fixture(scope="module", name="pool")
def _pool() -> Iterator[AttachmentProcesses]:
    made = AttachmentProcesses(MODULE)
    yield made
    made.close()


def _damaged(content: bytes, damage: list[tuple[float, str, int]]) -> bytes:
    for where, kind, value in damage:
        place = int(where * len(content))
        if kind == "cut":
            content = content[:place]
        elif kind == "flip" and place < len(content):
            content = content[:place] + bytes([content[place] ^ value]) + content[place + 1 :]
        elif kind == "drop":
            content = content[:place] + content[place + value :]
        elif kind == "double":
            content = content[:place] + content[max(0, place - value) : place] * 2 + content[place:]
        elif kind == "zero":
            content = content[:place] + b"\0" * value + content[place + value :]
    return content


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=size(sample=12, full=1500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(damage=DAMAGE)
def test_a_damaged_file_has_an_answer(name: str, damage: list[tuple[float, str, int]], pool: AttachmentProcesses) -> None:
    """No crash, no exception that was not foreseen, no hang; without text and without a reason there is no answer."""
    content = _damaged(FILES[name], damage)
    (found,) = pool.read([Attachment(name=name, media_type="application/octet-stream", content=content)], SECONDS)
    assert found.reason in REASONS
    assert found.reason or found.text


def test_coverage_led_fuzzing_finds_nothing(root: Path, tmp_path: Path) -> None:
    """atheris on our own readers of containers and markup, for a number of runs, in a process with limits."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris has no build for this Python (requirements-dev.in)")
    runs = size(sample=2_000, full=400_000)
    limits = ["-seed=4", "-rss_limit_mb=1500", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, str(root / "tests" / "fuzz_extraction.py"), f"-atheris_runs={runs}", *limits, str(tmp_path)]
    for number, content in enumerate(FILES.values()):
        (tmp_path / str(number)).write_bytes(bytes([number]) + content)
    done = subprocess.run(command, capture_output=True, text=True, timeout=110 if runs < 10_000 else 3600, check=False, cwd=root)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"Done {runs} " in done.stderr
