"""The STARTTLS probe against servers that say anything: bounded, and never better than what was really shown."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin_backend.edges.smtp_probe.prober import SmtpProber
from addin_backend.model.transport import HostProbe
from sizes import size

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Scripted:
    """Says ``lines`` one after the other, each after something was heard (the first at once), and then closes."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.connections = 0
        self.loop = asyncio.new_event_loop()
        self._server = self.loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            for number, line in enumerate(self.lines):
                if number and not await reader.read(4096):
                    break
                writer.write(line)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def close(self) -> None:
        """Stop."""
        self.loop.call_soon_threadsafe(self._server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.run_until_complete(_let_go())
        self.loop.close()


async def _let_go() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    """The server."""
    made = Scripted()
    yield made
    made.close()


@pytest.fixture(scope="module")
def prober(server: Scripted) -> Iterator[SmtpProber]:
    """A prober that asks it."""
    made = SmtpProber(lambda: AT, port=server.port, allow_private=True, limits=(1.0, 1.0))
    yield made
    made.close()


def asked(prober: SmtpProber, server: Scripted, *lines: bytes) -> HostProbe:
    """One probe against a script."""
    server.lines = list(lines)
    return prober.probe("mx.a.test", "mx.a.test", ["127.0.0.1"], 3.0)


EHLO = b"250-a\r\n250 STARTTLS\r\n"
CASES = [
    ("plaintext", "no_starttls", (b"220 a\r\n", b"250 a\r\n")),
    ("plaintext", "no_starttls", (b"220 a\r\n", b"250-a\r\n250 STARTTLSX\r\n")),
    ("plaintext", "no_starttls", (b"220 a\r\n", b"250 STARTTLS\r\n")),
    ("plaintext", "no_ehlo", (b"220 a\r\n", b"502 no\r\n")),
    ("plaintext", "starttls_refused", (b"220 a\r\n", EHLO, b"502 no\r\n")),
    ("unknown", "banner_421", (b"421 busy\r\n",)),
    ("unknown", "banner_554", (b"554 no\r\n",)),
    ("unknown", "ehlo_550", (b"220 a\r\n", b"550 you? no\r\n")),
    ("unknown", "ehlo_421", (b"220 a\r\n", b"421 bye\r\n")),
    ("unknown", "starttls_454", (b"220 a\r\n", EHLO, b"454 later\r\n")),
    ("unknown", "plaintext_before_tls", (b"220 a\r\n", EHLO, b"220 go\r\n250 injected\r\n")),
    ("unknown", "bad_reply", (b"hello\r\n",)),
    ("unknown", "bad_reply", (b"220-a\r\n250 b\r\n",)),
    ("unknown", "bad_reply", (b"\x00\x00\x00\n",)),
    ("unknown", "endless_reply", (b"220-" + b"x" * 5000 + b"\r\n",)),
    ("unknown", "endless_reply", (b"220-a\r\n" * 200,)),
    ("unknown", "endless_reply", (b"2" * 100_000,)),
    ("unknown", "closed", (b"220-a\r\n",)),
    ("unknown", "closed", ()),
]


@pytest.mark.parametrize(("outcome", "detail", "lines"), CASES)
def test_each_dialogue_has_its_outcome(prober: SmtpProber, server: Scripted, outcome: str, detail: str, lines: tuple[bytes, ...]) -> None:
    """Only a server that says so is plaintext; busy, broken and endless ones are unknown with their reason."""
    found = asked(prober, server, *lines).addresses[0]
    assert (found.outcome, found.detail) == (outcome, detail)


def test_a_mute_server_costs_its_time_and_no_more(prober: SmtpProber, server: Scripted) -> None:
    """A tarpit is unknown when its second is over."""
    began = time.monotonic()
    found = asked(prober, server, b"220-slow\r\n", b"never asked for")
    assert (found.addresses[0].outcome, time.monotonic() - began < 2.5) == ("unknown", True)


def test_nobody_there_and_private_addresses() -> None:
    """A closed port is a refusal; an address inside our network is not even asked."""
    prober = SmtpProber(lambda: AT, port=1, allow_private=True)
    assert prober.probe("a.test", "a.test", ["127.0.0.1"], 2.0).addresses[0].detail == "refused"
    prober.close()
    strict = SmtpProber(lambda: AT, port=1)
    found = strict.probe("a.test", "a.test", ["127.0.0.1", "10.0.0.1", "fd00::1"], 2.0).addresses
    assert [(item.address, item.outcome, item.detail) for item in found] == [
        ("127.0.0.1", "unknown", "private_address"),
        ("fd00::1", "unknown", "private_address"),
    ]
    strict.close()


REPLY = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda code, dash, text, end: f"{code}{dash}{text}{end}".encode("latin-1", "replace"),
        st.integers(0, 999),
        st.sampled_from([" ", "-", ""]),
        st.sampled_from(["STARTTLS", "a", "", "SIZE 1\r\n250 STARTTLS"]),
        st.sampled_from(["\r\n", "\n", "", "\r"]),
    ),
    st.just(b"220 a\r\n"),
    st.just(EHLO),
)


@given(st.lists(REPLY, max_size=5))
@settings(max_examples=size(sample=40, full=2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_dialogue_in_clear_counts_as_tls(prober: SmtpProber, server: Scripted, lines: list[bytes]) -> None:
    """Whatever a server says in clear: an outcome with a reason, in time, and never TLS."""
    began = time.monotonic()
    found = asked(prober, server, *lines).addresses[0]
    assert found.outcome in {"plaintext", "unknown"}
    assert found.detail
    assert time.monotonic() - began < 4
