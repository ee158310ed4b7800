"""The command line as a user runs it: a process of its own, with an environment that holds no setting but the given ones."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from program import PROGRAM, ROOT, run_forked

LINE_KEYS = ["file", "action", "classes", "recipients", "findings", "ways_out", "policy_revision"]  # docs/command-line.md
RECIPIENT_KEYS = ["address", "protection", "codes"]
FINDING_KEYS = ["code", "effect", "recipient", "params", "texts", "law"]

# One sentence per class that any reader of the definitions would put in that class and in no other.
WORDS = {
    "ordinary": "Skal vi spise frokost i morgen?",
    "cpr": "Kundens CPR-nummer er 010190-1233.",
    "criminal": "Kunden Bo Madsen er dømt for vold og har en plettet straffeattest.",
    "special_category": "Bo Madsen er sygemeldt med diabetes og har fået diagnosen depression.",
    "confidential": "Bo Madsens månedsløn er 45.000 kr., og hans gæld er 300.000 kr.",
    "unread": "Kundens CPR-nummer er 010190-1233.",
    "unknown": "Se den vedhæftede fil.",
}


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without any of our settings, and with the given ones ("opa_url" as SENDSECURELY_OPA_URL)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENDSECURELY_")}
    return {**kept, "PYTHONPATH": str(ROOT), **{f"SENDSECURELY_{name.upper()}": value for name, value in settings.items()}}


def ran(*arguments: str | Path, folder: Path, stdin: bytes | str = b"", **settings: str) -> Ran:
    """`addin-backend …` run in ``folder`` until it ends."""
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    code, out, err = run_forked([*map(str, arguments)], folder, environment(**settings), given, 100)
    return Ran(code, out.decode(), err.decode())


def ran_anew(*arguments: str | Path, folder: Path, **settings: str) -> Ran:
    """The same with a Python of its own, which has loaded nothing before."""
    command, wanted = [*PROGRAM, *map(str, arguments)], environment(**settings)
    done = subprocess.run(command, cwd=folder, input=b"", capture_output=True, env=wanted, timeout=100, check=False)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def write_json(path: Path, value: object) -> Path:
    """``value`` as JSON at ``path``."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def mail(to: str, kind: str = "ordinary", *, field: str = "To", **headers: str) -> bytes:
    """A mail of one class to ``to`` ("" = nobody), as Python's own library writes it."""
    made = EmailMessage()
    made["From"] = "mette@firma.example"
    if to:
        made[field] = to
    made["Subject"] = "Privat: fest" if kind == "unread" else "Hej"
    for name, value in headers.items():
        made[name] = value
    made.set_content(WORDS[kind] + "\n")
    if kind == "unknown":
        made.add_attachment(b"\x00\x01\x02\x03\xff", maintype="application", subtype="octet-stream", filename="scan.bin")
    return made.as_bytes()


def raw_mail(to: str, body: str = WORDS["ordinary"]) -> bytes:
    """A mail whose To field is written as given, also where a library would refuse it."""
    return f"From: mette@firma.example\r\nTo: {to}\r\nSubject: Hej\r\nMIME-Version: 1.0\r\n\r\n{body}\r\n".encode()


def without_traceback(run: Ran) -> None:
    """A person never sees the inside of the program."""
    assert "Traceback" not in run.err, run.err[-2000:]
    assert "Traceback" not in run.out
