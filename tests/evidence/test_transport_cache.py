"""The life of a cached MTA-STS policy: every transition that RFC 8461 and the wild ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from addin_backend.evidence.transport.cache import (
    Cached,
    Discovery,
    Found,
    after_fetch,
    clamp,
    discovered,
    must_fetch,
    restored,
    without_fetch,
)
from addin_backend.evidence.transport.memory import Bounded, KnownAnswers, MemoryPolicies
from addin_backend.evidence.transport.mta_sts import Invalid, Mode, Policy, Record
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.transport import PolicyDocument, StoredPolicy, TxtAnswer

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = 604800
BODY = b"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 604800\n"
NONE = b"version: STSv1\nmode: none\nmax_age: 604800\n"
ONE = Discovery(Found.RECORD, Record("1"))
TWO = Discovery(Found.RECORD, Record("2"))
GONE = Discovery(Found.NOTHING, reason="no_record")
FAILED = Discovery(Found.FAILURE, reason="dns_timeout")


def held(age: timedelta, max_age: int = WEEK) -> Cached:
    """A policy with id 1 fetched ``age`` ago."""
    fetched = AT - age
    return Cached("1", Policy(Mode.ENFORCE, ("a.test",), max_age), fetched, fetched + timedelta(seconds=max_age))


FETCHES = [
    ("nothing held, a record", True, None, ONE),
    ("nothing held, no record", False, None, GONE),
    ("nothing held, DNS fails", False, None, FAILED),
    ("held, same id", False, held(HOUR), ONE),
    ("held, another id", True, held(HOUR), TWO),
    ("held, same id, a day old", True, held(timedelta(days=1)), ONE),
    ("held, the record is gone", False, held(HOUR), GONE),
    ("held, DNS fails", False, held(HOUR), FAILED),
    ("expired, a record", True, held(timedelta(days=8)), ONE),
    ("expired, the record is gone", False, held(timedelta(days=8)), GONE),
    ("from the future", True, held(-HOUR), ONE),
]


@pytest.mark.parametrize(("case", "expected", "cached", "discovery"), FETCHES)
def test_a_policy_is_fetched_when_it_may_have_changed(case: str, expected: bool, cached: Cached | None, discovery: Discovery) -> None:
    """A record with another id, nothing in force, or a day gone by calls for a fetch; nothing else does."""
    assert must_fetch(cached, discovery, AT) is expected, case


@pytest.mark.parametrize(
    ("case", "kept", "known", "reasons", "cached", "discovery"),
    [
        ("in force, same id", True, True, (), held(HOUR), ONE),
        ("in force, the record is gone", True, True, ("mta_sts_kept_nothing",), held(HOUR), GONE),
        ("in force, DNS fails", True, True, ("mta_sts_kept_failure",), held(HOUR), FAILED),
        ("on its last second", True, True, (), held(timedelta(seconds=WEEK)), ONE),
        ("expired, the record is gone", False, True, ("mta_sts_no_record",), held(timedelta(days=8)), GONE),
        ("expired, DNS fails", False, False, ("dns_timeout",), held(timedelta(days=8)), FAILED),
        ("nothing, DNS fails", False, False, ("dns_timeout",), None, FAILED),
        ("nothing, no record", False, True, ("mta_sts_no_record",), None, GONE),
    ],
)
def test_a_policy_in_force_outlives_its_record(
    case: str, kept: bool, known: bool, reasons: tuple[str, ...], cached: Cached | None, discovery: Discovery
) -> None:
    """An unexpired policy counts though the TXT record vanished or DNS fails (§3.3); an expired one is absent."""
    state = without_fetch(cached, discovery, AT)
    assert (state.cached is not None, state.known, state.reasons) == (kept, known, reasons), case


FAILURES = ["not_found", "timeout", "tls_error", "wrong_type", "too_large", "redirect", "error", "refused"]


@pytest.mark.parametrize("status", FAILURES)
def test_a_failing_fetch_leaves_the_policy_in_force(status: str) -> None:
    """Whatever goes wrong with the fetch, the unexpired policy stays (§3.3), and without one nobody can say that there is none."""
    kept = after_fetch(held(HOUR), Record("2"), PolicyDocument(status, BODY), AT)
    bare = after_fetch(None, Record("2"), PolicyDocument(status, BODY), AT)
    expired = after_fetch(held(timedelta(days=8)), Record("2"), PolicyDocument(status, BODY), AT)
    assert (kept.cached, kept.known, kept.store) == (held(HOUR), True, None)
    assert (bare.cached, bare.known, bare.reasons) == (None, False, (f"mta_sts_fetch_{status}",))
    assert (expired.cached, expired.known) == (None, False)


def test_an_invalid_policy_is_a_failing_fetch() -> None:
    """A body that is no policy does not replace one."""
    state = after_fetch(held(HOUR), Record("2"), PolicyDocument("ok", b"<html></html>"), AT)
    assert (state.cached, state.reasons) == (held(HOUR), ("mta_sts_bad_line",))


@pytest.mark.parametrize(("mode", "body"), [(Mode.ENFORCE, BODY), (Mode.NONE, NONE)])
def test_a_valid_policy_replaces_at_once(mode: Mode, body: bytes) -> None:
    """A fetched policy takes the place of the one held, mode none too (§5, §8.3), and is stored as it came."""
    state = after_fetch(held(HOUR), Record("2"), PolicyDocument("ok", body), AT)
    assert state.cached is not None
    assert (state.cached.policy.mode, state.cached.record_id, state.fresh) == (mode, "2", True)
    assert state.store == StoredPolicy("2", body, AT)
    assert restored(state.store, AT) == state.cached


def test_what_is_restored_has_expired_or_is_in_force() -> None:
    """Out of the store comes a policy in force, or nothing: expired, of the future and damaged ones are absent."""
    assert restored(StoredPolicy("1", BODY, AT - timedelta(days=8)), AT) is None
    assert restored(StoredPolicy("1", BODY, AT + HOUR), AT) is None
    assert restored(StoredPolicy("1", b"junk", AT), AT) is None
    assert restored(None, AT) is None
    assert restored(StoredPolicy("1", BODY, AT - HOUR), AT) == held(HOUR)


def test_max_age_zero_counts_for_its_own_look_up() -> None:
    """A policy that may not be kept is in force in the moment it was fetched and not after."""
    state = after_fetch(None, Record("1"), PolicyDocument("ok", BODY.replace(b"604800", b"0")), AT)
    assert state.cached is not None
    assert (state.cached.in_force(AT), state.cached.in_force(AT + timedelta(seconds=1))) == (True, False)


@pytest.mark.parametrize(
    ("expected", "answer", "record"),
    [
        (Discovery(Found.RECORD, Record("1"), ttl=60), TxtAnswer("ok", ("…",), 60), Record("1")),
        (Discovery(Found.NOTHING, reason="several_records", ttl=60), TxtAnswer("ok", ("…",), 60), Invalid("several_records")),
        (Discovery(Found.NOTHING, reason="no_record", ttl=60), TxtAnswer("none", (), 60), Invalid("no_record")),
        (Discovery(Found.FAILURE, reason="dns_timeout"), TxtAnswer("timeout"), Invalid("no_record")),
        (Discovery(Found.FAILURE, reason="dns_error"), TxtAnswer("error"), Invalid("no_record")),
        (Discovery(Found.FAILURE, reason="dns_error"), TxtAnswer("a new word"), Invalid("no_record")),
        (Discovery(Found.FAILURE, reason="dns_timeout"), TxtAnswer("timeout", ("v=STSv1; id=1",)), Record("1")),
    ],
)
def test_a_failing_dns_is_not_a_missing_record(expected: Discovery, answer: TxtAnswer, record: Record | Invalid) -> None:
    """Nothing there and could not find out stay apart."""
    assert discovered(answer, record) == expected


def test_memory_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    """A full memory drops the entry that nobody asked for."""
    memory: Bounded[int] = Bounded(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c"), len(memory)) == (1, None, 3, 2)


def test_policies_are_kept_per_domain() -> None:
    """What was stored last comes back."""
    store = MemoryPolicies()
    store.keep("a.test", StoredPolicy("1", BODY, AT))
    store.keep("a.test", StoredPolicy("2", BODY, AT))
    assert (store.policy("a.test"), store.policy("b.test")) == (StoredPolicy("2", BODY, AT), None)


def test_a_known_domain_is_known_for_its_life_only() -> None:
    """Evidence is given back from the moment it was found until it ends, the end not included."""
    known = KnownAnswers()
    answer = TransportEvidence(domain="a.test", verdict=TransportVerdict.UNKNOWN, checked_at=AT, expires_at=AT + HOUR)
    known.keep(answer)
    found = [known.at("a.test", when) is not None for when in (AT - HOUR, AT, AT + HOUR - timedelta(seconds=1), AT + HOUR)]
    assert found == [False, True, True, False]


@pytest.mark.parametrize(("expected", "seconds"), [(60, 0), (100, 100), (1800, 90000)])
def test_a_life_stays_in_bounds(expected: int, seconds: int) -> None:
    """A TTL of nought or of a year is brought to what we keep."""
    assert clamp(seconds, (60, 1800)) == expected
