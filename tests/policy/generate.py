"""Generated questions: every word of the schema and every boundary of the dates, from a seed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from policy.engines import POLICIES

_SCHEMA = json.loads((POLICIES / "schemas" / "question.json").read_text())
_RECIPIENT = _SCHEMA["definitions"]["recipient"]["properties"]
_MESSAGE = _SCHEMA["properties"]["message"]["properties"]
_THREAD: list[str] = _SCHEMA["definitions"]["thread_protection"]["enum"]
_STATED: list[str] = _SCHEMA["definitions"]["stated"]["enum"]
_GRADED: list[str] = _MESSAGE["confidence"]["required"]
CLASSES: list[str] = _MESSAGE["classes"]["items"]["enum"]
TOLD = ("RC-05", "RC-06", "RC-07")
DAYS = ("2026-11-22", "2026-11-23", "2026-11-24", "2031-12-27", "2031-12-28")  # around today and the end of the UK decision
COUNTRIES = ("DK", "DE", "NO", "LI", "FO", "GL", "CH", "GB", "JP", "IL", "BR", "US", "CA", "IN", "CN", "unknown")
CONFIRMABLE = ("TF-02", "TF-03", "TF-05", "RC-04")

# Dispensations that the generated questions run under, besides the product's registers.
DISPENSATIONS: dict[str, Any] = {
    "checked": "2026-11-23",
    "entries": [
        {
            "id": f"D-{number}",
            "code": code,
            "domain": "lettet.example",
            "classes": CLASSES,
            "reason": "Til prøve.",
            "compensating_measure": "Til prøve.",
            "asked_by": "Mette Holm",
            "approved_by": "Karin Bach",
            "valid_from": "2026-11-23",
            "valid_to": end,
        }
        for number, (code, end) in enumerate(
            [("TR-01", "2026-11-23"), ("TF-01", "2031-12-27"), ("CO-04", "2026-11-24"), ("RC-02", "2031-12-27")]
        )
    ],
}


def _words(*path: str) -> list[Any]:
    node = _RECIPIENT
    for name in path:
        node = node[name]
    words: list[Any] = node["enum"]
    return words


def _classes(rng: random.Random) -> list[str]:
    if rng.random() < 0.45:
        return [rng.choice(["ordinary", "ordinary", "unread"])]
    return sorted(rng.sample(CLASSES, rng.choice([1, 1, 2, 3])))


def _uses(rng: random.Random) -> dict[str, Any]:
    states = _words("basis", "properties", "uses", "properties", "state")
    return {"state": rng.choice([*states, "counted"]), "count": rng.choice([0, 2, 3, 4]), "limit": rng.choice([0, 3]), "window_days": 365}


def _basis(rng: random.Random) -> dict[str, Any]:
    kinds = _words("basis", "properties", "kind")
    scc = rng.random() < 0.25
    facts = _RECIPIENT["basis"]["properties"]
    return {
        "country": rng.choice(["IN", "IN", "GL", "US", "CA", "unknown"]),
        "scope_met": rng.choice(_STATED),
        "data_kinds": sorted(rng.sample(facts["data_kinds"]["items"]["enum"], rng.choice([0, 0, 1, 2]))),
        "public_powers": rng.choice(_STATED),
        "authority_informed": rng.choice(_STATED),
        "uses": _uses(rng),
        "kind": "standard_contractual_clauses" if scc else rng.choice([*kinds, *["none"] * 12, "adequacy"]),
        "module": rng.choice(_words("basis", "properties", "module")),
        "guarantees_met": rng.random() < 0.8,
        "valid_to": rng.choice([*DAYS, "none", "2099-12-31"]),
        "classes": CLASSES if rng.random() < 0.6 else sorted(rng.sample(CLASSES, rng.randrange(3))),
    }


def _recipient(rng: random.Random, number: int) -> dict[str, Any]:
    literal = rng.random() < 0.05
    return {
        "id": f"r{number}",
        "kind": rng.choice(_words("kind")),
        "mailbox": rng.choice([*_words("mailbox"), "mailbox", "mailbox", "not_asked"]),
        "no_reply": rng.random() < 0.1,
        "look_alike": rng.choice([*_words("look_alike"), *["none"] * 12]),
        "history": rng.choice([*_words("history"), *["known"] * 8]),
        "added_by_reply": rng.choice([*_words("added_by_reply"), *["no"] * 8]),
        "thread_protection": rng.choice([*_THREAD, *["none"] * 8]),
        "told": sorted(rng.sample(TOLD, rng.choice([0, 0, 1]))),
        "remote_access": {
            "by": rng.choice([*_words("remote_access", "properties", "by"), "none", "none"]),
            "country": rng.choice(["IN", "DK", "US", "unknown"]),
        },
        "digital_post": rng.choice([*_words("digital_post"), "not_reachable", "not_reachable"]),
        "dispensations": [
            {"id": f"D-{number}", "state": rng.choice(["counted", "counted", "unknown", "not_asked"]), "used": rng.choice([0, 2, 3])}
            for number in rng.sample(range(len(DISPENSATIONS["entries"])), rng.choice([0, 0, 1, 4]))
        ],
        "justified": sorted(rng.sample(CONFIRMABLE, rng.choice([0, 0, 1]))),
        "domain": "none" if literal else rng.choice(["modtager.example", "lettet.example", "anden.example"]),
        "valid": rng.random() < 0.97,
        "literal": literal,
        "internal": rng.random() < 0.15,
        "free_mail": rng.random() < 0.2,
        "role": rng.choice([*_words("role"), "organisation", "organisation"]),
        "country": rng.choice(["DK", "DK", "DK", "DK", "DK", "IN", "IN", "IN", "GL", *COUNTRIES]),
        "country_strength": rng.choice([*_words("country_strength"), "registered", "registered", "registered"]),
        "basis": _basis(rng),
        "transport": {
            "verdict": rng.choice([*_words("transport", "properties", "verdict"), "register", "register", "dane", "mta_sts_enforce"]),
            "capability": rng.choice(_words("transport", "properties", "capability")),
            "commitment": rng.choice(_words("transport", "properties", "commitment")),
            "enforcement": rng.choice(_words("transport", "properties", "enforcement")),
            "risk_assessment": rng.random() < 0.2,
            "end_to_end_required": rng.random() < 0.1,
            "network_country": rng.choice(["DK", "DK", "US", "IN", "unknown", "not_asked"]),
        },
        "certificate": rng.choice([*_words("certificate"), "usable", "usable"]),
        "confirmed": sorted(rng.sample(CONFIRMABLE, rng.choice([0, 0, 0, 1, 4]))),
    }


def _content(rng: random.Random) -> dict[str, Any]:
    """Classes, and grades that fit them."""
    classes = _classes(rng)
    grades = ["possible", "likely", "certain", "certain"]
    return {
        "classes": classes,
        "confidence": {name: rng.choice(grades) if name in classes else "none" for name in _GRADED},
        "counts": {name: rng.choice([1, 3, 40]) if name in classes else 0 for name in _GRADED},
        "quoted_only": {name: name in classes and rng.random() < 0.3 for name in _GRADED},
    }


def question(rng: random.Random) -> dict[str, Any]:
    """One question of the schema's form."""
    count = rng.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5] if rng.random() < 0.5 else [1])
    return {
        "schema": 2,
        "today": rng.choice([*DAYS, "2026-11-23", "2026-11-23"]),
        "organisation": {"kind": rng.choice(["private", "public"])},
        "channels": {name: rng.random() < 0.85 for name in ("tls", "smime", "portal", "digital_post")},
        "registers": {"countries": rng.choice(["fresh", "stale"])},
        "message": {
            "readable": rng.random() < 0.98,
            **_content(rng),
            "unreadable_parts": rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            "identifiers": rng.choice([0, 1, 40]),
            "subject_sensitive": rng.random() < 0.3,
            "employment": rng.choice(_MESSAGE["employment"]["enum"]),
            "label": rng.choice([*_MESSAGE["label"]["enum"], *["none"] * 12]),
            "form": rng.choice(_MESSAGE["form"]["enum"]),
            "thread_protection": rng.choice([*_THREAD, *["none"] * 8]),
            "salutation": rng.choice([*_MESSAGE["salutation"]["enum"], *["matches"] * 4]),
            "secure_requested": rng.random() < 0.15,
            "size_bytes": rng.choice([0, 4096, 36_700_160]),
            "largest_part_bytes": rng.choice([0, 4096, 36_700_160]),
            "attachments": rng.choice([0, 1, 12]),
        },
        "recipients": [_recipient(rng, number) for number in range(count)],
    }


def questions(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` questions; the same seed gives the same ones."""
    rng = random.Random(seed)
    for _ in range(count):
        yield question(rng)


def histogram(answers: Iterable[dict[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """How often each action and each code was answered."""
    actions: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for answer in answers:
        actions[answer["action"]] += 1
        codes.update({finding["code"] for finding in answer["findings"]})
    return actions, codes
