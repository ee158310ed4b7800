"""One draft, three ways in: the command line's file, the add-in's JSON, and the press of Send securely ask the very same question."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from addin_backend.bootstrap.checking import checking, open_engine, rulebook
from addin_backend.bootstrap.mailboxes import open_edges
from addin_backend.bootstrap.sending import accepting, open_cabinet
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.accept_send import Press, accept
from addin_backend.flows.check import Ask, Checking, check, with_facts
from addin_backend.flows.intake import from_draft
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.message import Message
from addin_backend.ports import PolicyEngine
from addin_backend.sealing.compose import compose
from addin_backend.settings import Settings
from command_line import WORDS, ran, without_traceback, write_json
from policy.engines import product_policies
from policy.fake_opa import FakeOpa

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
METTE = "mette@firma.example"
EVIDENCE = {
    "organisation": {"domains": ["firma.example"], "kind": "private"},
    "domains": {"partner.example": {"transport": "register", "country": "DK"}, "blåbær.example": {"role": "private_person"}},
    "certificates": ["peter@advokat.example"],
}


def _attached(name: str, media_type: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"name": name, "media_type": media_type, "base64": base64.b64encode(content).decode(), **more}


def _draft(**changes: Any) -> dict[str, Any]:
    return {"from": METTE, "to": [{"address": "anna@partner.example", "name": "Anna Lund"}], "subject": "Hej", "body": "Hej\n", **changes}


PEOPLE = {
    "to": [{"address": "Anna@Partner.example"}, {"address": "bo@blåbær.example", "name": "Bo Ø. Madsen"}],
    "cc": [{"address": "peter@advokat.example", "name": 'Peter "P" Skov'}, {"address": "karin@firma.example"}],
}
SALARIES = "Navn;Løn\r\nBo Madsen;45.000 kr.\r\n".encode()
DRAFTS: dict[str, dict[str, Any]] = {
    "plain": _draft(body=WORDS["cpr"]),
    "no final line break": _draft(body="Hej\r\n\r\n" + WORDS["ordinary"]),
    "line breaks of Windows": _draft(body="Hej\r\n" + WORDS["criminal"] + "\r\n\r\n"),
    "Danish subject": _draft(subject="Blåbær og rødgrød " * 8 + "010190-1233", body="æøå  \n\n  \n"),
    "several people": _draft(**PEOPLE, body=WORDS["special_category"]),
    "HTML": _draft(body=f"<html><body><p>Kære Anna</p>\r\n<p>{WORDS['cpr']}</p></body></html>", body_format="html"),
    "attachments": _draft(
        **PEOPLE,
        attachments=[_attached("løn æøå.csv", "text/csv", SALARIES), _attached("scan.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff" * 99)],
    ),
    "HTML with a picture": _draft(
        body='<p>Hej <img src="cid:logo@firma"></p>',
        body_format="html",
        attachments=[_attached("logo.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(999), inline=True, content_id="logo@firma")],
    ),
    "private": _draft(subject="Privat: fest", body=WORDS["cpr"]),
    "empty": _draft(subject="", body=""),
}


def _message(draft: dict[str, Any]) -> Message:
    return from_draft(msgspec.json.decode(json.dumps(draft).encode(), type=DraftInput))


def _file(message: Message) -> bytes:
    """The draft as a mail file."""
    to, cc = ([item for item in message.recipients if item.kind == kind] for kind in ("to", "cc"))
    return compose(message, to=to, cc=cc, message_id="<a@firma.example>", date=AT)


class Started:
    """Keeps the ids of the workflows that were started."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, job_id: str) -> None:
        """Keep the id."""
        self.ids.append(job_id)

    def wait(self, job_id: str, seconds: float) -> bool:
        """Nothing runs, so nothing is waited for."""
        return True

    def close(self) -> None:
        """Nothing to stop."""


def _parts(engine: PolicyEngine) -> Checking:
    book = rulebook(Settings())
    facts = read_supplied(json.dumps(EVIDENCE).encode(), frozenset(book.registers.countries.known))
    return with_facts(checking(Settings(), book, engine, None), facts, facts.organisation)


def _by_api_and_send(folder: Path) -> dict[str, tuple[bytes, bytes]]:
    """(question of the pre-send check, question of the press) for each draft, with the real rules, store and log."""
    asked = {}
    mailbox = open_edges(Settings(ews_url="http://127.0.0.1:1/", ews_auth="basic")).ews  # a new mail has no draft to fetch
    assert mailbox is not None
    cabinet = open_cabinet(Settings(data_dir=str(folder / "data")))
    try:
        with open_engine(Settings(), product_policies()) as engine:
            parts = _parts(engine)
            sending = accepting(parts, cabinet, mailbox, Started())
            for name, draft in DRAFTS.items():
                ask = Ask(at=AT, secure=True)
                checked, _ = check(_message(draft), ask, parts)
                press = Press(METTE, _message(draft), ask, METTE, f"key-{name}", None, "da", "request-1")
                pressed, job = accept(press, sending)
                assert job is not None or pressed.action in {"block", "confirm"}
                asked[name] = (checked.question, pressed.question)
    finally:
        cabinet.close()
        mailbox.close()
    return asked


def _by_command_line(folder: Path) -> dict[str, bytes]:
    """The question that `check` asks about each draft's file, as a stand-in for OPA receives it."""
    for number, draft in enumerate(DRAFTS.values()):
        (folder / f"{number}.eml").write_bytes(_file(_message(draft)))
    write_json(folder / "evidence.json", EVIDENCE)
    files = [f"{number}.eml" for number in range(len(DRAFTS))]
    with FakeOpa(lambda _: None, revision=product_policies().revision) as fake:
        options = ("--json", "--secure", "--at", AT.date().isoformat(), "--evidence", "evidence.json", "--engine", "opa")
        run = ran("check", *options, *files, folder=folder, opa_url=fake.url)
    without_traceback(run)
    assert len(DRAFTS) == len(fake.questions)
    spelled = [json.dumps(item, sort_keys=True, separators=(",", ":")).encode() for item in fake.questions]
    return dict(zip(DRAFTS, spelled, strict=True))


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, bytes, bytes]]:
    """(command line, API, send) for each draft."""
    folder = tmp_path_factory.mktemp("questions")
    files, others = _by_command_line(folder), _by_api_and_send(folder)
    return {name: (files[name], *others[name]) for name in DRAFTS}


@pytest.mark.parametrize("name", DRAFTS)
def test_one_draft_gives_one_question(name: str, questions: dict[str, tuple[bytes, bytes, bytes]]) -> None:
    """The bytes are the same through all three; so the decision is."""
    by_file, by_api, by_send = questions[name]
    assert json.loads(by_file) == json.loads(by_api)
    assert by_file == by_api == by_send


def test_the_questions_hold_nothing_of_the_mail(questions: dict[str, tuple[bytes, bytes, bytes]]) -> None:
    """No address, subject, body or file name stands in any of them."""
    for asked, *_ in questions.values():
        for word in (b"anna", b"Madsen", b"010190", b"Hej", b"csv", b"logo", b"frokost", b"@"):
            assert word not in asked
