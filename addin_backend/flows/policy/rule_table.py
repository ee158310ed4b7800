"""The table of all rules for the documentation, made of their METADATA (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping

from addin_backend.decision import metadata
from addin_backend.decision.metadata import Rule

_HEAD = """# The rules

Made from the METADATA of the rules by `addin-backend policy table`; a test compares. Effects: *note* informs, *protect* rules ways of
sending out, *confirm* asks the sender, *block* stops the mail. Codes that begin with EN are said by the backend itself when the engine
gives no answer.
"""
_CONCERNS = {
    "content": "Content: what is in the mail, how large it is, which thread it belongs to",
    "decision": "Decision: what the concerns give together",
    "digital_post": "Digital Post first",
    "dispensation": "Dispensations",
    "evidence": "Evidence: could the mail be read at all",
    "recipients": "Recipients: who gets it, and is it the right one",
    "transfer": "Transfer: countries outside the EU/EEA (GDPR chapter V)",
    "transport": "Transport: which ways reach the recipient securely",
}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _line(rule: Rule) -> str:
    title = rule.text.title
    sources = "; ".join(f"[{_cell(description or address)}]({address})" for address, description in rule.sources)
    cells = (rule.code, rule.effect.value, f"{title.da} / {title.en}", rule.description, rule.text.law)
    return "| " + " | ".join([*map(_cell, cells), sources, rule.owner, rule.effective_on.isoformat()]) + " |"


def rule_table(files: Mapping[str, bytes]) -> str:
    """Markdown: a section per concern, a line per rule. The rules are those that `policy check` found sound."""
    rules = metadata.read(files).rules
    parts = [_HEAD]
    for concern in sorted({rule.file.split("/")[1] for rule in rules.values()}):
        parts.append(f"\n## {_CONCERNS.get(concern, concern)}\n\n")
        parts.append("| code | effect | title | when | law | sources | owner | since |\n|---|---|---|---|---|---|---|---|\n")
        parts += [_line(rule) + "\n" for _, rule in sorted(rules.items()) if rule.file.split("/")[1] == concern]
    return "".join(parts)
