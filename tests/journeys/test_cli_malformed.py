"""`check` on mails that no standard allows: never a traceback, never `allow` for what could not be read."""

from __future__ import annotations

import email
import email.policy
import importlib.util
import random
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from addin_backend.evidence.mime import parse_message
from command_line import WORDS, ran, without_traceback, write_json
from sizes import size

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEEN = re.sub(r"\s+", " ", WORDS["cpr"])
EVIDENCE = {"organisation": {"domains": ["firma.example"], "kind": "private"}, "domains": {}, "certificates": []}


def _base(rng: random.Random) -> bytes:
    """A sound mail with a CPR number somewhere in it: body, HTML, attachment, mail within the mail, or subject."""
    made = EmailMessage()
    made["From"], made["To"] = "mette@firma.example", "Bo Østergård <bo@postkasse.example>"
    made["Subject"] = rng.choice(["Hej", "Blåbærgrød på øen", WORDS["cpr"]])
    kind = rng.randrange(6)
    made.set_content(WORDS["cpr"] if kind < 3 else "Hej Bo\n", cte=rng.choice(["8bit", "quoted-printable", "base64"]))
    if kind == 1:
        made.add_alternative(f"<html><body><p>{WORDS['cpr']}</p></body></html>", subtype="html")
    if kind == 2:
        made.add_attachment(b"%PDF-1.7 \x00\xff", maintype="application", subtype="pdf", filename="løn æøå.pdf")
    if kind == 3:
        made.add_attachment(WORDS["cpr"] + "\n", filename="sag.txt")
    if kind in (4, 5):
        inner = EmailMessage()
        inner["From"], inner["To"], inner["Subject"] = "x@y.example", "z@y.example", "Indre"
        inner.set_content(WORDS["cpr"])
        made.add_attachment(inner)
    return made.as_bytes()


def _spoil(rng: random.Random, raw: bytes) -> bytes:
    """One thing wrong with ``raw``."""
    lines = raw.split(b"\n")
    at = rng.randrange(len(raw))
    line = rng.randrange(len(lines))
    damage = [
        lambda: raw[:at],
        lambda: raw[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9))) + raw[at:],
        lambda: raw[:at] + b"\0" + raw[at + 1 :],
        lambda: b"\n".join([*lines[:line], *lines[line + 1 :]]),
        lambda: b"\n".join([*lines[:line], lines[line], *lines[line:]]),
        lambda: b"\n".join(rng.sample(lines, len(lines))),
        lambda: raw.replace(b"boundary=", rng.choice([b"boundary", b"boundary=x;b=", b"BOUNDARY*0*=utf-8''x; old="])),
        lambda: raw.replace(b'utf-8"', rng.choice([b'klingon"', b'utf-16"', b'base64"', b'unicode_escape"', b'utf-7"'])),
        lambda: raw.replace(
            b"Content-Transfer-Encoding: ",
            rng.choice([b"Content-Transfer-Encoding: x-", b"X-Encoding: ", b"Content-Transfer-Encoding: uu"]),
        ),
        lambda: raw.replace(b"\n\n", b"\n", 1),
        lambda: raw.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\r\r\n", b"\n\r"])),
        lambda: raw.replace(b"To: ", rng.choice([b"To ", b"To: <<<", b"To: \xff\xfe ,", b"To: (((", b"T\xf8: "]), 1),
        lambda: raw.replace(
            b"multipart/mixed", rng.choice([b"multipart/", b"multipart/digest", b"message/rfc822", b"text/plain", b"multipart/encrypted"])
        ),
        lambda: b"Content-Type: text/html\nContent-Type: multipart/mixed; boundary=q\n" + raw,
        lambda: raw.replace(b"Subject: ", b"Subject: =?utf-8?b?%%%?= =?x?q?=ZZ?= ", 1),
        lambda: b"A: " + b"x" * 200_000 + b"\n" + raw,
        lambda: (
            b"\n".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d" % (n, n) for n in range(rng.randrange(1, 60))) + b"\n" + raw
        ),
        lambda: bytes(rng.randrange(256) for _ in range(rng.randrange(300))),
    ]
    return rng.choice(damage)()


