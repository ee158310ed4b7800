"""A check of a 100 kB Danish mail with 10 recipients through HTTP, against a small one and against /healthz as the floor."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import httpx

from table import Line, resident, rounds, show

SENDER = "mette.holm@nordlys.example"
OPENING = "Kære kollega. Kunden har cpr-nummer 010190-1235 og er sygemeldt med stress. Her er mine noter fra mødet.\n\n"
SENTENCES = (
    "Vi gennemgik dækningen for bygninger og løsøre på {place}, og kunden bad om et tilbud inden den {day}.",
    "Police nr. {number} udløber ved årsskiftet, og præmien er steget med {day} procent siden sidste år.",
    "Selskabet foreslår en selvrisiko på {number} kr., hvis tagkonstruktionen bliver udskiftet i foråret.",
    "Husk at vedlægge billederne fra besigtigelsen og fakturaen fra tømreren i {place}.",
    "Jeg ringer til taksatoren i morgen, så vi kan få afsluttet sagen om vandskaden i kælderen.",
    "Direktøren spurgte, om driftstabsforsikringen også gælder, når leverandøren i {place} er lukket.",
    "Nyhedsbrevet om ændringerne i vilkårene bliver sendt til alle kunder den {day}.",
)
PLACES = ("Vestergade", "Havnen", "Kongens Nytorv", "Randers", "Svendborg", "Nørrebro")


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, int]]:
    """The demo world as a process of its own: (address, process id)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "addin_backend", "run", "--port", "0", "--data", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ))
        try:
            assert process.stdout is not None
            found = None
            while found is None:
                line = process.stdout.readline()
                if not line:
                    raise SystemExit("The demo world did not start.")
                found = re.search(r"http://127\.0\.0\.1:\d+", line)
            yield found.group(0), process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def notes(size: int) -> str:
    """About ``size`` characters of varied, mostly ordinary Danish, with one CPR number and one sentence on health."""
    dice = random.Random(7)
    text = [OPENING]
    length = len(OPENING)
    while length < size:
        sentence = dice.choice(SENTENCES).format(place=dice.choice(PLACES), day=dice.randint(1, 28), number=dice.randint(1000, 99999))
        text.append(sentence + ("\n\n" if dice.random() < 0.2 else " "))
        length += len(text[-1])
    return "".join(text)[:size]


def body(size: int, recipients: int) -> dict[str, object]:
    """A check request of about ``size`` characters."""
    domains = ["fynskpension.example", "skovadvokat.example", "postkasse.example", "cafehavnen.example", "nordlys.example"]
    to = [{"address": f"person{index}@{domains[index % len(domains)]}", "name": f"Person {index}"} for index in range(recipients)]
    text = notes(size)
    draft = {
        "item_id": None,
        "from": SENDER,
        "to": to,
        "cc": [],
        "bcc": [],
        "subject": "Noter",
        "body": text,
        "body_format": "plain",
        "attachments": [],
    }
    return {"mailbox": SENDER, "language": "da", "draft": draft, "confirmed": [], "secure": False}


def main() -> None:
    """Measure and print."""
    began = time.perf_counter()
    with demo() as (address, pid):
        started = time.perf_counter() - began
        client = httpx.Client(base_url=address, timeout=30)
        token = client.post("/playground/api/identity", json={"address": SENDER}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        large, small = body(100_000, 10), body(2_000, 1)

        def check(request: dict[str, object]) -> None:
            client.post("/api/v1/check", json=request).raise_for_status()

        rounds(20, lambda: check(large))
        rounds(20, lambda: check(small))
        lines = [
            Line("GET /healthz", rounds(300, lambda: client.get("/healthz").raise_for_status())),
            Line("check, 2 kB, 1 recipient", rounds(300, lambda: check(small))),
            Line("check, 100 kB, 10 recipients", rounds(300, lambda: check(large)), memory=resident(pid)),
        ]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            start = time.perf_counter()
            times = list(pool.map(lambda _: rounds(1, lambda: check(large))[0], range(400)))
            spent = time.perf_counter() - start
        lines.append(Line("  the same, 4 at once", tuple(times), per_second=400 / spent, memory=resident(pid)))
        show("Check through HTTP (the client shares the machine's cores)", lines, "GET /healthz")
        print(f"\nDemo world: {started:.1f} s to its first answer, {resident(pid) / 1e6:.0f} MB in the server process")


if __name__ == "__main__":
    main()
