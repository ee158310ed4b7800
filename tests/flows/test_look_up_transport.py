"""The look-up as a whole over a DNS and an HTTPS server on loopback: verdicts, budget, cache, failures, and what `probe` shows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from addin_backend.edges.dns.resolver import DnsResolver
from addin_backend.edges.mta_sts_fetch import MtaStsFetcher
from addin_backend.evidence.transport.memory import MemoryPolicies
from addin_backend.flows.gather_transport import Wish, World
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.flows.show_transport import probe
from addin_backend.model.evidence import TransportEvidence
from addin_backend.model.register import Partner
from addin_backend.model.transport import AddressAnswer, HostAnswer, MxAnswer, PolicyDocument, TlsaAnswer, TxtAnswer
from addin_backend.ports import TransportSource
from lab.dns_server import LabDns, silent_port
from lab.https_server import LabCa, LabHttps, Page

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUDGET = 5.0


def policy(mode: str, *mx: str, max_age: int = 86400) -> bytes:
    """A policy body."""
    return "".join([f"version: STSv1\nmode: {mode}\n", *(f"mx: {name}\n" for name in mx), f"max_age: {max_age}\n"]).encode()


def receiving(*hosts: str) -> dict[str, list[str]]:
    """MX records."""
    return {"MX": [f"{10 * (number + 1)} {host}." for number, host in enumerate(hosts)]}


RECORD = {"TXT": ['"v=STSv1; id=1;"']}
HOST = {"A": ["127.0.0.1"]}
POLICIES = {
    "good": policy("enforce", "mx.good.test"),
    "wild": policy("enforce", "*.good.test"),
    "bad": policy("enforce", "mx.good.test"),
    "deep": policy("enforce", "*.good.test"),
    "testing": policy("testing", "mx.good.test"),
    "none": policy("none"),
    "junk": b"<html></html>",
    "implicit": policy("enforce", "implicit.test"),
    "brief": policy("enforce", "mx.good.test", max_age=0),
    "rødgrød": policy("enforce", "mx.good.test"),
}
TABLE = {
    "good.test": receiving("mx.good.test"),
    "wild.test": receiving("mx1.good.test", "mx2.good.test"),
    "bad.test": receiving("mx.good.test", "mx.other.test"),
    "deep.test": receiving("a.b.good.test"),
    "testing.test": receiving("mx.good.test"),
    "none.test": receiving("mx.good.test"),
    "junk.test": receiving("mx.good.test"),
    "nopolicy.test": receiving("mx.good.test"),
    "plain.test": receiving("mx.plain.test"),
    "brief.test": receiving("mx.good.test"),
    "xn--rdgrd-vuad.test": receiving("mx.good.test"),
    "implicit.test": HOST,
    "null.test": {"MX": ["0 ."]},
    "both.test": {"MX": ["0 .", "10 mx.good.test."]},
    "literal.test": {"MX": ["10 192.0.2.1."]},
    "nothing.test": {"TXT": ['"x"']},
    "failing.test": {},
    "halffailing.test": receiving("mx.good.test"),
}
LABELS = [*("xn--rdgrd-vuad" if name == "rødgrød" else name for name in POLICIES), "nopolicy"]


MX_HOSTS = ("mx", "mx1", "mx2")


def table() -> dict[str, dict[str, list[str]]]:
    """All records of the lab."""
    hosts = {f"{label}.{zone}.test": HOST for label in MX_HOSTS for zone in ("good", "other", "plain", "new", "evil")}
    extra = (
        hosts
        | {"a.b.good.test": HOST}
        | {f"_mta-sts.{label}.test": RECORD for label in LABELS}
        | {f"mta-sts.{label}.test": HOST for label in LABELS}
    )
    return TABLE | extra


@dataclass
class Lab:
    """The servers and what looks things up through them."""

    dns: LabDns
    https: LabHttps
    ca: LabCa

    def world(self) -> World:
        """A fresh world over the lab."""
        resolver = DnsResolver(self.dns.resolver)
        fetcher = MtaStsFetcher(resolver, ca_file=str(self.ca.root_file), allow_private=True, port=self.https.port)
        return World(resolver, fetcher, MemoryPolicies())


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> LabCa:
    """The root of the lab's policy hosts."""
    return LabCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def lab(ca: LabCa) -> Iterator[Lab]:
    """Both servers, with tables that a test may change."""
    pages = {f"mta-sts.{'xn--rdgrd-vuad' if label == 'rødgrød' else label}.test": Page(body) for label, body in POLICIES.items()}
    names = [f"mta-sts.{label}.test" for label in LABELS]
    with (
        LabDns(table(), servfail=["failing.test", "_mta-sts.halffailing.test"]) as dns,
        LabHttps(ca.context(names), pages) as https,
    ):
        yield Lab(dns, https, ca)