def _python_data() -> Iterator[tuple[str, bytes]]:
    """The mails that Python tests its own library with, where this Python has them."""
    spec = importlib.util.find_spec("test")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted((Path(place) / "test_email" / "data").glob("*.txt")):
            yield f"python-{path.stem}", path.read_bytes()


def _shown_by_python(raw: bytes) -> str:
    """All the text that Python's own library finds: what a mail program may show. "" when the library gives up."""
    try:
        found = email.message_from_bytes(raw, policy=email.policy.default)
        texts = [str(found["subject"] or "")]
        for part in found.walk():
            if part.get_content_maintype() == "text":
                texts.append(part.get_content())
    except Exception:  # noqa: BLE001 the library raises many kinds of error on such mails; then it is no judge
        return ""
    return re.sub(r"<[^>]*>|\s+", " ", " ".join(texts))


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes, dict[str, Any]]]:
    """(name, mail, its line) for every spoiled mail, from one run of the program."""
    folder = tmp_path_factory.mktemp("malformed")
    rng = random.Random(20261123)
    mails = dict(_python_data())
    for number in range(size(sample=80, full=500)):
        raw = _base(rng)
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            raw = _spoil(rng, raw) if raw else raw
        mails[f"spoiled-{number:03}"] = raw
    for name, raw in mails.items():
        (folder / f"{name}.eml").write_bytes(raw)
    write_json(folder / "evidence.json", EVIDENCE)
    run = ran("check", "--json", "--evidence", "evidence.json", *(f"{name}.eml" for name in mails), folder=folder)
    without_traceback(run)
    assert "" == run.err
    assert [f"{name}.eml" for name in mails] == [line["file"] for line in run.lines]
    assert run.code == int(any(not parse_message(raw).readable for raw in mails.values()))
    return [(name, raw, line) for (name, raw), line in zip(mails.items(), run.lines, strict=True)]


def test_what_cannot_be_read_is_blocked(decided: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    """A mail that could not be taken apart is blocked with the one finding that says so, whoever it is for."""
    unreadable = [(name, line) for name, raw, line in decided if not parse_message(raw).readable]
    assert len(unreadable) >= 10
    wrong = [name for name, line in unreadable if line["action"] != "block" or line["classes"] != ["unknown"]]
    assert wrong == []
    assert [] == [name for name, line in unreadable if [item["code"] for item in line["findings"]] != ["EV-01"]]


def test_nothing_unread_in_part_is_allowed(decided: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    """Where a part could not be read, no outsider gets the mail as it is."""
    outside = [
        (name, item["protection"])
        for name, _, line in decided
        if "unknown" in line["classes"]
        for item in line["recipients"]
        if not item["address"].endswith("@firma.example")
    ]
    assert [] == [name for name, protection in outside if protection == "plain"]


def test_what_another_reader_sees_is_not_allowed(decided: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    """Where Python's own library shows the sentence with the CPR number, the mail is not allowed to an outsider."""
    shown = [(name, line) for name, raw, line in decided if SEEN in _shown_by_python(raw)]
    assert len(shown) >= 20
    assert [] == [name for name, line in shown if line["action"] == "allow"]


CLASSIFIED = {"ordinary", "confidential", "cpr", "criminal", "special_category", "unread", "unknown"}


def test_classify_reads_the_same_mails(decided: list[tuple[str, bytes, dict[str, Any]]], tmp_path: Path) -> None:
    """`classify` gives a line for each of them, and `unknown` with `encrypt` for what it could not read."""
    for name, raw, _ in decided:
        (tmp_path / f"{name}.eml").write_bytes(raw)
    run = ran("classify", *(f"{name}.eml" for name, _, _ in decided), folder=tmp_path)
    without_traceback(run)
    for (name, raw, _), line in zip(decided, run.lines, strict=True):
        assert (f"{name}.eml", True) == (line["id"], set(line["classes"]) <= CLASSIFIED)
        if not parse_message(raw).readable:
            assert ("unknown" in line["classes"], line["min_protection"]) == (True, "encrypt")
