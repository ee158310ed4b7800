"""Both engines side by side through the whole port (worker pipe, HTTP), with the product's rules and with 1,000 rules and 5,000 entries.

Then what rests on them: replay of recorded questions, publishing to effect, and memory over 50,000 evaluations. ``--quick`` does a tenth.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from addin_backend import settings as settings_table
from addin_backend.bootstrap.checking import own_opa, policy_files, revisions
from addin_backend.bootstrap.live_rules import LiveRules
from addin_backend.bootstrap.policy_changes import put_in_force
from addin_backend.bootstrap.sending import Cabinet, open_cabinet
from addin_backend.decision import answer as answers
from addin_backend.decision.revision import policy_set
from addin_backend.edges.opa_process import OpaProcess
from addin_backend.edges.rego_embedded import RegorusWorker
from addin_backend.edges.rego_server import OpaServer
from addin_backend.evidence.extraction.reader import read_here
from addin_backend.flows.policy.ask import asked
from addin_backend.flows.policy.generate import overlay, questions, stock
from addin_backend.flows.policy.publish import PUBLISHED, Wish
from addin_backend.flows.policy.replay import replay
from addin_backend.model.policy import RecordedQuestion
from addin_backend.ports import PolicyEngine, PolicySet
from addin_backend.settings import Settings
from table import Line, resident, rounds, show

DEADLINE = 30.0
RULES, ENTRIES = 1000, 5000


def question(base: dict[str, Any], recipients: int, content: str) -> bytes:
    """The base question with ``recipients`` recipients at different domains."""
    made = copy.deepcopy(base)
    made["message"]["classes"] = [content]
    template = made["recipients"][0]
    made["recipients"] = [{**template, "id": f"r{index}", "domain": f"d{index}.example"} for index in range(recipients)]
    return asked(made)


def measure(name: str, engine: PolicyEngine, policies: PolicySet, pid: int, share: float) -> list[Line]:
    """Warm, then measured: an ordinary mail and one with a CPR number, in turns."""
    base = json.loads(dict(policies.files)["schemas/base_question.json"])
    lines = []
    for recipients, count in ((1, 500), (10, 500), (100, 60)):
        pair = [question(base, recipients, content) for content in ("ordinary", "cpr")]
        numbers = iter(range(10**9))

        def ask(pair: list[bytes] = pair, numbers: Any = numbers) -> bytes:
            return engine.evaluate(policies.revision, pair[next(numbers) % 2], DEADLINE)

        rounds(20, ask)
        lines.append(Line(f"{name}, {recipients} recipients", rounds(max(20, int(count * share)), ask), memory=resident(pid)))
    return lines


def many(policies: PolicySet) -> PolicySet:
    """The product's rules, RULES more of their kind, and ENTRIES partners and domains."""
    rules = ["package sendsecurely.recipients\n"]
    for number in range(RULES):
        rules.append(
            f"findings contains finding if {{\n\tinput.message.attachments == {number + 1000}\n"
            f"\tsome recipient in input.recipients\n\tnot _valid(recipient)\n"
            f'\tfinding := {{"code": "RC-02", "effect": "block", "recipient": recipient.id, "params": {{}}}}\n}}\n'
        )
    facts = [
        {"domain": f"d{number}.example", "role": "organisation", "country": "DK", "source": "register", "checked": "2026-11-23"}
        for number in range(ENTRIES)
    ]
    files = dict(policies.files)
    document = json.loads(files["registers/domains/data.json"])
    document["entries"] = facts
    return policy_set(
        {
            **files,
            "sendsecurely/recipients/many.rego": "\n".join(rules).encode(),
            "registers/domains/data.json": json.dumps(document).encode(),
        }
    )


def engines(settings: Settings, policies: PolicySet, share: float, label: str) -> list[Line]:
    """Both engines over one set of rules."""
    start = rounds(5, lambda: RegorusWorker(policies).close())
    worker = RegorusWorker(policies)
    lines = [Line(f"embedded{label}, start and stop", start)]
    lines += measure(f"embedded{label}", worker, policies, worker.pids()[0], share)
    worker.close()
    with OpaProcess(own_opa(settings), policies) as process:
        server = OpaServer(process.url, policies, timeout=DEADLINE)
        lines += measure(f"opa{label}", server, policies, process.pid, share)
        server.close()
    return lines


