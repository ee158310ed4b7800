"""`addin-backend` from a cold shell: seconds of whole processes, against a Python that only starts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from table import Line, rounds, show

MAIL = """From: mette@firma.example\r
To: anna@partner.example\r
Subject: Sag\r
Content-Type: text/plain; charset=utf-8\r
\r
Kunden har cpr-nummer 010190-1235.\r
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mail, facts = folder / "mail.eml", folder / "facts.json"
        mail.write_bytes(MAIL.encode())
        facts.write_text('{"organisation": {"domains": ["firma.example"], "kind": "private"}}', encoding="utf-8")
        many = []
        for number in range(200):
            copy = folder / f"mail{number}.eml"
            copy.write_bytes(MAIL.encode())
            many.append(str(copy))

        def run(*arguments: str) -> None:
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

        check = ("-m", "addin_backend", "check", "--json", "--evidence", str(facts))
        lines = [
            Line("python -c pass", rounds(10, lambda: run("-c", "pass"))),
            Line("addin-backend settings", rounds(10, lambda: run("-m", "addin_backend", "settings"))),
            Line("addin-backend check, 1 file", rounds(10, lambda: run(*check, str(mail)))),
            Line("addin-backend check, 200 files", rounds(3, lambda: run(*check, *many))),
        ]
    show("Command line, whole processes", lines, "python -c pass")


if __name__ == "__main__":
    main()
