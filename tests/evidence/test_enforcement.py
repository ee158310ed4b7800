"""What the register and the ticket promise, held against Exchange's own export: each thing that can be wrong is found, by its word."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from addin_backend.errors import BadInput
from addin_backend.evidence.transport.enforcement import compare
from addin_backend.evidence.transport.exchange_export import TlsLevel, read_connectors, read_rules
from addin_backend.model.register import Partner

AT = date(2026, 11, 23)
HEADER = "X-SendSecurely-Ticket"
PARTNER = Partner(
    domain="partner.example",
    connector="Til Partner",
    verified_on=date(2026, 10, 1),
    verified_by="it-drift",
    valid_from=date(2026, 1, 1),
    valid_to=date(2027, 1, 1),
    review_on=date(2026, 12, 1),
)
TICKET_CONNECTOR = {
    "Name": "Tvungen TLS",
    "Enabled": True,
    "TlsSettings": "CertificateValidation",
    "IsTransportRuleScoped": True,
    "TestMode": False,
}
PARTNER_CONNECTOR = {
    "Name": "Til Partner",
    "Enabled": True,
    "TlsSettings": "DomainValidation",
    "TlsDomain": "*.partner.example",
    "IsTransportRuleScoped": False,
    "TestMode": False,
    "RecipientDomains": ["partner.example"],
}
RULE = {
    "Name": "Billet",
    "State": "Enabled",
    "Mode": "Enforce",
    "Priority": 1,
    "HeaderContainsMessageHeader": HEADER,
    "HeaderContainsWords": ["v1."],
    "SentToScope": "NotInOrganization",
    "RouteMessageOutboundConnector": "Tvungen TLS",
    "StopRuleProcessing": False,
}
EARLIER = {"Name": "Først", "State": "Enabled", "Mode": "Enforce", "Priority": 0, "StopRuleProcessing": True}


def _codes(connectors: Any, rules: Any, partner: Partner = PARTNER) -> list[str]:
    read = read_rules(json.dumps(rules).encode()) if rules is not None else None
    return [item.code for item in compare([partner], read_connectors(json.dumps(connectors).encode()), read, HEADER, AT)]


def test_nothing_is_said_when_all_is_as_promised() -> None:
    """A rule for the header, a connector that always uses TLS, and the partner's own."""
    assert _codes([TICKET_CONNECTOR, PARTNER_CONNECTOR], [EARLIER | {"StopRuleProcessing": False}, RULE]) == []


RULE_CASES: list[tuple[str, list[dict[str, Any]], list[str]]] = [
    ("no rule at all", [], ["rule_missing"]),
    ("a rule for another header", [RULE | {"HeaderContainsMessageHeader": "X-Other"}], ["rule_missing"]),
    ("a rule that routes nowhere", [RULE | {"RouteMessageOutboundConnector": None}], ["rule_missing"]),
    ("switched off", [RULE | {"State": "Disabled"}], ["rule_disabled"]),
    ("only audited", [RULE | {"Mode": "AuditAndNotify"}], ["rule_only_tested"]),
    ("with an exception", [RULE | {"ExceptIfSentTo": ["a@b.example"]}], ["rule_not_for_all"]),
    ("for some senders", [RULE | {"FromMemberOf": ["Salg"]}], ["rule_not_for_all"]),
    ("other words", [RULE | {"HeaderContainsWords": ["v2."]}], ["rule_looks_for_other_words"]),
    ("a name that does not exist", [RULE | {"RouteMessageOutboundConnector": "Væk"}], ["connector_missing"]),
    ("a rule before it stops", [EARLIER, RULE], ["rule_comes_too_late"]),
    ("a disabled rule before it", [EARLIER | {"State": "Disabled"}, RULE], []),
    (
        "a pattern",
        [{**RULE, "HeaderContainsMessageHeader": "", "HeaderMatchesMessageHeader": HEADER, "HeaderMatchesPatterns": [r"^v1\."]}],
        [],
    ),
    ("names as objects", [RULE | {"RouteMessageOutboundConnector": {"Name": "Tvungen TLS"}}], []),
]


@pytest.mark.parametrize(("what", "rules", "expected"), RULE_CASES, ids=[case[0] for case in RULE_CASES])
def test_what_can_be_wrong_with_the_rule(what: str, rules: list[dict[str, Any]], expected: list[str]) -> None:
    """The rule must be there, on, enforced, first, and for every mail that carries a ticket."""
    assert expected == _codes([TICKET_CONNECTOR, PARTNER_CONNECTOR], rules)


