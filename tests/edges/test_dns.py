"""The DNS edge against a server on loopback: every answer and every way to fail has its word, within the deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from addin_backend.edges.dns.resolver import BadResolver, DnsResolver, is_loopback, parse_resolver
from addin_backend.model.transport import AddressAnswer, MxAnswer, TxtAnswer
from lab.dns_server import LabDns, silent_port

ADDRESS = {"A": ["127.0.0.1"]}
TABLE = {
    "good.test": {"MX": ["20 mx2.good.test.", "10 MX1.good.test."], "TXT": ['"v=spf1 -all"']},
    "mx1.good.test": ADDRESS,
    "_mta-sts.good.test": {"TXT": ['"v=STSv1; " "id=1"']},
    "_mta-sts.alias.test": {"CNAME": ["_mta-sts.good.test."]},
    "alias.test": {"CNAME": ["good.test."]},
    "loop.test": {"CNAME": ["loop2.test."]},
    "loop2.test": {"CNAME": ["loop.test."]},
    "null.test": {"MX": ["0 ."]},
    "both.test": {"MX": ["0 .", "10 mx1.good.test."]},
    "implicit.test": ADDRESS,
    "implicit6.test": {"AAAA": ["::1"]},
    "nothing.test": {"TXT": ['"x"']},
    "many.test": {"MX": [f"10 mx{number}.many.test." for number in range(300)]},
    "bytes.test": {"TXT": ['"v=STSv1; id=\\229"', '"two"']},
    "failing.test": {},
    "silent.test": {},
    "half.test": {},
    "dual.test": {"A": ["127.0.0.1"], "AAAA": ["::1"]},
}


@pytest.fixture(scope="module")
def dns() -> Iterator[LabDns]:
    """The lab's server."""
    with LabDns(TABLE, servfail=["failing.test"], silent=["silent.test"]) as server:
        yield server


MX_CASES = [
    ("good.test", MxAnswer("ok", ((10, "mx1.good.test"), (20, "mx2.good.test")), 300)),
    ("GOOD.test", MxAnswer("ok", ((10, "mx1.good.test"), (20, "mx2.good.test")), 300)),
    ("alias.test", MxAnswer("ok", ((10, "mx1.good.test"), (20, "mx2.good.test")), 300)),
    ("null.test", MxAnswer("null", ((0, ""),), 300)),
    ("both.test", MxAnswer("ok", ((0, ""), (10, "mx1.good.test")), 300)),
    ("implicit.test", MxAnswer("implicit", ((0, "implicit.test"),), 300)),
    ("implicit6.test", MxAnswer("implicit", ((0, "implicit6.test"),), 300)),
    ("nothing.test", MxAnswer("no_address", (), 300)),
    ("missing.test", MxAnswer("none", (), 300)),
    ("failing.test", MxAnswer("error")),
    ("loop.test", MxAnswer("error")),
    ("not..a.name", MxAnswer("error")),
    ("a" * 70 + ".test", MxAnswer("error")),
]


@pytest.mark.parametrize(("domain", "expected"), MX_CASES)
def test_mx_answers_have_their_word(dns: LabDns, domain: str, expected: MxAnswer) -> None:
    """MX records, none, null, no domain and failures are told apart; the order of the records does not matter."""
    found = DnsResolver(dns.resolver).mx(domain, 2.0)
    assert MxAnswer(found.status, tuple(sorted(found.hosts)), found.ttl, found.authenticated) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_mta-sts.good.test", TxtAnswer("ok", ("v=STSv1; id=1",), 300)),
        ("_mta-sts.alias.test", TxtAnswer("ok", ("v=STSv1; id=1",), 300)),
        ("mx1.good.test", TxtAnswer("none", (), 300)),
        ("_mta-sts.missing.test", TxtAnswer("none", (), 300)),
        ("failing.test", TxtAnswer("error")),
        ("bytes.test", TxtAnswer("ok", ("v=STSv1; id=\ufffd", "two"), 300)),
    ],
)
def test_txt_answers_have_their_word(dns: LabDns, name: str, expected: TxtAnswer) -> None:
    """The strings of a record are joined, CNAMEs followed, and what is not ASCII cannot pass for a letter."""
    found = DnsResolver(dns.resolver).txt(name, 2.0)
    assert TxtAnswer(found.status, tuple(sorted(found.texts, reverse=True)), found.ttl) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("implicit.test", AddressAnswer("ok", ("127.0.0.1",), 300)),
        ("implicit6.test", AddressAnswer("ok", ("::1",), 300)),
        ("dual.test", AddressAnswer("ok", ("127.0.0.1",), 300)),
        ("nothing.test", AddressAnswer("none", (), 300)),
        ("missing.test", AddressAnswer("none", (), 300)),
        ("failing.test", AddressAnswer("error")),
    ],
)
def test_addresses_have_their_word(dns: LabDns, name: str, expected: AddressAnswer) -> None:
    """IPv4 first, IPv6 where there is no IPv4, and nothing only when both say so."""
    assert DnsResolver(dns.resolver).addresses(name, 2.0) == expected


