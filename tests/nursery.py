"""The process that `addin-backend` commands of the tests are forked from (``program.py``): what they import is loaded once.

``nursery.py SOCKET`` listens there. A connection brings one JSON line, ``{"argv", "cwd", "env"}``, and the three standard streams; the
command then runs as a process of its own, with its own finalisation, and the connection answers with its pid and its exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import socket
import sys
from contextlib import suppress
from typing import Any

BOOTSTRAP = "addin_backend.bootstrap"
LOADED = {  # what a command imports once it is chosen; a command that is not here imports for itself
    "check": ("check_files", "transport"),
    "classify": ("classify_files",),
    "probe": ("probe_domains",),
    "policy": ("policies", "policy_changes", "policy_views"),
    "log": ("logbook", "why"),
    "mailboxes": ("mailbox_table",),
    "serve": ("server",),
    "run": ("demo",),
}


def load(command: str) -> None:
    """Import it here, so that no fork has to. What fails to load fails again in the command, which tells."""
    for name in LOADED.get(command, ()):
        with suppress(Exception):
            importlib.import_module(f"{BOOTSTRAP}.{name}")


def child(connection: socket.socket, asked: dict[str, Any], streams: list[int]) -> bool:
    """True in the process that is to be the command. The one between waits for it, tells how it ended, and never returns."""
    pid = os.fork()
    if pid == 0:
        connection.close()
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 it stays open
        lines = 1 if asked["env"].get("PYTHONUNBUFFERED") else -1
        sys.stdout = open(1, "w", buffering=lines, closefd=False)  # noqa: SIM115 likewise
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 likewise
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["addin-backend", *asked["argv"]]
        sys.path[0] = asked["cwd"]  # as `python -m` has it
        return True
    for place in (*streams, 0, 1, 2):
        os.close(place)
    connection.sendall(b"%d\n" % pid)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):  # nobody waits any more
        connection.sendall(b"%d\n" % code)
    os._exit(0)


def reap() -> None:
    """Those that have ended; so the time that commands took counts as that of the tests."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(listening: socket.socket) -> bool:
    """Fork until standard input ends (False), or until this is a fork (True)."""
    waiting = select.poll()
    waiting.register(0, select.POLLHUP | select.POLLIN)
    waiting.register(listening, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        reap()
        if 0 in ready:
            return False
        connection, _ = listening.accept()
        with connection:
            line, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
            while not line.endswith(b"\n"):
                more = connection.recv(1 << 20)
                assert more, "a connection that ended before its line did"
                line += more
            asked = json.loads(line)
            load(next(iter(asked["argv"]), ""))
            if os.fork() == 0:
                listening.close()
                return child(connection, asked, streams)
        for stream in streams:
            os.close(stream)


def main() -> bool:
    """True in a fork that is to be a command."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen()
        print("listening", flush=True)
        importlib.import_module("addin_backend.cli.main")
        return serve(listening)


if __name__ == "__main__" and main():
    runpy.run_module("addin_backend", run_name="__main__")
