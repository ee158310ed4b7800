"""Does Exchange do what the register promises? Compares the partners and the ticket's header with Exchange's own export.

Enforced TLS rests on three things outside this program: a rule that routes ticketed mail, a connector that refuses to send without
TLS, and for each partner the connector that the register names. What is missing is found here, before a mail shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from addin_backend.evidence.transport.exchange_export import Connector, MailFlowRule, TlsLevel
from addin_backend.evidence.transport.register import VERIFIED
from addin_backend.model.decision import Texts
from addin_backend.model.register import Partner

_STRENGTH = {
    TlsLevel.UNKNOWN: 0,
    TlsLevel.NONE: 0,
    TlsLevel.ENCRYPTION_ONLY: 1,
    TlsLevel.CERTIFICATE_VALIDATION: 2,
    TlsLevel.DOMAIN_VALIDATION: 3,
}


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as promised: ``code`` a word, ``subject`` the rule, connector or domain, ``breaks`` when mail that should be
    forced could leave without it.
    """

    code: str
    subject: str
    breaks: bool
    texts: Texts


def _deviation(code: str, subject: str, da: str, en: str, *, breaks: bool = True) -> Deviation:
    return Deviation(code=code, subject=subject, breaks=breaks, texts=Texts(da=da, en=en))


def _about_rule(rule: MailFlowRule) -> Iterator[Deviation]:
    name = rule.name
    if not rule.enabled:
        yield _deviation("rule_disabled", name, f"Reglen {name} er slået fra.", f"The rule {name} is switched off.")
    if not rule.enforced:
        yield _deviation("rule_only_tested", name, f"Reglen {name} kører kun som test.", f"The rule {name} runs as a test only.")
    if rule.excepts or rule.conditional:
        yield _deviation(
            "rule_not_for_all",
            name,
            f"Reglen {name} har undtagelser eller flere betingelser, så noget mail med billet går udenom.",
            f"The rule {name} has exceptions or further conditions, so some mail with a ticket passes it by.",
        )
    if not any(_matches_any_ticket(word) for word in rule.words):
        yield _deviation(
            "rule_looks_for_other_words",
            name,
            f"Reglen {name} leder efter andre ord end dem, en billet begynder med (v1.).",
            f"The rule {name} looks for other words than those a ticket begins with (v1.).",
        )


def _matches_any_ticket(word: str) -> bool:
    """Whether each ticket fits the rule's word or pattern: all begin with "v1.", and only that is the same in all."""
    if word.lower() in {"v1.", "v1"}:
        return True
    try:
        return all(re.search(word, sample) is not None for sample in ("v1.abc.def", "v1.Zz-_09.x")) if len(word) <= 40 else False
    except re.error:
        return False


def _about_connector(connector: Connector, subject: str) -> Iterator[Deviation]:
    name = connector.name
    if not connector.enabled:
        yield _deviation("connector_disabled", subject, f"Connectoren {name} er slået fra.", f"The connector {name} is switched off.")
    if connector.test_mode:
        yield _deviation("connector_only_tested", subject, f"Connectoren {name} er i test.", f"The connector {name} is in test mode.")
    if connector.tls is TlsLevel.NONE:
        yield _deviation(
            "connector_without_tls", subject, f"Connectoren {name} kræver ikke TLS.", f"The connector {name} does not require TLS."
        )
    if connector.tls is TlsLevel.UNKNOWN:
        yield _deviation(
            "connector_unclear",
            subject,
            f"Det kan ikke ses, hvad connectoren {name} kræver. Lav udtrækket igen.",
            f"What the connector {name} requires cannot be seen. Make the export anew.",
        )
    if connector.tls is TlsLevel.DOMAIN_VALIDATION and not connector.tls_domain:
        yield _deviation(
            "connector_without_tls_domain",
            subject,
            f"Connectoren {name} skal kontrollere modtagerens navn, men TlsDomain er tomt.",
            f"The connector {name} is to check the recipient's name, but TlsDomain is empty.",
        )