@pytest.fixture
def lookup(lab: Lab) -> Iterator[TransportLookup]:
    """A look-up without a register."""
    made = TransportLookup(lab.world(), {})
    yield made
    made.close()


def one(lookup: TransportSource, domain: str, at: datetime = AT, budget: float = BUDGET) -> TransportEvidence:
    """The answer for one domain."""
    return lookup.look_up_all([domain], at, budget)[domain]


CASES = [
    ("good.test", "mta_sts_enforce", "mta_sts", ()),
    ("wild.test", "mta_sts_enforce", "mta_sts", ()),
    ("implicit.test", "mta_sts_enforce", "mta_sts", ("mx_implicit",)),
    ("brief.test", "mta_sts_enforce", "mta_sts", ()),
    ("rødgrød.test", "mta_sts_enforce", "mta_sts", ()),
    ("bad.test", "contradicted", "mta_sts", ("mx_not_in_policy",)),
    ("deep.test", "contradicted", "mta_sts", ("mx_not_in_policy",)),
    ("testing.test", "unknown", "none", ("mta_sts_testing",)),
    ("none.test", "unknown", "none", ("mta_sts_none",)),
    ("plain.test", "unknown", "none", ("mta_sts_no_record",)),
    ("junk.test", "unknown", "unknown", ("mta_sts_bad_line",)),
    ("nopolicy.test", "unknown", "unknown", ("mta_sts_fetch_not_found",)),
    ("halffailing.test", "unknown", "unknown", ("dns_error",)),
    ("failing.test", "unknown", "unknown", ("dns_error",)),
    ("null.test", "refuses", "none", ("null_mx",)),
    ("missing.test", "refuses", "none", ("no_such_domain",)),
    ("nothing.test", "refuses", "none", ("no_mx_and_no_address",)),
    ("both.test", "unknown", "unknown", ("null_mx_beside_others",)),
    ("literal.test", "unknown", "unknown", ("mx_unusable",)),
    ("[192.0.2.1]", "unknown", "unknown", ("address_literal",)),
    ("not a domain", "unknown", "unknown", ("not_a_domain",)),
    ("", "unknown", "unknown", ("not_a_domain",)),
]


@pytest.mark.parametrize(("domain", "verdict", "commitment", "reasons"), CASES, ids=[case[0] for case in CASES])
def test_each_domain_has_its_word(lookup: TransportLookup, domain: str, verdict: str, commitment: str, reasons: tuple[str, ...]) -> None:
    """Every domain of the lab gets the right word over real DNS and HTTPS, and the same word when it is asked for again."""
    for _ in range(2):
        found = one(lookup, domain)
        assert (found.verdict, found.commitment, found.enforcement, found.reasons) == (verdict, commitment, "none", reasons)


def test_all_domains_come_back_from_one_call(lab: Lab, lookup: TransportLookup) -> None:
    """Many domains, some of them twice, in one budget: each key that was asked for is there, each domain was looked up once."""
    domains = [case[0] for case in CASES] + ["GOOD.test", "good.test"]
    found = lookup.look_up_all(domains, AT, BUDGET)
    assert {domain: answer.verdict.value for domain, answer in found.items()} == {c[0]: c[1] for c in CASES} | {
        "GOOD.test": "mta_sts_enforce"
    }


def test_the_connector_is_said_when_there_is_one(lab: Lab) -> None:
    """An installation whose ticketed mail leaves through an always-TLS connector enforces what the recipient committed to."""
    made = TransportLookup(lab.world(), {}, ticket_connector=True)
    assert [one(made, name).enforcement for name in ("good.test", "plain.test", "bad.test")] == ["connector", "none", "none"]
    made.close()


def partner(domain: str, start: date, end: date) -> dict[str, tuple[Partner, ...]]:
    """A register with one entry."""
    entry = Partner(
        domain=domain, connector="A", verified_on=start, verified_by="Karin Bach", valid_from=start, valid_to=end, review_on=end
    )
    return {domain: (entry,)}


def test_a_partner_in_force_asks_the_network_nothing(lab: Lab) -> None:
    """Our own connector delivers there: the register answers, whatever DNS does."""
    made = TransportLookup(lab.world(), partner("failing.test", date(2026, 11, 1), date(2026, 11, 23)))
    found = one(made, "failing.test")
    assert (found.verdict, found.commitment, found.enforcement) == ("register", "register", "connector")
    assert lab.dns.asked == []
    assert one(made, "failing.test", AT + timedelta(days=1)).reasons == ("register_expired", "dns_error")
    made.close()


