"""The policy fetcher against an HTTPS server on loopback: what it takes, what it refuses, and that it ends in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from addin_backend.edges.mta_sts_fetch import MAX_BYTES, MtaStsFetcher
from addin_backend.model.network import is_public
from addin_backend.model.transport import AddressAnswer
from lab.https_server import LabCa, LabHttps, Page

POLICY = b"version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 86400\n"
PAGES = {
    "mta-sts.good.test": Page(POLICY),
    "mta-sts.charset.test": Page(POLICY, media_type="Text/Plain; charset=utf-8"),
    "mta-sts.chunks.test": Page(POLICY, length=False, drip=0.001),
    "mta-sts.full.test": Page(b"a" * MAX_BYTES),
    "mta-sts.moved.test": Page(status=301, headers=(("Location", "https://mta-sts.good.test/.well-known/mta-sts.txt"),)),
    "mta-sts.unmodified.test": Page(status=304),
    "mta-sts.gone.test": Page(status=410),
    "mta-sts.broken.test": Page(status=500),
    "mta-sts.partial.test": Page(POLICY, status=206),
    "mta-sts.html.test": Page(POLICY, media_type="text/html"),
    "mta-sts.untyped.test": Page(POLICY, media_type=""),
    "mta-sts.packed.test": Page(POLICY, headers=(("Content-Encoding", "gzip"),)),
    "mta-sts.long.test": Page(b"a" * (MAX_BYTES + 1)),
    "mta-sts.endless.test": Page(b"a" * (4 * MAX_BYTES), length=False),
    "mta-sts.slow.test": Page(POLICY, pause=1.5),
    "mta-sts.drip.test": Page(POLICY, drip=0.1),
}
NAMES = [*PAGES, "mta-sts.missing.test"]


class Addresses:
    """Every name is on this machine, but for those that say otherwise."""

    def __init__(self, **other: AddressAnswer) -> None:
        self.other = other

    def addresses(self, name: str, deadline: float) -> AddressAnswer:
        """The answer for ``name``."""
        return self.other.get(name.split(".")[1], AddressAnswer("ok", ("127.0.0.1",), 60))


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> LabCa:
    """A root that the fetcher is told to trust."""
    return LabCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def https(ca: LabCa) -> Iterator[LabHttps]:
    """A server with a good certificate for every name."""
    with LabHttps(ca.context(NAMES), PAGES) as server:
        yield server


def fetcher(ca: LabCa, https: LabHttps, addresses: Addresses | None = None) -> MtaStsFetcher:
    """A fetcher as it stands behind a loopback resolver."""
    return MtaStsFetcher(addresses or Addresses(), ca_file=str(ca.root_file), allow_private=True, port=https.port)


CASES = [
    ("ok", "good.test"),
    ("ok", "charset.test"),
    ("ok", "chunks.test"),
    ("ok", "full.test"),
    ("redirect", "moved.test"),
    ("redirect", "unmodified.test"),
    ("not_found", "gone.test"),
    ("not_found", "missing.test"),
    ("error", "broken.test"),
    ("error", "partial.test"),
    ("wrong_type", "html.test"),
    ("wrong_type", "untyped.test"),
    ("wrong_type", "packed.test"),
    ("too_large", "long.test"),
    ("too_large", "endless.test"),
]


@pytest.mark.parametrize(("expected", "domain"), CASES)
def test_each_answer_has_its_word(ca: LabCa, https: LabHttps, expected: str, domain: str) -> None:
    """Only a 200 with text/plain of at most 64 kB is a policy; anything else says what it was (RFC 8461 §3.3)."""
    found = fetcher(ca, https).fetch(domain, 5.0)
    assert (found.status, found.body) == (expected, PAGES[f"mta-sts.{domain}"].body if expected == "ok" else b"")


def test_the_request_names_the_policy_host(ca: LabCa, https: LabHttps) -> None:
    """SNI, Host and path are those of the policy, though the connection goes to an address; a redirect is not followed."""
    before = len(https.asked)
    fetcher(ca, https).fetch("moved.test", 5.0)
    assert https.asked[before:] == [("mta-sts.moved.test", "mta-sts.moved.test", "/.well-known/mta-sts.txt")]


@pytest.mark.parametrize("domain", ["slow.test", "drip.test"])
def test_one_deadline_covers_everything(ca: LabCa, https: LabHttps, domain: str) -> None:
    """A server that waits, or that sends a byte at a time and so never lets a read time out, is left at the deadline."""
    started = time.monotonic()
    assert fetcher(ca, https).fetch(domain, 0.5).status == "timeout"
    assert time.monotonic() - started < 1.2


def test_a_host_that_never_speaks_is_left_at_the_deadline(ca: LabCa, https: LabHttps) -> None:
    """A port that accepts and says nothing holds up the handshake until the deadline and no longer."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        started = time.monotonic()
        silent = MtaStsFetcher(Addresses(), ca_file=str(ca.root_file), allow_private=True, port=mute.getsockname()[1])
        assert silent.fetch("good.test", 0.4).status == "timeout"
        assert time.monotonic() - started < 1.2


BAD_CERTIFICATES = [
    ("of another name", {"names": ["mta-sts.other.test"]}),
    ("of the parent only", {"names": ["good.test"]}),
    ("name in the common name only", {"names": ["other.test"], "common_name": "mta-sts.good.test"}),
    ("expired", {"names": ["mta-sts.good.test"], "days": -1}),
]


