"""What an MX answer means: who is eligible, who refuses, and what nobody can tell. And what a domain name is."""

from __future__ import annotations

import pytest

from addin_backend.evidence.transport.mx import MOST_HOSTS, MxFacts, MxStatus, read_mx
from addin_backend.evidence.transport.names import a_label, is_address
from addin_backend.model.transport import MxAnswer

CASES = [
    (
        MxFacts(MxStatus.HAS_MX, ((10, "mx1.good.test"), (20, "mx2.good.test"))),
        MxAnswer("ok", ((20, "mx2.good.test"), (10, "mx1.good.test"))),
    ),
    (MxFacts(MxStatus.HAS_MX, ((10, "mx1.good.test"),)), MxAnswer("ok", ((10, "MX1.good.test."), (10, "mx1.good.test")))),
    (MxFacts(MxStatus.IMPLICIT, ((0, "good.test"),)), MxAnswer("implicit", ((0, "good.test"),))),
    (MxFacts(MxStatus.NULL), MxAnswer("null", ((0, ""),))),
    (MxFacts(MxStatus.NULL), MxAnswer("ok", ((0, "."),))),
    (MxFacts(MxStatus.NULL_BESIDE_OTHERS, ((10, "mx1.good.test"),)), MxAnswer("ok", ((0, ""), (10, "mx1.good.test")))),
    (MxFacts(MxStatus.NO_DOMAIN), MxAnswer("none")),
    (MxFacts(MxStatus.NO_ADDRESS), MxAnswer("no_address")),
    (MxFacts(MxStatus.HAS_MX, ((20, "mx1.good.test"),), ("192.0.2.1",)), MxAnswer("ok", ((10, "192.0.2.1"), (20, "mx1.good.test")))),
    (MxFacts(MxStatus.UNUSABLE, (), ("192.0.2.1", "localhost")), MxAnswer("ok", ((10, "192.0.2.1"), (20, "localhost")))),
    (MxFacts(MxStatus.TIMEOUT), MxAnswer("timeout")),
    (MxFacts(MxStatus.ERROR), MxAnswer("error")),
    (MxFacts(MxStatus.ERROR), MxAnswer("a word that nobody knows")),
    (MxFacts(MxStatus.UNUSABLE), MxAnswer("ok", ())),
]


@pytest.mark.parametrize(("expected", "answer"), CASES)
def test_each_answer_has_its_word(expected: MxFacts, answer: MxAnswer) -> None:
    """Every kind of MX answer gives its status, the eligible hosts in order, and those that no mail can go to."""
    assert read_mx("good.test", answer) == expected


@pytest.mark.parametrize(("expected", "count"), [("has_mx", MOST_HOSTS), ("too_many", MOST_HOSTS + 1), ("too_many", 300)])
def test_more_mx_than_can_be_asked_are_no_answer(expected: str, count: int) -> None:
    """A verdict over all MX needs all of them; who has more than we ask gets none, instead of one over some."""
    facts = read_mx("good.test", MxAnswer("ok", tuple((10, f"mx{number}.good.test") for number in range(count))))
    assert (facts.status.value, len(facts.names)) == (expected, count if expected == "has_mx" else 0)


DOMAINS = [
    ("good.test", "good.test"),
    ("good.test", " Good.TEST. "),
    ("xn--rdgrd-vuad.test", "rødgrød.test"),
    ("_dmarc.good.test", "_dmarc.good.test"),
    (None, "test"),
    (None, ""),
    (None, "192.0.2.1"),
    (None, "[192.0.2.1]"),
    (None, "[IPv6:2001:db8::1]"),
    (None, "2001:db8::1"),
    (None, "good..test"),
    (None, "-good.test"),
    (None, "go od.test"),
    (None, "good.test\x00"),
    (None, "good.1"),
    (None, f"{'a' * 64}.test"),
    (None, ".".join(["abcdefgh"] * 40)),
    (None, "å" * 3000 + ".test"),
    (None, "http://good.test/"),
]


@pytest.mark.parametrize(("expected", "name"), DOMAINS)
def test_a_domain_is_written_in_a_labels_or_is_none(expected: str | None, name: str) -> None:
    """What is looked up is a domain name of at least two labels, in lower-case A-labels."""
    assert a_label(name) == expected


@pytest.mark.parametrize(
    ("expected", "name"), [(True, "192.0.2.1"), (True, "[IPv6:2001:db8::1]"), (True, "192.0.2.1."), (False, "good.test"), (False, "")]
)
def test_an_address_is_told_from_a_name(expected: bool, name: str) -> None:
    """An address literal is recognised with and without its brackets (RFC 5321 §4.1.3)."""
    assert is_address(name) is expected
