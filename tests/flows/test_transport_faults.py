"""Fault injection: whatever fails on the way of a look-up, the verdict never rises; and what is kept, shared and signed stays true."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.accountability.notes import Signer
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.errors import LogBroken, NotFound, Unavailable
from addin_backend.evidence.transport.chain import Anchors, fingerprint
from addin_backend.evidence.transport.dossier import assemble, prove, read_proof
from addin_backend.evidence.transport.memory import MemoryPolicies, MemoryProbes
from addin_backend.evidence.transport.verdict import network_verdict
from addin_backend.flows.gather_transport import Wish, World, observe
from addin_backend.flows.look_up_transport import TransportLookup
from addin_backend.flows.probe_hosts import SharedProbes
from addin_backend.flows.probe_worker import SignedProber, answer
from addin_backend.flows.refresh_transport import Refresher
from addin_backend.flows.show_transport import replay
from addin_backend.model.evidence import TransportEvidence, TransportVerdict
from addin_backend.model.transport import (
    AddressAnswer,
    AddressProbe,
    HostAnswer,
    HostProbe,
    MxAnswer,
    PolicyDocument,
    TlsaAnswer,
    TxtAnswer,
)
from lab.mail_pki import MailPki
from sizes import size

AT = datetime.now(UTC).replace(microsecond=0)
PKI = MailPki.make()
ROOTS = Anchors([PKI.root.der])
LEAF = PKI.leaf("mx.a.test")
WRONG = PKI.leaf("mx.b.test")
KEY = hashlib.sha256(LEAF.spki).digest()
SUFFICIENT = {"dane": 3, "mta_sts_enforce": 3, "dane_partial": 2, "authenticated_now": 2, "encrypted_now": 1}
FAILURES = ("timeout", "error", "bogus")
POLICY = b"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n"


@dataclass
class Script:
    """A world that answers from fields; a step named in ``failing`` fails with its status."""

    signed: bool = True
    tlsa: tuple[tuple[int, int, int, bytes], ...] = ((3, 1, 1, KEY),)
    record: bool = True
    policy: bytes = POLICY
    outcome: str = "tls"
    identity: object = LEAF
    failing: dict[str, str] = field(default_factory=dict)

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        """One host."""
        failed = self.failing.get("mx")
        return MxAnswer(failed) if failed else MxAnswer("ok", ((10, "mx.a.test"),), 300, self.signed)

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        """The record, if there is one."""
        failed = self.failing.get("txt")
        if failed:
            return TxtAnswer(failed)
        return TxtAnswer("ok", ("v=STSv1; id=1",), 300) if self.record else TxtAnswer("none", ttl=300)

    def hosts(self, names: Sequence[str], deadline: float) -> Mapping[str, HostAnswer]:
        """One address."""
        failed = self.failing.get("hosts")
        v4 = AddressAnswer(failed) if failed else AddressAnswer("ok", ("192.0.2.1",), 300, True)
        return {name: HostAnswer(v4, AddressAnswer(failed or "none", authenticated=not failed)) for name in names}

    def _tlsa(self, base: str) -> TlsaAnswer:
        failed = self.failing.get("tlsa")
        if failed:
            return TlsaAnswer(base, failed)
        return TlsaAnswer(base, "ok" if self.tlsa else "none", self.tlsa, 300, True)

    def fetch(self, domain: str, deadline: float) -> PolicyDocument:
        """The policy."""
        failed = self.failing.get("policy")
        return PolicyDocument("timeout" if failed else "ok", b"" if failed else self.policy)

    def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe:
        """What the server does."""
        if self.failing.get("probe"):
            return HostProbe(host, sni, AT, (AddressProbe("192.0.2.1", "unknown", "timeout"),))
        chain = self.identity.chain if self.outcome == "tls" else ()  # type: ignore[attr-defined] # an Identity
        shown = AddressProbe("192.0.2.1", self.outcome, "", "TLSv1.3", "", tuple(map(fingerprint, chain)))
        return HostProbe(host, sni, AT, (shown,), tuple(chain))


def world(script: Script) -> World:
    """A world over it."""
    resolver = _Resolver(script)
    return World(resolver, script, MemoryPolicies(), probes=SharedProbes(MemoryProbes(), script, lambda: AT), roots=ROOTS)


@dataclass
class _Resolver:
    script: Script

    def mx(self, domain: str, deadline: float) -> MxAnswer:
        return self.script.mx(domain, deadline)

    def txt(self, name: str, deadline: float) -> TxtAnswer:
        return self.script.txt(name, deadline)

    def hosts(self, names: Sequence[str], deadline: float) -> Mapping[str, HostAnswer]:
        return self.script.hosts(names, deadline)

    def tlsa(self, bases: Sequence[str], deadline: float) -> Mapping[str, TlsaAnswer]:
        return {base: self.script._tlsa(base) for base in bases}


def judged(script: Script) -> TransportEvidence:
    """The whole way: asking, the document, the verdict."""
    observed, certificates = observe("a.test", world(script), AT, 10.0, Wish(live=True))
    return network_verdict(assemble(observed, certificates), observed.at)


SCRIPTS = st.builds(
    Script,
    signed=st.booleans(),
    tlsa=st.sampled_from([(), ((3, 1, 1, KEY),), ((3, 1, 1, bytes(32)),), ((1, 1, 1, KEY),)]),
    record=st.booleans(),
    policy=st.sampled_from([POLICY, POLICY.replace(b"enforce", b"testing"), POLICY.replace(b"mx.a", b"mx.x"), b"junk"]),
    outcome=st.sampled_from(["tls", "legacy_tls", "plaintext", "unknown"]),
    identity=st.sampled_from([LEAF, WRONG]),
)
# A probe may fail and DANE or MTA-STS still decide: the core decides without it. That a failing probe hides no broken promise is the
# store's rule, tested below; here the probe fails only where it had nothing bad to say.
STEPS = ("mx", "txt", "hosts", "tlsa", "policy")


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(SCRIPTS, st.sampled_from(STEPS), st.sampled_from(FAILURES))
@settings(max_examples=size(sample=150, full=5000), deadline=None)
def test_a_failing_step_never_raises_the_verdict(script: Script, step: str, failure: str) -> None:
    """Let any one step fail in any way: the domain is trusted with no more than before."""
    before = judged(script)
    after = judged(replace(script, failing={step: failure}))
    if step in {"txt", "policy"} and after.verdict is TransportVerdict.DANE and "mx_not_in_policy" in before.reasons:
        return  # decision 044: what DANE holds stays held when the policy that contradicts it cannot be seen
    assert SUFFICIENT.get(after.verdict.value, 0) <= SUFFICIENT.get(before.verdict.value, 0)


@pytest.mark.parametrize("step", ["mx", "hosts", "tlsa"])
@pytest.mark.parametrize("failure", FAILURES)
def test_what_dane_rests_on_failing_is_unknown(step: str, failure: str) -> None:
    """No failure of MX, address or TLSA look-ups falls back to MTA-STS or to a probe (RFC 8461 §2)."""
    assert judged(Script()).verdict is TransportVerdict.DANE
    assert judged(Script(failing={step: failure})).verdict is TransportVerdict.UNKNOWN


def test_a_failing_probe_does_not_hide_a_broken_promise() -> None:
    """A mismatch that was seen stays for its day, though the server times out the next time; a good probe clears it."""
    script, store, clock = Script(tlsa=((3, 1, 1, bytes(32)),)), MemoryProbes(), [AT]
    probes = SharedProbes(store, script, lambda: clock[0])
    place = replace(world(script), probes=probes)

    def look(at: datetime) -> TransportVerdict:
        clock[0] = at
        observed, certificates = observe("a.test", place, at, 10.0, Wish(live=True))
        return network_verdict(assemble(observed, certificates), observed.at).verdict

    assert look(AT) is TransportVerdict.CONTRADICTED
    script.failing = {"probe": "timeout"}
    assert look(AT + timedelta(hours=20)) is TransportVerdict.CONTRADICTED


def test_one_connection_serves_all_domains_behind_a_host() -> None:
    """Fifty domains at once with one MX host: it is asked once, and not again within fifteen minutes."""
    calls: list[str] = []
    clock = [AT]

    class Counting(Script):
        def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe:
            calls.append(host)
            time.sleep(0.05)
            return replace(super().probe(host, sni, addresses, deadline), seen_at=clock[0])

    script = Counting()
    probes = SharedProbes(MemoryProbes(), script, lambda: clock[0])
    threads = [threading.Thread(target=probes.live, args=("mx.a.test", "mx.a.test", ["192.0.2.1"], 5.0)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    clock[0] = AT + timedelta(minutes=14)
    assert not probes.is_due("mx.a.test", clock[0])
    assert probes.known("mx.a.test", AT + timedelta(hours=25)) is None


# --- evidence ----------------------------------------------------------------------------------------------------------


def test_evidence_is_named_by_its_content_and_judged_again(tmp_path: Path) -> None:
    """Kept, found again after a restart by its name or its beginning, and judged the same; one changed octet is refused."""
    observed, certificates = observe("a.test", world(Script()), AT, 10.0, Wish(live=True))
    proof = prove(observed, certificates)
    store = SqliteTransportStore(tmp_path / "t.sqlite")
    store.add_proof(proof)
    store.close()
    again = SqliteTransportStore(tmp_path / "t.sqlite")
    found = again.find_proof(proof.evidence_id[:8])
    assert (found.body, dict(found.certificates)) == (proof.body, dict(proof.certificates))
    assert read_proof(found) == observed
    assert replay(found, None, lambda kept: kept)["verdict"] == "dane"
    assert replay(found, AT + timedelta(days=900), lambda kept: kept)["reasons"] == ["evidence_stale"]
    for changed in (found._replace(body=found.body.replace(b"192.0.2.1", b"192.0.2.2")), found._replace(certificates={"00": b"x"})):
        with pytest.raises(LogBroken):
            replay(changed, None, lambda kept: kept)
    with pytest.raises(LogBroken):
        replay(found, None, lambda kept: msgspec.structs.replace(kept, domain="b.test"))
    for missing in ("abc", "zzzzzzzz", "00000000"):
        with pytest.raises(NotFound):
            again.find_proof(missing)
    again.close()


def test_an_answer_outlives_the_process_and_its_evidence_is_kept_with_its_use(tmp_path: Path) -> None:
    """After a restart the answer comes from the file without a question to the network, and its evidence is there for good."""
    store = SqliteTransportStore(tmp_path / "t.sqlite")
    first = TransportLookup(world(Script()), {}, store=store)
    answer_ = first.look_up_all(["a.test"], AT, 5.0)["a.test"]
    first.close()
    store.close()
    reopened = SqliteTransportStore(tmp_path / "t.sqlite")
    second = TransportLookup(world(Script(failing={"mx": "error"})), {}, store=reopened)
    assert second.look_up_all(["a.test"], AT + timedelta(seconds=100), 5.0)["a.test"] == answer_
    assert read_proof(reopened.proof(answer_.evidence_id)).domain == "a.test"
    assert reopened.domains(AT) == ["a.test"]
    reopened.forget(AT + timedelta(days=365))
    assert reopened.domains(AT) == []
    assert SqliteTransportStore(tmp_path / "t.sqlite", "test").answer("a.test") is None
    second.close()


def test_an_answer_says_since_when_it_has_been_so(tmp_path: Path) -> None:
    """Asked again with the same outcome the beginning stays; with another it begins anew."""
    store, script = SqliteTransportStore(tmp_path / "t.sqlite"), Script()
    lookup = TransportLookup(world(script), {}, store=store)
    hour = timedelta(hours=1)
    began = [lookup.refresh("a.test", AT + number * hour, 5.0).since for number in range(2)]
    script.tlsa = ()
    assert [*began, lookup.refresh("a.test", AT + 2 * hour, 5.0).since] == [AT, AT, AT + 2 * hour]
    lookup.close()
    store.close()


class Broken(SqliteTransportStore):
    """A store on a full disk."""

    def keep_proof(self, domain: str, evidence_id: str) -> bool:
        """Never."""
        raise Unavailable


def test_without_its_evidence_an_answer_does_not_count(tmp_path: Path) -> None:
    """A decision would name what is not there: unknown."""
    lookup = TransportLookup(world(Script()), {}, store=Broken(tmp_path / "t.sqlite"))
    found = lookup.look_up_all(["a.test"], AT, 5.0)["a.test"]
    assert (found.verdict, found.reasons) == (TransportVerdict.UNKNOWN, ("proof_not_kept",))
    lookup.close()


HOLD = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
db.execute("INSERT OR REPLACE INTO answers VALUES ('x', x'00', '')")
print("held", flush=True)
time.sleep(60)
"""


