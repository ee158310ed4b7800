"""Attachments are read in processes of their own: hostile bytes end in time and are unknown, and nothing of them is said anywhere."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import make_bad
import make_files
from addin_backend.bootstrap.attachments import MODULE
from addin_backend.edges.attachment_process.memory import MAX_CHARACTERS, Memory
from addin_backend.edges.attachment_process.pool import AttachmentProcesses
from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment, Message

BUDGET = 8.0  # seconds: this machine is shared; benchmarks/extraction.py prints what each takes


def _file(name: str, content: bytes) -> Attachment:
    return Attachment(name=name, media_type="application/octet-stream", content=content)


@pytest.fixture(scope="module", name="pool")
def _pool() -> Iterator[AttachmentProcesses]:
    made = AttachmentProcesses(MODULE)
    yield made
    made.close()


@pytest.fixture(scope="module", name="terms")
def _terms(root: Path) -> Terms:
    return read_terms((root / "policies/rego/registers/content_terms/data.json").read_bytes())


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(item) for item in found.read_text(encoding="ascii").split()] if found.exists() else []


@pytest.mark.parametrize("name", [name for name in make_bad.BAD if name != "pdf that never ends"])
def test_a_hostile_file_ends_in_time_and_is_unknown(name: str, pool: AttachmentProcesses) -> None:
    """It has a word that says why it was not read; nobody waits longer than the budget, and the next file is read."""
    file, make = make_bad.BAD[name]
    content = make()
    start = time.monotonic()
    (found,) = pool.read([_file(file, content)], BUDGET)
    assert time.monotonic() - start < BUDGET + 2
    assert found.reason not in {"", "failed"}
    (after,) = pool.read([_file("a.txt", b"hej" + name.encode())], BUDGET)
    assert "" == after.reason


def test_a_file_that_never_ends_is_killed_with_all_that_it_started(pool: AttachmentProcesses) -> None:
    """pdfium cannot be interrupted: the process group is gone when the answer is there, and the next file is read."""
    (first,) = pool.read([_file("a.txt", b"til start")], BUDGET)
    assert "" == first.reason
    before = pool.pids()
    start = time.monotonic()
    (found,) = pool.read([_file("a.pdf", make_bad.BAD["pdf that never ends"][1]())], 1.0)
    assert (Extracted(None, "too_slow"), True) == (found, time.monotonic() - start < 3)
    assert not set(before) & set(pool.pids())
    assert not [pid for pid in before if Path(f"/proc/{pid}").exists()]
    (after,) = pool.read([_file("a.txt", b"efter")], BUDGET)
    assert "" == after.reason


@pytest.mark.parametrize("name", make_bad.TRICKS)
def test_a_number_is_found_or_the_file_is_unknown(name: str, pool: AttachmentProcesses, terms: Terms) -> None:
    """Whatever stands between the digits, whatever the file is called, and at the end of 35 MB on one line."""
    file, content = make_bad.TRICKS[name]
    message = Message(sender="", recipients=(), subject="Hej", body="Se filen", attachments=(_file(file, content),))
    found = classify(message, terms, lambda items: pool.read(items, 30.0))
    assert found.classes & {SensitivityClass.CPR, SensitivityClass.UNKNOWN}


def test_small_files_are_read_though_a_large_one_is_too_slow(pool: AttachmentProcesses) -> None:
    """One slow file does not make the others unknown."""
    files = [
        _file("a.pdf", make_bad.BAD["pdf that never ends"][1]() + b"%" * 5000),
        _file("b.docx", make_files.docx()),
        _file("c.txt", b"hej"),
    ]
    found = pool.read(files, 2.0)
    assert ["too_slow", "", ""] == [item.reason for item in found]


def test_a_crash_is_one_files_and_is_unknown() -> None:
    """A process that is shot while it reads: that file failed, the next is read by another process."""
    pool = AttachmentProcesses(MODULE)
    try:
        assert "" == pool.read([_file("a.txt", b"hej")], BUDGET)[0].reason
        os.killpg(pool.pids()[0], signal.SIGKILL)
        assert "failed" == pool.read([_file("b.txt", b"hej")], BUDGET)[0].reason
        assert "" == pool.read([_file("c.txt", b"hej")], BUDGET)[0].reason
    finally:
        pool.close()
    assert () == pool.pids()
    assert "failed" == pool.read([_file("d.txt", b"hej")], 1.0)[0].reason


def test_a_library_that_gives_up_takes_no_more_than_its_child(pool: AttachmentProcesses) -> None:
    """A loop in the sectors of a workbook makes calamine ask for memory without end (found by fuzzing): damaged, and the next is read."""
    content = bytearray(make_files.files()["ark.xls"])
    fat = 512 * (1 + int.from_bytes(content[76:80], "little"))
    content[fat + 4 : fat + 8] = (1).to_bytes(4, "little")
    before = pool.pids()
    (found,) = pool.read([_file("a.xls", bytes(content))], BUDGET)
    assert "damaged" == found.reason
    assert "" == pool.read([_file("b.txt", b"efter")], BUDGET)[0].reason
    assert set(before) <= set(pool.pids())


def test_the_process_knows_nothing_and_may_write_nothing(pool: AttachmentProcesses) -> None:
    """An empty environment, no standard output or error, its own group, and no file of ours open."""
    pool.read([_file("a.txt", b"hej igen")], BUDGET)
    (pid,) = pool.pids()
    environment = (Path("/proc") / str(pid) / "environ").read_bytes()
    assert not [item for item in environment.split(b"\0") if item and not item.startswith((b"LC_CTYPE=", b"__PYVENV"))]
    assert ["/dev/null", "/dev/null"] == [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in (1, 2)]
    assert os.getpgid(pid) == pid
    opened = [str(item.readlink()) for item in (Path("/proc") / str(pid) / "fd").iterdir()]
    assert not [item for item in opened if item.startswith("/") and item != "/dev/null"]


def test_what_a_child_may_use_is_limited(tmp_path: Path) -> None:
    """Memory, processor time, files: the limits are those of the module, in a child that is asked for them."""
    from addin_backend.edges.attachment_process import worker

    told, say = os.pipe()
    pid = os.fork()
    if not pid:
        worker._limit()
        names = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)
        os.write(say, repr([resource.getrlimit(name)[1] for name in names]).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert [worker.MEMORY_BYTES, worker.CPU_SECONDS, 0, 0] == [int(item) for item in os.read(told, 200).decode().strip("[]").split(",")]
    os.close(told)
    os.close(say)
    assert [] == list(tmp_path.iterdir())


def test_no_process_is_started_for_mails_without_attachments(terms: Terms) -> None:
    """Plain words, HTML and texts of our own cost no process."""
    pool = AttachmentProcesses(MODULE)
    own = Attachment(name="a.docx", media_type="text/plain; extracted=yes", content=b"hej")
    message = Message(sender="", recipients=(), subject="Hej", body="<p>Hej</p>", attachments=(own,))
    classify(message, terms, lambda items: pool.read(items, BUDGET))
    assert () == pool.pids()


def test_the_same_bytes_are_read_once(pool: AttachmentProcesses) -> None:
    """What was read a moment ago is remembered by digest; one byte more is another file."""
    content = make_files.docx(f"<w:p>{'ord ' * 200_000}</w:p>")
    first = pool.read([_file("a.docx", content)], BUDGET)[0]
    start = time.monotonic()
    assert first is pool.read([_file("a.docx", content)], BUDGET)[0]
    assert time.monotonic() - start < 0.1
    assert first is not pool.read([_file("b.docx", content)], BUDGET)[0]


def test_memory_forgets() -> None:
    """After its time, sooner for what was our own fault, and when it is full the oldest goes first."""
    memory, text = Memory(), Extracted("x", "")
    memory.keep(b"a", text, 0.0, ours=False)
    memory.keep(b"b", Extracted(None, "too_slow"), 0.0, ours=True)
    assert (text, None, None) == (memory.get(b"a", 100.0), memory.get(b"b", 100.0), memory.get(b"a", 121.0))
    half = Extracted("x" * (MAX_CHARACTERS // 2), "")
    for key in (b"c", b"d", b"e"):
        memory.keep(key, half, 200.0, ours=False)
    assert (None, half, half) == (memory.get(b"c", 201.0), memory.get(b"d", 201.0), memory.get(b"e", 201.0))
    memory.keep(b"f", Extracted("x" * (MAX_CHARACTERS + 1), ""), 200.0, ours=False)
    assert memory.get(b"f", 201.0) is None


def test_nothing_of_an_attachment_is_said(
    pool: AttachmentProcesses, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No format, no damage and no crash makes the product write, log or raise anything of what was in a file."""
    planted = "Planlagt-hemmelighed-040574-1235"
    for name, content in make_files.files().items():
        half = content[: len(content) // 2].replace(b"CPR-nummer", planted.encode()[:10])
        for given in (half, content[:-7], content.replace(b"1235", planted.encode())):
            (found,) = pool.read([_file(name, given)], BUDGET)
            assert planted not in found.reason
    said = capfd.readouterr()
    assert ("", "", []) == (said.out, said.err, caplog.records)
