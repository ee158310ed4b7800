"""What every test may ask for: the project's root, the outside programs, the shared data, and a network that is only loopback."""

from __future__ import annotations

import ipaddress
import json
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import postgres
import sizes
from postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
CALLS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


# Handed out first, so that the workers end together; the rest is handed out as it is collected. Seconds of one run on two cores.
LONGEST = (
    "faults/test_fault_matrix.py",  # 180
    "browser/test_pane.py",  # 180
    "browser/test_playground.py",  # 180
    "journeys/test_cli_policy.py",  # 90
    "journeys/test_durable_crash.py",  # 90
    "journeys/test_start_refusals.py",  # 90
    "policy/test_edit_policy.py",  # 80
    "journeys/test_send_exchange_faults.py",  # 70
    "contract/test_mailbox.py",  # 70
    "journeys/test_cli_check.py",  # 70
    "policy/test_bad_input.py",  # 60
    "browser/test_meeting.py",  # 60
    "journeys/test_engines_faults.py",  # 60
    "web/test_exchange_page.py",  # 55
    "journeys/test_log_proofs.py",  # 50
    "policy/test_diff_and_replay.py",  # 40
    "policy/test_policy_cases.py",  # 40
    "policy/test_policy_mutation.py",  # 40
    "lab/test_transport_lab.py",  # 40
)


class NotLoopback(OSError):
    """A test, or what it tests, reached for another machine. To the product it looks like a network that is not there."""


class Guard:
    """Refuses calls to other machines while ``on``. An audit hook (PEP 578), so that no library can go round it in this process."""

    on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise NotLoopback for a connection, a datagram or a name look-up that would leave this machine."""
        if not self.on or event not in CALLS | LOOK_UPS:
            return
        if event in LOOK_UPS:
            host = arguments[0]
        elif arguments[0].family in (socket.AF_INET, socket.AF_INET6) and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        if not _is_loopback(host):
            raise NotLoopback(f"tests reach loopback only; refused: {event}")


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


GUARD = Guard()


def pytest_configure(config: pytest.Config) -> None:
    """Hook the guard in once per process."""
    sys.addaudithook(GUARD)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first (tools/test.sh keeps xdist from sorting them by their number of tests)."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    gone = [str(path) for path in places if not path.exists()]
    if gone:
        raise pytest.UsageError(f"LONGEST names files that are no more: {gone}")
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """No test calls another machine. (Programs that a test starts are outside this guard: give them loopback addresses.)"""
    GUARD.on = True
    yield
    GUARD.on = False


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of public schemas, vectors and facts beside the checkout; the test skips where a clone stands alone."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """``tool("opa")`` gives the path of OPA, Regal, Chromium, tesseract or openssl as ``make tools`` found it.

    A tool that is missing fails the test, or skips it when ``make tools`` ran with ALLOW_MISSING=1.
    """
    record = ROOT / ".tools" / "paths.json"
    known: dict[str, Any] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {"paths": {}, "allow_missing": False}

    def path_of(name: str) -> str:
        built = ROOT / ".tools" / name
        path = known["paths"].get(name) or (str(built) if built.exists() else shutil.which(name))
        if path:
            return str(path)
        if known["allow_missing"]:
            pytest.skip(f"{name} is not on this machine (ALLOW_MISSING=1)")
        pytest.fail(f"{name} was not found: run make tools")

    return path_of


@pytest.fixture(scope="session")
def cluster(tool: Callable[[str], str]) -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own, for the whole run."""
    with postgres.cluster(tool("postgres")) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the sampled tests with their sizes."""
    if sizes.USED:
        terminalreporter.section("rounds of the sampled tests (make test-full runs all)")
        for name, count, full in sizes.USED:
            terminalreporter.write_line(f"{count:>7} of {full:>7}  {name}")
