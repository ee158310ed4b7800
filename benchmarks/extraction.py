"""What it costs to read attachments: 10 MB of text in each large format, small files, and hostile ones; time and peak memory of each.

Each file is read once in a process of its own that counts what it used; then the small ones by the pool, as a check does it.
The figures of the libraries that were not taken stand in docs/decisions/039-formats-and-libraries.md.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from addin_backend.bootstrap.attachments import MODULE, tesseract_path
from addin_backend.edges.attachment_process.pool import AttachmentProcesses
from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import read_terms
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import Attachment, Message
from addin_backend.settings import Settings
from table import Line, rounds, show

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
REGISTER = ROOT / "policies/rego/registers/content_terms/data.json"
MB = 1024 * 1024
PATIENT = 60.0  # seconds of a large file
SECONDS = 8.0  # of a hostile file: then its process is killed, as the pool does it
ONCE = """
import json, sys, time
from addin_backend.bootstrap.read_attachments import recognition
from addin_backend.edges.attachment_process.worker import _limit
from addin_backend.evidence.extraction.attachment import extract
from addin_backend.model.message import Attachment
ocr = recognition(sys.argv[2])
_limit()
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
content = sys.stdin.buffer.read()
start, cpu = time.perf_counter(), time.process_time()
found = extract(Attachment(name=sys.argv[1], media_type="application/octet-stream", content=content), ocr)
took = time.perf_counter() - start
print(json.dumps([took, time.process_time() - cpu, peak() * 1024, before * 1024, found.reason, len(found.text or "")]))
"""


def words(size: int) -> str:
    """About ``size`` characters of lines of invented words."""
    rng = random.Random(4)
    stock = ["".join(rng.choice("abcdefghijklmnoprstuvyæøå") for _ in range(rng.randrange(2, 11))) for _ in range(5_000)]
    lines, length = [], 0
    while length < size:
        lines.append(" ".join(rng.choice(stock) for _ in range(12)))
        length += len(lines[-1]) + 1
    return "\n".join(lines)


def _large_docx(lines: list[str], files: Mapping[str, Callable[..., bytes]]) -> bytes:
    return files["docx"]("".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines))


def _large_xlsx(lines: list[str], files: Mapping[str, Callable[..., bytes]]) -> bytes:
    """Cells of six words as shared strings, and a column of numbers."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    shared: dict[str, int] = {}
    rows = []
    for row, line in enumerate(lines, start=1):
        parts = line.split(" ")
        texts = [" ".join(parts[start : start + 6]) for start in range(0, len(parts), 6)]
        places = [shared.setdefault(text, len(shared)) for text in texts]
        written = "".join(f'<c r="{chr(65 + column)}{row}" t="s"><v>{place}</v></c>' for column, place in enumerate(places))
        rows.append(f'<row r="{row}">{written}<c r="J{row}"><v>{row * 17}</v></c></row>')
    strings = "".join(f"<si><t>{text}</t></si>" for text in shared)
    sheet = f"<worksheet {space}><sheetData>{''.join(rows)}</sheetData></worksheet>"
    return files["workbook"]({"Ark1": sheet}, f"<sst {space}>{strings}</sst>")


def _large_files() -> dict[str, tuple[str, bytes]]:
    """Name -> (file name, content). The PDF has 1.9 MB of text on 500 pages and is filled to 10 MB, as research measured it."""
    import make_files
    import make_pdf

    files: dict[str, Callable[..., bytes]] = {"docx": make_files.docx, "workbook": make_files.workbook}
    lines = words(10 * MB).split("\n")
    pages = [lines[start : start + 45] for start in range(0, 45 * 500, 45)]
    text = "\n".join(lines)
    return {
        "docx, 10 MB of text": ("a.docx", _large_docx(lines, files)),
        "xlsx, 10 MB of text in cells": ("a.xlsx", _large_xlsx(lines, files)),
        "pdf, 500 pages, 1.9 MB of text": ("a.pdf", make_pdf.pdf(pages)),
        "pdf, the same with 8 MB attached": ("a.pdf", make_pdf.pdf(pages, attached=("bilag.txt", text[: 8 * MB].encode()))),
        "csv, 10 MB": ("a.csv", text.replace(" ", ";").encode()),
        "txt, 10 MB": ("a.txt", text.encode()),
        "txt, one line of 35 MB": ("a.txt", (text.replace("\n", " ") * 4)[: 35 * MB].encode("utf-8", "ignore")[: 35 * MB]),
        "rtf, 10 MB": ("a.rtf", ("{\\rtf1\\ansi " + text.replace("\n", "\\par\n").encode("ascii", "ignore").decode() + "}").encode()),
        "zip of 500 docx": ("a.zip", make_files.package({f"{number}.docx": make_files.docx() for number in range(500)})),
    }