def test_an_expired_partner_goes_on_with_dns(lab: Lab) -> None:
    """An expired entry is absent but for the reason, from the network and from the cache alike."""
    made = TransportLookup(lab.world(), partner("good.test", date(2026, 1, 1), date(2026, 11, 22)))
    for _ in range(2):
        found = one(made, "good.test")
        assert (found.verdict, found.reasons) == ("mta_sts_enforce", ("register_expired",))
    made.close()


def test_an_answer_is_kept_for_its_life(lab: Lab, lookup: TransportLookup) -> None:
    """Within its TTL an answer comes from the cache; after it the domain is asked again, and a change is seen."""
    assert one(lookup, "good.test").verdict == "mta_sts_enforce"
    asked = len(lab.dns.asked)
    lab.https.pages["mta-sts.good.test"] = Page(policy("none"))
    lab.dns.table["_mta-sts.good.test"] = {"TXT": ['"v=STSv1; id=2;"']}
    assert one(lookup, "good.test", AT + timedelta(seconds=299)).verdict == "mta_sts_enforce"
    assert len(lab.dns.asked) == asked
    later = one(lookup, "good.test", AT + timedelta(seconds=301))
    assert (later.verdict, later.reasons) == ("unknown", ("mta_sts_none",))


def test_a_policy_in_force_outlives_its_record_and_its_host(lab: Lab, lookup: TransportLookup) -> None:
    """When record and policy vanish the unexpired policy still counts (RFC 8461 §3.3); after max_age it is gone."""
    assert one(lookup, "good.test").verdict == "mta_sts_enforce"
    del lab.dns.table["_mta-sts.good.test"]
    lab.https.pages.clear()
    day = one(lookup, "good.test", AT + timedelta(hours=1))
    assert (day.verdict, day.reasons) == ("mta_sts_enforce", ("mta_sts_kept_nothing",))
    assert one(lookup, "good.test", AT + timedelta(hours=25)).verdict == "unknown"


def test_an_mx_change_fetches_once_more_before_it_is_a_contradiction(lab: Lab, lookup: TransportLookup) -> None:
    """MX and policy may change together without a new id: the policy is fetched again, and only then judged."""
    assert one(lookup, "good.test").verdict == "mta_sts_enforce"
    lab.dns.table["good.test"] = receiving("mx.new.test")
    lab.https.pages["mta-sts.good.test"] = Page(policy("enforce", "mx.new.test"))
    assert one(lookup, "good.test", AT + timedelta(hours=1)).verdict == "mta_sts_enforce"
    lab.dns.table["good.test"] = receiving("mx.evil.test")
    assert one(lookup, "good.test", AT + timedelta(hours=2)).verdict == "contradicted"


def test_failures_are_kept_shortly(lab: Lab, lookup: TransportLookup) -> None:
    """A failing DNS is not asked again at once, but a minute later, when it may have come back."""
    assert one(lookup, "failing.test").reasons == ("dns_error",)
    lab.dns.servfail.clear()
    lab.dns.table["failing.test"] = receiving("mx.good.test")
    assert one(lookup, "failing.test", AT + timedelta(seconds=30)).reasons == ("dns_error",)
    assert one(lookup, "failing.test", AT + timedelta(seconds=61)).reasons == ("mta_sts_no_record",)


def test_a_resolver_that_is_not_there_costs_the_budget_once(ca: LabCa) -> None:
    """On a machine without DNS the answer is `unknown` with its reason, within the budget, and at once the next time."""
    mute, address = silent_port()
    resolver = DnsResolver(address)
    made = TransportLookup(World(resolver, MtaStsFetcher(resolver, ca_file=str(ca.root_file)), MemoryPolicies()), {})
    domains = [f"d{number}.test" for number in range(10)]
    with mute:
        started = time.monotonic()
        first = made.look_up_all(domains, AT, 0.6)
        took = time.monotonic() - started
        again = time.monotonic()
        second = made.look_up_all(domains, AT, 0.6)
        took_again = time.monotonic() - again
    assert {(answer.verdict.value, answer.reasons) for answer in first.values()} == {("unknown", ("dns_timeout",))}
    assert first == second
    assert took < 1.2
    assert took_again < 0.2
    made.close()


class Addresses:
    """Hosts with one address each, and no TLSA."""

    def hosts(self, names: Sequence[str], deadline: float) -> Mapping[str, HostAnswer]:
        """One address."""
        return {name: HostAnswer(AddressAnswer("ok", ("127.0.0.1",), 300), AddressAnswer("none", ttl=300)) for name in names}

    def tlsa(self, bases: Sequence[str], deadline: float) -> Mapping[str, TlsaAnswer]:
        """Nothing."""
        return {base: TlsaAnswer(base, "none", ttl=300) for base in bases}


