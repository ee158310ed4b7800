"""The folder *Send sikkert*, from a draft that a phone puts there to what left, over EWS and over Graph, with the product's own loop."""

from __future__ import annotations

import base64
import email
import email.policy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from addin_backend.bootstrap import demo
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.server import Surroundings, open_services
from addin_backend.model.send_folder import DRAFTS, SEALED_COPIES, SEND_FOLDER
from addin_backend.sandbox.outlook import Outlook
from addin_backend.sandbox.pki import create_demo_pki
from addin_backend.settings import Settings
from addin_backend.web.services import Services
from exchange_simulator import GRAPH_TOKEN, METTE, TRANSPORTS, World, mail, running

EVERY = 0.3  # seconds between two looks
PATIENCE = 120.0
ANNA, BO, RAVI, JONAS = (
    "anna@fynskpension.example",
    "bo.madsen@postkasse.example",
    "ravi@mumbaiclaims.example",
    "jonas.friis@nordlys.example",
)
CPR = "CPR-nummer: 010190-1234"


@dataclass
class Phone:
    """Mette's phone beside a running server."""

    world: World
    outlook: Outlook
    services: Services

    def save(self, *to: str, subject: str, body: str = CPR, **more: Any) -> str:
        """Written and saved among the drafts."""
        people = {kind: [{"address": one} for one in more.pop(kind, ())] for kind in ("cc", "bcc")}
        made = {"from": METTE, "to": [{"address": one} for one in to], "subject": subject, "body": body, **people, **more}
        return self.outlook.save_draft(METTE, made, datetime.now(UTC))

    def put(self, item_id: str) -> None:
        """Moved into the folder, as any mail program can."""
        self.world.mailbox.lying(METTE, SEND_FOLDER)  # type: ignore[attr-defined]  # both edges have it
        self.world.mailbox.move_item(METTE, item_id, SEND_FOLDER)  # type: ignore[attr-defined]  # likewise

    def rows(self, folder: str, subject: str) -> list[dict[str, Any]]:
        """What lies there under a subject."""
        return [row for row in self.world.items(METTE, folder) if row["subject"] == subject]

    def left(self, subject: str) -> list[dict[str, Any]]:
        """What left as part of the send of this subject, found by the readable copy's job."""
        jobs = {row["marker"].rpartition(".")[0] for row in self.rows("sentitems", subject) if row["marker"]}
        return [
            entry for job in jobs for group in ("clear", "smime", "portal0", "portal1") for entry in self.world.journal(f"{job}.{group}")
        ]

    def note(self, subject: str) -> str:
        """The words of the newest note that names the subject, "" as long as there is none."""
        for row in self.world.items(METTE, "inbox"):
            if row["marker"].startswith("note-"):
                read = email.message_from_bytes(self.world.mime(METTE, row["id"]), policy=email.policy.default)
                text = str(read.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # our notes have one
                if f"»{subject}«" in text:
                    return text
        return ""


def eventually(look: Callable[[], Any], what: str) -> Any:
    """The first thing that is true."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")


@contextmanager
def phone(world: World, folder: Path) -> Iterator[Phone]:
    """The sample organisation's server with its folder loop; the other loops rest."""
    with demo._domains(folder) as outside:
        pki = create_demo_pki(folder / "pki", now())
        base = Settings(send_folder_seconds=EVERY, reports_seconds=0, ledger_seconds=0)
        servers = (world.simulator.endpoint, world.simulator.graph, outside.resolver)
        settings = demo.demo_settings(base, folder, pki, "http://127.0.0.1:1", servers)
        around = Surroundings(lambda _token: None, True, demo.seed_contacts, outside.way, graph_tokens=lambda _claims: GRAPH_TOKEN)
        chosen = type(settings)(
            **{name: getattr(settings, name) for name in settings.__struct_fields__} | {"mailbox_transport": world.transport}
        )
        with open_services(chosen, around) as services:
            yield Phone(world, Outlook(world.simulator.endpoint), services)


@pytest.fixture(scope="module", params=TRANSPORTS)
def mette(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """One simulator and one server for each transport; nothing that went either way broke a schema."""
    with running(tmp_path_factory.mktemp("exchange")) as world, phone(world.over(request.param), tmp_path_factory.mktemp("data")) as made:
        yield made
        assert world.violations() == []


def test_a_draft_in_the_folder_is_checked_and_sent(mette: Phone) -> None:
    """A link for the one outside, and the hidden colleague; one readable copy; the draft is gone; nobody gets two."""
    mette.put(mette.save(BO, subject="Fra telefonen", bcc=(JONAS,)))
    eventually(lambda: mette.rows("sentitems", "Fra telefonen") and not mette.rows(SEND_FOLDER.lower(), "Fra telefonen"), "sent")
    assert [BO, JONAS] == sorted(entry["recipient"] for entry in mette.left("Fra telefonen"))
    assert (1, [], []) == (
        len(mette.rows("sentitems", "Fra telefonen")), mette.rows(DRAFTS, "Fra telefonen"), mette.rows("deleteditems", "Fra telefonen")
    )  # fmt: skip
    assert "" == mette.note("Fra telefonen")


def test_a_file_and_html_go_along(mette: Phone) -> None:
    """What hangs on the draft, with every byte, and its text as it was."""
    content = bytes(range(256)) * 20
    attached = [{"name": "blå.pdf", "media_type": "application/pdf", "base64": base64.b64encode(content).decode()}]
    mette.put(mette.save(JONAS, subject="Med fil", body="<p>Hej <b>Jonas</b></p>", body_format="html", attachments=attached))
    eventually(lambda: mette.rows("sentitems", "Med fil"), "sent")
    (row,) = [item for item in mette.world.items(JONAS, "inbox") if item["subject"] == "Med fil"]
    read = email.message_from_bytes(mette.world.mime(JONAS, row["id"]), policy=email.policy.default)
    (part,) = read.iter_attachments()
    assert (content, "blå.pdf", True) == (
        part.get_payload(decode=True),
        part.get_filename(),
        "<b>Jonas</b>" in str(read.get_body(("html",))),
    )


def test_a_blocked_draft_comes_back_with_the_reason(mette: Phone) -> None:
    """It lies among the drafts with its recipients, a note says why in two languages, and nothing has left."""
    mette.put(mette.save(RAVI, subject="Til Mumbai", body="Anne har en depression og er sygemeldt. " + CPR))
    eventually(lambda: mette.rows(DRAFTS, "Til Mumbai"), "put back")
    (row,) = mette.rows(DRAFTS, "Til Mumbai")
    note = mette.note("Til Mumbai")
    assert [RAVI] == [one["address"] for one in row["to"]]
    assert (True, True, True) == ("Mailen er ikke sendt" in note, "The mail has not been sent" in note, "Send sikkert" in note)
    assert ([], []) == (mette.rows("sentitems", "Til Mumbai"), mette.rows(SEND_FOLDER.lower(), "Til Mumbai"))


@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody", "Der er ingen modtagere"), ("another", "en anden adresse")],
)
def test_what_cannot_be_sent_from_here_comes_back(mette: Phone, name: str, words: str) -> None:
    """No recipients, or another sender: back, with the reason, and a second round finds nothing to do."""
    subject = f"Tilbage {name}"
    given: dict[str, Any] = {} if name == "nobody" else {"from": "fælles@nordlys.example"}
    mette.put(mette.save(*([] if name == "nobody" else [JONAS]), subject=subject, **given))
    eventually(lambda: mette.rows(DRAFTS, subject), "put back")
    texts = [mette.world.mime(METTE, row["id"]) for row in mette.world.items(METTE, "inbox") if row["marker"].startswith("note-")]
    bodies = [str(email.message_from_bytes(one, policy=email.policy.default).get_body(("plain",))) for one in texts]
    assert any(words in email.message_from_string(one, policy=email.policy.default).get_content() for one in bodies)


def test_a_received_mail_that_was_put_there_is_put_back(mette: Phone) -> None:
    """It is no draft: it goes to the Inbox, as it was."""
    raw = f"From: {BO}\r\nTo: {METTE}\r\nSubject: Modtaget\r\nMessage-ID: <modtaget@postkasse.example>\r\n\r\nHej\r\n"
    httpx.post(f"{mette.world.simulator.address}/sandbox/mailboxes/{METTE}/arrived", content=raw.encode()).raise_for_status()
    (row,) = mette.rows("inbox", "Modtaget")
    mette.put(row["id"])
    eventually(lambda: not mette.rows(SEND_FOLDER.lower(), "Modtaget") and mette.rows("inbox", "Modtaget"), "back in the Inbox")
    assert [] == mette.rows(DRAFTS, "Modtaget")


def test_sealed_copies_of_before_move_to_their_new_folder(mette: Phone) -> None:
    """The folder's name was theirs: what lies there with our marker as sent is moved, and a look for it finds it in either place."""
    old = mail(save_to=SEND_FOLDER)
    mette.world.mailbox.store_copy(METTE, old)
    (row,) = [item for item in mette.world.items(METTE, "sentitems") if item["marker"] == old.marker]
    mette.put(row["id"])
    assert mette.world.mailbox.was_sent(METTE, old)
    eventually(lambda: [item for item in mette.world.items(METTE, SEALED_COPIES.lower()) if item["marker"] == old.marker], "moved")
    assert mette.world.mailbox.was_sent(METTE, old)
