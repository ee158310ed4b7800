"""The process of rego_study: imports regorus and the standard library only. Reads one JSON job, writes one JSON object a line."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 1024 * 1024 * 1024


def say(line: dict[str, Any]) -> None:
    """One line, at once: what was written before a crash counts."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def trees(files: list[tuple[str, str]]) -> None:
    """The syntax tree of each file, or the parser's words."""
    import regorus  # after the limits are set

    for path, text in files:
        engine = regorus.Engine()
        try:
            engine.add_policy(path, text)
            say({"tree": json.loads(engine.get_ast_as_json())})
        except Exception as error:  # noqa: BLE001 regorus raises RuntimeError and its own kinds; all of them mean: no tree
            say({"error": str(error).split("Stack backtrace")[0].strip()})


def coverage(job: dict[str, Any]) -> None:
    """Which lines the questions reached."""
    import regorus  # after the limits are set

    engine = regorus.Engine()
    for path, text in job["modules"]:
        engine.add_policy(path, text)
    engine.add_data_json(json.dumps(job["data"]))
    engine.set_enable_coverage(True)
    for question in job["questions"]:
        engine.set_input_json(question)
        engine.eval_rule_as_json(job["rule"])
    say(json.loads(engine.get_coverage_report_as_json()))


def main() -> None:
    """Do the one job that standard input holds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = json.loads(sys.stdin.buffer.read())
    if "trees" in job:
        trees(job["trees"])
    else:
        coverage(job)


if __name__ == "__main__":
    main()