def recorded(policies: PolicySet, count: int) -> list[RecordedQuestion]:
    """Recorded questions: generated ones with the answers of the rules."""
    engine = RegorusWorker(policies, workers=2)
    made = []
    for number, one in enumerate(questions(stock(dict(policies.files)), count, seed=3)):
        raw = engine.evaluate(policies.revision, asked(one), DEADLINE)
        read = answers.read(raw, [item["id"] for item in one["recipients"]])
        answer = msgspec.json.encode(read, order="sorted")
        at = datetime.now(UTC)
        made.append(RecordedQuestion(event_id=f"e{number}", at=at, revision=policies.revision, question=asked(one), answer=answer))
    engine.close()
    return made


def replayed(policies: PolicySet, cabinet: Cabinet, count: int) -> str:
    """Seconds to read, open and replay ``count`` recorded questions on two embedded processes."""
    for item in recorded(policies, count):
        cabinet.questions.keep(item)
    start = time.perf_counter()
    found = replay(cabinet.questions.newest(count), policies, lambda rules: RegorusWorker(rules, workers=2), 4)
    took = time.perf_counter() - start
    return f"replay of {found.asked} recorded questions: {took:.1f} s ({found.same} the same, {sum(found.changed.values())} changed)"


def published(settings: Settings, cabinet: Cabinet, policies: PolicySet) -> str:
    """Seconds from a publication that was approved to the first answer under it, in a running server's rules."""
    files = dict(policies.files)
    path = "registers/free_mail/data.json"
    document = json.loads(files[path])
    document["domains"] = [*document["domains"], "ny-gratis.example"]
    after = policy_set({**files, path: json.dumps(document).encode()})
    rules = LiveRules(settings, read_here)
    rules.start(cabinet)
    revisions(settings).keep(after)
    at = datetime.now(UTC)
    event = "01901234-5678-7abc-8def-000000000001"
    wish = Wish(event_id=event, revision=after.revision, kind=PUBLISHED, asked_by="a@x.example", approved_by="b@x.example", at=at)
    start = time.perf_counter()
    put_in_force(settings, wish)
    while rules.current.book.policies.revision != after.revision:
        time.sleep(0.01)
    took = time.perf_counter() - start
    rules.close()
    return f"publishing to effect: {took:.2f} s"


def grown(policies: PolicySet, count: int) -> str:
    """Resident memory of the worker before and after ``count`` evaluations."""
    base = json.loads(dict(policies.files)["schemas/base_question.json"])
    worker = RegorusWorker(policies)
    body = question(base, 1, "cpr")
    rounds(500, lambda: worker.evaluate(policies.revision, body, DEADLINE))
    before = resident(worker.pids()[0])
    rounds(count, lambda: worker.evaluate(policies.revision, body, DEADLINE))
    after = resident(worker.pids()[0])
    worker.close()
    return f"memory over {count} evaluations: {before / 1e6:.1f} → {after / 1e6:.1f} MB ({(after - before) / 1e6:+.1f} MB)"


def p95(lines: list[Line]) -> str:
    """The 95th percentiles of the large set, which the table does not show."""
    return "; ".join(f"{line.name} p95 {sorted(line.seconds)[int(len(line.seconds) * 0.95)] * 1e3:.1f} ms" for line in lines)


def main() -> None:
    """Measure and print, with the load of the machine: it belongs to every figure."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    settings = settings_table.load(os.environ)
    share = 0.1 if "--quick" in sys.argv else 1.0
    policies = policy_set(overlay(policy_files(settings)))
    show("Engines, the product's rules", engines(settings, policies, share, ""), "embedded, 1 recipients")
    large = engines(settings, many(policies), share / 2, f" {RULES} rules")
    show(f"Engines, {RULES} rules more and {ENTRIES} register entries", large, f"embedded {RULES} rules, 1 recipients")
    print(p95([line for line in large if "10 recipients" in line.name]))
    with tempfile.TemporaryDirectory() as folder:
        own = msgspec.structs.replace(settings, data_dir=str(Path(folder) / "data"), resolver="127.0.0.1:9")
        cabinet = open_cabinet(own)
        print(replayed(policies, cabinet, int(10_000 * share)))
        print(published(own, cabinet, policy_set(policy_files(settings))))
        cabinet.close()
    print(grown(policies, int(50_000 * share)))


if __name__ == "__main__":
    main()
