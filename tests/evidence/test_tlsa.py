"""TLSA (RFC 6698, 7671, 7672): which base is asked, which records can be used, and which certificates they authenticate."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from addin_backend.evidence.transport.chain import Anchors, name_holds, pkix
from addin_backend.evidence.transport.tlsa import TlsaRecord, TlsaStatus, bases, is_usable, matches, of_host, strongest
from addin_backend.model.transport import AddressAnswer, HostAnswer, TlsaAnswer
from lab.mail_pki import Identity, MailPki, issue

NOW = datetime.now(UTC)
PKI = MailPki.make()
LEAF = PKI.leaf("mx.a.test", "*.wild.test")
OTHER = PKI.leaf("other.test")
OLD = issue(["mx.a.test"], PKI.middle, days=(-30, -1))
ALONE = issue(["unrelated.test"], days=(-30, -1))
NAMES = ("mx.a.test", "a.test")


def record(usage: int, selector: int, matching: int, identity: Identity) -> TlsaRecord:
    """A record that names a certificate or its key."""
    data = (
        identity.der if selector == 0 else identity.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return TlsaRecord(usage, selector, matching, (data, hashlib.sha256(data).digest(), hashlib.sha512(data).digest())[matching])


ALL_FORMS = [(selector, matching) for selector in (0, 1) for matching in (0, 1, 2)]


@pytest.mark.parametrize(("selector", "matching"), ALL_FORMS)
def test_each_form_of_a_record_matches_its_own_and_no_other(selector: int, matching: int) -> None:
    """Usage 3 takes the leaf it names, usage 2 a chain to the anchor it names, in every selector and matching type."""
    chain = LEAF.chain
    assert matches([record(3, selector, matching, LEAF)], chain, NAMES, NOW)
    assert not matches([record(3, selector, matching, OTHER)], chain, NAMES, NOW)
    assert matches([record(2, selector, matching, PKI.middle)], chain, NAMES, NOW)
    assert not matches([record(2, selector, matching, OTHER)], chain, NAMES, NOW)


ROOT_DER = PKI.root.der
CASES = [
    ("EE: neither name nor dates count", True, [record(3, 1, 1, ALONE)], ALONE.chain, NAMES),
    ("TA: the name counts", False, [record(2, 1, 1, PKI.middle)], OTHER.chain, NAMES),
    ("TA: the recipient's domain will do", True, [record(2, 1, 1, PKI.middle)], LEAF.chain, ("x.test", "mx.a.test")),
    ("TA: a wildcard name", True, [record(2, 1, 1, PKI.middle)], LEAF.chain, ("mx.wild.test",)),
    ("TA: dates count", False, [record(2, 1, 1, PKI.middle)], OLD.chain, NAMES),
    ("TA: never the leaf itself", False, [record(2, 1, 1, LEAF)], LEAF.chain, NAMES),
    ("TA: the root in the chain", True, [record(2, 0, 1, PKI.root)], (*LEAF.chain, ROOT_DER), NAMES),
    ("TA: the root not shown", False, [record(2, 0, 1, PKI.root)], LEAF.chain, NAMES),
    ("TA: the root out of band", True, [record(2, 0, 0, PKI.root)], LEAF.chain, NAMES),
    ("TA: the root's key out of band", True, [record(2, 1, 0, PKI.root)], LEAF.chain, NAMES),
    ("TA: the intermediate's key out of band, not shown", True, [record(2, 1, 0, PKI.middle)], LEAF.chain[:1], NAMES),
    ("TA: another root out of band", False, [record(2, 0, 0, issue(["Other"], ca=True))], LEAF.chain, NAMES),
    ("TA: another key out of band", False, [record(2, 1, 0, issue(["Other"], ca=True))], LEAF.chain, NAMES),
    ("rollover: one of two", True, [record(3, 1, 1, OTHER), record(3, 1, 1, LEAF)], LEAF.chain, NAMES),
    ("agility: the stronger digest is another's", False, [record(3, 1, 1, LEAF), record(3, 1, 2, OTHER)], LEAF.chain, NAMES),
    ("agility: per selector", True, [record(3, 1, 1, LEAF), record(3, 0, 2, OTHER)], LEAF.chain, NAMES),
    ("agility: full data stays", True, [record(3, 1, 0, LEAF), record(3, 1, 2, OTHER)], LEAF.chain, NAMES),
    ("a broken TA and a good EE", True, [record(2, 1, 1, OTHER), record(3, 1, 1, LEAF)], LEAF.chain, NAMES),
    ("PKIX usages do not count", False, [record(0, 1, 1, PKI.middle), record(1, 1, 1, LEAF)], LEAF.chain, NAMES),
    ("nothing shown", False, [record(3, 1, 1, LEAF)], (), NAMES),
    ("rubbish shown", False, [record(3, 1, 1, LEAF)], (b"rubbish",), NAMES),
    ("no records", False, [], LEAF.chain, NAMES),
]


@pytest.mark.parametrize(("case", "expected", "records", "chain", "names"), CASES, ids=[case[0] for case in CASES])
def test_what_records_authenticate(
    case: str, expected: bool, records: list[TlsaRecord], chain: tuple[bytes, ...], names: tuple[str, ...]
) -> None:
    """RFC 7672 §3.1 and RFC 7671 §5, §9, case by case."""
    assert matches(records, chain, names, NOW) is expected


@pytest.mark.parametrize(
    ("expected", "record"),
    [
        (True, TlsaRecord(3, 1, 1, bytes(32))),
        (True, TlsaRecord(2, 0, 2, bytes(64))),
        (False, TlsaRecord(0, 1, 1, bytes(32))),
        (False, TlsaRecord(1, 1, 1, bytes(32))),
        (False, TlsaRecord(4, 1, 1, bytes(32))),
        (False, TlsaRecord(3, 2, 1, bytes(32))),
        (False, TlsaRecord(3, 1, 3, bytes(32))),
        (False, TlsaRecord(3, 1, 1, bytes(31))),
        (False, TlsaRecord(3, 1, 2, bytes(32))),
        (False, TlsaRecord(3, 1, 1, b"")),
        (False, TlsaRecord(3, 0, 0, b"rubbish")),
        (False, TlsaRecord(2, 1, 0, b"rubbish")),
        (False, TlsaRecord(255, 255, 255, b"")),
    ],
)
def test_which_records_can_be_used(expected: bool, record: TlsaRecord) -> None:
    """Usages 2 and 3, selectors 0 and 1, digests of their length, data that is what it says."""
    assert is_usable(record) is expected
    assert bool(strongest([record])) is expected


def family(status: str = "ok", secure: bool = True, canonical: str = "") -> AddressAnswer:
    """An address answer."""
    return AddressAnswer(status, ("192.0.2.1",) if status == "ok" else (), 300, secure, canonical)


NONE = family("none")
BASES = [
    ("secure", ("mx.a.test",), HostAnswer(family(), NONE)),
    ("insecure", (), HostAnswer(family(secure=False), NONE)),
    ("one family insecure", (), HostAnswer(family(), family(secure=False))),
    ("IPv6 alone", ("mx.a.test",), HostAnswer(NONE, family())),
    ("an alias, all secure", ("real.test", "mx.a.test"), HostAnswer(family(canonical="real.test"), NONE)),
    ("an alias whose end is not secure", (), HostAnswer(family(secure=False, canonical="real.test"), NONE)),
    ("the same, the alias itself secure", ("mx.a.test",), HostAnswer(family(secure=False, canonical="real.test"), NONE, True)),
    ("no address", (), HostAnswer(NONE, NONE)),
]


@pytest.mark.parametrize(("case", "expected", "answer"), BASES, ids=[case[0] for case in BASES])
def test_which_bases_are_asked(case: str, expected: tuple[str, ...], answer: HostAnswer) -> None:
    """RFC 7672 §2.2.2: the expanded name first, nothing where the addresses are not secure."""
    assert bases("mx.a.test", answer) == expected


GOOD = (3, 1, 1, bytes(32))
SECURE = HostAnswer(family(), NONE)
ALIAS = HostAnswer(family(canonical="real.test"), NONE)
STATUSES = [
    ("usable", SECURE, [TlsaAnswer("mx.a.test", "ok", (GOOD,), 300, True)]),
    ("unusable", SECURE, [TlsaAnswer("mx.a.test", "ok", ((1, 1, 1, bytes(32)),), 300, True)]),
    ("none", SECURE, [TlsaAnswer("mx.a.test", "none", (), 300, True)]),
    ("none", SECURE, [TlsaAnswer("mx.a.test", "ok", (GOOD,), 300, False)]),
    ("unknown", SECURE, [TlsaAnswer("mx.a.test", "timeout")]),
    ("unknown", SECURE, [TlsaAnswer("mx.a.test", "bogus")]),
    ("unknown", SECURE, [TlsaAnswer("mx.a.test", "error")]),
    ("unknown", SECURE, []),
    ("usable", ALIAS, [TlsaAnswer("real.test", "none", (), 300, True), TlsaAnswer("mx.a.test", "ok", (GOOD,), 300, True)]),
    ("usable", ALIAS, [TlsaAnswer("real.test", "ok", (GOOD,), 300, True)]),
    ("unknown", ALIAS, [TlsaAnswer("real.test", "timeout"), TlsaAnswer("mx.a.test", "none", (), 300, True)]),
    ("none", HostAnswer(family(secure=False), NONE), []),
    ("absent", HostAnswer(NONE, NONE), []),
    ("none", HostAnswer(family("none", secure=False), NONE), []),
    ("unknown", HostAnswer(family("timeout"), NONE), []),
    ("unknown", HostAnswer(family("bogus"), family("error")), []),
]


@pytest.mark.parametrize(("expected", "answer", "asked"), STATUSES)
def test_what_dns_says_about_a_host(expected: str, answer: HostAnswer, asked: list[TlsaAnswer]) -> None:
    """A failure is never "none"; only a secure "no address" takes a host out of the count."""
    assert of_host("mx.a.test", answer, asked).status is TlsaStatus(expected)


def test_a_chain_is_walked_to_the_roots() -> None:
    """The first thing that is wrong is said: dates, an unknown root, itself as root, the name."""
    roots = Anchors([PKI.root.der, b"no certificate"])
    assert roots.count == 1
    words = [
        pkix(chain, name, roots, at).word
        for chain, name, at in (
            (LEAF.chain, "mx.a.test", NOW),
            (LEAF.chain, "mx.b.test", NOW),
            (LEAF.chain[:1], "mx.a.test", NOW),
            (OLD.chain, "mx.a.test", NOW),
            (OLD.chain, "mx.a.test", NOW - timedelta(days=5)),
            (LEAF.chain, "mx.a.test", NOW + timedelta(days=60)),
            (issue(["mx.a.test"]).chain, "mx.a.test", NOW),
            ((b"rubbish",), "mx.a.test", NOW),
            ((), "mx.a.test", NOW),
        )
    ]
    assert words == ["ok", "wrong_name", "untrusted", "expired", "ok", "expired", "self_signed", "bad_certificate", "bad_certificate"]
    assert not name_holds(LEAF.der, "a b")