def test_a_file_that_another_process_holds_costs_no_more_than_the_budget(tmp_path: Path) -> None:
    """What is stored with its evidence still counts; what is new is unknown, within the budget; and then all is well again."""
    path = tmp_path / "t.sqlite"
    store = SqliteTransportStore(path)
    first = TransportLookup(world(Script()), {}, store=store)
    first.look_up_all(["a.test"], AT, 5.0)
    first.close()
    lookup = TransportLookup(world(Script()), {}, store=store)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        found = lookup.look_up_all(["a.test", "b.test", "c.test"], AT, 1.5)
        took = time.monotonic() - began
        holder.kill()
    words = {domain: item.verdict for domain, item in found.items()}
    assert words == {"a.test": TransportVerdict.DANE, "b.test": TransportVerdict.UNKNOWN, "c.test": TransportVerdict.UNKNOWN}
    assert took < 1.8, took
    eventually = time.monotonic() + 10
    while lookup.look_up_all(["b.test"], AT, 1.5)["b.test"].verdict is not TransportVerdict.DANE and time.monotonic() < eventually:
        time.sleep(0.05)
    assert lookup.look_up_all(["b.test"], AT, 1.5)["b.test"].verdict is TransportVerdict.DANE
    lookup.close()
    store.close()


# --- the worker --------------------------------------------------------------------------------------------------------

