"""`classify --jsonl`: one line in, one line out, in order; nothing extracted is in doubt; a bad line is named."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import WORDS, Ran, mail, ran, ran_anew, without_traceback

KEYS = ["id", "classes", "categories", "identifiers", "min_protection"]


def _classify(folder: Path, *mails: dict[str, Any]) -> list[dict[str, Any]]:
    stdin = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in mails).encode()
    run = ran("classify", "--jsonl", folder=folder, stdin=stdin)
    assert (0, "") == (run.code, run.err)
    return run.lines


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_every_line_is_answered_in_order(tmp_path: Path) -> None:
    """Ids of any kind come back unchanged and in order, empty lines are no mails, and each line has the contract's keys."""
    mails = [{"id": identity, "body": WORDS["ordinary"]} for identity in ("a", "", "æ\u2028", 7, "a", -1)]
    lines = _classify(tmp_path, *mails)
    assert [item["id"] for item in mails] == [line["id"] for line in lines]
    assert all(list(line) == KEYS for line in lines)
    run = ran("classify", "--jsonl", folder=tmp_path, stdin=b'\n{"id":1}\n\n  \n{"id":2}')
    assert [1, 2] == [line["id"] for line in run.lines]


CASES: list[tuple[str, dict[str, Any], set[str], list[str], str]] = [
    ("ordinary is no class", {"body": WORDS["ordinary"]}, set(), [], "none"),
    ("a CPR number", {"body": WORDS["cpr"]}, {"cpr"}, ["010190-1233"], "encrypt"),
    ("a CPR number as it is written", {"body": "CPR-nr.: 010190 1233, cpr 0101901233."}, {"cpr"}, ["010190 1233", "0101901233"], "encrypt"),
    ("criminal", {"body": WORDS["criminal"]}, {"criminal"}, [], "encrypt"),
    ("health", {"body": WORDS["special_category"]}, {"special_category"}, [], "encrypt"),
    ("pay", {"body": WORDS["confidential"]}, {"confidential"}, [], "encrypt"),
    ("private is not read", {"subject": "Privat: fest", "body": WORDS["cpr"]}, {"unread"}, [], "none"),
    ("HTML", {"body": "<p>CPR 010190<b>-1233</b></p>", "format": "html"}, {"cpr"}, ["010190-1233"], "encrypt"),
    ("markup in plain text may be shown as such", {"body": "<p>CPR 010190<b>-1233</b></p>"}, {"cpr"}, ["010190-1233"], "encrypt"),
    ("text of an attachment", {"attachments": [{"name": "a.docx", "text": WORDS["cpr"]}]}, {"cpr"}, ["010190-1233"], "encrypt"),
    ("bytes of an attachment", {"attachments": [{"name": "a.txt", "base64": _base64(WORDS["cpr"])}]}, {"cpr"}, ["010190-1233"], "encrypt"),
    ("nothing extracted", {"attachments": [{"name": "scan.pdf", "text": ""}]}, {"unknown"}, [], "encrypt"),
    (
        "nothing extracted, but a name",
        {"attachments": [{"name": "CPR 010190-1233.pdf", "text": ""}]},
        {"cpr", "unknown"},
        ["010190-1233"],
        "encrypt",
    ),
    ("no bytes", {"attachments": [{"name": "a.txt", "base64": ""}]}, {"unknown"}, [], "encrypt"),
    ("bad base64", {"attachments": [{"name": "a.txt", "base64": "%%%"}]}, {"unknown"}, [], "encrypt"),
    ("neither text nor bytes", {"attachments": [{"name": "a.txt"}]}, {"unknown"}, [], "encrypt"),
    (
        "a kind that is not read",
        {"attachments": [{"name": "a.txt", "base64": base64.b64encode(b"7z\xbc\xaf\x27\x1c..").decode()}]},
        {"unknown"},
        [],
        "encrypt",
    ),
]


def _named(classes: list[str]) -> set[str]:
    """The classes without "confidential" beside one that implies it (labelling guide, rule 2)."""
    return set(classes) - ({"confidential"} if set(classes) & {"cpr", "criminal", "special_category"} else set())


def test_each_kind_of_mail_gets_its_class(tmp_path: Path) -> None:
    """Class, exact identifiers and the least protection, for each case."""
    lines = _classify(tmp_path, *({"id": name, **given} for name, given, *_ in CASES))
    found = [(line["id"], _named(line["classes"]), line["identifiers"], line["min_protection"]) for line in lines]
    assert [(name, classes, identifiers, least) for name, _, classes, identifiers, least in CASES] == found


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b'{"id": 2, "body": 3}', "$.body"),
        (b'{"body": "x"}', "id"),
        (b'{"id": 2, "format": "rtf"}', "format"),
        (b'{"id": 2', "truncated"),
        (b'{"id": 2, "body": "\xff"}', "utf-8"),
        (b'{"id": 2, "attachments": [{"text": 1}]}', "attachments"),
        (b"[" * 50_000, "object"),
    ],
)
def test_a_bad_line_is_named(line: bytes, named: str, tmp_path: Path) -> None:
    """Exit 2 with the number of the line and the field; the lines before it have been answered."""
    run: Ran = ran("classify", "--jsonl", folder=tmp_path, stdin=b'{"id": 1}\n' + line + b'\n{"id": 3}\n')
    without_traceback(run)
    assert (2, [1]) == (run.code, [item["id"] for item in run.lines])
    assert "Line 2 " in run.err
    assert named in run.err


def test_message_files_are_classified_too(tmp_path: Path) -> None:
    """A line per file with its path as id; one that cannot be read is `unknown` and exit 1."""
    (tmp_path / "cpr.eml").write_bytes(mail("bo@postkasse.example", "cpr"))
    run = ran_anew("classify", "./cpr.eml", "findes-ikke.eml", folder=tmp_path)
    without_traceback(run)
    assert [("./cpr.eml", ["cpr"], "encrypt"), ("findes-ikke.eml", ["unknown"], "encrypt")] == [
        (line["id"], line["classes"], line["min_protection"]) for line in run.lines
    ]
    assert run.code == 1


def test_nothing_to_read_is_a_mistake_of_usage(tmp_path: Path) -> None:
    """Without files and without --jsonl there is nothing to do: exit 2."""
    run = ran("classify", folder=tmp_path)
    assert (2, "") == (run.code, run.out)
