"""Both engines side by side: one question with 1, 10 and 100 recipients, each through the whole port (worker pipe, HTTP)."""

from __future__ import annotations

import copy
import json
import os

from addin_backend import settings as settings_table
from addin_backend.bootstrap.checking import own_opa, policy_files
from addin_backend.decision.revision import policy_set
from addin_backend.edges.opa_process import OpaProcess
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.edges.rego_server import OpaServer
from addin_backend.ports import PolicyEngine
from table import Line, resident, rounds, show

DEADLINE = 10.0


def question(base: dict[str, object], recipients: int) -> bytes:
    """The base question with CPR content and ``recipients`` recipients at different domains."""
    asked = copy.deepcopy(base)
    asked["message"]["classes"] = ["cpr"]  # type: ignore[index]  # the base question's shape is fixed
    template = asked["recipients"][0]  # type: ignore[index]  # likewise
    asked["recipients"] = [{**template, "id": f"r{index}", "domain": f"d{index}.example"} for index in range(recipients)]
    return json.dumps(asked).encode()


def measure(engine: PolicyEngine, revision: str, base: dict[str, object], pid: int) -> list[Line]:
    """Warm, then measured."""
    lines = []
    for recipients, count in ((1, 500), (10, 500), (100, 60)):
        asked = question(base, recipients)
        rounds(20, lambda asked=asked: engine.evaluate(revision, asked, DEADLINE))  # type: ignore[misc]  # bound at once
        times = rounds(count, lambda asked=asked: engine.evaluate(revision, asked, DEADLINE))  # type: ignore[misc]  # bound at once
        lines.append(Line(f"{engine.name}, {recipients} recipients", times, memory=resident(pid)))
    return lines


def main() -> None:
    """Measure and print."""
    settings = settings_table.load(os.environ)
    policies = policy_set(policy_files(settings))
    base = json.loads(dict(policies.files)["schemas/base_question.json"])
    start = rounds(5, lambda: RegorusWorker(policies).close())
    worker = RegorusWorker(policies)
    lines = [Line("start and stop the embedded worker", start), *measure(worker, policies.revision, base, worker.pids()[0])]
    worker.close()
    with OpaProcess(own_opa(settings), policies) as process:
        server = OpaServer(process.url, policies, timeout=DEADLINE)
        lines += measure(server, policies.revision, base, process.pid)
        server.close()
    show("Engines", lines, "embedded, 1 recipients")


if __name__ == "__main__":
    main()