SIGNER, OTHER = Signer("lab/probe", bytes(32)), Signer("lab/probe", bytes(31) + b"x")


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ("tls", lambda raw: answer(raw, Script(), SIGNER)),
        ("worker_not_believed", lambda raw: answer(raw, Script(), OTHER)),
        ("worker_not_believed", lambda raw: answer(raw, Script(), SIGNER).replace(b"192.0.2.1", b"192.0.2.2")),
        ("worker_not_believed", lambda raw: answer(raw.replace(b"mx.a", b"mx.b"), Script(), SIGNER)),
        ("worker_not_believed", lambda raw: answer(raw.replace(b"n0nce", b"other"), Script(), SIGNER)),
        ("worker_not_believed", lambda raw: b"\xff"),
        ("worker_not_believed", lambda raw: b""),
    ],
)
def test_only_what_the_worker_signed_about_this_request_counts(expected: str, change: object) -> None:
    """Another key, a changed octet, another host or an old nonce: unknown."""
    prober = SignedProber(lambda raw, seconds: change(raw), SIGNER.verifier_key, lambda: AT, lambda: "n0nce")  # type: ignore[operator] # a table of calls
    found = prober.probe("mx.a.test", "mx.a.test", ["192.0.2.1"], 1.0).addresses[0]
    assert expected in (found.outcome, found.detail)
    assert expected == "tls" or found.outcome == "unknown"


