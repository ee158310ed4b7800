"""`tools/withdraw_from_postfix.py` on a real Postfix of its own, in which every mail waits for TLS."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ANNA, PETER, EVA = "anna@fynskpension.example", "peter@skovadvokat.example", "eva@fynskpension.example"
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
inet_interfaces = loopback-only
mydestination =
myhostname = relay.example
default_transport = retry:4.7.4 TLS is required, but was not offered
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
"""
MASTER = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's queue belongs to root and its own user")


class Relay:
    """The running Postfix."""

    def __init__(self, folder: Path) -> None:
        self.config, self.answers = folder / "conf", folder / "answers.csv"
        for name in ("conf", "spool", "data"):
            (folder / name).mkdir()
        folder.chmod(0o755)
        shutil.chown(folder / "data", "postfix")
        (self.config / "main.cf").write_text(MAIN.format(folder=folder))
        (self.config / "master.cf").write_text(MASTER)

    def run(self, *command: str, text: str = "") -> str:
        """A command, with a time to end in. Output of what stays behind goes to nobody."""
        return subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout

    def control(self, word: str) -> None:
        """Start or stop it."""
        subprocess.run(
            ["postfix", "-c", str(self.config), word], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=60, check=True,
        )  # fmt: skip

    def send(self, name: str, *to: str) -> str:
        """Give it a mail; its Message-ID."""
        message_id = f"<{name}.clear@nordlys.example>"
        text = f"From: mette@nordlys.example\nTo: {', '.join(to)}\nMessage-ID: {message_id}\nSubject: x\n\nHej\n"
        self.run("sendmail", "-C", str(self.config), "-f", "mette@nordlys.example", *to, text=text)
        return message_id

    def lying(self) -> list[tuple[str, list[str]]]:
        """Queue and recipients of each file, in no order."""
        found = [json.loads(line) for line in self.run("postqueue", "-c", str(self.config), "-j").splitlines()]
        return sorted((one["queue_name"], sorted(who["address"] for who in one["recipients"])) for one in found)

    def until(self, *wanted: tuple[str, list[str]]) -> None:
        """Wait until just this lies there."""
        for _ in range(300):
            if self.lying() == sorted(wanted):
                return
            time.sleep(0.1)
        raise AssertionError(self.lying())

    def withdraw(self, wanted: dict[str, list[str]]) -> set[tuple[str, str, str]]:
        """(Message-ID, recipient, status) of each row."""
        asked = "".join(json.dumps({"message_id": mail, "recipients": who}) + "\n" for mail, who in wanted.items())
        tool = Path(__file__).resolve().parents[2] / "tools" / "withdraw_from_postfix.py"
        said = self.run(sys.executable, str(tool), "--config", str(self.config), "--answers", str(self.answers), text=asked)
        return {(row["message_id"], row["recipient"], row["status"]) for row in csv.DictReader(said.splitlines())}


@pytest.fixture(scope="module")
def relay(tool: Callable[[str], str]) -> Iterator[Relay]:
    """Up and running. (Not in pytest's own folder: Postfix's user has to get through to its queue.)"""
    tool("postfix")
    with TemporaryDirectory(prefix="relay-") as folder:
        made = Relay(Path(folder))
        made.control("start")
        try:
            yield made
        finally:
            made.control("stop")


@needs_root
def test_only_what_certainly_will_not_arrive_is_called_withdrawn(relay: Relay) -> None:
    """A file with somebody else left in it goes on waiting; what lies nowhere may have been delivered; other mail is not touched."""
    alone, shared = relay.send("one", ANNA), relay.send("two", ANNA, PETER)
    relay.send("three", EVA)
    relay.until(("deferred", [ANNA]), ("deferred", [ANNA, PETER]), ("deferred", [EVA]))
    gone = "<nine.clear@nordlys.example>"
    found = relay.withdraw({alone: [ANNA], shared: [ANNA], gone: [ANNA]})
    assert {(alone, ANNA, "withdrawn"), (shared, ANNA, "not_withdrawn"), (gone, ANNA, "not_withdrawn")} == found
    relay.until(("deferred", [ANNA, PETER]), ("deferred", [EVA]))
    assert {(shared, ANNA, "withdrawn"), (shared, PETER, "withdrawn")} == relay.withdraw({shared: [ANNA.upper(), PETER]})
    relay.until(("deferred", [EVA]))
    rows = list(csv.DictReader(relay.answers.read_text().splitlines()))
    assert (5, {"message_id", "recipient", "status", "date"}) == (len(rows), set(rows[0]))


@needs_root
def test_a_mail_that_lies_there_twice_is_withdrawn_only_when_both_are(relay: Relay) -> None:
    """One file of it can be taken out, the other one still goes to somebody who was not asked for: it may yet arrive."""
    twice = relay.send("four", ANNA)
    assert twice == relay.send("four", ANNA, PETER)
    relay.until(("deferred", [ANNA]), ("deferred", [ANNA, PETER]), ("deferred", [EVA]))
    assert {(twice, ANNA, "not_withdrawn")} == relay.withdraw({twice: [ANNA]})
    assert {(twice, ANNA, "withdrawn"), (twice, PETER, "withdrawn")} == relay.withdraw({twice: [ANNA, PETER]})
    relay.until(("deferred", [EVA]))


@needs_root
def test_nothing_asked_for_is_nothing_done(relay: Relay) -> None:
    """And what is no listing is refused."""
    before = relay.lying()
    assert set() == relay.withdraw({})
    tool = Path(__file__).resolve().parents[2] / "tools" / "withdraw_from_postfix.py"
    refused = subprocess.run([sys.executable, str(tool)], input="[1]\n", text=True, capture_output=True, timeout=60, check=False)
    assert (2, before) == (refused.returncode, relay.lying())
