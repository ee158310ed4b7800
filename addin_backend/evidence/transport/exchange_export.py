"""Reads what Exchange says of its own connectors and mail-flow rules: the JSON of `Get-OutboundConnector`, `Get-SendConnector` and
`Get-TransportRule | ConvertTo-Json -Depth 4`.

PowerShell writes one object or a list of them, words or their numbers; a word that we do not know is kept as unknown, never guessed.
"""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from addin_backend.errors import BadInput

S = TypeVar("S")
MOST = 5_000  # connectors or rules; Exchange Online's own limits are far lower


class TlsLevel(StrEnum):
    """What a connector asks of the other side, weakest first (the TlsAuthLevel of Exchange)."""

    NONE = "none"
    ENCRYPTION_ONLY = "encryption_only"
    CERTIFICATE_VALIDATION = "certificate_validation"
    DOMAIN_VALIDATION = "domain_validation"
    UNKNOWN = "unknown"


_LEVELS = {
    "": TlsLevel.NONE,
    "encryptiononly": TlsLevel.ENCRYPTION_ONLY,
    "certificatevalidation": TlsLevel.CERTIFICATE_VALIDATION,
    "domainvalidation": TlsLevel.DOMAIN_VALIDATION,
}


class Connector(msgspec.Struct, frozen=True, kw_only=True):
    """One connector. ``domains`` are lower-case patterns ("*" or "*.x.example" too); () for one that only mail-flow rules use."""

    name: str
    enabled: bool
    tls: TlsLevel
    tls_domain: str
    rule_scoped: bool
    test_mode: bool
    domains: tuple[str, ...]


class MailFlowRule(msgspec.Struct, frozen=True, kw_only=True):
    """One mail-flow rule, as far as the ticket is concerned. ``header`` is lower case; ``conditional`` when it looks at more than the
    header; ``excepts`` when it has exceptions; ``priority`` counts from 0, which runs first.
    """

    name: str
    enabled: bool
    enforced: bool
    priority: int
    header: str
    words: tuple[str, ...]
    connector: str
    conditional: bool
    excepts: bool
    stops: bool


def _bad(what: str, da: str, field: str) -> BadInput:
    return BadInput(
        f"The export cannot be used: {what}",
        sentence_da=f"Udtrækket kan ikke bruges: {da}",
        next_step="Make it anew as the runbook says (docs/enforced-tls.md).",
        next_step_da="Lav det igen, som vejledningen siger (docs/enforced-tls.md).",
        field=field,
    )


def _objects(raw: bytes, what: str) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(raw.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, RecursionError):
        raise _bad("it is not JSON.", "det er ikke JSON.", what) from None
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(item, dict) for item in items):
        raise _bad("it does not list objects.", "det er ikke en liste af objekter.", what)
    if len(items) > MOST:
        raise _bad(f"it lists more than {MOST}.", f"der står flere end {MOST} i det.", what)
    return items


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, dict):  # PowerShell writes some names as {"Name": …} or {"value": …}
        value = next((value[name] for name in ("Name", "Value", "value") if isinstance(value.get(name), str)), "")
    return value.strip() if isinstance(value, str) else ""


def _texts(item: dict[str, Any], key: str) -> tuple[str, ...]:
    value = item.get(key)
    values = value if isinstance(value, list) else [value]
    return tuple(one.strip() for one in values if isinstance(one, str) and one.strip())


def _flag(item: dict[str, Any], key: str, *, otherwise: bool) -> bool:
    value = item.get(key)
    return value if isinstance(value, bool) else otherwise


def _level(item: dict[str, Any]) -> TlsLevel:
    """The level of an outbound connector (TlsSettings) or a send connector (RequireTLS with TlsAuthLevel)."""
    if "RequireTLS" in item:
        if item.get("RequireTLS") is not True or item.get("IgnoreSTARTTLS") is True:
            return TlsLevel.NONE
        value = item.get("TlsAuthLevel")
        return TlsLevel.ENCRYPTION_ONLY if value in (None, "") else _word(value)
    return _word(item.get("TlsSettings"))


def _word(value: Any) -> TlsLevel:
    if value is None:
        return TlsLevel.NONE
    return _LEVELS.get(value.strip().lower(), TlsLevel.UNKNOWN) if isinstance(value, str) else TlsLevel.UNKNOWN


def _space(text: str) -> str:
    """An address space "SMTP:*.x.example;10" as a domain pattern."""
    return text.partition(";")[0].rpartition(":")[2].strip().lower()


def _connector(item: dict[str, Any]) -> Connector:
    spaces = tuple(_space(text) for text in _texts(item, "AddressSpaces"))
    return Connector(
        name=_text(item, "Name") or _text(item, "Identity"),
        enabled=_flag(item, "Enabled", otherwise=False),
        tls=_level(item),
        tls_domain=_text(item, "TlsDomain").lower(),
        rule_scoped=_flag(item, "IsTransportRuleScoped", otherwise=False),
        test_mode=_flag(item, "TestMode", otherwise=False),
        domains=spaces or tuple(text.lower() for text in _texts(item, "RecipientDomains")),
    )


_HEADER_CONDITIONS = (("HeaderContainsMessageHeader", "HeaderContainsWords"), ("HeaderMatchesMessageHeader", "HeaderMatchesPatterns"))
_ABOUT = frozenset(name for pair in _HEADER_CONDITIONS for name in pair) | {"SentToScope"}  # "outside the organisation" is what we ask for
_CONDITION_STARTS = ("From", "SentTo", "Recipient", "Sender", "Subject", "Anyone", "Attachment", "Message", "Has", "With", "Between")


def _is_condition(name: str, value: Any) -> bool:
    return name.startswith(_CONDITION_STARTS) and name not in _ABOUT and value not in (None, "", False, [], {})


def _rule(item: dict[str, Any]) -> MailFlowRule:
    header, words = "", tuple[str, ...]()
    for name, values in _HEADER_CONDITIONS:
        if _text(item, name):
            header, words = _text(item, name).lower(), _texts(item, values)
    priority = item.get("Priority")
    return MailFlowRule(
        name=_text(item, "Name") or _text(item, "Identity"),
        enabled=_text(item, "State").lower() == "enabled",
        enforced=_text(item, "Mode").lower() == "enforce",
        priority=priority if isinstance(priority, int) and not isinstance(priority, bool) else 0,
        header=header,
        words=words,
        connector=_text(item, "RouteMessageOutboundConnector"),
        conditional=any(_is_condition(name, value) for name, value in item.items()),
        excepts=any(name.startswith("ExceptIf") and value not in (None, "", False, [], {}) for name, value in item.items()),
        stops=_flag(item, "StopRuleProcessing", otherwise=False),
    )


def read_connectors(raw: bytes) -> tuple[Connector, ...]:
    """The connectors of an export. Raises BadInput when it is no such export."""
    items = _objects(raw, "connectors")
    if any("TlsSettings" not in item and "RequireTLS" not in item for item in items):
        raise _bad(
            "an object is no connector (no TlsSettings or RequireTLS).", "et objekt er ikke en connector (uden TlsSettings).", "connectors"
        )
    return tuple(_connector(item) for item in items)


def read_rules(raw: bytes) -> tuple[MailFlowRule, ...]:
    """The mail-flow rules of an export, the first to run first. Raises BadInput when it is no such export."""
    items = _objects(raw, "rules")
    if any("State" not in item or "Mode" not in item for item in items):
        raise _bad("an object is no mail-flow rule (no State or Mode).", "et objekt er ikke en regel (uden State eller Mode).", "rules")
    return tuple(sorted((_rule(item) for item in items), key=lambda rule: rule.priority))
