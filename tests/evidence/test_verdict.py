"""The verdict over all combinations that matter, and the promise that a failure never makes it better."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.transport.cache import Cached, PolicyState
from addin_backend.evidence.transport.hosts import DaneStatus, Probe, ProbeStatus
from addin_backend.evidence.transport.mta_sts import Mode, Policy
from addin_backend.evidence.transport.mx import MxFacts, MxStatus
from addin_backend.evidence.transport.register import partner_in_force
from addin_backend.evidence.transport.verdict import DomainEvidence, verdict
from addin_backend.model.evidence import TransportVerdict
from addin_backend.model.register import Partner
from sizes import size

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = AT.date()
DAY = timedelta(days=1)


def partner(start: int = -30, end: int = 30, review: int = 10) -> Partner:
    """A register entry; days are counted from today."""
    return Partner(
        domain="a.test",
        connector="Partner A",
        verified_on=TODAY - DAY,
        verified_by="Karin Bach",
        valid_from=TODAY + timedelta(days=start),
        valid_to=TODAY + timedelta(days=end),
        review_on=TODAY + timedelta(days=review),
    )


def sts(
    mode: Mode = Mode.ENFORCE, *mx: str, age: timedelta = timedelta(), max_age: int = 86400, reasons: tuple[str, ...] = ()
) -> PolicyState:
    """A policy that was fetched ``age`` ago."""
    fetched = AT - age
    return PolicyState(
        Cached("1", Policy(mode, mx or ("mx.a.test",), max_age), fetched, fetched + timedelta(seconds=max_age)), True, reasons
    )


MX = MxFacts(MxStatus.HAS_MX, ((10, "mx.a.test"),), ttl=300)
TWO_MX = MxFacts(MxStatus.HAS_MX, ((10, "mx.a.test"), (20, "mx2.b.test")), ttl=300)
NO_STS = PolicyState(None, True, ("mta_sts_no_record",))
STS_FAILED = PolicyState(None, False, ("dns_timeout",))
BASE = DomainEvidence("a.test", AT, mx=MX, mta_sts=NO_STS, lifetime=300)


def probe(status: ProbeStatus, age: timedelta = timedelta(hours=1)) -> Probe:
    """A probe made ``age`` ago."""
    return Probe(status, AT - age)


V = TransportVerdict
CASES = [
    # register
    ("in force", (V.REGISTER, "register", "connector", ()), {"partners": (partner(),)}),
    ("first day", (V.REGISTER, "register", "connector", ()), {"partners": (partner(start=0),)}),
    ("last day", (V.REGISTER, "register", "connector", ()), {"partners": (partner(end=0),)}),
    ("review overdue", (V.REGISTER, "register", "connector", ("register_review_overdue",)), {"partners": (partner(review=-1),)}),
    ("one expired, one in force", (V.REGISTER, "register", "connector", ()), {"partners": (partner(end=-1), partner())}),
    ("expired", (V.UNKNOWN, "none", "none", ("register_expired", "mta_sts_no_record")), {"partners": (partner(end=-1),)}),
    ("not yet", (V.UNKNOWN, "none", "none", ("register_not_yet_valid", "mta_sts_no_record")), {"partners": (partner(start=1),)}),
    (
        "expired, but the domain enforces",
        (V.MTA_STS_ENFORCE, "mta_sts", "none", ("register_expired",)),
        {"partners": (partner(end=-1),), "mta_sts": sts()},
    ),
    ("in force though DNS fails", (V.REGISTER, "register", "connector", ()), {"partners": (partner(),), "mx": MxFacts(MxStatus.TIMEOUT)}),
    # MX
    ("null MX", (V.REFUSES, "none", "none", ("null_mx",)), {"mx": MxFacts(MxStatus.NULL)}),
    ("NXDOMAIN", (V.REFUSES, "none", "none", ("no_such_domain",)), {"mx": MxFacts(MxStatus.NO_DOMAIN)}),
    ("nothing there", (V.REFUSES, "none", "none", ("no_mx_and_no_address",)), {"mx": MxFacts(MxStatus.NO_ADDRESS)}),
    (
        "null MX beside others",
        (V.UNKNOWN, "unknown", "none", ("null_mx_beside_others",)),
        {"mx": MxFacts(MxStatus.NULL_BESIDE_OTHERS, MX.hosts), "mta_sts": sts()},
    ),
    ("only addresses as MX", (V.UNKNOWN, "unknown", "none", ("mx_unusable",)), {"mx": MxFacts(MxStatus.UNUSABLE)}),
    ("MX times out", (V.UNKNOWN, "unknown", "none", ("dns_timeout",)), {"mx": MxFacts(MxStatus.TIMEOUT), "mta_sts": sts()}),
    ("MX fails", (V.UNKNOWN, "unknown", "none", ("dns_error",)), {"mx": MxFacts(MxStatus.ERROR), "mta_sts": sts()}),
    ("nothing asked", (V.UNKNOWN, "unknown", "none", ("out_of_time",)), {"mx": None, "mta_sts": None, "reasons": ("out_of_time",)}),
    # MTA-STS
    ("enforce", (V.MTA_STS_ENFORCE, "mta_sts", "none", ()), {"mta_sts": sts()}),
    ("enforce, with the connector", (V.MTA_STS_ENFORCE, "mta_sts", "connector", ()), {"mta_sts": sts(), "ticket_connector": True}),
    ("enforce, wildcard", (V.MTA_STS_ENFORCE, "mta_sts", "none", ()), {"mta_sts": sts(Mode.ENFORCE, "*.a.test")}),
    ("enforce, one MX not covered", (V.CONTRADICTED, "mta_sts", "none", ("mx_not_in_policy",)), {"mx": TWO_MX, "mta_sts": sts()}),
    ("enforce, no MX covered", (V.CONTRADICTED, "mta_sts", "none", ("mx_not_in_policy",)), {"mta_sts": sts(Mode.ENFORCE, "mx.b.test")}),
    (
        "enforce, both covered",
        (V.MTA_STS_ENFORCE, "mta_sts", "none", ()),
        {"mx": TWO_MX, "mta_sts": sts(Mode.ENFORCE, "mx.a.test", "*.b.test")},
    ),
    (
        "enforce, implicit MX covered",
        (V.MTA_STS_ENFORCE, "mta_sts", "none", ("mx_implicit",)),
        {"mx": MxFacts(MxStatus.IMPLICIT, ((0, "a.test"),)), "mta_sts": sts(Mode.ENFORCE, "a.test")},
    ),
    (
        "enforce, implicit MX not covered",
        (V.CONTRADICTED, "mta_sts", "none", ("mx_implicit", "mx_not_in_policy")),
        {"mx": MxFacts(MxStatus.IMPLICIT, ((0, "a.test"),)), "mta_sts": sts(Mode.ENFORCE, "mx.a.test")},
    ),
    (
        "enforce, an address among the MX",
        (V.MTA_STS_ENFORCE, "mta_sts", "none", ("mx_address_ignored",)),
        {"mx": replace(MX, ignored=("192.0.2.1",)), "mta_sts": sts()},
    ),
    ("enforce, expired", (V.UNKNOWN, "unknown", "none", ("mta_sts_expired",)), {"mta_sts": sts(age=2 * DAY)}),
    (
        "enforce, kept though the record is gone",
        (V.MTA_STS_ENFORCE, "mta_sts", "none", ("mta_sts_kept_nothing",)),
        {"mta_sts": sts(age=timedelta(hours=2), reasons=("mta_sts_kept_nothing",))},
    ),
    ("testing", (V.UNKNOWN, "none", "none", ("mta_sts_testing",)), {"mta_sts": sts(Mode.TESTING)}),
    ("mode none", (V.UNKNOWN, "none", "none", ("mta_sts_none",)), {"mta_sts": sts(Mode.NONE)}),
    ("no record", (V.UNKNOWN, "none", "none", ("mta_sts_no_record",)), {}),
    ("record look-up fails", (V.UNKNOWN, "unknown", "none", ("dns_timeout",)), {"mta_sts": STS_FAILED}),
    ("not asked", (V.UNKNOWN, "unknown", "none", ("mta_sts_not_asked",)), {"mta_sts": None}),
    # DANE
    ("DANE on all", (V.DANE, "dane", "none", ()), {"dane": DaneStatus.ALL}),
    ("DANE on all, with the connector", (V.DANE, "dane", "connector", ()), {"dane": DaneStatus.ALL, "ticket_connector": True}),
    (
        "DANE on all, MTA-STS broken",
        (V.CONTRADICTED, "dane", "none", ("mx_not_in_policy",)),
        {"dane": DaneStatus.ALL, "mta_sts": sts(Mode.ENFORCE, "x.test")},
    ),
    (
        "DANE on all, the certificate is none for MTA-STS",
        (V.CONTRADICTED, "dane", "none", ("certificate_not_trusted",)),
        {"dane": DaneStatus.ALL, "mta_sts": sts(), "probe": replace(probe(ProbeStatus.AUTHENTICATED), unrooted=True)},
    ),
    (
        "DANE on all, the certificate is none for a policy that only tests",
        (V.DANE, "dane", "none", ()),
        {"dane": DaneStatus.ALL, "mta_sts": sts(Mode.TESTING), "probe": replace(probe(ProbeStatus.AUTHENTICATED), unrooted=True)},
    ),
    ("DANE on all, MTA-STS cannot be had", (V.DANE, "dane", "none", ()), {"dane": DaneStatus.ALL, "mta_sts": STS_FAILED}),
    (
        "DANE on all, MTA-STS broken and over",
        (V.DANE, "dane", "none", ()),
        {"dane": DaneStatus.ALL, "mta_sts": sts(Mode.ENFORCE, "x.test", age=2 * DAY)},
    ),
    ("DANE mismatch", (V.CONTRADICTED, "dane", "none", ("dane_mismatch",)), {"dane": DaneStatus.MISMATCH, "mta_sts": sts()}),
    ("DANE fails", (V.UNKNOWN, "unknown", "none", ("dane_unknown",)), {"dane": DaneStatus.UNKNOWN, "mta_sts": sts()}),
    ("DANE partial", (V.DANE_PARTIAL, "none", "none", ("mta_sts_no_record",)), {"dane": DaneStatus.PARTIAL}),
    ("DANE partial and enforce", (V.MTA_STS_ENFORCE, "mta_sts", "none", ()), {"dane": DaneStatus.PARTIAL, "mta_sts": sts()}),
    ("DANE none", (V.UNKNOWN, "none", "none", ("mta_sts_no_record",)), {"dane": DaneStatus.NONE}),
    # probe
    ("authenticated", (V.AUTHENTICATED_NOW, "none", "none", ("mta_sts_no_record",)), {"probe": probe(ProbeStatus.AUTHENTICATED)}),
    ("encrypted", (V.ENCRYPTED_NOW, "none", "none", ("mta_sts_no_record",)), {"probe": probe(ProbeStatus.ENCRYPTED)}),
    ("legacy", (V.LEGACY_TLS, "none", "none", ("mta_sts_no_record",)), {"probe": probe(ProbeStatus.LEGACY_TLS)}),
    ("plaintext", (V.PLAINTEXT, "none", "none", ("mta_sts_no_record",)), {"probe": probe(ProbeStatus.PLAINTEXT)}),
    ("probe fails", (V.UNKNOWN, "none", "none", ("mta_sts_no_record", "probe_unknown")), {"probe": probe(ProbeStatus.UNKNOWN)}),
    (
        "probe stale",
        (V.UNKNOWN, "none", "none", ("mta_sts_no_record", "probe_stale")),
        {"probe": probe(ProbeStatus.AUTHENTICATED, 2 * DAY)},
    ),
    (
        "testing, probed",
        (V.AUTHENTICATED_NOW, "none", "none", ("mta_sts_testing",)),
        {"mta_sts": sts(Mode.TESTING), "probe": probe(ProbeStatus.AUTHENTICATED)},
    ),
    ("enforce, probed well", (V.MTA_STS_ENFORCE, "mta_sts", "none", ()), {"mta_sts": sts(), "probe": probe(ProbeStatus.AUTHENTICATED)}),
    ("enforce, probe fails", (V.MTA_STS_ENFORCE, "mta_sts", "none", ()), {"mta_sts": sts(), "probe": probe(ProbeStatus.UNKNOWN)}),
    (
        "enforce, bad certificate",
        (V.CONTRADICTED, "mta_sts", "none", ("probe_encrypted",)),
        {"mta_sts": sts(), "probe": probe(ProbeStatus.ENCRYPTED)},
    ),
    (
        "record look-up fails, probed well",
        (V.UNKNOWN, "unknown", "none", ("dns_timeout",)),
        {"mta_sts": STS_FAILED, "probe": probe(ProbeStatus.AUTHENTICATED)},
    ),
]


@pytest.mark.parametrize(("case", "expected", "given_evidence"), CASES, ids=[case[0] for case in CASES])
def test_each_situation_has_its_word(
    case: str, expected: tuple[TransportVerdict, str, str, tuple[str, ...]], given_evidence: dict[str, object]
) -> None:
    """Verdict, commitment, enforcement and reasons for each situation that the rules know."""
    found = verdict(replace(BASE, **given_evidence), AT)  # type: ignore[arg-type] # a table of differences
    assert (found.verdict, found.commitment, found.enforcement, found.reasons) == expected


@pytest.mark.parametrize(
    ("expected", "status"),
    [("seen", "authenticated"), ("seen", "encrypted"), ("seen", "legacy_tls"), ("not_seen", "plaintext"), ("not_asked", "unknown")],
)
def test_capability_is_what_the_probe_saw(expected: str, status: str) -> None:
    """The three facts stay apart: the probe alone fills capability, and an old or failed one leaves it not asked."""
    assert verdict(replace(BASE, probe=probe(ProbeStatus(status))), AT).capability == expected
    assert verdict(replace(BASE, probe=probe(ProbeStatus(status), 2 * DAY)), AT).capability == "not_asked"


def test_evidence_counts_for_its_life_only() -> None:
    """Before it was found and after its life the network's evidence says nothing; within it the same word comes each time."""
    evidence = replace(BASE, mta_sts=sts(), lifetime=300)
    words = [verdict(evidence, AT + timedelta(seconds=offset)).verdict for offset in (-1, 0, 300, 301)]
    assert words == [V.UNKNOWN, V.MTA_STS_ENFORCE, V.MTA_STS_ENFORCE, V.UNKNOWN]


