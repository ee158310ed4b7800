"""Our reading of DNS messages against dnspython's: the same answers from the same octets, and nothing but an error from broken ones."""

from __future__ import annotations

import itertools

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from addin_backend.edges.dns import answers, wire
from addin_backend.edges.dns.exchange import Heard
from addin_backend.edges.dns.wire import Malformed
from addin_backend.model.transport import Wire
from sizes import size

LABELS = st.sampled_from(["a", "B-1", "_mta-sts", "xn--blbr-roah", "x" * 63, "\\.", "\\032", "\\200", "mx"])
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join).map(lambda name: name + ".test.")
DATA = {
    "MX": st.tuples(st.integers(0, 65535), NAMES | st.just(".")).map(lambda pair: f"{pair[0]} {pair[1]}"),
    "TXT": st.sampled_from(['"v=STSv1; id=1"', '"a" "b"', '"\\229"', '""']),
    "A": st.sampled_from(["127.0.0.1", "192.0.2.255"]),
    "AAAA": st.sampled_from(["::1", "2001:db8::", "::ffff:192.0.2.1"]),
    "TLSA": st.sampled_from(["3 1 1 " + "ab" * 32, "2 0 0 00", "255 255 255 ff"]),
}


@st.composite
def responses(draw: st.DrawFn) -> dns.message.Message:
    """A response with aliases, records, signatures, an SOA, extended errors, or without any of them."""
    kind = draw(st.sampled_from(sorted(DATA)))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
    response = dns.message.make_response(dns.message.make_query(names[0], kind, want_dnssec=True), recursion_available=True)
    response.flags |= draw(st.sampled_from([0, dns.flags.AD, dns.flags.TC]))
    response.set_rcode(draw(st.sampled_from([dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL, dns.rcode.BADVERS])))
    for alias, target in itertools.pairwise(names):
        response.answer.append(dns.rrset.from_text(alias, draw(st.integers(0, 2**31 - 1)), "IN", "CNAME", target))
    if draw(st.booleans()):
        found = draw(st.lists(DATA[kind], min_size=1, max_size=5))
        response.answer.append(dns.rrset.from_text(names[-1], draw(st.integers(0, 90000)), "IN", kind, *found))
    if draw(st.booleans()):
        response.authority.append(dns.rrset.from_text("test.", draw(st.integers(0, 9000)), "IN", "SOA", "ns.test. h.test. 1 2 3 4 60"))
    codes = draw(st.lists(st.sampled_from(dns.edns.EDECode), max_size=2))
    response.use_edns(0, ednsflags=dns.flags.DO, options=[dns.edns.EDEOption(code, "x") for code in codes])
    return response


def read_by_dnspython(message: dns.message.Message) -> tuple[object, ...]:
    """What the rest of the program needs of a response, read by dnspython."""
    assert isinstance(message, dns.message.QueryMessage)
    kind, ede = message.question[0].rdtype, tuple(int(item.code) for item in message.options if isinstance(item, dns.edns.EDEOption))
    head = (message.id, int(message.rcode()), ede, bool(message.flags & dns.flags.AD), bool(message.flags & dns.flags.TC))
    try:
        result = message.resolve_chaining()
    except dns.exception.DNSException:
        return (*head, "no answer")
    canonical = result.canonical_name.to_text(omit_final_dot=True).lower() if result.cnames else ""
    return (*head, int(result.minimum_ttl), canonical, sorted(map(_data, result.answer or ())), dns.rdatatype.to_text(kind))


def _data(item: object) -> tuple[object, ...]:
    kind = dns.rdatatype.to_text(item.rdtype)  # type: ignore[attr-defined] # dnspython's records have no common type for their fields
    if kind == "MX":
        return item.preference, item.exchange.to_text(omit_final_dot=True).lower().strip(".")  # type: ignore[attr-defined] # as above
    if kind == "TXT":
        return (b"".join(item.strings).decode("ascii", "replace"),)  # type: ignore[attr-defined] # as above
    if kind == "TLSA":
        return int(item.usage), int(item.selector), int(item.mtype), bytes(item.cert)  # type: ignore[attr-defined] # as above
    return (item.address,)  # type: ignore[attr-defined] # as above


