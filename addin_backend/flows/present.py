"""A decision as JSON: the API's, and the command line's, which is a part of it (docs/command-line.md)."""

from __future__ import annotations

from typing import Any

from addin_backend.model.decision import Decision, Finding, Texts, WayOut


def _texts(texts: Texts) -> dict[str, str]:
    return {"da": texts.da, "en": texts.en}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "effect": finding.effect.value,
        "recipient": finding.recipient,
        "params": finding.params,
        "title": _texts(finding.title),
        "texts": _texts(finding.texts),
        "law": finding.law,
    }


def _way_out(way: WayOut) -> dict[str, Any]:
    return {
        "change": way.change,
        "recipients": list(way.recipients),
        "parts": list(way.parts),
        "action": way.action.value,
        "texts": _texts(way.texts),
    }


def line_view(file: str, decision: Decision) -> dict[str, Any]:
    """A line of `check --json`: exactly the keys of the contract, nothing that differs between two runs."""
    view = decision_view(decision)
    recipients = [{key: item[key] for key in ("address", "protection", "codes")} for item in view["recipients"]]
    findings = [{key: item[key] for key in ("code", "effect", "recipient", "params", "texts", "law")} for item in view["findings"]]
    return {
        "file": file,
        "action": view["action"],
        "classes": view["classes"],
        "recipients": recipients,
        "findings": findings,
        "ways_out": view["ways_out"],
        "policy_revision": view["policy_revision"],
    }


def decision_view(decision: Decision) -> dict[str, Any]:
    """Action, classes, a line per recipient, kinds found, findings with words, ways out, revision; no time, id or engine name."""
    return {
        "action": decision.action.value,
        "classes": list(decision.classes),
        "headline": _texts(decision.headline),
        "recipients": [
            {"address": item.address, "action": item.action.value, "protection": item.protection.value, "codes": list(item.codes)}
            for item in decision.recipients
        ],
        "content": [{"kind": item.kind, "count": item.count, "texts": _texts(item.texts)} for item in decision.content],
        "findings": [_finding(item) for item in decision.findings],
        "ways_out": [_way_out(item) for item in decision.ways_out],
        "policy_revision": decision.policy_revision,
    }