def test_the_answer_ends_with_the_policy_it_rests_on() -> None:
    """An answer from a policy that expires in a minute is not used for an hour; a register's lasts to the end of its last day."""
    short = verdict(replace(BASE, mta_sts=sts(max_age=60), lifetime=3600), AT)
    registered = verdict(replace(BASE, partners=(partner(end=0),)), AT)
    assert short.expires_at == AT + timedelta(seconds=60)
    assert registered.expires_at == datetime(2026, 11, 24, tzinfo=UTC)


def test_of_several_entries_the_one_that_lasts_longest_counts() -> None:
    """Overlapping register entries give the later end."""
    longer = partner(end=60)
    assert partner_in_force((partner(end=1), longer, partner(start=1, end=90)), TODAY) == longer
    assert partner_in_force((), date(2026, 1, 1)) is None


# How far a verdict lets confidential mail go out over TLS.
TRUST = {V.REGISTER: 3, V.DANE: 3, V.MTA_STS_ENFORCE: 3, V.AUTHENTICATED_NOW: 2, V.ENCRYPTED_NOW: 1, V.DANE_PARTIAL: 1}

FAILURES = [
    {"mx": MxFacts(MxStatus.TIMEOUT)},
    {"mx": MxFacts(MxStatus.ERROR)},
    {"mx": MxFacts(MxStatus.NULL_BESIDE_OTHERS, MX.hosts)},
    {"mx": None},
    {"mta_sts": STS_FAILED},
    {"mta_sts": None},
    {"dane": DaneStatus.UNKNOWN},
]
EVIDENCE = st.builds(
    DomainEvidence,
    domain=st.just("a.test"),
    checked_at=st.sampled_from([AT, AT - timedelta(seconds=200), AT + DAY]),
    partners=st.sampled_from([(), (partner(),), (partner(end=-1),), (partner(start=1),)]),
    mx=st.none() | st.builds(MxFacts, status=st.sampled_from(MxStatus), hosts=st.sampled_from([(), MX.hosts, TWO_MX.hosts])),
    mta_sts=st.sampled_from(
        [None, NO_STS, STS_FAILED, sts(), sts(Mode.ENFORCE, "x.test"), sts(Mode.TESTING), sts(Mode.NONE), sts(age=2 * DAY), sts(max_age=0)]
    ),
    dane=st.none() | st.sampled_from(DaneStatus),
    probe=st.none() | st.builds(Probe, status=st.sampled_from(ProbeStatus), seen_at=st.sampled_from([AT, AT - 2 * DAY, AT + DAY])),
    ticket_connector=st.booleans(),
    lifetime=st.sampled_from([0, 60, 300]),
)


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(EVIDENCE, st.sampled_from(FAILURES))
@settings(max_examples=size(sample=500, full=20000), deadline=None)
def test_a_failure_never_raises_the_verdict(evidence: DomainEvidence, failure: dict[str, object]) -> None:
    """Put a failure in the place of any finding: the domain is trusted with no more than before, and no enforcement appears."""
    before = verdict(evidence, AT)
    after = verdict(replace(evidence, **failure), AT)  # type: ignore[arg-type] # a table of differences
    if after.verdict is V.DANE and before.reasons[-1:] == ("mx_not_in_policy",):
        return  # decision 044: what DANE holds stays held when the policy that contradicts it cannot be seen
    assert TRUST.get(after.verdict, 0) <= TRUST.get(before.verdict, 0)
    assert (after.enforcement, before.enforcement) != ("connector", "none")


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(EVIDENCE)
@settings(max_examples=size(sample=200, full=5000), deadline=None)
def test_a_failed_or_stale_probe_never_raises_the_verdict(evidence: DomainEvidence) -> None:
    """A probe that found nothing out is worth no more than no probe."""
    bare = TRUST.get(verdict(replace(evidence, probe=None), AT).verdict, 0)
    for useless in (probe(ProbeStatus.UNKNOWN), probe(ProbeStatus.AUTHENTICATED, 2 * DAY), Probe(ProbeStatus.AUTHENTICATED, AT + DAY)):
        assert TRUST.get(verdict(replace(evidence, probe=useless), AT).verdict, 0) <= bare


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(EVIDENCE)
@settings(max_examples=size(sample=200, full=5000), deadline=None)
def test_the_verdict_is_a_function_of_evidence_and_time(evidence: DomainEvidence) -> None:
    """The same evidence at the same time gives the same answer; enforcement comes only with what our connector can hold a server to:
    a promise, or a certificate that was seen to hold.
    """
    answer = verdict(evidence, AT)
    assert verdict(evidence, AT) == answer
    assert answer.enforcement == "none" or TRUST[answer.verdict] == 3 or answer.verdict is V.AUTHENTICATED_NOW


