"""The product as a person starts it, and what the journeys ask of it: the API as the add-in, Exchange's journal as the judge."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from addin_backend.sandbox.exchange.process import Simulator
from addin_backend.sandbox.exchange.process import start as start_exchange
from program import ROOT, Forked

T = TypeVar("T")

METTE, JONAS = "mette.holm@nordlys.example", "jonas.friis@nordlys.example"
LISE, BO, ANNA = "lise@cafehavnen.example", "bo.madsen@postkasse.example", "anna.lund@fynskpension.example"
PETER, RAVI = "peter.skov@skovadvokat.example", "ravi.kumar@mumbaiclaims.example"
SEALED = "Krypterede kopier"
ENDED = frozenset({"sent", "not_sent", "partly_sent", "uncertain"})
# What looks into mailboxes by itself would meet the faults that a test plans.
QUIET = {"PYTHONUNBUFFERED": "1", "SENDSECURELY_REPORTS_SECONDS": "0", "SENDSECURELY_SEND_FOLDER_SECONDS": "0"}
PATIENCE = 120.0  # seconds: two cores may be shared with others
_FRONT, _EXCHANGE = re.compile(r"(http://127\.0\.0\.1:\d+)/playground"), re.compile(r"(http://127\.0\.0\.1:\d+)/sandbox/journal")


def eventually(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """The first truthy thing that ``look`` gives."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"never came: {what}")


def alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not waited for does not)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def attachment(name: str, media_type: str, content: bytes) -> dict[str, Any]:
    """An attachment of the API."""
    return {"name": name, "media_type": media_type, "base64": base64.b64encode(content).decode(), "inline": False, "content_id": ""}


