"""The add-in in Chromium against the real backend: pane ready, click to answer with the script load, a 10 MB attachment, sizes.

The event code is started anew for each send, as Outlook does; what the playground itself does (saving the draft) is not counted.
It ends within two minutes: a part that has had its time stops with what it has, and the table says how many that were.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from check_over_http import SENDER, body, demo
from table import Line, show

ROOT = Path(__file__).resolve().parent.parent
ADDIN = ROOT / "addin_backend" / "web" / "static" / "addin"
PER_SECOND = 20  # checks of other people at the same time
CLICKS, PANES, LARGE = 100, 30, 15  # at most
CLICK_SECONDS, PANE_SECONDS, LARGE_SECONDS = 25.0, 12.0, 20.0  # for each part
MEGABYTE = 1024 * 1024
ARGUMENTS = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update".split()


def _chromium() -> str:
    known = json.loads((ROOT / ".tools" / "paths.json").read_text(encoding="utf-8"))["paths"].get("chromium")
    return str(known or shutil.which("chromium") or "chromium")


@contextmanager
def others(address: str) -> Iterator[None]:
    """Twenty checks a second from elsewhere for as long as the block runs."""
    token = httpx.post(f"{address}/playground/api/identity", json={"address": SENDER}).json()["token"]
    asked, stop = body(2_000, 2), threading.Event()

    def caller(offset: float) -> None:
        with httpx.Client(base_url=address, timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
            next_at = time.monotonic() + offset
            while not stop.wait(max(0.0, next_at - time.monotonic())):
                next_at += 4 / PER_SECOND
                client.post("/api/v1/check", json=asked)

    threads = [threading.Thread(target=caller, args=(number / PER_SECOND,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(10)


def _mark(page: Page, name: str) -> float:
    return float(page.evaluate("(name) => performance.getEntriesByName(name).at(-1).startTime", name)) / 1000


def _compose(page: Page, address: str, sample: str) -> None:
    page.goto(f"{address}/playground?lang=da&mailbox={SENDER}")
    page.locator("body[data-ready]").wait_for()
    page.click(f"[data-sample={sample}]")


def _rounds(most: int, seconds: float) -> Iterator[int]:
    """Up to ``most`` rounds, at least one, none begun after ``seconds``."""
    ends_at = time.monotonic() + seconds
    for number in range(most):
        if number and time.monotonic() > ends_at:
            return
        yield number


def clicks(page: Page, count: int, seconds: float) -> tuple[float, ...]:
    """Seconds from the send event to its answer: the runtime is started, the script loaded, the mail read and checked."""
    times = []
    for _ in _rounds(count, seconds):
        page.click("#send")
        page.locator(
            "#alert[open] [data-kind=open_pane]"
        ).wait_for()  # on a loaded machine Outlook's own dialog on slowness comes before it
        times.append(_mark(page, "completed") - _mark(page, "asked"))
        page.keyboard.press("Escape")
    return tuple(times)


def panes(page: Page, count: int, seconds: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds from opening the pane until it is ready, and until it shows the answer."""
    ready, answered = [], []
    for _ in _rounds(count, seconds):
        page.click("#send-securely")
        page.frame_locator("#pane iframe").locator("body[data-answered]").wait_for()
        frame = next(one for one in page.frames if one.url.endswith("taskpane.html"))
        at = frame.evaluate("['ready', 'answered'].map((name) => performance.getEntriesByName(name)[0].startTime)")
        ready.append(at[0] / 1000)
        answered.append(at[1] / 1000)
        page.click("#close-pane")
    return tuple(ready), tuple(answered)


def document(size: int) -> bytes:
    """A Word document of about ``size`` bytes, as they come: a page of text and a large photograph."""
    made = io.BytesIO()
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    types = f'<Types xmlns="{kinds}"><Default Extension="xml" ContentType="text/xml"/></Types>'
    text = "<w:p><w:r><w:t>Vi gennemgik dækningen for bygninger og løsøre.</w:t></w:r></w:p>" * 40
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{word}"><w:body>{text}</w:body></w:document>')
        archive.writestr("word/media/image1.jpeg", b"\xff\xd8\xff\xe0" + random.Random(7).randbytes(size))
    return made.getvalue()


def _percentile(times: tuple[float, ...], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def sizes() -> None:
    """Bytes of what a client loads, raw and gzip -9."""
    own = sorted(path for path in ADDIN.iterdir() if path.suffix in {".js", ".css", ".html"} and not path.name.startswith("launchevent"))
    event = (ADDIN / "launchevent.js").read_bytes()
    pane = [path.read_bytes() for path in own]
    print(f"\n{'sizes':44} {'raw':>9} {'gzip':>9}")
    print(f"{'launchevent.js':44} {len(event):9} {len(gzip.compress(event, 9)):9}")
    print(f"{f'the pane, {len(own)} files':44} {sum(map(len, pane)):9} {sum(len(gzip.compress(item, 9)) for item in pane):9}")


def main() -> None:
    """Measure and print."""
    sizes()
    with demo() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        _compose(page, address, "cpr")
        panes(page, 3, PANE_SECONDS / 4)
        ready, answered = panes(page, PANES, PANE_SECONDS)
        clicks(page, 5, CLICK_SECONDS / 5)
        alone = clicks(page, CLICKS, CLICK_SECONDS)
        with others(address):
            busy = clicks(page, CLICKS, CLICK_SECONDS)
            _compose(page, address, "cpr")
            page.set_input_files(
                "#files", {"name": "besigtigelse.docx", "mimeType": "application/octet-stream", "buffer": document(10 * MEGABYTE)}
            )
            large = clicks(page, LARGE, LARGE_SECONDS)
        browser.close()
    lines = [
        Line("pane: opened to ready", ready),
        Line("pane: opened to its answer", answered),
        Line("click to answer, alone", alone),
        Line(f"click to answer, {PER_SECOND} checks/s beside it", busy),
        Line("  the same with a 10 MB attachment", large),
    ]
    show("The add-in in Chromium (browser, server and load share the machine's cores)", lines)
    print(f"\nclick to answer at {PER_SECOND} checks/s: p95 {_percentile(busy, 0.95):.0f} ms, p99 {_percentile(busy, 0.99):.0f} ms")
    print(f"load average of the machine while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