@pytest.mark.parametrize(
    ("verified", "expected"),
    [(0, ()), (180, ()), (181, ("register_unverified",)), (-1, ("register_unverified",))],
)
def test_an_agreement_that_nobody_has_verified_lately_does_not_count(verified: int, expected: tuple[str, ...]) -> None:
    """180 days, the last one included; a verification in the future is none. The network's own word is left, with the reason."""
    entry = msgspec.structs.replace(partner(), verified_on=TODAY - timedelta(days=verified))
    found = verdict(replace(BASE, partners=(entry,)), AT)
    assert expected == tuple(item for item in found.reasons if item.startswith("register_"))
    assert (found.verdict is TransportVerdict.REGISTER) == (not expected)


@pytest.mark.parametrize(("connector", "expected"), [(True, "connector"), (False, "none")])
def test_the_tickets_connector_holds_an_authenticated_server_to_it(connector: bool, expected: str) -> None:
    """It checks the certificate, so mail is held back when the server is another one tomorrow. An encrypted one proves nobody."""
    for status, enforcement in ((ProbeStatus.AUTHENTICATED, expected), (ProbeStatus.ENCRYPTED, "none")):
        found = verdict(replace(BASE, probe=probe(status), ticket_connector=connector), AT)
        assert enforcement == found.enforcement
