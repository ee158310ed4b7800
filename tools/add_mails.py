"""Adds labelled mails by another writer to a part: each is checked, and what is there already in other words is left out.

    .venv/bin/python tools/add_mails.py train.jsonl FILE.jsonl…

A mail that is no JSON, has a field too many or too few, a label that is none, or an identifier that does not stand in it is named by its
id and stops the whole: nothing is written. A mail whose id or text is in a part already, or that differs from another in names and
numbers only, is left out and counted.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "tests/evidence/data/mails"
FIELDS = {
    *("id", "language", "domain", "slice", "subject", "body", "format", "attachments", "classes", "optional_classes", "identifiers"),
    "borderline",
}
CLASSES = {"confidential", "cpr", "criminal", "special_category", "unknown", "unread"}
OPTIONAL = CLASSES | {"ordinary"}
ALIKE = 0.85  # of the word pairs without names and numbers: above, two mails are one (as benchmarks/content_quality.py counts)
FEWEST_PAIRS = 8  # shorter mails are alike by chance
Mail = dict[str, Any]


def text_of(mail: Mail) -> str:
    """All that stands in a mail."""
    return "\n".join([mail["subject"], mail["body"], *(f"{item['name']}\n{item.get('text', '')}" for item in mail["attachments"])])


def faults(mail: Mail) -> list[str]:
    """What is wrong with a mail; empty when nothing is."""
    if set(mail) != FIELDS:
        return [f"fields {sorted(set(mail) ^ FIELDS)}"]
    found = []
    if not set(mail["classes"]) <= CLASSES or not set(mail["optional_classes"]) <= OPTIONAL:
        found.append("a class that is none")
    if mail["format"] not in {"plain", "html"} or mail["language"] not in {"da", "en", "mixed"}:
        found.append("format or language")
    bare = re.sub(r"\s", "", text_of(mail))
    found += [
        f"identifier {number} of {len(mail['identifiers'])}"
        for number, item in enumerate(mail["identifiers"], start=1)
        if re.sub(r"\s", "", item) not in bare and mail["format"] == "plain"
    ]
    return found


def shape(mail: Mail) -> frozenset[tuple[str, str]]:
    """The pairs of words without names and numbers."""
    return frozenset(pairwise([word for word in re.findall(r"[^\W\d_]+", mail["body"]) if word[:1].islower()]))


def is_alike(one: frozenset[tuple[str, str]], known: list[frozenset[tuple[str, str]]]) -> bool:
    """Whether two mails are one."""
    if len(one) < FEWEST_PAIRS:
        return False
    return any(len(one & other) > ALIKE * len(one | other) for other in known if len(other) * ALIKE < len(one) < len(other) / ALIKE)


def chosen(new: list[Mail], old: list[Mail]) -> list[Mail]:
    """Those of ``new`` that say something new."""
    ids, texts, shapes = {mail["id"] for mail in old}, {text_of(mail) for mail in old}, [shape(mail) for mail in old]
    kept = []
    for mail in new:
        own = shape(mail)
        if mail["id"] in ids or text_of(mail) in texts or is_alike(own, shapes):
            continue
        ids.add(mail["id"])
        texts.add(text_of(mail))
        shapes.append(own)
        kept.append(mail)
    return kept


def main() -> None:
    """Check and add."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part")
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    lines = [line for path in sorted(args.files) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    new = [json.loads(line) for line in lines]
    wrong = [f"{mail.get('id', '?')}: {', '.join(found)}" for mail in new if (found := faults(mail))]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        raise SystemExit(1)
    old = [
        json.loads(line)
        for path in sorted(DATA.glob("*.jsonl"))
        if path.name != "sentences.jsonl"
        for line in path.read_text("utf-8").splitlines()
    ]
    kept = chosen(new, old)
    with (DATA / args.part).open("a", encoding="utf-8") as part:
        part.writelines(json.dumps(mail, ensure_ascii=False) + "\n" for mail in kept)
    print(f"{len(kept)} of {len(new)} mails added to {args.part}; {len(new) - len(kept)} were there already")


if __name__ == "__main__":
    main()
