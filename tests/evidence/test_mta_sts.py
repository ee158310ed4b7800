"""MTA-STS records, policies and the MX matcher against tables out of RFC 8461, and against anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.transport.mta_sts import (
    MAX_AGE,
    MAX_BYTES,
    Invalid,
    Mode,
    Policy,
    Record,
    matches,
    read_policy,
    read_record,
    unmatched,
)
from sizes import size

RECORDS = [
    (Record("20160831085700Z"), ["v=STSv1; id=20160831085700Z;"]),  # §3.1, the example
    (Record("1"), ["v=STSv1;id=1"]),
    (Record("1"), ["v=STSv1; \t id=1 ; "]),
    (Record("1"), ["v=STSv1; id=1;", "v=spf1 -all", "something else"]),  # others are discarded
    (Record("1", (("foo", "bar:baz"),)), ["v=STSv1; foo=bar:baz; id=1"]),
    (Record("1"), ["v=STSv1; id=1; id=2"]),  # the first counts
    (Record("a" * 32), [f"v=STSv1; id={'a' * 32}"]),
    (Invalid("no_record"), []),
    (Invalid("no_record"), ["v=spf1 -all"]),
    (Invalid("no_record"), ["v=STSv2; id=1"]),
    (Invalid("no_record"), ["V=STSv1; id=1"]),  # the version is case-sensitive
    (Invalid("no_record"), [" v=STSv1; id=1"]),
    (Invalid("no_record"), ["v=STSv1"]),
    (Invalid("no_record"), ["v=STSv1 ; id=1"]),  # "records that do not begin with 'v=STSv1;' are discarded"
    (Invalid("several_records"), ["v=STSv1; id=1", "v=STSv1; id=1"]),
    (Invalid("several_records"), ["v=STSv1; id=1", "v=STSv1; junk"]),
    (Invalid("bad_record_id"), ["v=STSv1;"]),
    (Invalid("bad_record_id"), [f"v=STSv1; id={'a' * 33}"]),
    (Invalid("bad_record_id"), ["v=STSv1; id=2026-11-01"]),
    (Invalid("bad_record_id"), ["v=STSv1; ID=1"]),
    (Invalid("bad_record"), ["v=STSv1; id="]),
    (Invalid("bad_record"), ["v=STSv1; id"]),
    (Invalid("bad_record"), ["v=STSv1;; id=1"]),
    (Invalid("bad_record"), ["v=STSv1; id=1 2"]),
    (Invalid("bad_record"), ["v=STSv1; id=1; foo=a=b"]),
    (Invalid("bad_record"), ["v=STSv1; id=1\x00"]),
]


@pytest.mark.parametrize(("expected", "texts"), RECORDS)
def test_the_record_is_read_as_the_grammar_has_it(expected: Record | Invalid, texts: list[str]) -> None:
    """One record of the right form is a record; none, several or a malformed one is no MTA-STS (RFC 8461 §3.1)."""
    assert read_record(texts) == expected


ENFORCE = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n"
GOOD = Policy(Mode.ENFORCE, ("mail.example.com",), 604800)

POLICIES = [
    (GOOD, ENFORCE),
    (GOOD, ENFORCE.replace("\n", "\r\n")),
    (GOOD, ENFORCE.rstrip("\n")),
    (GOOD, ENFORCE.replace("mode: enforce\n", "mode: enforce\r\n")),  # mixed ends
    (GOOD, "max_age: 604800\nmx: mail.example.com\nmode: enforce\nversion: STSv1\n"),  # fields in any order
    (GOOD, ENFORCE.replace(": ", ":")),
    (GOOD, ENFORCE.replace(": ", ":\t  ").replace("\n", "  \n")),
    (GOOD, ENFORCE.replace("mail.example.com", "MAIL.Example.COM")),
    (
        Policy(Mode.ENFORCE, ("mail.example.com", "*.example.net", "backupmx.example.com"), 604800),
        "version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n",  # §3.2
    ),
    (Policy(Mode.ENFORCE, ("mail.example.com",), 604800, (("x-new", "some thing: else"),)), ENFORCE + "x-new: some thing: else\n"),
    (Policy(Mode.TESTING, ("mail.example.com",), 604800), ENFORCE.replace("enforce", "testing")),
    (Policy(Mode.NONE, (), 604800), "version: STSv1\nmode: none\nmax_age: 604800\n"),  # none needs no mx
    (Policy(Mode.TESTING, ("mail.example.com",), 604800), ENFORCE.replace("enforce", "testing") + "mode: enforce\n"),  # first wins
    (Policy(Mode.ENFORCE, ("mail.example.com",), 604800), ENFORCE + "max_age: junk\n"),  # a repeated field is ignored
    (Policy(Mode.ENFORCE, ("mail.example.com",), 0), ENFORCE.replace("604800", "0")),
    (Policy(Mode.ENFORCE, ("mail.example.com",), MAX_AGE), ENFORCE.replace("604800", "31557600")),
    (Policy(Mode.ENFORCE, ("mail.example.com",), MAX_AGE, (), ("max_age_capped",)), ENFORCE.replace("604800", "31557601")),
    (Policy(Mode.ENFORCE, ("mail.example.com",), MAX_AGE, (), ("max_age_capped",)), ENFORCE.replace("604800", "9999999999")),
    (Policy(Mode.ENFORCE, ("mail.example.com",), 604800, (), ("mx_address_dropped",)), ENFORCE + "mx: 192.0.2.1\n"),
    (Policy(Mode.ENFORCE, ("xn--bcher-kva.example",), 604800), ENFORCE.replace("mail.example.com", "bücher.example")),
    (Invalid("no_mx"), "version: STSv1\nmode: enforce\nmax_age: 604800\n"),
    (Invalid("no_mx"), ENFORCE.replace("mail.example.com", "192.0.2.1")),
    (Invalid("no_mx"), ENFORCE.replace("mail.example.com", "2001:db8::1")),
    (Invalid("bad_version"), ENFORCE.replace("STSv1", "STSv2")),
    (Invalid("bad_version"), ENFORCE.replace("STSv1", "stsv1")),
    (Invalid("bad_version"), ENFORCE.replace("version: STSv1\n", "")),
    (Invalid("bad_version"), ENFORCE.replace("version", "Version")),
    (Invalid("bad_mode"), ENFORCE.replace("enforce", "report")),
    (Invalid("bad_mode"), ENFORCE.replace("enforce", "Enforce")),
    (Invalid("bad_mode"), ENFORCE.replace("mode: enforce\n", "")),
    (Invalid("bad_max_age"), ENFORCE.replace("max_age: 604800\n", "")),
    (Invalid("bad_max_age"), ENFORCE.replace("604800", "-1")),
    (Invalid("bad_max_age"), ENFORCE.replace("604800", "1d")),
    (Invalid("bad_max_age"), ENFORCE.replace("604800", "60480000000")),  # more than ten digits
    (Invalid("bad_max_age"), ENFORCE.replace("604800", "٦٠٤٨٠٠")),  # digits, but not those of the grammar
    (Invalid("bad_mx"), ENFORCE.replace("mail.", "m*.")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "*")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "*.*.example.com")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "mail.*.com")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", ".example.com")),  # the form of an old draft
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "[192.0.2.1]")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "mail.example.com, mx2.example.com")),
    (Invalid("bad_mx"), ENFORCE.replace("mail.example.com", "mail.example.com.")),
    (Invalid("bad_line"), ENFORCE + "junk without a colon\n"),
    (Invalid("bad_line"), ENFORCE + "empty:\n"),
    (Invalid("bad_line"), ENFORCE.replace("mode:", "mode :")),
    (Invalid("bad_line"), ENFORCE.replace("mode:", " mode:")),
    (Invalid("bad_line"), ENFORCE.replace("\n", "\r")),
    (Invalid("bad_line"), "\ufeff" + ENFORCE),
    (Invalid("bad_line"), ENFORCE.replace("enforce", "enforce\x00")),
    (Invalid("bad_line"), "<html>: no</html>\n"),
    (Invalid("blank_line"), ENFORCE.replace("mode", "\nmode")),
    (Invalid("blank_line"), ENFORCE + "\n"),
    (Invalid("blank_line"), "\n"),
    (Invalid("bad_version"), ""),
]


@pytest.mark.parametrize(("expected", "text"), POLICIES)
def test_the_policy_is_read_as_the_grammar_has_it(expected: Policy | Invalid, text: str) -> None:
    """Each policy gives its value or the word for what is wrong with it (RFC 8461 §3.2)."""
    assert read_policy(text.encode()) == expected


def test_a_policy_over_the_limit_or_of_other_bytes_is_invalid() -> None:
    """Size and encoding are looked at before anything is read."""
    assert read_policy(ENFORCE.encode() + b"x: " + b"a" * MAX_BYTES) == Invalid("too_large")
    assert read_policy(ENFORCE.encode("utf-16")) == Invalid("not_utf8")


MATCHES = [
    (True, "mail.example.com", "mail.example.com"),
    (True, "mail.example.com", "MAIL.example.com."),
    (False, "mail.example.com", "mail2.example.com"),
    (True, "*.example.com", "mail.example.com"),  # §4.1
    (False, "*.example.com", "example.com"),  # §4.1: not the parent
    (False, "*.example.com", "foo.bar.example.com"),  # §4.1: one label only
    (False, "*.example.com", ".example.com"),
    (False, "*.example.com", "mailexample.com"),
    (False, "*.example.com", r"evil\.x.example.com"),
    (True, "*.EXAMPLE.com", "mail.example.COM"),
    (True, "*.bücher.example", "mx.xn--bcher-kva.example"),
    (True, "mx.xn--bcher-kva.example", "mx.bücher.example"),
    (False, "m*.example.com", "mail.example.com"),
    (False, "*", "mail.example.com"),
    (False, "192.0.2.1", "192.0.2.1"),
    (False, "*.com", "mail.example.com"),
    (False, "mail.example.com", ""),
    (False, "*.example.com", ""),
]


@pytest.mark.parametrize(("expected", "pattern", "host"), MATCHES)
def test_an_mx_is_covered_by_its_name_or_one_label_of_a_wildcard(expected: bool, pattern: str, host: str) -> None:
    """A host equals the pattern, or differs in exactly its left-most label (RFC 8461 §4.1)."""
    assert matches(pattern, host) is expected


def test_every_mx_that_is_not_covered_is_named() -> None:
    """The list of what a policy leaves out keeps the order and the spelling of the MX."""
    policy = Policy(Mode.ENFORCE, ("mx1.example.com", "*.mail.example.com"), 86400)
    assert unmatched(policy, ("mx1.example.com", "a.mail.example.com", "MX9.example.com")) == ("MX9.example.com",)


NAMES = st.from_regex(r"\A([a-c]{1,2}\.){1,4}(com|example)\Z")


@given(st.lists(NAMES | NAMES.map(lambda name: f"*.{name}"), max_size=5), st.lists(NAMES, max_size=5))
@settings(max_examples=size(sample=100, full=2000), deadline=None)
def test_the_list_agrees_with_the_patterns_one_by_one(patterns: list[str], hosts: list[str]) -> None:
    """A host is left out exactly when no single pattern covers it, by the definition written out."""

    def covers(pattern: str, host: str) -> bool:
        return pattern == host or (pattern.startswith("*.") and host.split(".", 1)[1] == pattern[2:])

    expected = tuple(host for host in hosts if not any(covers(pattern, host) for pattern in patterns))
    assert unmatched(Policy(Mode.ENFORCE, tuple(patterns), 1), hosts) == expected


PIECES = [
    "version: STSv1",
    "mode: enforce",
    "mode: none",
    "mx: a.example",
    "mx: *.example",
    "max_age: 1",
    "\r\n",
    "\n",
    "\n",
    "x",
    ":",
    "\x00",
    "å",
]


@given(st.binary(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=12).map(lambda parts: "".join(parts).encode()))
@settings(max_examples=size(sample=200, full=10000), deadline=None)
def test_any_bytes_are_a_policy_or_invalid(body: bytes) -> None:
    """The parser never raises, and what it accepts keeps every promise that the rest relies on."""
    policy = read_policy(body)
    if isinstance(policy, Policy):
        assert 0 <= policy.max_age <= MAX_AGE
        assert policy.mx or policy.mode is Mode.NONE
        assert all(pattern.isascii() and "*" not in pattern.removeprefix("*.") for pattern in policy.mx)


@given(st.lists(st.text(max_size=60) | st.text(max_size=20).map(lambda text: f"v=STSv1;{text}"), max_size=3))
@settings(max_examples=size(sample=200, full=10000), deadline=None)
def test_any_texts_are_a_record_or_invalid(texts: list[str]) -> None:
    """The record's reader never raises, and an id is 1 to 32 ASCII letters and digits."""
    record = read_record(texts)
    if isinstance(record, Record):
        assert record.id.isascii()
        assert record.id.isalnum()
        assert 1 <= len(record.id) <= 32


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=size(sample=200, full=5000), deadline=None)
def test_any_pattern_and_host_can_be_compared(pattern: str, host: str) -> None:
    """The matcher never raises."""
    assert matches(pattern, host) in (True, False)