def test_a_long_answer_comes_by_tcp(dns: LabDns) -> None:
    """Three hundred MX do not fit into a datagram, and all of them arrive."""
    before = dns.by_tcp
    assert len(DnsResolver(dns.resolver).mx("many.test", 2.0).hosts) == 300
    assert dns.by_tcp > before


def test_silence_ends_at_the_deadline(dns: LabDns) -> None:
    """A server that does not answer costs the deadline and gives a timeout, in every kind of look-up."""
    resolver = DnsResolver(dns.resolver)
    started = time.monotonic()
    statuses = [
        resolver.mx("silent.test", 0.3).status,
        resolver.txt("silent.test", 0.3).status,
        resolver.addresses("silent.test", 0.3).status,
    ]
    assert statuses == ["timeout"] * 3
    assert time.monotonic() - started < 1.3


def test_a_lost_datagram_is_sent_again(dns: LabDns) -> None:
    """A server that stays silent at first is asked again within the deadline, and its answer counts."""
    dns.silent.add("good.test")
    threading.Timer(0.3, dns.silent.discard, ["good.test"]).start()
    assert DnsResolver(dns.resolver).mx("good.test", 2.0).status == "ok"


def test_no_time_left_is_a_timeout(dns: LabDns) -> None:
    """A spent budget asks nothing."""
    before = len(dns.asked)
    assert [DnsResolver(dns.resolver).mx("good.test", left).status for left in (0.0, -1.0)] == ["timeout", "timeout"]
    assert len(dns.asked) == before


def test_a_resolver_that_is_not_there_is_no_exception() -> None:
    """Nothing listens, or what listens never answers: a word comes back in time."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{sock.getsockname()[1]}"
    mute, address = silent_port()
    with mute:
        started = time.monotonic()
        assert DnsResolver(closed).mx("good.test", 0.5).status in {"error", "timeout"}
        assert DnsResolver(address).mx("good.test", 0.5).status == "timeout"
        assert time.monotonic() - started < 2


def test_the_system_resolver_is_the_default() -> None:
    """Without a resolver the system's is asked; in tests that is a network that is not there, and no exception."""
    assert DnsResolver().mx("good.test", 0.5).status in {"error", "timeout"}


def test_ad_counts_from_this_machine() -> None:
    """The AD flag of a resolver on loopback is believed; without it nothing is authenticated."""
    with LabDns(TABLE, authenticated=True) as secure, LabDns(TABLE) as plain:
        assert DnsResolver(secure.resolver).mx("good.test", 2.0).authenticated is True
        assert DnsResolver(plain.resolver).mx("good.test", 2.0).authenticated is False


def test_look_ups_run_side_by_side(dns: LabDns) -> None:
    """One resolver serves many threads, each with its own answer."""
    resolver = DnsResolver(dns.resolver)
    names = ["good.test", "null.test", "missing.test", "implicit.test"] * 10
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: resolver.mx(name, 5.0).status, names))
    assert found == ["ok", "null", "none", "implicit"] * 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("::1", ("::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_a_resolver_is_read(text: str, expected: tuple[str, int]) -> None:
    """IP:PORT in both families, port 53 when none is named."""
    assert parse_resolver(text) == expected


@pytest.mark.parametrize("text", ["dns.test:53", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:70000", "1.2.3:53", ":53"])
def test_what_is_no_resolver_is_refused_at_once(text: str) -> None:
    """A wrong resolver is told when it is given, not at the first look-up."""
    with pytest.raises(BadResolver):
        DnsResolver(text)


@pytest.mark.parametrize(("expected", "text"), [(True, "127.0.0.53:53"), (True, "[::1]:53"), (False, "192.0.2.1:53"), (False, "")])
def test_a_loopback_resolver_is_told(expected: bool, text: str) -> None:
    """Only a resolver on this machine is the test setting."""
    assert is_loopback(text) is expected