def _once(name: str, content: bytes, limit: float) -> tuple[float, float, int, int, str, int]:
    """(seconds, seconds of the processor, peak and starting memory in bytes, word, characters) of one file in a process of its own."""
    command = [sys.executable, "-c", ONCE, name, tesseract_path(Settings())]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=limit + 2, check=False, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return limit, limit, 0, 0, "too_slow (killed)", 0
    if done.returncode != 0:
        return 0.0, 0.0, 0, 0, f"failed ({done.returncode})", 0
    took, cpu, peak, before, reason, length = json.loads(done.stdout)
    return took, cpu, peak, before, reason or "read", length


def _table(title: str, files: Mapping[str, tuple[str, bytes]], limit: float) -> None:
    print(f"\n{title}")
    print(f"{'':34} {'kB in':>8} {'seconds':>8} {'cpu s':>6} {'peak MB':>8} {'at start':>8} {'characters':>11}  answer")
    for what, (name, content) in files.items():
        took, cpu, peak, before, reason, length = _once(name, content, limit)
        memory = f"{peak / 1e6:8.0f} {before / 1e6:8.0f}" if peak else f"{'-':>8} {'-':>8}"
        print(f"{what:34} {len(content) // 1024:8} {took:8.2f} {cpu:6.2f} {memory} {length:11}  {reason}", flush=True)


def _tricks(files: Mapping[str, tuple[str, bytes]], number: str) -> None:
    """Whether the number in each is found, or the file unknown: never passed by."""
    print("\nTricks with digits and text")
    print(f"{'':34} {'kB in':>8} {'seconds':>8} {'peak MB':>8}  answer")
    for what, (name, content) in files.items():
        took, _, peak, _, reason, _ = _once(name, content, SECONDS)
        message = Message(sender="", recipients=(), subject="", body="", attachments=(_file(name, content),))
        found = SensitivityClass.CPR in classify(message, read_terms(REGISTER.read_bytes())).classes
        answer = f"{number} is found" if found else f"unknown ({reason})" if reason != "read" else "MISSED"
        print(f"{what:34} {len(content) // 1024:8} {took:8.2f} {peak / 1e6:8.0f}  {answer}", flush=True)


def _file(name: str, content: bytes) -> Attachment:
    return Attachment(name=name, media_type="application/octet-stream", content=content)


def _by_the_pool(files: Mapping[str, bytes]) -> None:
    """Small files as a check reads them: through the pool, each time another content."""
    pool = AttachmentProcesses(MODULE, (tesseract_path(Settings()),))
    try:
        first = rounds(1, lambda: pool.read([Attachment(name="a.txt", media_type="text/plain", content=b"hej")], 20.0))
        lines = [Line("start of a process and the first file", first)]
        counter = iter(range(10**9))
        for name in ("tekst-cp1252.txt", "brev.docx", "ark.xlsx", "brev.pdf", "besked.msg", "arkiv.zip", "arkiv.7z"):

            def read(name: str = name) -> object:
                kind = f"application/octet-stream; n={next(counter)}"  # so that it is not remembered
                return pool.read([Attachment(name=name, media_type=kind, content=files[name])], 20.0)

            lines.append(Line(f"{name} ({len(files[name])} bytes)", rounds(50, read)))
        show("Small files by the pool, with a fork for each", lines)
    finally:
        pool.close()


def main() -> None:
    """Measure and print."""
    sys.path.insert(0, str(TESTS))
    import make_bad
    import make_files

    _table("Large files (goal: 10 MB of docx, xlsx, pdf in 2 s each)", _large_files(), PATIENT)
    _table("Hostile files", {what: (name, make()) for what, (name, make) in make_bad.BAD.items()}, SECONDS)
    _tricks(make_bad.TRICKS, "the number")
    _by_the_pool(make_files.files())


if __name__ == "__main__":
    main()
