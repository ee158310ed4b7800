"""Reads the engine's answer strictly. Anything unexpected is no answer, and no answer is a block (docs/architecture.md)."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

import msgspec

from addin_backend.model.decision import SEVERITY, Action, Answer, Effect, Protection, RawFinding, RawRecipient
from addin_backend.ports import EngineFailure

_CODE = re.compile(r"[A-Z]{2}-[0-9]{2}")
_FLOOR = {Effect.NOTE: Action.ALLOW, Effect.PROTECT: Action.ALLOW, Effect.CONFIRM: Action.CONFIRM, Effect.BLOCK: Action.BLOCK}


_TOLD = frozenset({Action.CONFIRM, Action.BLOCK})  # a person must be told why


def _malformed(what: str) -> EngineFailure:
    return EngineFailure("malformed", what)


def _decode(raw: bytes) -> Answer:
    try:
        return msgspec.json.decode(raw, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _malformed("not of the answer's schema") from None


def _check_recipient(recipient: RawRecipient, floor: Action) -> None:
    """The action must be the findings' own, and the protection must fit the action."""
    if SEVERITY[recipient.action] < SEVERITY[floor]:
        raise _malformed("a recipient's action is milder than its findings")
    if recipient.action in _TOLD and recipient.action is not floor:
        raise _malformed("a stop that no finding explains")
    blocked = recipient.action is Action.BLOCK
    if blocked != (recipient.protection is Protection.NONE):
        raise _malformed("protection none and block do not go together")
    if recipient.action is Action.ALLOW and recipient.protection is not Protection.PLAIN:
        raise _malformed("allow with a protection")
    if recipient.action is Action.PROTECT and recipient.protection is Protection.PLAIN:
        raise _malformed("protect without a protection")


def _floor(answer: Answer, recipient_id: str) -> Action:
    actions = [_FLOOR[item.effect] for item in answer.findings if item.recipient in {"", recipient_id}]
    return max(actions, key=SEVERITY.__getitem__, default=Action.ALLOW)


def _codes(answer: Answer, recipient_id: str) -> list[str]:
    """The codes of the findings that concern the recipient, sorted."""
    return sorted({item.code for item in answer.findings if item.recipient in {"", recipient_id}})


def _check_excluded(answer: Answer, recipient: RawRecipient) -> None:
    """A protection that a finding rules out can never be the chosen one."""
    for finding in answer.findings:
        if finding.effect is Effect.PROTECT and finding.recipient in {"", recipient.id}:
            excluded = finding.params.get("excludes")
            if not isinstance(excluded, list) or recipient.protection.value in excluded:
                raise _malformed("the chosen protection is ruled out by a finding")


def read(raw: bytes, recipient_ids: Sequence[str], known_codes: Container[str] | None = None) -> Answer:
    """The answer for exactly ``recipient_ids``, in that order.

    Raises EngineFailure("malformed") for anything missing, extra, of another type, milder than its own findings, or with a code
    outside ``known_codes``: nobody could explain it.
    """
    answer = _decode(raw)
    by_id = {item.id: item for item in answer.recipients}
    if len(by_id) != len(answer.recipients) or set(by_id) != set(recipient_ids):
        raise _malformed("not one line per recipient")
    for finding in answer.findings:
        if not _CODE.fullmatch(finding.code) or finding.recipient not in {"", *recipient_ids}:
            raise _malformed("a finding without a proper code or recipient")
        if known_codes is not None and finding.code not in known_codes:
            raise _malformed("a finding that no rule in force explains")
    for item in answer.recipients:
        if item.codes != _codes(answer, item.id):
            raise _malformed("a recipient's codes are not those of its findings")
        _check_recipient(item, _floor(answer, item.id))
        if item.action is not Action.BLOCK:
            _check_excluded(answer, item)
    worst = max([item.action for item in answer.recipients] + [_floor(answer, "")], key=SEVERITY.__getitem__)
    if answer.action is not worst or (not answer.recipients and answer.action is not Action.BLOCK):
        raise _malformed("the overall action is not the worst one")
    ordered = [by_id[item] for item in recipient_ids]
    findings = sorted(answer.findings, key=lambda item: (item.recipient, item.code, msgspec.json.encode(item.params, order="sorted")))
    return Answer(action=answer.action, recipients=ordered, findings=findings)


def blocked(code: str, recipient_ids: Sequence[str]) -> Answer:
    """The answer that stands in when there is none: everything blocked under ``code``."""
    finding = RawFinding(code=code, effect=Effect.BLOCK, recipient="", params={})
    lines = [RawRecipient(id=item, action=Action.BLOCK, protection=Protection.NONE, codes=[code]) for item in recipient_ids]
    return Answer(action=Action.BLOCK, recipients=lines, findings=[finding])
