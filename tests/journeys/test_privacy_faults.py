"""What mails hold stays out of every database, log and error, also when parts fail and the server is killed."""

from __future__ import annotations

import base64
import os
import quopri
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from demo_world import ANNA, BO, JONAS, METTE, PETER, RAVI, DemoWorld, attachment, draft, eventually, running

CPR, CPR_PLAIN = "310792-4129", "3107924129"
NAME, PHRASE, FILE, SUBJECT = "Baltasar Ørnfeldt", "kobberrøde flodheste ved Gudenåen", "flodheste-opgørelse.csv", "Vedr. flodhestene"
HIDDEN = "skjult.modtager@privat-flodhest.example"
PLANTED = (CPR, CPR_PLAIN, NAME, PHRASE, FILE, SUBJECT, HIDDEN, METTE, JONAS, ANNA, BO, PETER, RAVI)
NOT_OURS = {"exchange", "pki"}  # the organisation's own mailboxes, and certificates that name their holders


def forms(needle: str) -> set[bytes]:
    """A needle as it could stand in a file: UTF-8, UTF-16, percent-encoded, JSON-escaped, base64 and hex from every position."""
    plain = needle.encode()
    found = {
        plain,
        plain.lower(),
        needle.encode("utf-16-le"),
        needle.encode("utf-16-be"),
        quote(needle, safe="").encode(),
        plain.hex().encode(),
    }
    found |= {needle.encode("ascii", "backslashreplace"), quopri.encodestring(plain).strip()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            found.add(encode(b"\0" * shift + plain)[4 if shift else 0 : -4])
    return {form for form in found if len(form) >= 8}


FORMS = {needle: forms(needle) for needle in PLANTED}


def found_in(content: bytes) -> list[str]:
    """The needles that stand in ``content`` in any form."""
    lowered = content.lower()
    return [needle for needle, every in FORMS.items() if any(form in content or form in lowered for form in every)]


def planted(*to: str, **more: Any) -> dict[str, Any]:
    """A mail full of what must not be found."""
    files = [attachment(FILE, "text/csv", f"Navn;Løn\n{NAME};{PHRASE}\n".encode())]
    body = f"<p>{NAME} ({CPR}, {CPR_PLAIN}) har diabetes.</p><p>{PHRASE}</p>"
    return draft(*to, subject=f"{SUBJECT} {CPR}", body=body, body_format="html", attachments=files, **more)


@dataclass(frozen=True)
class Life:
    """A life full of failures, ended by SIGKILL: the data folder, all that was printed, and all that was answered in error."""

    data: Path
    said: bytes
    errors: list[str]


def _met(world: DemoWorld, mail: dict[str, Any], key: str) -> httpx.Response:
    """The answer to a press that reached Exchange. On a loaded machine the attachment may not be read in time: that is a block, again."""
    for attempt in range(10):
        answer = world.press(mail, f"{key}-{attempt}")
        if answer.status_code != 200:
            return answer
    raise AssertionError("no press was taken in")


def _exchange_fails(world: DemoWorld) -> list[str]:
    """Each press meets a failure of Exchange whose words quote the mail."""
    words = f"{SUBJECT} {CPR} {NAME} {BO}"
    said = []
    for number, fault in enumerate(
        (
            {"operation": "GetItem", "kind": "error", "code": "ErrorAccessDenied", "text": words},
            {"operation": "GetItem", "kind": "http", "text": words},
            {"operation": "UpdateItem", "kind": "fault", "text": words, "count": 2},
            {"operation": "CreateItem", "kind": "error", "code": "ErrorInternalServerError", "text": words},
            {"operation": "SendItem", "kind": "error", "code": "ErrorInvalidRecipients", "text": words},
            {"operation": "SendItem", "kind": "http_after_commit", "status": 500, "text": words},
        )
    ):
        mail = world.save(planted(BO))
        world.outside.post("/sandbox/faults", json=fault).raise_for_status()
        answer = _met(world, mail, f"exchange-fails-{number}")
        if answer.status_code == 202:
            job = world.ended(answer.json()["job"]["job_id"])
            said.append(f"{job['state']} {job['error_code']}")
        else:
            said.append(answer.text)
        world.no_faults()
    return said


def _engine_dies(world: DemoWorld) -> list[str]:
    """The engine's process is killed over and over while checks run; each gets a decision or an error."""
    stop, said = threading.Event(), []

    def kill() -> None:
        while not stop.wait(0.05):
            for pid, command in world.children().items():
                if "rego_worker" in command:
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for _ in range(6):
            answer = world.check(planted(RAVI))
            said += [] if answer.status_code == 200 else [answer.text]
            assert answer.status_code != 200 or answer.json()["action"] == "block"
    finally:
        stop.set()
        killer.join()
    return said


def _malformed(world: DemoWorld) -> list[str]:
    """What cannot be read, each quoting the mail in another place."""
    headers = {"Content-Type": "application/json"}
    bodies = [
        f'{{"mailbox": "{METTE}", "draft": "{CPR} {PHRASE}',
        f'{{"mailbox": "{METTE}", "draft": {{"from": "{METTE}", "to": [{{"address": "{BO}", "name": ["{NAME}"]}}]}}}}',
        f'{{"mailbox": "{METTE}", "language": "{PHRASE}", "draft": {{}}}}',
        f'{{"mailbox": ["{BO}"], "draft": {{"subject": "{SUBJECT}"}}}}',
    ]
    answers = [world.client.post("/api/v1/check", content=body.encode(), headers=headers) for body in bodies]
    answers += [
        world.check({**planted(BO), "importance": PHRASE}),
        world.check({**planted(BO), "attachments": [{"name": FILE, "media_type": NAME, "base64": CPR + "%"}]}),
        world.check(planted(BO), mailbox=HIDDEN),
        world.press(planted(BO), f"{CPR} {PHRASE}"),
        _met(world, planted(BO, item_id=f"{CPR}/{NAME}"), "unknown-item"),
        world.client.get(f"/api/v1/send/{quote(PHRASE)}"),
        world.client.get(f"/{quote(SUBJECT)}/{CPR}"),
        world.client.get(f"/portal/{CPR_PLAIN}"),
        world.client.get(
            "/console",
            headers={
                "Authorization": f"Bearer {CPR}",
                "User-Agent": PHRASE.encode("ascii", "ignore").decode(),
                "Referer": f"http://x/{BO}",
            },
        ),
        world.client.post("/api/v1/check", content=PHRASE.encode(), headers={"Content-Type": f"text/{CPR}"}),
    ]
    return [answer.text for answer in answers]


def _disk_full(world: DemoWorld) -> list[str]:
    """Nothing can be written."""
    world.limit_files(1)
    try:
        answers = [
            world.check(planted(BO)),
            world.press(planted(BO, ANNA, PETER), "disk-full-01"),
            world.press(planted(RAVI), "disk-full-02"),
        ]
    finally:
        world.limit_files(None)
    assert [answer.status_code for answer in answers] == [503] * 3, [answer.text[:200] for answer in answers]
    return [answer.text for answer in answers]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Everything goes wrong once; then the server is killed in the middle of a send."""
    with running(tmp_path_factory.mktemp("privacy") / "data") as world:
        job = world.send(world.save(planted(ANNA, PETER, JONAS, bcc=[BO])), "all-ways-0001")
        errors = [*_exchange_fails(world), *_engine_dies(world), *_malformed(world), *_disk_full(world)]
        errors += [world.client.get("/log").text, world.client.get("/console").text]
        world.fault("*", "delay", seconds=0.2, count=1000)
        world.press(world.save(planted(ANNA, RAVI, bcc=[HIDDEN])), "killed-00001")
        late = world.press(world.save(planted(ANNA, PETER, BO)), "killed-00002")
        eventually(lambda: world.job(late.json()["job"]["job_id"])["state"] == "sending", "the middle of a send")
        assert job["state"] == "sent"
        world.end(signal.SIGKILL)
        yield Life(world.data, world.said.read_bytes(), errors)


def test_every_form_is_found() -> None:
    """A search that finds nothing proves nothing: each form of each needle is found where it was put."""
    for needle in PLANTED:
        for form in FORMS[needle]:
            assert needle in found_in(b"before " + form + b" after"), (needle, form)
        for shift in range(3):
            assert needle in found_in(base64.b64encode(b"x" * shift + needle.encode() + b"the rest"))


def test_no_file_of_the_data_folder_holds_it(life: Life) -> None:
    """Databases and their write-ahead logs as a kill left them, keys, checkpoints: nothing of the mails, and no address."""
    files = [path for path in life.data.rglob("*") if path.is_file() and path.relative_to(life.data).parts[0] not in NOT_OURS]
    assert {"log.sqlite-wal", "store.sqlite-wal", "workflows.sqlite-wal", "keys.json"} <= {path.name for path in files}
    found = {path.name: found_in(path.read_bytes()) for path in files}
    assert {name: needles for name, needles in found.items() if needles} == {}


def test_the_mailboxes_of_the_simulator_do_hold_it(life: Life) -> None:
    """The counter-proof that the mails were there: in the organisation's own mailboxes the same search finds them."""
    mailboxes = b"".join(path.read_bytes() for path in (life.data / "exchange").iterdir())
    assert {PHRASE, BO} <= set(found_in(mailboxes))


def test_nothing_that_was_printed_holds_it(life: Life) -> None:
    """Standard output and error of the whole life."""
    assert life.said.count(b"request_id=") > 20
    assert found_in(life.said) == []


def test_no_error_and_no_page_holds_it(life: Life) -> None:
    """Every error answer, every closing state, the log page and the console."""
    assert {text[:300]: found_in(text.encode()) for text in life.errors if found_in(text.encode())} == {}
