"""The process in which regorus runs. Started by path, isolated, with an empty environment; imports regorus and the standard library only.

Standard input holds the policies (one JSON document). File descriptor 1 is a socket to the backend: frames of a 4-byte length
and a body. A question is 4 bytes of counter + JSON; a reply is the same counter + one byte of status + JSON or a word.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import sys
from typing import Any

OK, EVAL, UNDEFINED, COMPILE = b"+", b"e", b"u", b"c"
_NOTHING = {"null", '"<undefined>"', ""}  # how regorus writes that there is no answer
MAX_FRAME = 16 * 1024 * 1024
MEMORY_BYTES = 1024 * 1024 * 1024  # address space, not resident; a worker with our rules maps about 60 MB
CPU_SECONDS = 5  # of one evaluation; the backend kills earlier, this ends a worker whose backend is gone


def read_exactly(channel: socket.socket, count: int) -> bytes:
    """``count`` bytes, or b"" when the other side is gone."""
    parts = []
    while count:
        part = channel.recv(min(count, 65536))
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(channel: socket.socket) -> bytes:
    """One body, or b"" when the other side is gone. ValueError for one over the limit."""
    head = read_exactly(channel, 4)
    if not head:
        return b""
    (length,) = struct.unpack(">I", head)
    if length > MAX_FRAME:
        raise ValueError("frame over the limit")
    return read_exactly(channel, length)


def write_frame(channel: socket.socket, body: bytes) -> None:
    """Length and body."""
    channel.sendall(struct.pack(">I", len(body)) + body)


def _limit() -> None:
    """No memory without end, no files, no core dump that would hold a question."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_cpu() -> None:
    """RLIMIT_CPU counts from the start of the process, so the soft limit moves with each question."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + CPU_SECONDS, resource.RLIM_INFINITY))


def serve(channel: socket.socket, policies: dict[str, Any]) -> None:
    """Answer questions until the other side is gone. The first frame says whether the policies compiled."""
    import regorus  # after the limits are set

    engine = regorus.Engine()
    try:
        engine.set_gather_prints(True)
        for path, text in policies["modules"]:
            engine.add_policy(path, text)
        engine.add_data_json(json.dumps(policies["data"]))
        engine.set_input_json("{}")
        engine.eval_rule_as_json(policies["rule"])
    except Exception as error:  # noqa: BLE001 regorus raises RuntimeError and its own kinds; all of them mean: not usable
        write_frame(channel, b"\0\0\0\0" + COMPILE + str(error).split("Stack backtrace")[0].strip().encode())
        return
    write_frame(channel, b"\0\0\0\0" + OK)
    while frame := read_frame(channel):
        _limit_cpu()
        write_frame(channel, frame[:4] + _answer(engine, str(policies["rule"]), frame[4:].decode()))


def _answer(engine: Any, rule: str, question: str) -> bytes:
    """Status and body. An error's text may quote the question, so only its place in the rules goes back."""
    try:
        engine.set_input_json(question)
        answer: str = engine.eval_rule_as_json(rule)
    except Exception as error:  # noqa: BLE001 regorus raises RuntimeError and its own kinds; a panic is no Exception and ends the worker
        place = str(error).strip().split("\n")[0]
        return EVAL + (place.removeprefix("--> ") if place.startswith("--> ") else "").encode()
    if answer.strip() in _NOTHING:
        return UNDEFINED
    return OK + answer.encode()


def main() -> None:
    """Read the policies, then serve on descriptor 1."""
    policies = json.loads(sys.stdin.buffer.read())
    channel = socket.socket(fileno=os.dup(1))
    _limit()
    serve(channel, policies)


if __name__ == "__main__":
    main()
