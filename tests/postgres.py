"""A PostgreSQL cluster of the tests' own: made in a temporary folder, on loopback, as durable as it comes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

PATIENCE = 60.0  # seconds
USERS = ("postgres", "nobody")  # root may not run a cluster


def _as_somebody(command: list[str]) -> list[str]:
    """Root runs it as another user."""
    if os.geteuid() != 0:
        return command
    user = next(name for name in USERS if _known(name))
    return [shutil.which("setpriv") or "setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups", *command]


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Cluster:
    """A running cluster; ``fresh`` makes an empty database in it."""

    port: int
    process: subprocess.Popen[bytes]

    def fresh(self) -> str:
        """The URL of a new database."""
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(host="127.0.0.1", port=self.port, user="tests", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://tests@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="tests", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, "PostgreSQL ended"
            assert time.monotonic() < until, "PostgreSQL never answered"
            time.sleep(0.1)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of its own that belongs to the user who runs the cluster: pytest's are for root alone."""
    made = Path(tempfile.mkdtemp(prefix="postgresql-of-tests-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(made, next(name for name in USERS if _known(name)))
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def cluster(postgres: str) -> Iterator[Cluster]:
    """A cluster for as long as the block runs. ``postgres`` is the path of the server program; initdb stands beside it."""
    with _folder() as folder:
        data, programs = folder / "data", Path(postgres).resolve().parent
        make = [str(programs / "initdb"), "--pgdata", str(data), "--username", "tests", "--auth", "trust", "--encoding", "UTF8"]
        subprocess.run(_as_somebody([*make, "--locale", "C"]), check=True, capture_output=True, cwd="/")
        port = _free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", "", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]
        serve = _as_somebody([str(programs / "postgres"), "-D", str(data), *options])
        with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
            made = Cluster(port, process)
            try:
                made.wait()
                yield made
            finally:
                process.send_signal(signal.SIGINT)  # fast shutdown
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
