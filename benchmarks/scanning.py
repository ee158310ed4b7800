"""How fast a text is scanned for all terms, cues and numbers, and what a typical mail costs in all, beside other ways and Presidio.

    .venv/bin/python benchmarks/scanning.py [--no-presidio]

The text is 10 MB of the labelled mails (never the test part). Slow peers read less of it; all are given as MB/s of one core. Presidio runs
in an environment of its own, made here and thrown away; where it cannot be had the table says so.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.normalised import latin, lower_case, normalise_text
from addin_backend.evidence.content.passage import digit_runs
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.model.message import BodyFormat, Message
from content_quality import presidio

ROOT = Path(__file__).resolve().parent.parent
MAILS = ROOT / "tests/evidence/data/mails"
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
WORD = re.compile(r"[^\W\d_]+")
MB = 1_000_000
TYPICAL = 3_000  # characters of a typical mail
COLD = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import read_terms
from addin_backend.model.message import BodyFormat, Message
imported = time.perf_counter()
terms = read_terms(Path(sys.argv[1]).read_bytes())
classify(Message(sender="", recipients=(), subject="", body="Hej Bo", body_format=BodyFormat.PLAIN), terms)
ready = time.perf_counter()
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(imported - start, ready - imported, peak / 1000)
"""


def bodies(*parts: str) -> list[str]:
    """The plain bodies of the labelled mails in ``parts``."""
    mails = (json.loads(line) for part in parts for line in (MAILS / f"{part}.jsonl").read_text(encoding="utf-8").splitlines())
    return [mail["body"] for mail in mails if mail["format"] == "plain"]


def typical(mails: list[str], count: int) -> list[str]:
    """``count`` texts of TYPICAL characters, each of several whole mails and the beginning of one."""
    joined = "\n\n".join(mails)
    return [joined[start : start + TYPICAL] for start in range(0, count * TYPICAL, TYPICAL)]


def speed(action: Callable[[str], object], text: str, rounds: int = 5) -> float:
    """MB/s of one core: the best of some rounds (the machine may be shared)."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        action(text)
        seconds.append(time.process_time() - start)
    return len(text.encode()) / MB / min(seconds)


def word_by_word(terms: Terms) -> Callable[[str], object]:
    """The peer in the standard library: distinct words, each looked up."""
    return lambda text: [word for word in set(WORD.findall(text.lower())) if terms.met_by(word)]


def product(terms: Terms) -> Callable[[str], object]:
    """All that the product does to find where it has to look: normalised, lower case, terms, cues of a topic, long numbers."""

    def scan(text: str) -> object:
        normal = normalise_text(text).text
        lower = lower_case(normal)
        raw = latin(lower)
        return terms.scanner.words(lower, raw), digit_runs(raw)

    return scan


def _scan_table(text: str, terms: Terms) -> None:
    stems = sorted({*terms.at_start, *(term.stem for group in terms.inside.values() for term in group)})
    one, lower = re.compile("|".join(map(re.escape, stems))), lower_case(text)
    rows = (
        ("re, all stems as one pattern (peer)", lambda part: [found.start() for found in one.finditer(part)], lower[: MB // 5]),
        ("distinct words, each looked up (peer)", word_by_word(terms), text),
        ("the product: all of the scan", product(terms), text),
        ("  normalise", normalise_text, text),
        ("  lower case", lower_case, text),
        ("  terms and cues", lambda part: terms.scanner.words(part, latin(part)), lower),
        ("  long numbers", lambda part: digit_runs(latin(part)), lower),
    )
    print(f"\nScanning {len(text) / MB:.0f} MB for {len(stems)} stems of terms, the cues and all long numbers (goal: 40 MB/s on one core)")
    for name, action, part in rows:
        print(f"{name:44} {speed(action, part):8.1f} MB/s")


def _mail_table(mails: list[str], terms: Terms, *, with_presidio: bool) -> None:
    print(f"\nA typical mail of {TYPICAL} characters, {len(mails)} different ones (goal: 5 ms in all, fifty times as fast as Presidio)")
    times = []
    for number, body in enumerate(mails * 3):
        message = Message(sender="", recipients=(), subject="Opfølgning", body=body, body_format=BodyFormat.PLAIN)
        start = time.process_time()
        classify(message, terms)
        if number >= len(mails):
            times.append(time.process_time() - start)
    own = statistics.median(times)
    print(f"{'the product, classify':44} {own * 1e3:8.2f} ms   {TYPICAL / MB / own:6.2f} MB/s")
    if not with_presidio:
        return
    try:
        _, rate = presidio([{"subject": "", "body": body, "format": "plain", "attachments": []} for body in mails])
    except OSError as error:
        print(f"{'Presidio':44} could not be had here: {error}")
        return
    theirs = len(mails[0].encode()) / MB / rate
    print(f"{'Presidio, blank model, with a CPR pattern':44} {theirs * 1e3:8.2f} ms   {rate:6.2f} MB/s   {theirs / own:.1f} times as long")


def _cold_table() -> None:
    runs = [subprocess.run([sys.executable, "-c", COLD, str(REGISTER)], capture_output=True, text=True, check=True) for _ in range(5)]
    imports, ready, peak = (statistics.median(values) for values in zip(*(map(float, run.stdout.split()) for run in runs), strict=True))
    print("\nStart of the recognisers in a process of its own (goal: 300 ms, 150 MB)")
    print(f"imports {imports * 1e3:.0f} ms   register, model and the first mail {ready * 1e3:.0f} ms   peak {peak:.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-presidio", action="store_true")
    given = parser.parse_args()
    terms = read_terms(REGISTER.read_bytes())
    text = "\n\n".join(bodies("train", "tune", "everyday_tune"))
    _scan_table((text * (10 * MB // len(text) + 1))[: 10 * MB], terms)
    _mail_table(typical(bodies("everyday_tune"), 100), terms, with_presidio=not given.no_presidio)
    _cold_table()


if __name__ == "__main__":
    main()
