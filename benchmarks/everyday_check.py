"""What the whole check does with everyday mails that hold no protected data: to a partner with enforced TLS, and to an unknown domain.

    .venv/bin/python benchmarks/everyday_check.py [FILE.jsonl]

Each mail goes through `addin-backend check --json --evidence` with the rules and thresholds that come with the product. Beside it stands
what a mail that says nothing gets, so that the table shows what the content alone did.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections import Counter
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from addin_backend.bootstrap import check_files
from addin_backend.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
EVERYDAY = ROOT / "tests/evidence/data/mails/everyday_test.jsonl"
MAILS_A_WEEK = 200  # 40 a day
PARTNER, UNKNOWN = "bo@partner.example", "bo@ukendt.example"
EVIDENCE = {
    "organisation": {"domains": ["firma.example"], "kind": "private"},
    "domains": {"partner.example": {"transport": "register", "role": "organisation", "country": "DK", "country_strength": "registered"}},
}


def written(mail: dict[str, Any], to: str, path: Path) -> str:
    """The mail as a file."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "anna@firma.example", to, mail["subject"].replace("\n", " ")
    message.set_content(mail["body"], subtype="html" if mail["format"] == "html" else "plain")
    for item in mail["attachments"]:
        message.add_attachment(item.get("text", "").encode(), maintype="text", subtype="plain", filename=item["name"])
    path.write_bytes(bytes(message))
    return str(path)


def checked(mails: list[dict[str, Any]], to: str) -> list[dict[str, Any]]:
    """The answers, one for each mail."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = Path(folder) / "evidence.json"
        evidence.write_text(json.dumps(EVIDENCE), encoding="utf-8")
        files = tuple(written(mail, to, Path(folder) / f"{number}.eml") for number, mail in enumerate(mails))
        out = io.StringIO()
        wish = check_files.Wish(files=files, as_json=True, evidence=evidence, at=None, engine=None, secure=False)
        check_files.run(wish, Settings(), out, sys.stderr)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def main() -> None:
    """Check and print."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else EVERYDAY
    mails = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    nothing = {"subject": "Hej", "body": "Hej", "format": "plain", "attachments": []}
    print(f"{len(mails)} everyday mails: all actions; another action than a mail that says nothing; blocked; another one a week")
    for name, to in (("partner, enforced TLS", PARTNER), ("unknown domain", UNKNOWN)):
        (plain,) = checked([nothing], to)
        answers = checked(mails, to)
        actions = Counter(item["action"] for item in answers)
        other = sum(item["action"] != plain["action"] for item in answers)
        blocked = sum(item["action"] == "block" != plain["action"] for item in answers)
        shares = f"{other / len(mails):.2%}; {blocked / len(mails):.2%}; {other / len(mails) * MAILS_A_WEEK:.1f}"
        print(f"{name:24} {plain['action']:26} {dict(sorted(actions.items()))}; {shares}")


if __name__ == "__main__":
    main()
