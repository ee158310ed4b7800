"""How well the content is judged: precision, recall and F1 per class, language and slice, beside a keyword list and Presidio.

    .venv/bin/python benchmarks/content_quality.py [--test [PART]] [--no-presidio]

Without ``--test``: the old set and the everyday mails that the model did not see; tuning figures come from `tools/train_content_model.py
--scores` (each mail judged by a model that did not see it). With it: a test part, `test_q` (the newest, that no rule was made for) or
`test` (looked at since). Presidio runs in an environment of its own, made here
and thrown away; where it cannot be had the table says so.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.model.message import Attachment, BodyFormat, Message

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests/evidence/data/mails"
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
UPPER = ("confidential", "cpr", "criminal", "special_category")
IMPLYING = frozenset({"cpr", "criminal", "special_category"})
NEED = frozenset({*UPPER, "unknown"})
MAILS_A_WEEK = 200  # 40 a day
ALIKE = 0.85  # of the word pairs without names and numbers: above, two mails are one
KEYWORDS = {
    "special_category": r"kræft|syg|læge|diagnos|depress|stress|hospital|medicin|behandling|gravid|fagforening|muslim|kirke|homoseks|"
    r"cancer|sick|doctor|disease|medical|pregnan|union|church|gay",
    "criminal": r"straf|dømt|fængsel|politi|tyveri|sigtet|bøde|criminal|convict|prison|police|theft|fine\b",
    "confidential": r"løn|gæld|opsigelse|fyret|advarsel|skilsmisse|adgangskode|kontonummer|iban|salary|debt|dismiss|"
    r"warning|divorce|password",
    "cpr": r"\b\d{6}[- ]?\d{4}\b",
}
_KEYWORD_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in KEYWORDS.items()}
PRESIDIO = r"""
import json, sys, spacy
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer
from presidio_analyzer.nlp_engine import NlpEngine, SpacyNlpEngine
class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}
engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
shape = Pattern("cpr", r"\b[0-3]\d[01]\d{3}[- ]?\d{4}\b", 0.5)
engine.registry.add_recognizer(PatternRecognizer("CPR", patterns=[shape], context=["cpr"]))
import time
texts = [json.loads(line) for line in sys.stdin]
begin = time.perf_counter(); out = []
for text in texts:
    out.append(sorted({item.entity_type for item in engine.analyze(text, language="en") if item.score >= 0.5}))
print(json.dumps({"found": out, "seconds": time.perf_counter() - begin, "bytes": sum(len(t.encode()) for t in texts)}))
"""
_PRESIDIO_CLASS = {"CPR": "cpr", "IBAN_CODE": "confidential", "CREDIT_CARD": "confidential", "US_PASSPORT": "confidential"}

Mail = dict[str, Any]
Judge = Callable[[Mail], set[str]]


def read(name: str) -> list[Mail]:
    """The mails of a file."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def message_of(mail: Mail) -> Message:
    """A labelled mail as the product gets it."""
    files = tuple(
        Attachment(name=item["name"], media_type="text/plain; extracted=yes", content=item.get("text", "").encode())
        for item in mail["attachments"]
    )
    return Message(
        sender="", recipients=(), subject=mail["subject"], body=mail["body"], body_format=BodyFormat(mail["format"]), attachments=files
    )


def text_of(mail: Mail) -> str:
    """All that a peer is given to read."""
    return "\n".join([mail["subject"], mail["body"], *(f"{item['name']}\n{item.get('text', '')}" for item in mail["attachments"])])


def product(terms: Terms) -> Judge:
    """The product's own answer."""
    return lambda mail: {item.value for item in classify(message_of(mail), terms).classes}


def keywords(mail: Mail) -> set[str]:
    """What a list of words would say."""
    text = text_of(mail)
    return {name for name, pattern in _KEYWORD_PATTERNS.items() if pattern.search(text)}


