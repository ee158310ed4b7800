"""Durable sends: how many a second on each database, what a 25 MB mail takes, and how long recovery after a kill takes.

The backend is a process of its own (tests/faults/backend.py), and so is the Exchange simulator, which answers each request 20 ms late. The
engine, sealing and Exchange are also measured apart. The processor's time of a send is that of the two processes: unlike sends a second it
says the same on a machine that has other things to do.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

import postgres  # noqa: E402 the tests' own modules
from addin_backend.edges.durable import DbosWorkflows  # noqa: E402 likewise
from addin_backend.model.message import Message, Recipient  # noqa: E402 likewise
from addin_backend.ports import Steps  # noqa: E402 likewise
from addin_backend.sealing.compose import compose  # noqa: E402 likewise
from driver import Sent, Stage, stage  # noqa: E402 likewise
from exchange_simulator import BO, METTE, World, mail, running  # noqa: E402 likewise

SENDS = int(os.environ.get("SENDS", "150"))
ANSWER = 0.02  # seconds that Exchange takes for an answer
LARGE = 25_000_000  # octets of the mail; 57 of the attachment make a line of 78
STEPS = 5  # of a send to one recipient


@contextmanager
def places() -> Iterator[list[tuple[str, str]]]:
    """(name, database URL or "" for SQLite)."""
    paths = ROOT / ".tools" / "paths.json"
    program = (json.loads(paths.read_text())["paths"].get("postgres") if paths.exists() else None) or shutil.which("postgres")
    with ExitStack() as around:
        found = [("SQLite", "")]
        if program:
            found.append(("PostgreSQL", around.enter_context(postgres.cluster(program)).fresh()))
        yield found


def rss(pid: int) -> float:
    """Resident megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak(pid: int) -> float:
    """The most resident megabytes so far."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def worked(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def together(on: Stage, count: int) -> tuple[float, float, float]:
    """Durable sends a second: all begun at once, until the last one is recorded and its draft gone; and the milliseconds of the processor
    that a send takes in the backend and in the simulator.
    """
    assert on.backend is not None
    pids = (on.backend.pid, on.world.simulator.process.pid)
    prepared = [on.prepare((BO,), "x" * 20_000) for _ in range(count)]
    on.world.fault("*", "delay", seconds=ANSWER, count=10**9)
    begun, before = time.monotonic(), [worked(pid) for pid in pids]
    for item in prepared:
        on.begin(item)
    for sent, _ in prepared:
        assert on.settled(sent, 300)["state"] == "sent"
    took = time.monotonic() - begun
    on.world.no_faults()
    ours, theirs = (1000 * (worked(pid) - start) / count for pid, start in zip(pids, before, strict=True))
    return count / took, ours, theirs


def engine_alone(url: str, count: int) -> float:
    """Workflows of as many empty steps a second."""

    def workflow(steps: Steps, work: str) -> None:
        for number in range(STEPS):
            steps.run(f"step {number}", lambda: "ok")

    durable = DbosWorkflows(url, workflow, executor_id="bench", version="1")
    names = [secrets.token_hex(8) for _ in range(count)]
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(durable.start, names))
    assert all(durable.wait(name, 300) for name in names)
    took = time.monotonic() - begun
    durable.close()
    return count / took


def exchange_alone(world: World, count: int) -> float:
    """What one send asks of Exchange besides sending (save, disarm, look, remove), one after another, per second."""
    world.fault("*", "delay", seconds=ANSWER, count=10**9)
    begun = time.monotonic()
    for _ in range(count):
        outgoing = mail(body=b"x" * 20_000, save_to="sentitems")
        draft = world.mailbox.disarm(METTE, world.mailbox.save(METTE, outgoing))
        world.mailbox.was_sent(METTE, outgoing)
        world.mailbox.remove_draft(METTE, draft)
    took = time.monotonic() - begun
    world.no_faults()
    return count / took


def sealing_alone(count: int) -> float:
    """Mails of 20 kB put together for enforced TLS, per second."""
    to = (Recipient(address=BO, domain=BO.partition("@")[2]),)
    message = Message(sender=METTE, recipients=to, subject="Prøve", body="x" * 20_000)
    begun = time.monotonic()
    for number in range(count):
        compose(message, to=to, cc=(), message_id=f"<{number}@nordlys.example>", date=datetime.now(UTC), headers={})
    return count / (time.monotonic() - begun)


def large(on: Stage) -> tuple[float, float]:
    """Seconds that a mail of 25 MB, an attachment in base64, takes from the press to its end, and the megabytes above idle."""
    assert on.backend is not None
    small = on.prepare((BO,), "x" * 1000)
    on.begin(small)
    on.settled(small[0])
    idle = rss(on.backend.pid)
    big = on.prepare((BO,), "x" * 1000, LARGE * 57 // 78)
    begun = time.monotonic()
    on.begin(big)
    assert on.settled(big[0], 300)["state"] == "sent"
    return time.monotonic() - begun, peak(on.backend.pid) - idle


def recovery(on: Stage) -> tuple[float, float]:
    """Seconds from the start of the next life to the end of what the kill cut off, and of those the start itself."""
    on.live()
    assert on.backend is not None
    on.backend.say({"arm": "mailbox.send 1 after"})
    sent: Sent = on.press((BO,))
    assert on.backend.died(60)
    begun = time.monotonic()
    on.live()
    started = time.monotonic() - begun
    assert on.settled(sent)["state"] == "sent"
    return time.monotonic() - begun, started


def measured(url: str, transport: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """(what, measured, wanted), one by one."""
    with running(folder / "exchange", published=False) as world, stage(world, folder / "data", transport, url) as on:
        on.live()
        a_second, ours, theirs = together(on, SENDS)
        yield f"durable sends over {transport} (1 recipient, 20 kB, 20 ms answers)", f"{a_second:.1f}/s", ">= 30/s"
        yield "processor's time of a send: backend, simulator", f"{ours:.0f}, {theirs:.0f} ms", ""
        seconds, megabytes = large(on)
        yield f"25 MB over {transport} from the press to its end", f"{seconds:.1f} s", "<= 3 s"
        yield f"25 MB over {transport}: resident memory above idle", f"{megabytes:.0f} MB", "<= 300 MB"
        if transport != "ews":
            return
        engine = engine_alone(url or f"sqlite:///{folder}/engine.sqlite", SENDS)
        yield f"the engine alone ({STEPS} empty steps)", f"{engine:.1f}/s", ""
        yield "Exchange alone (save, disarm, look, remove; one at a time)", f"{exchange_alone(world, 20):.1f}/s", ""
        yield "sealing alone (20 kB for enforced TLS; one at a time)", f"{sealing_alone(200):.0f}/s", ""
        whole, start = recovery(on)
        yield "recovery after a kill", f"{whole:.1f} s", "<= 5 s"
        yield "of which starting the process", f"{start:.1f} s", ""


def main() -> None:
    """Print the figures."""
    print(f"Durable sends, {SENDS} at once ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning)", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made, places() as found:
        for (name, url), transport in product(found, ("ews", "graph")):
            for row in measured(url, transport, Path(made) / f"{name}-{transport}"):
                print(f"{name:12}{row[0]:64}{row[1]:>10}  {row[2]}", flush=True)
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