@pytest.mark.parametrize(("case", "made"), BAD_CERTIFICATES, ids=[case[0] for case in BAD_CERTIFICATES])
def test_a_certificate_that_does_not_hold_is_a_tls_error(ca: LabCa, case: str, made: dict[str, object]) -> None:
    """A wrong name, a name outside subjectAltName and an expired certificate give no policy."""
    with LabHttps(ca.context(**made), PAGES) as server:  # type: ignore[arg-type] # a table of arguments
        assert fetcher(ca, server).fetch("good.test", 5.0).status == "tls_error", case
        assert server.asked == []


def test_an_unknown_root_is_a_tls_error(ca: LabCa, tmp_path: Path) -> None:
    """A certificate from a root that we do not trust gives no policy; neither do the public roots trust the lab's."""
    stranger = LabCa(tmp_path)
    with LabHttps(stranger.context(NAMES), PAGES) as server:
        assert fetcher(ca, server).fetch("good.test", 5.0).status == "tls_error"
        assert MtaStsFetcher(Addresses(), allow_private=True, port=server.port).fetch("good.test", 5.0).status == "tls_error"


def test_a_wildcard_certificate_holds(ca: LabCa) -> None:
    """A wildcard for the left-most label is a valid name (RFC 6125 §6.4.3)."""
    with LabHttps(ca.context(["*.good.test"]), PAGES) as server:
        assert fetcher(ca, server).fetch("good.test", 5.0).status == "ok"


@pytest.mark.parametrize(
    ("expected", "answer"),
    [("timeout", AddressAnswer("timeout")), ("not_found", AddressAnswer("none")), ("error", AddressAnswer("error"))],
)
def test_a_host_without_an_address_has_its_word(ca: LabCa, https: LabHttps, expected: str, answer: AddressAnswer) -> None:
    """What DNS said about the policy host is what the fetch says."""
    assert fetcher(ca, https, Addresses(good=answer)).fetch("good.test", 5.0).status == expected


def test_another_address_is_tried(ca: LabCa, https: LabHttps) -> None:
    """Where one address refuses the connection the next one may answer."""
    found = fetcher(ca, https, Addresses(good=AddressAnswer("ok", ("127.0.0.9", "127.0.0.1")))).fetch("good.test", 5.0)
    assert found.status == "ok"


def test_no_time_left_is_a_timeout(ca: LabCa, https: LabHttps) -> None:
    """A spent budget asks nothing."""
    before = len(https.asked)
    assert fetcher(ca, https).fetch("good.test", 0.0).status == "timeout"
    assert len(https.asked) == before


def test_private_addresses_are_refused(ca: LabCa, https: LabHttps) -> None:
    """Without the test setting a policy host on this machine or in our network is not called."""
    before = len(https.asked)
    inside = Addresses(good=AddressAnswer("ok", ("127.0.0.1", "10.0.0.1", "::1")))
    assert MtaStsFetcher(inside, ca_file=str(ca.root_file), port=https.port).fetch("good.test", 5.0).status == "refused"
    assert len(https.asked) == before


ADDRESSES = [
    (True, "8.8.8.8"),
    (True, "2a01:111:f403::1"),
    (True, "::ffff:8.8.8.8"),
    (True, "64:ff9b::808:808"),
    (False, "127.0.0.1"),
    (False, "10.1.2.3"),
    (False, "172.16.0.1"),
    (False, "192.168.1.1"),
    (False, "169.254.169.254"),
    (False, "100.64.0.1"),
    (False, "0.0.0.0"),  # noqa: S104 the address is data
    (False, "224.0.0.1"),
    (False, "255.255.255.255"),
    (False, "192.0.2.1"),
    (False, "::1"),
    (False, "::"),
    (False, "fe80::1"),
    (False, "fd00::1"),
    (False, "fec0::1"),
    (False, "ff02::1"),
    (False, "::ffff:10.0.0.1"),
    (False, "64:ff9b::a00:1"),
    (False, "2002:a00:1::"),
    (False, "2001:0:53aa:64c:0:0:0:1"),
    (False, "not an address"),
]


@pytest.mark.parametrize(("expected", "address"), ADDRESSES)
def test_only_addresses_of_the_open_internet_are_public(expected: bool, address: str) -> None:
    """Private, local, reserved and multicast addresses are not, however they are wrapped."""
    assert is_public(address) is expected


def test_fetches_run_side_by_side(ca: LabCa, https: LabHttps) -> None:
    """One fetcher serves many threads."""
    one, found = fetcher(ca, https), []
    threads = [threading.Thread(target=lambda: found.append(one.fetch("good.test", 5.0).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["ok"] * 8


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("168.63.129.16", False),
        ("::ffff:168.63.129.16", False),
        ("64:ff9b::a83f:8110", False),
        ("168.63.129.15", True),
        ("192.88.99.0", False),
        ("192.88.99.255", False),
        ("192.88.98.255", True),
        ("3fff::1", False),
        ("3fff:fff:ffff::1", False),
        ("2a00:1450::1", True),
        ("8.8.8.8", True),
    ],
)
def test_addresses_that_only_look_public_are_not(address: str, expected: bool) -> None:
    """Azure's platform address, 6to4 relays and the documentation network are no policy hosts, also as mapped or NAT64 addresses."""
    assert expected is is_public(address)