def test_a_worker_that_is_away_or_late_is_unknown() -> None:
    """No answer, or one of an hour ago."""

    def away(raw: bytes, seconds: float) -> bytes:
        raise Unavailable

    late = SignedProber(
        lambda raw, seconds: answer(raw, Script(), SIGNER), SIGNER.verifier_key, lambda: AT + timedelta(hours=1), lambda: "n0nce"
    )
    for prober, detail in (
        (SignedProber(away, SIGNER.verifier_key, lambda: AT, lambda: "n0nce"), "worker_unavailable"),
        (late, "worker_not_believed"),
    ):
        assert prober.probe("mx.a.test", "mx.a.test", ["192.0.2.1"], 1.0).addresses[0].detail == detail


# --- keeping fresh ------------------------------------------------------------------------------------------------------


def test_a_used_domain_is_asked_again_before_its_answer_ends() -> None:
    """At 80 % of its life, not before; the queue takes no more than its bound."""
    clock, asked, done = [AT], [], threading.Event()

    def ask(domain: str, at: datetime) -> TransportEvidence:
        asked.append((domain, at))
        done.set()
        return TransportEvidence(domain=domain, verdict=TransportVerdict.UNKNOWN, checked_at=at, expires_at=at + timedelta(hours=1))

    refresher = Refresher(ask, lambda: clock[0], most=2)
    life = {"checked_at": AT, "expires_at": AT + timedelta(seconds=1000)}
    for name in ("a.test", "b.test", "c.test"):
        refresher.used(TransportEvidence(domain=name, verdict=TransportVerdict.DANE, **life))  # type: ignore[arg-type] # two moments
    assert len(refresher) == 2
    refresher.start()
    assert not done.wait(0.2)
    clock[0] = AT + timedelta(seconds=801)
    refresher.used(TransportEvidence(domain="a.test", verdict=TransportVerdict.DANE, **life))  # type: ignore[arg-type] # two moments
    refresher._put("z.test", clock[0])
    with refresher._wake:
        refresher._wake.notify_all()
    assert done.wait(5)
    refresher.close()
    assert asked[0][0] in {"a.test", "b.test"}
