"""What regorus says about rules without answering anybody: the syntax tree of each file, and which lines a set of questions reached.

In a process of its own with bounds: an officer's file must not be able to take the backend down.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from addin_backend.ports import EngineFailure

_SCRIPT = Path(__file__).with_name("rego_study_process.py")  # run by path, never imported here
_SECONDS = 20.0  # for all files; a file that takes longer hangs the parser
_COVERAGE_SECONDS = 120.0


def _run(job: Mapping[str, Any], seconds: float) -> tuple[list[Any], bool]:
    """The lines that the process wrote, and whether it ended in order."""
    command = [sys.executable, "-I", str(_SCRIPT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}) as process:
        try:
            written, _ = process.communicate(json.dumps(job).encode(), timeout=seconds)
            ended = process.returncode == 0
        except subprocess.TimeoutExpired:
            process.kill()
            written, _ = process.communicate()
            ended = False
    lines = written.split(b"\n")
    return [json.loads(line) for line in lines[:-1] if line], ended


def syntax_trees(files: Mapping[str, str]) -> Mapping[str, Any]:
    """Path -> the file's syntax tree, or the EngineFailure (compile, timeout, crash) that there is instead."""
    found: dict[str, Any] = {}
    waiting = sorted(files)
    while waiting:
        lines, ended = _run({"trees": [[path, files[path]] for path in waiting]}, _SECONDS)
        for path, line in zip(waiting, lines, strict=False):
            found[path] = line["tree"] if "tree" in line else EngineFailure("compile", line["error"])
        waiting = waiting[len(lines) :]
        if waiting and not ended:
            found[waiting[0]] = EngineFailure("timeout", waiting[0])
            waiting = waiting[1:]
    return found


def syntax_tree(path: str, text: str) -> Any:
    """The tree of one file. Raises EngineFailure whose detail holds the place."""
    tree = syntax_trees({path: text})[path]
    if isinstance(tree, EngineFailure):
        raise tree
    return tree


def unreached_lines(
    modules: Sequence[tuple[str, str]], data: Mapping[str, Any], rule: str, questions: Sequence[str]
) -> Mapping[str, tuple[frozenset[int], frozenset[int]]]:
    """Path -> (lines that the questions reached, lines that none reached). Raises EngineFailure."""
    job = {"modules": list(modules), "data": data, "rule": rule, "questions": list(questions)}
    lines, ended = _run(job, _COVERAGE_SECONDS)
    if not ended or not lines:
        raise EngineFailure("eval", "the coverage could not be measured")
    return {item["path"]: (frozenset(item["covered"]), frozenset(item["not_covered"])) for item in lines[0]["files"]}
