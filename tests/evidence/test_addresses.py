"""Recipients: what people and programs write becomes addresses that compare, and nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.evidence.addresses import normalise, parse_header
from addin_backend.model.message import RecipientKind
from sizes import size

TO = RecipientKind.TO


@pytest.mark.parametrize(
    ("expected", "written"),
    [
        (["anna@firma.example"], "Anna Lund <anna@FIRMA.example>"),
        (["anna+sag@firma.example"], "anna+sag@firma.example."),
        (["a@b.example", "c@d.example", "x@y.example"], 'Team: a@b.example, "C, D" <c@d.example>; x@y.example'),
        ([], "undisclosed-recipients:;"),
        ([], " , ; ,"),
        (["a@xn--blbr-roah.example"], "a@blåbær.example"),
        (["a@xn--blbr-roah.example"], "a@BLÅBÆR.example"),
        (['"a b"@c.example', "d@e.example"], '"a b"@c.example (a (nested) comment), d@e.example'),
        (["anna@c.example"], '"anna"@c.example'),
        (["a@[192.0.2.1]", "b@[IPv6:2001:db8::1]"], "a@[192.0.2.1], b@[ipv6:2001:DB8:0::1]"),
        (["a@b.example", "c@d.example"], "<a@b.example> <c@d.example>"),
        (["bo@x.example", "lis@x.example"], "Bo <bo@x.example> lis@x.example"),
        (["b@c.example"], "<@relay.example:b@c.example>"),
        (["a@b.example"], "a@b.example, A@B.Example"),
        (["a@b.example", "c@d.example"], "a@b.example; c@d.example"),
        (["søren@firma.example"], "søren@firma.example"),
    ],
)
def test_addresses_are_read_as_clients_read_them(expected: list[str], written: str) -> None:
    """Groups, comments, quotes, missing commas, literals and international domains give the addresses that a mail would go to."""
    found = parse_header(written, TO)
    assert [item.address for item in found] == expected
    assert all(item.valid for item in found)


@pytest.mark.parametrize(
    "written",
    [
        "kaj",
        "a@b",
        "a@b..example",
        "@b.example",
        "a b@c.example",
        "a@-b.example",
        "a@192.0.2.1",
        "a@[300.1.2.3]",
        "a@[tag:x]",
        "a..b@c.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@xn--\u00e5.example",
        "a@b_.1",
        "x" * 65 + "@b.example",
        "a@" + "b" * 64 + ".example",
        '""@b.example',
        "<>",
    ],
)
def test_what_is_no_address_keeps_its_text(written: str) -> None:
    """An invalid address is said to be invalid, has no domain, and is not thrown away."""
    found = normalise(written, TO)
    assert (False, "") == (found.valid, found.domain)
    assert found.address == written.strip()


def test_a_quotation_mark_that_never_closes_hides_no_address() -> None:
    """The address behind it is still found, and the rest stays as an invalid recipient."""
    assert [('"uafsluttet', False), ("a@b.example", True)] == [(r.address, r.valid) for r in parse_header('"uafsluttet, a@b.example', TO)]


def test_display_names_are_decoded_after_the_list_is_cut() -> None:
    """A comma inside an encoded word does not make two recipients (RFC 2047 §5)."""
    found = parse_header("=?utf-8?B?QW5uYSwgTHVuZA==?= <anna@x.example>, =?iso-8859-1?Q?S=F8ren?= <s@x.example>", TO)
    assert [("Anna, Lund", "anna@x.example"), ("Søren", "s@x.example")] == [(r.display_name, r.address) for r in found]


def test_a_literal_has_no_domain() -> None:
    """An address literal is valid, marked, and gives the policy no domain to trust (RFC 5321 §4.1.3)."""
    found = normalise("a@[192.0.2.1]", TO)
    assert (True, True, "") == (found.valid, found.literal, found.domain)


@settings(max_examples=size(sample=150, full=2000), deadline=None)
@given(st.text(max_size=80) | st.text(alphabet='ab.@<>[]"\\(),;: æ\u200b1-_', max_size=60))
def test_normalise_is_idempotent_and_never_raises(text: str) -> None:
    """Normalising twice gives what normalising once gave; a list with the text in it can always be read."""
    once = normalise(text, TO)
    again = normalise(once.address, TO)
    assert (once.address, once.domain, once.valid, once.literal) == (again.address, again.domain, again.valid, again.literal)
    parse_header(text, TO)


@pytest.mark.parametrize("pattern", ['"\\"', "(", "<", "a@b.example <c@d.example ", "[", "a:", ",", '"'])
def test_hostile_lists_are_read_in_linear_time(pattern: str) -> None:
    """A quarter of a megabyte of one pattern is read at once (the test's time limit would be passed by a quadratic reader)."""
    assert isinstance(parse_header(pattern * (250_000 // len(pattern)), TO), tuple)