def read_by_us(octets: bytes) -> tuple[object, ...]:
    """The same by our own reading. Raises Malformed."""
    message = wire.read(octets)
    kind = {number: name for name, number in wire.KINDS.items()}[message.question[1]]
    head = (message.number, message.rcode, message.ede, message.authenticated, message.truncated)
    try:
        found = message.chained()
    except Malformed:
        return (*head, "no answer")
    heard = Heard(Wire("", kind, "ok"), message)
    said: dict[str, list[tuple[object, ...]]] = {
        "MX": list(answers.mx("", heard, None, None).hosts) if kind == "MX" else [],
        "TXT": [(text,) for text in answers.txt(heard).texts] if kind == "TXT" else [],
        "TLSA": list(answers.tlsa("", heard).records) if kind == "TLSA" else [],
    }
    addresses: list[tuple[object, ...]] = [(address,) for address in answers.family(heard).addresses]
    return (*head, found.ttl, found.canonical, sorted(said.get(kind, addresses)), kind)


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(responses())
@settings(max_examples=size(sample=200, full=20000), deadline=None)
def test_we_read_what_dnspython_reads(response: dns.message.Message) -> None:
    """Number, code, extended errors, flags, least TTL, the end of the aliases and the data: the same for every response."""
    octets = response.to_wire(max_size=65535)
    assert read_by_us(octets) == read_by_dnspython(dns.message.from_wire(octets))


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(responses(), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3), st.floats(0, 1))
@settings(max_examples=size(sample=200, full=20000), deadline=None)
def test_broken_octets_are_an_error_and_nothing_else(response: dns.message.Message, changes: list[tuple[float, int]], kept: float) -> None:
    """Octets changed or cut off: Malformed, or a message whose every reading ends in a word."""
    octets = bytearray(response.to_wire(max_size=65535))
    for where, value in changes:
        octets[int(where * (len(octets) - 1))] = value
    try:
        message = wire.read(bytes(octets[: int(kept * len(octets))] if kept < 0.5 else octets))
    except Malformed:
        return
    for kind in DATA:
        heard = Heard(Wire("", kind, "ok"), message)
        said = [
            answers.mx("", heard, heard, heard).status,
            answers.txt(heard).status,
            answers.tlsa("", heard).status,
            answers.family(heard).status,
        ]
        assert set(said) <= {"ok", "none", "error", "null", "implicit", "no_address"}


@pytest.mark.timeout(900)  # all rounds, on cores that others use too
@given(st.binary(max_size=300))
@example(b"\0" * 12 + b"\xc0\x0c")
@example(b"\0\0\x81\x80\0\1\0\0\0\0\0\0" + b"\x3f" + b"a" * 63 + b"\xc0\x0c\0\1\0\1")
@settings(max_examples=size(sample=300, full=50000), deadline=None)
def test_any_octets_end(octets: bytes) -> None:
    """No octets make the reading run on: pointers lead back only."""
    try:
        wire.read(octets)
    except Malformed:
        return


@pytest.mark.parametrize("name", ["", ".", "a..b", "a" * 64, ".".join(["a" * 60] * 5), "blåbær.test", "a b.test", "a\\.b", "a/b"])
def test_what_is_no_host_name_is_not_asked(name: str) -> None:
    """No query leaves for it."""
    with pytest.raises(Malformed):
        wire.query(1, name, "A", 1232)


def test_a_query_is_what_dnspython_would_ask() -> None:
    """DO, AD and RD, never CD, and room for 1232 octets."""
    asked = dns.message.from_wire(wire.query(7, "_25._tcp.mx.good.test", "TLSA", 1232))
    assert ("_25._tcp.mx.good.test.", "TLSA") == (asked.question[0].name.to_text(), dns.rdatatype.to_text(asked.question[0].rdtype))
    assert (dns.flags.RD | dns.flags.AD, dns.flags.DO, 1232, 7) == (asked.flags, asked.ednsflags, asked.payload, asked.id)


def test_an_answer_to_another_question_is_none() -> None:
    """Another number, another name, another type, a query instead of a response: not our answer."""
    response = dns.message.make_response(dns.message.make_query("good.test", "MX"))
    message = wire.read(response.to_wire())
    assert message.answers(response.id, "GOOD.test", "MX")
    others = [(response.id ^ 1, "good.test", "MX"), (response.id, "bad.test", "MX"), (response.id, "good.test", "TXT")]
    assert [False] * 3 == [message.answers(*other) for other in others]
    assert not wire.read(dns.message.make_query("good.test", "MX", id=response.id).to_wire()).answers(response.id, "good.test", "MX")
