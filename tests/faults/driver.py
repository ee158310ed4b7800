"""Starts the backend of tests/faults against a simulator, kills it, starts it again, and judges by what the simulator says has left."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec

from addin_backend.model.sending import Draft
from backend import Press, Start
from exchange_simulator import BO, METTE, World, mail

ANNA = "anna.lund@fynskpension.example"
CHILD = Path(__file__).with_name("backend.py")
PATIENCE = 120.0  # seconds: the cores may be shared with others
DELIVERED, GIVEN_BACK = "delivered once, recorded, draft gone", "not sent, draft armed again, person told"
ENDS = {"sent", "not_sent", "partly_sent"}
UNANSWERED: dict[str, Any] = {"state": "unanswered", "error": "", "left": []}


class Nursery:
    """The process that lives are forked from."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="faults-")
        self.path = f"{self._folder.name}/socket"
        self._process = subprocess.Popen([sys.executable, str(CHILD), self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "listening\n"

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(20)
        self._folder.cleanup()


class Backend:
    """One life of the backend."""

    def __init__(self, nursery: Nursery, start: Start) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(nursery.path)
        self._connection.sendall(msgspec.json.encode(start) + b"\n")
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self.points: list[str] = []
        self._gone = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        ready = self.line()
        assert ready.get("ready"), f"the backend did not start: {ready}"
        self.pid = int(ready["pid"])

    def _read(self) -> None:
        with suppress(OSError), self._connection.makefile("rb") as lines:
            for text in lines:
                line = json.loads(text)
                if "point" in line:
                    self.points.append(line["point"])
                else:
                    self.lines.put(line)
        self._gone.set()
        self.lines.put({"dead": True})

    def line(self) -> dict[str, Any]:
        """The next answer; {"dead": True} when there will be none. A life that says nothing is ended: a late answer would be taken for
        that to another question.
        """
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.end()
            return {"dead": True, "mute": True}

    def say(self, line: dict[str, Any]) -> dict[str, Any]:
        """Ask, and its answer; {"dead": True} when it died over it."""
        try:
            self._connection.sendall(json.dumps(line).encode() + b"\n")
        except OSError:
            return {"dead": True}
        return self.line()

    def signal(self, number: signal.Signals) -> None:
        """Stop it, let it go on, kill it."""
        os.kill(self.pid, number)

    def died(self, seconds: float) -> bool:
        """Whether it has ended by itself within the time."""
        return self._gone.wait(seconds)

    def end(self) -> None:
        """Kill it, if it lives, and clear up."""
        if not self._gone.is_set():  # the number of one that is gone may be somebody else's by now
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._gone.wait(20)
        self._connection.close()
        self._reading.join(5)


@dataclass
class Sent:
    """One job and the draft it began with."""

    job_id: str
    draft_marker: str
    to: tuple[str, ...]


class Stage:
    """One simulator, one database, one transport; lives of the backend come and go."""

    def __init__(self, world: World, data: Path, transport: str, database_url: str = "") -> None:
        self.world = world.over(transport)
        self.start = Start(str(data), world.simulator.address, transport, database_url)
        self.data = data
        self.nursery = Nursery()
        self.backend: Backend | None = None
        self.deaths = 0  # of lives that nobody killed

    def close(self) -> None:
        """No process of it is left."""
        self.kill()
        self.nursery.close()

    def live(self, **changes: Any) -> Backend:
        """A new life; the one before is gone."""
        self.kill()
        self.backend = Backend(self.nursery, msgspec.structs.replace(self.start, **changes))
        return self.backend

    def kill(self) -> None:
        """SIGKILL."""
        if self.backend is not None:
            self.backend.end()
            self.backend = None

    def press(self, to: tuple[str, ...] = (BO, ANNA), before: Callable[[], None] = lambda: None) -> Sent:
        """A draft is saved, ``before`` happens, and a job is begun; the backend may die over it."""
        prepared = self.prepare(to)
        before()
        self.begin(prepared)
        return prepared[0]

    def prepare(self, to: tuple[str, ...], body: str = "Hej\n", attached: int = 0) -> tuple[Sent, Press]:
        """The draft is saved."""
        self.world.over(self.start.transport)
        outgoing = replace(mail(save_to="sentitems"), to=to)
        draft: Draft = self.world.mailbox.save(METTE, outgoing)
        sent = Sent(uuid.uuid4().hex, outgoing.marker, to)
        return sent, Press(sent.job_id, METTE, list(to), draft, body, attached)

    def begin(self, prepared: tuple[Sent, Press]) -> None:
        """The job is begun."""
        assert self.backend is not None
        self.backend.say({"send": msgspec.to_builtins(prepared[1])})

    def state(self, sent: Sent) -> dict[str, Any]:
        """How far the job is."""
        assert self.backend is not None
        return self.backend.say({"ask": sent.job_id})

    def settled(self, sent: Sent, seconds: float = PATIENCE) -> dict[str, Any]:
        """The job once nothing is left to be done; else how far it was when the time was up, "unanswered" when nobody could say."""
        until = time.monotonic() + seconds
        found = dict(UNANSWERED)
        while time.monotonic() < until:
            answer = self.state(sent)
            if answer.get("failed") == "not_found":
                return {"state": "never", "error": "", "left": []}
            if "state" in answer:
                found = answer
            else:
                found = UNANSWERED | {"error": str(answer)}
            if found["state"] in ENDS and not found["left"]:
                return found
            if "dead" in answer:  # nobody killed it: that is a finding, and what is left of the send still has to be seen
                self.deaths += 1
                self.live()
            time.sleep(0.1)
        return found

    def recorded(self, sent: Sent) -> list[str]:
        """The actions of the job in the log, in order."""
        with closing(sqlite3.connect(self.data / "log.sqlite")) as database:
            rows = [json.loads(row[0]) for row in database.execute("SELECT entry FROM entry ORDER BY idx")]
        return [row["action"] for row in rows if row["body"].get("job") == sent.job_id]

    def journal(self) -> list[dict[str, Any]]:
        """What has left, by the simulator."""
        lines = httpx.get(f"{self.start.exchange}/sandbox/journal", timeout=PATIENCE).text.splitlines()
        return [json.loads(line) for line in lines]

    def verdict(self, sent: Sent) -> str:
        """One of the two ends that are allowed, or what is wrong."""
        died = self.deaths
        word = self.judged(sent, self.settled(sent))
        return word if died == self.deaths else f"WRONG: it died by itself ({word})"

    def judged(self, sent: Sent, found: dict[str, Any]) -> str:
        """The word for a job that stands like this; what left twice is wrong whatever becomes of the rest."""
        journal = self.journal()
        left = Counter(entry["recipient"] for entry in journal if entry["marker"].startswith(f"{sent.job_id}."))
        drafts = self.world.items(METTE, "drafts")
        kept = next((item for item in drafts if item["marker"] == sent.draft_marker), None)
        copies = [item for item in drafts if item["marker"].startswith(sent.job_id)]
        readable = [item for item in self.world.items(METTE, "sentitems") if item["marker"] == f"{sent.job_id}.copy"]
        in_clear = [entry for entry in journal if entry["marker"] == sent.draft_marker]
        actions = [] if found["state"] == "never" else self.recorded(sent)
        if any(count > 1 for count in left.values()):
            return f"DUPLICATE {dict(left)}"
        if in_clear:
            return "IN CLEAR"
        if copies:
            return f"a copy lies among the drafts ({found})"
        if found["state"] == "sent" and set(left) == set(sent.to) and kept is None and actions[:1] == ["decided"] and actions[-1] == "sent":
            return DELIVERED if len(readable) == (len(sent.to) > 1) else f"{len(readable)} readable copies"
        armed = kept is not None and not kept["disarmed"]
        if found["state"] == "not_sent" and not left and armed and actions[-1:] == ["not_sent"] and found["error"]:
            return GIVEN_BACK
        if found["state"] == "never" and not left and armed:
            return GIVEN_BACK  # the press was never answered: the pane tells the sender so
        return f"WRONG {found} left {dict(left)} draft {'gone' if kept is None else 'armed' if armed else 'disarmed'} log {actions}"


@contextmanager
def stage(world: World, data: Path, transport: str, database_url: str = "") -> Iterator[Stage]:
    """A stage whose backend is gone when the block ends."""
    made = Stage(world, data, transport, database_url)
    try:
        yield made
    finally:
        made.close()


def traced(on: Stage) -> list[str]:
    """Every point that a send without faults passes, in order: the registry of crash points."""
    backend = on.live(trace=True)
    before = len(backend.points)
    sent = on.press()
    assert on.verdict(sent) == DELIVERED
    return list(dict.fromkeys(backend.points[before:]))