class Slow(Addresses):
    """A resolver that ignores its deadline until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        """Late, and well."""
        self.go.wait(10)
        return MxAnswer("ok", ((10, "mx.good.test"),), 300)

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        """None."""
        return TxtAnswer("none", ttl=300)


class Raising(Addresses):
    """A world in which everything breaks in ways that no port allows."""

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        """Good, so that the rest is asked."""
        if domain.startswith("mx"):
            raise RuntimeError(domain)
        return MxAnswer("ok", ((10, "mx.good.test"),), 300)

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        """Good, so that the policy is fetched."""
        if name.startswith("_mta-sts.txt"):
            raise MemoryError
        return TxtAnswer("ok", ("v=STSv1; id=1",), 300)

    def fetch(self, domain: str, deadline: float) -> PolicyDocument:
        """Never."""
        raise ValueError(domain)


class Journal:
    """A Log that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        """Keep it."""
        self.events.append((event, fields))

    warning = error = info


def test_the_budget_holds_whatever_the_resolver_does() -> None:
    """A look-up that overruns is unknown and out of time; when it ends after all, the next check finds it."""
    slow = Slow()
    made = TransportLookup(World(slow, Raising(), MemoryPolicies()), {}, side_by_side=2)
    started = time.monotonic()
    found = made.look_up_all([f"d{number}.test" for number in range(50)], AT, 0.3)
    assert time.monotonic() - started < 1.0
    assert {(answer.verdict.value, answer.reasons) for answer in found.values()} == {("unknown", ("out_of_time",))}
    slow.go.set()
    made.close()
    assert one(made, "d0.test").reasons == ("mta_sts_no_record",)
    assert one(made, "new.test").reasons == ("closed",)


@pytest.mark.parametrize("domain", ["mx.test", "txt.test", "fetch.test"])
def test_a_fault_nobody_foresaw_is_unknown(domain: str) -> None:
    """An exception out of any port ends as `unknown`; it is logged without the domain and not kept."""
    journal = Journal()
    made = TransportLookup(World(Raising(), Raising(), MemoryPolicies()), {}, log=journal)
    found = one(made, domain)
    assert (found.verdict, found.reasons) == ("unknown", ("internal_error",))
    assert [event for event, _ in journal.events] == ["transport_look_up_failed"]
    assert domain not in str(journal.events)
    made.close()


def test_checks_at_the_same_time_share_a_look_up(lab: Lab, lookup: TransportLookup) -> None:
    """Eight checks for one domain ask DNS once, though their clocks differ a little, and all get the same word."""
    found: list[str] = []

    def ask(number: int) -> None:
        found.append(one(lookup, "good.test", AT - timedelta(milliseconds=number)).verdict)

    lab.https.pages["mta-sts.good.test"] = Page(POLICIES["good"], pause=0.3)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["mta_sts_enforce"] * 8
    assert lab.dns.asked.count(("good.test", "MX")) == 1


def test_probe_shows_verdict_and_why(lab: Lab) -> None:
    """The command line's document is JSON, in the order asked, with what was found of MX and MTA-STS."""
    found = list(probe(["bad.test", "null.test", "[192.0.2.1]"], lab.world(), lambda: AT, Wish()))
    shown = json.loads(json.dumps(found))
    assert [(item["domain"], item["verdict"]) for item in shown] == [
        ("bad.test", "contradicted"),
        ("null.test", "refuses"),
        ("[192.0.2.1]", "unknown"),
    ]
    assert shown[0]["mx"] == {
        "status": "has_mx",
        "hosts": [{"preference": 10, "host": "mx.good.test"}, {"preference": 20, "host": "mx.other.test"}],
        "ignored": [],
        "signed": False,
    }
    assert shown[0]["mta_sts"] == {
        "status": "fetched",
        "mode": "enforce",
        "id": "1",
        "mx": ["mx.good.test"],
        "max_age": 86400,
        "unmatched": ["mx.other.test"],
    }
    assert [item["tlsa"] for item in shown[0]["hosts"]] == ["none", "none"]
    assert shown[0]["not_proven"] == ["delivery_not_observed", "path_not_enforced", "server_not_probed", "mx_not_signed"]
    assert shown[1]["mta_sts"]["status"] == "not_asked"
    assert (shown[2]["mx"]["status"], shown[2]["evidence"]) == ("not_asked", None)
