"""Frames on the socket between the backend and a reading process: a 4-byte length and a body."""

from __future__ import annotations

import socket
import struct
import time

MAX_FRAME = 512 * 1024 * 1024  # a text of 48 million characters in UTF-8, and room
HEAD = struct.Struct(">I")
CHUNK = 1024 * 1024


def read_exactly(channel: socket.socket, count: int, end: float | None = None) -> bytes:
    """``count`` bytes. Raises TimeoutError at ``end`` (monotonic seconds), ConnectionResetError when the other side is gone."""
    buffer, have = bytearray(count), 0
    view = memoryview(buffer)
    while have < count:
        if end is not None:
            channel.settimeout(max(end - time.monotonic(), 0.001))
        got = channel.recv_into(view[have : have + CHUNK])
        if not got:
            raise ConnectionResetError
        have += got
    return bytes(buffer)


def read_frame(channel: socket.socket, end: float | None = None) -> bytes:
    """One body. Raises as ``read_exactly``; a length over the limit is ConnectionResetError: the other side is not to be trusted."""
    (length,) = HEAD.unpack(read_exactly(channel, HEAD.size, end))
    if length > MAX_FRAME:
        raise ConnectionResetError
    return read_exactly(channel, length, end)


def write_frame(channel: socket.socket, body: bytes, end: float | None = None) -> None:
    """Length and body. Raises OSError."""
    if end is not None:
        channel.settimeout(max(end - time.monotonic(), 0.001))
    channel.sendall(HEAD.pack(len(body)))
    channel.sendall(body)