def draft(
    *to: str, subject: str = "Hej", body: str = "Hej\n", cc: Sequence[str] = (), bcc: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """A draft of the API from Mette."""
    people = {kind: [{"address": address, "name": ""} for address in who] for kind, who in (("to", to), ("cc", cc), ("bcc", bcc))}
    plain = {"subject": subject, "body": body, "body_format": "plain", "attachments": [], "importance": "normal"}
    return {"item_id": None, "from": METTE, **people, **plain, **more}


class DemoWorld:
    """A running ``addin-backend run``. Errors of a whole life are kept: standard output and error stand in ``said``."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.said = data.with_name(data.name + ".said")
        self.exchange_again: Simulator | None = None
        self.start()

    # --- its life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it (again) on the same data, and wait for its addresses."""
        begins = self.said.stat().st_size if self.said.exists() else 0
        with self.said.open("ab") as said, Path(os.devnull).open() as nothing:
            streams = (nothing.fileno(), said.fileno(), said.fileno())
            self.process = Forked(["run", "--port", "0", "--data", str(self.data)], ROOT, {**os.environ, **QUIET}, streams)

        def addresses() -> tuple[str, str] | None:
            assert self.process.poll() is None, self.said.read_text(errors="replace")[-3000:]
            text = self.said.read_bytes()[begins:].decode(errors="replace")
            front, exchange = _FRONT.search(text), _EXCHANGE.search(text)
            return (front[1], exchange[1]) if front and exchange and "Ctrl-C" in text else None

        self.url, self.exchange = eventually(addresses, "the addresses")
        self.client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.outside = httpx.Client(base_url=self.exchange, timeout=30, trust_env=False)
        self.client.headers["Authorization"] = f"Bearer {self.token(METTE)}"

    def token(self, address: str) -> str:
        """The sandbox's token of a sample employee."""
        answer = self.client.post("/playground/api/identity", json={"address": address}).raise_for_status()
        return str(answer.json()["token"])

    def children(self) -> dict[int, str]:
        """Every descendant process with its command line."""
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                for child in map(int, task.read_text().split()):
                    with suppress(OSError):
                        found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                    waiting.append(child)
        return found

    def child(self, part: str) -> int:
        """The one child with ``part`` in its command line."""
        (pid,) = (pid for pid, command in self.children().items() if part in command and alive(pid))
        return pid

    def end(self, number: signal.Signals) -> dict[int, str]:
        """Signal it and wait; gives the descendants that it had."""
        had = self.children()
        self.client.close()
        self.outside.close()
        self.process.send_signal(number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if self.exchange_again is not None:
            self.exchange_again.stop()
            self.exchange_again = None
        return had

    def limit_files(self, size: int | None) -> None:
        """From now on no file of the server may grow beyond ``size`` bytes: a full disk. None: the disk has room again."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size if size is not None else -1, -1))

    # --- Exchange -------------------------------------------------------------------------------------------------------

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """Plan a fault at the simulator."""
        self.outside.post("/sandbox/faults", json={"operation": operation, "kind": kind, **more}).raise_for_status()

    def no_faults(self) -> None:
        """Forget the faults that were planned."""
        self.outside.delete("/sandbox/faults").raise_for_status()

    def journal(self) -> list[dict[str, Any]]:
        """Everything that left, oldest first."""
        return [json.loads(line) for line in self.outside.get("/sandbox/journal").text.splitlines()]

    def left(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """What left for one job."""
        return [entry for entry in self.journal() if entry["marker"].startswith(job["job_id"] + ".")]

    def items(self, folder: str, mailbox: str = METTE) -> list[dict[str, Any]]:
        """What lies in a folder, newest first."""
        found: list[dict[str, Any]] = self.outside.get(f"/sandbox/mailboxes/{mailbox}/{folder}").json()
        return found

    def item(self, folder: str, item_id: str) -> dict[str, Any] | None:
        """One item of a folder, or None."""
        return next((item for item in self.items(folder) if item["id"] == item_id), None)

    def mime(self, item_id: str, mailbox: str = METTE) -> bytes:
        """The MIME of an item."""
        return self.outside.get(f"/sandbox/mailboxes/{mailbox}/items/{item_id.replace('/', '%2F')}/mime").raise_for_status().content

    def kill_exchange(self) -> None:
        """SIGKILL the simulator."""
        if self.exchange_again is not None:
            self.exchange_again.kill()
            self.exchange_again = None
            return
        pid = self.child("addin_backend.sandbox.exchange")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not alive(pid), "the end of the simulator")

    def start_exchange(self) -> None:
        """The simulator again: the same port, the same mailboxes."""
        self.exchange_again = start_exchange(self.data / "exchange", port=int(self.exchange.rpartition(":")[2]))

    # --- the API as the add-in uses it ----------------------------------------------------------------------------------

    def sample(self, key: str) -> dict[str, Any]:
        """A ready-made draft."""
        samples: list[dict[str, Any]] = self.client.get("/playground/api/samples?lang=da").json()
        found: dict[str, Any] = next(sample for sample in samples if sample["key"] == key)["draft"]
        return found

    def save(self, mail: dict[str, Any]) -> dict[str, Any]:
        """Save a draft as Outlook does; the same draft with its item id."""
        answer = self.client.post("/playground/api/drafts", json={"mailbox": METTE, "draft": mail}).raise_for_status()
        return {**mail, "item_id": answer.json()["item_id"]}

    def check(self, mail: Any, **more: Any) -> httpx.Response:
        """What the send event asks."""
        return self.client.post("/api/v1/check", json={"mailbox": METTE, "language": "da", "draft": mail, **more})

    def press(self, mail: Any, key: str, **more: Any) -> httpx.Response:
        """*Send securely*."""
        body = {"idempotency_key": key, "mailbox": METTE, "language": "da", "draft": mail, "confirmed": [], "secure": True, **more}
        return self.client.post("/api/v1/send", json=body)

    def job(self, job_id: str) -> dict[str, Any]:
        """How far a send has come."""
        found: dict[str, Any] = self.client.get(f"/api/v1/send/{job_id}").raise_for_status().json()
        return found

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""

        def look() -> dict[str, Any] | None:
            found = self.job(job_id)
            return found if found["state"] in ENDED else None

        return eventually(look, "the end of the job")

    def send(self, mail: Any, key: str) -> dict[str, Any]:
        """Press, be accepted, and wait for the end."""
        answer = self.press(mail, key)
        assert answer.status_code == 202, answer.text
        return self.ended(answer.json()["job"]["job_id"])

    def tidied(self, job: dict[str, Any]) -> None:
        """Wait until the send has put everything in its place."""
        eventually(lambda: f"job={job['job_id']}" in self.said.read_text(errors="replace"), "the end of tidying")


def delivered(entry: dict[str, Any]) -> bytes:
    """The MIME of one delivery."""
    return base64.b64decode(entry["mime_base64"])


@contextmanager
def running(data: Path) -> Iterator[DemoWorld]:
    """The demo world for as long as the block runs; no process of it is left afterwards."""
    world = DemoWorld(data)
    try:
        yield world
    finally:
        if world.process.poll() is None:
            had = world.end(signal.SIGINT)
            eventually(lambda: not any(map(alive, had)), "the end of every child process", 20)
