"""The guard of tests/conftest.py holds: no test can reach another machine without noticing."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7"])
def test_a_connection_to_another_machine_is_refused(address: str) -> None:
    """A TCP connection to an address that is not loopback fails at once, as a network error."""
    with socket.socket() as sock, pytest.raises(OSError, match="loopback only"):
        sock.connect((address, 9))


def test_a_datagram_to_another_machine_is_refused() -> None:
    """A DNS question cannot leave by UDP either."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OSError, match="loopback only"):
        sock.sendto(b"question", ("192.0.2.53", 53))


def test_a_name_is_not_looked_up() -> None:
    """The system resolver is not asked for any name but localhost."""
    with pytest.raises(OSError, match="loopback only"):
        socket.getaddrinfo("partner.example", 25)


def test_loopback_works() -> None:
    """What the tests live on is left alone."""
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert client.getpeername() == server.getsockname()