def presidio(mails: Sequence[Mail]) -> tuple[list[set[str]], float]:
    """(classes per mail, MB/s) from Presidio in an environment of its own. Raises OSError when it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin/python"
        for command in (
            [sys.executable, "-m", "venv", folder],
            [str(python), "-m", "pip", "install", "--quiet", "presidio-analyzer", "spacy"],
        ):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                raise OSError(" ".join(command[-3:]))
        given = "".join(json.dumps(text_of(mail)) + "\n" for mail in mails)
        run = subprocess.run([str(python), "-c", PRESIDIO], input=given, capture_output=True, text=True, check=False)
        if run.returncode:
            raise OSError(run.stderr.strip().splitlines()[-1])
    answer = json.loads(run.stdout)
    found = [{_PRESIDIO_CLASS[name] for name in names if name in _PRESIDIO_CLASS} for names in answer["found"]]
    return found, answer["bytes"] / 1e6 / answer["seconds"]


def ratios(hit: int, extra: int, missed: int) -> str:
    """Precision, recall, F1."""
    return f"{hit / max(1, hit + extra):9.3f} {hit / max(1, hit + missed):7.3f} {2 * hit / max(1, 2 * hit + extra + missed):7.3f}"


def f1(counts: Sequence[int]) -> float:
    """F1 of (hit, extra, missed)."""
    return 2 * counts[0] / max(1, 2 * counts[0] + counts[1] + counts[2])


def count(mails: Sequence[Mail], found: Sequence[set[str]], name: str) -> tuple[int, int, int]:
    """(hit, extra, missed) of a class, or of "needs protection"; mails in which either answer is right are left out."""
    hit = extra = missed = 0
    for mail, classes in zip(mails, found, strict=True):
        wanted, optional = set(mail["classes"]), set(mail.get("optional_classes") or [])
        if name == "needs":
            want, have = bool(wanted & NEED), bool(classes & NEED)
        else:
            if name not in wanted and (name in optional or (name == "confidential" and wanted & IMPLYING)):
                continue
            want, have = name in wanted, name in classes
        hit, extra, missed = hit + (want and have), extra + (have and not want), missed + (want and not have)
    return hit, extra, missed


def kept(mails: Sequence[Mail], found: Sequence[set[str]]) -> tuple[list[Mail], list[set[str]]]:
    """Without the mails that can be argued either way."""
    pairs = [(mail, classes) for mail, classes in zip(mails, found, strict=True) if not mail.get("borderline")]
    return [mail for mail, _ in pairs], [classes for _, classes in pairs]


def show(title: str, mails: Sequence[Mail], found: Sequence[set[str]]) -> None:
    """One table: needs protection and each class."""
    given, seen = kept(mails, found)
    print(f"\n{title} ({len(given)} mails)\n{'':24} precision  recall      F1    hit extra missed")
    for name in ("needs", *UPPER):
        counts = count(given, seen, name)
        print(f"{name:24} {ratios(*counts)}  {counts[0]:5} {counts[1]:5} {counts[2]:5}")
    print(f"{'macro F1':24} {'':9} {'':7} {sum(f1(count(given, seen, name)) for name in UPPER) / len(UPPER):7.3f}")


def beside(mails: Sequence[Mail], systems: dict[str, Sequence[set[str]]]) -> None:
    """Needs protection per language and slice, the systems side by side. A slice without positives has no F1: its extra ones count."""
    print("\nNeeds protection per language and slice: precision, recall, F1, extra, missed")
    print(f"{'':26} {'mails':>5}  " + "   ".join(f"{name:^33}" for name in systems))
    for key in ("language", "slice"):
        for group in sorted({mail[key] for mail in mails}):
            cells, size = [], 0
            for found in systems.values():
                given, seen = kept(mails, found)
                own = [number for number, mail in enumerate(given) if mail[key] == group]
                size = len(own)
                counts = count([given[number] for number in own], [seen[number] for number in own], "needs")
                cells.append(f"{ratios(*counts)} {counts[1]:3} {counts[2]:3}")
            print(f"{key[:5]:6} {group:20} {size:4}  " + "   ".join(cells))


def different(mails: Iterable[Mail]) -> int:
    """How many mails are left when those that differ in names and numbers only count as one."""
    kept: list[frozenset[tuple[str, str]]] = []
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for mail in mails:
        words = [word for word in re.findall(r"[^\W\d_]+", mail["body"]) if word[:1].islower()]
        pairs = frozenset(pairwise(words))
        shared: dict[int, int] = defaultdict(int)
        for pair in pairs:
            for holder in holders[pair]:
                shared[holder] += 1
        if any(both / max(1, len(pairs | kept[holder])) > ALIKE for holder, both in shared.items()):
            continue
        for pair in pairs:
            holders[pair].append(len(kept))
        kept.append(pairs)
    return len(kept)


def errors(mails: Sequence[Mail], found: Sequence[set[str]]) -> None:
    """The errors by id and kind; never a word of the mail."""
    print("\nErrors (id, slice, language, wanted, got)")
    for mail, classes in zip(mails, found, strict=True):
        if not mail.get("borderline") and bool(set(mail["classes"]) & NEED) != bool(classes & NEED):
            labels = f"{','.join(mail['classes']) or '-':32} {','.join(sorted(classes)) or '-'}"
            print(f"  {mail['id']:10} {mail['slice']:24} {mail['language']:5} {labels}")


def everyday(judge: Judge) -> None:
    """False alarms on everyday mails: all, and those that were written whole by hand (the others are put together from written parts)."""
    mails = read("everyday_test.jsonl")
    for name, chosen in (("all", mails), ("by hand", [mail for mail in mails if mail.get("composed") == "hand"])):
        alarms = sum(bool(judge(mail) & NEED) for mail in chosen)
        share = alarms / max(1, len(chosen))
        weekly = f"{share * MAILS_A_WEEK:.1f} an employee and week at 40 mails a day"
        print(f"\nEveryday mails judged above ordinary, {name}: {alarms} of {len(chosen)} ({share:.2%}), {weekly}")


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--test", nargs="?", const="test_q", choices=("test_q", "test"))
    parser.add_argument("--no-presidio", action="store_true")
    args = parser.parse_args()
    judge = product(read_terms(REGISTER.read_bytes()))
    mails = read(f"{args.test}.jsonl") if args.test else read("tune.jsonl")
    name = f"test part {args.test}" if args.test else "tuning part (the model was trained on it: see tools/train_content_model.py --scores)"
    print(f"{len(mails)} mails, {different(mails)} different")
    found = [judge(mail) for mail in mails]
    systems: dict[str, Sequence[set[str]]] = {"Send securely": found, "keyword list": [keywords(mail) for mail in mails]}
    show(f"Send securely, {name}", mails, found)
    show("Keyword list", mails, systems["keyword list"])
    if not args.no_presidio:
        try:
            systems["Presidio"], speed = presidio(mails)
            show(f"Presidio with a CPR pattern, {speed:.2f} MB/s", mails, systems["Presidio"])
        except OSError as error:
            print(f"\nPresidio could not be had: {error}")
    beside(mails, systems)
    if args.test:
        errors(mails, found)
    everyday(judge)


if __name__ == "__main__":
    main()
