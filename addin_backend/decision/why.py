"""Why a recorded decision came out as it did, for the officer: each finding with its rule, what the rules were told, and what the registers
said then. Everything comes from the recorded question and the rules of its own revision; nothing is looked up anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from addin_backend.decision import metadata
from addin_backend.decision.explain import FAILURE_TEXTS
from addin_backend.decision.metadata import Rule
from addin_backend.model.decision import Answer, RawFinding, Texts

_MOST_ENTRIES = 20  # register entries that are shown for one recipient


class RuleUsed(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with the rule that made it. ``file`` and ``row`` say where the rule stands; "" and 0 for one of the backend's own."""

    code: str
    effect: str
    recipient: str
    params: dict[str, Any]
    title: Texts
    explanation: Texts
    law: str
    description: str = ""
    owner: str = ""
    effective_on: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    file: str = ""
    row: int = 0


class EntryUsed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a register, of the revision of then, that is about a recipient's domain, country or dispensation."""

    register: str
    recipient: str
    entry: dict[str, Any]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """``recipients``: the id, what was told of the recipient, and the answer's line. ``message``: what was told of the mail."""

    message: dict[str, Any]
    around: dict[str, Any]
    recipients: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...]
    rules: tuple[RuleUsed, ...]
    entries: tuple[EntryUsed, ...]


def _used(finding: RawFinding, rules: Mapping[str, Rule]) -> RuleUsed:
    rule = rules.get(finding.code)
    shared: dict[str, Any] = msgspec.to_builtins(finding)
    if rule is None:
        words = FAILURE_TEXTS.get(finding.code)
        unknown = Texts(da="Reglen findes ikke i den udgave.", en="The rule is not in that version.")
        title, explanation, law = (words.title, words.explanation, words.law) if words else (unknown, unknown, "")
        return RuleUsed(**shared, title=title, explanation=explanation, law=law)
    return RuleUsed(
        **shared,
        title=rule.text.title,
        explanation=rule.text.explanation,
        law=rule.text.law,
        description=rule.description,
        owner=rule.owner,
        effective_on=rule.effective_on.isoformat(),
        sources=rule.sources,
        file=rule.file,
        row=rule.row,
    )


def _about(entry: Mapping[str, Any], recipient: Mapping[str, Any]) -> bool:
    dispensations = {item.get("id") for item in recipient.get("dispensations", ())}
    if "domain" in entry:
        return entry["domain"] == recipient.get("domain") and ("code" not in entry or entry.get("id") in dispensations)
    return entry.get("country") == recipient.get("country") and recipient.get("country") != "unknown"


def _entries(files: Mapping[str, bytes], recipient: Mapping[str, Any]) -> Iterator[EntryUsed]:
    for path in sorted(files):
        if not path.endswith("/data.json"):
            continue
        register = path.split("/")[-2]
        for rows in json.loads(files[path]).values():
            for entry in rows if isinstance(rows, list) else ():
                if isinstance(entry, dict) and _about(entry, recipient):
                    yield EntryUsed(register=register, recipient=recipient["id"], entry=entry)


def why(files: Mapping[str, bytes], question: bytes, answer: bytes) -> Why:
    """``files`` are those of the revision that decided. Raises msgspec.DecodeError for a question or answer that is none."""
    asked: dict[str, Any] = msgspec.json.decode(question, type=dict[str, Any]) if question else {"message": {}, "recipients": []}
    answered = msgspec.json.decode(answer, type=Answer)
    rules = metadata.read(files).rules
    lines = {line.id: msgspec.to_builtins(line) for line in answered.recipients}
    found: list[EntryUsed] = []
    for recipient in asked["recipients"]:
        found += list(_entries(files, recipient))[:_MOST_ENTRIES]
    return Why(
        message=asked["message"],
        around={key: value for key, value in asked.items() if key not in {"message", "recipients"}},
        recipients=tuple((item["id"], item, lines.get(item["id"], {})) for item in asked["recipients"]),
        rules=tuple(_used(item, rules) for item in answered.findings),
        entries=tuple(found),
    )
