"""The lab's DNS is the demo world's; beside it a resolver that never answers."""

from __future__ import annotations

import socket

from addin_backend.sandbox.dns import LoopbackDns

LabDns = LoopbackDns


def silent_port() -> tuple[socket.socket, str]:
    """A UDP socket that never answers, and its IP:PORT: a resolver that cannot be reached. Close it after use."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock, f"127.0.0.1:{sock.getsockname()[1]}"