CONNECTOR_CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("switched off", {"Enabled": False}, ["connector_disabled"]),
    ("in test mode", {"TestMode": True}, ["connector_only_tested"]),
    ("without TLS", {"TlsSettings": None}, ["connector_without_tls", "partner_weaker_than_promised"]),
    ("a number nobody knows", {"TlsSettings": 7}, ["connector_unclear", "partner_weaker_than_promised"]),
    ("weaker than promised", {"TlsSettings": "EncryptionOnly"}, ["partner_weaker_than_promised"]),
    ("no name to check", {"TlsDomain": None}, ["connector_without_tls_domain"]),
    ("another domain", {"RecipientDomains": ["other.example"]}, ["partner_not_covered"]),
    ("sub-domains only", {"RecipientDomains": ["*.partner.example"]}, ["partner_not_covered"]),
    ("every domain", {"RecipientDomains": ["*"]}, []),
    ("Enabled is missing", {"Enabled": None}, ["connector_disabled"]),
]


@pytest.mark.parametrize(("what", "change", "expected"), CONNECTOR_CASES, ids=[case[0] for case in CONNECTOR_CASES])
def test_what_can_be_wrong_with_a_partners_connector(what: str, change: dict[str, Any], expected: list[str]) -> None:
    """It must be on, force TLS as promised, and be for that domain."""
    assert expected == _codes([TICKET_CONNECTOR, PARTNER_CONNECTOR | change], [RULE])


def test_the_tickets_connector_must_be_for_rules() -> None:
    """Exchange lets a rule choose only a connector that is for rules, and one that is not would take everybody's mail."""
    assert ["connector_not_for_rules"] == _codes([TICKET_CONNECTOR | {"IsTransportRuleScoped": False}, PARTNER_CONNECTOR], [RULE])


def test_a_partner_without_its_connector_or_verified_long_ago_is_named() -> None:
    """What the register says must be there, and somebody must have looked lately. An expired entry promises nothing."""
    assert ["partner_connector_missing"] == _codes([TICKET_CONNECTOR], [RULE])
    old = Partner(**{name: getattr(PARTNER, name) for name in PARTNER.__struct_fields__} | {"verified_on": date(2026, 5, 1)})
    assert ["partner_not_verified"] == _codes([TICKET_CONNECTOR, PARTNER_CONNECTOR], [RULE], old)
    gone = Partner(**{name: getattr(PARTNER, name) for name in PARTNER.__struct_fields__} | {"valid_to": date(2026, 11, 22)})
    assert [] == _codes([TICKET_CONNECTOR], [RULE], gone)


SEND_CONNECTOR = {
    "Name": "Til Partner",
    "Enabled": True,
    "RequireTLS": True,
    "IgnoreSTARTTLS": False,
    "TlsAuthLevel": "CertificateValidation",
    "AddressSpaces": ["SMTP:partner.example;1"],
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"RequireTLS": False}, ["connector_without_tls", "partner_weaker_than_promised"]),
        ({"IgnoreSTARTTLS": True}, ["connector_without_tls", "partner_weaker_than_promised"]),
        ({"TlsAuthLevel": None}, ["partner_weaker_than_promised"]),
        ({"AddressSpaces": ["SMTP:other.example;1"]}, ["partner_not_covered"]),
    ],
)
def test_exchange_server_forces_tls_by_its_send_connector(change: dict[str, Any], expected: list[str]) -> None:
    """There the ticket has no connector of its own; the address space of the partner's does it."""
    assert expected == _codes(SEND_CONNECTOR | change, None)


@pytest.mark.parametrize("raw", [b"", b"null", b"[1]", b'[{"Name": "x"}]', b"\xff\xfe", b'[{"State": "Enabled"}]', b"[" * 100_000])
def test_what_is_no_export_is_refused(raw: bytes) -> None:
    """With a sentence and where to read on; never as an export in which nothing is wrong."""
    with pytest.raises(BadInput):
        read_connectors(raw)
    with pytest.raises(BadInput):
        read_rules(raw)


def test_a_byte_order_mark_is_no_matter() -> None:
    """Windows PowerShell writes one."""
    assert [TlsLevel.CERTIFICATE_VALIDATION] == [
        item.tls for item in read_connectors(b"\xef\xbb\xbf" + json.dumps(TICKET_CONNECTOR).encode())
    ]