def _by_name(connectors: Sequence[Connector]) -> Mapping[str, Connector]:
    return {item.name.lower(): item for item in connectors}


def _about_ticket(connectors: Mapping[str, Connector], rules: Sequence[MailFlowRule], header: str) -> Iterator[Deviation]:
    found = next((rule for rule in rules if rule.header == header.lower() and rule.connector), None)
    if found is None:
        yield _deviation(
            "rule_missing",
            header,
            f"Ingen regel sender mail med {header} gennem en connector. Mail med billet sendes som al anden mail.",
            f"No rule routes mail with {header} through a connector. Mail with a ticket leaves like all other mail.",
        )
        return
    yield from _about_rule(found)
    for earlier in rules:
        if earlier is found:
            break
        if earlier.enabled and earlier.stops:
            yield _deviation(
                "rule_comes_too_late",
                found.name,
                f"Reglen {earlier.name} kører før {found.name} og stopper de følgende regler.",
                f"The rule {earlier.name} runs before {found.name} and stops the rules after it.",
            )
    connector = connectors.get(found.connector.lower())
    if connector is None:
        yield _deviation(
            "connector_missing",
            found.connector,
            f"Reglen {found.name} peger på connectoren {found.connector}, som ikke findes.",
            f"The rule {found.name} names the connector {found.connector}, which does not exist.",
        )
        return
    yield from _about_connector(connector, connector.name)
    if not connector.rule_scoped:
        yield _deviation(
            "connector_not_for_rules",
            connector.name,
            f"Connectoren {connector.name} er ikke sat til kun at bruges af regler, så reglen kan ikke vælge den.",
            f"The connector {connector.name} is not set to be used by mail-flow rules only, so the rule cannot choose it.",
        )


def _covers(connector: Connector, domain: str) -> bool:
    if connector.rule_scoped:
        return True
    return any(pattern in {"*", domain} or (pattern.startswith("*.") and domain.endswith(pattern[1:])) for pattern in connector.domains)


def _about_partner(entry: Partner, connectors: Mapping[str, Connector], at: date) -> Iterator[Deviation]:
    domain = entry.domain
    if entry.verified_on > at or at - entry.verified_on > VERIFIED:
        yield _deviation(
            "partner_not_verified",
            domain,
            f"Aftalen med {domain} er sidst efterprøvet {entry.verified_on}. Det er for længe siden.",
            f"The agreement with {domain} was last verified on {entry.verified_on}. That is too long ago.",
        )
    connector = connectors.get(entry.connector.lower())
    if connector is None:
        yield _deviation(
            "partner_connector_missing",
            domain,
            f"Registret siger, at {domain} nås gennem {entry.connector}, men den connector findes ikke.",
            f"The register says that {domain} is reached through {entry.connector}, but there is no such connector.",
        )
        return
    yield from _about_connector(connector, domain)
    if not _covers(connector, domain):
        yield _deviation(
            "partner_not_covered",
            domain,
            f"Connectoren {connector.name} gælder ikke for {domain}.",
            f"The connector {connector.name} does not cover {domain}.",
        )
    if _STRENGTH[connector.tls] < _STRENGTH[TlsLevel(entry.mode)]:
        yield _deviation(
            "partner_weaker_than_promised",
            domain,
            f"Registret lover {entry.mode} til {domain}, men connectoren {connector.name} kræver mindre.",
            f"The register promises {entry.mode} for {domain}, but the connector {connector.name} requires less.",
        )


def compare(
    partners: Sequence[Partner], connectors: Sequence[Connector], rules: Sequence[MailFlowRule] | None, header: str, at: date
) -> tuple[Deviation, ...]:
    """Everything that is not as promised, the ticket's way first. ``rules`` None: Exchange Server, where the ticket has no connector of its
    own and only the partners' send connectors force TLS.
    """
    named = _by_name(connectors)
    found = list(_about_ticket(named, rules, header)) if rules is not None else []
    for entry in partners:
        if entry.valid_from <= at <= entry.valid_to:
            found += _about_partner(entry, named, at)
    return tuple(found)
