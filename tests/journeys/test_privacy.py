"""Nothing that a mail holds stays where it does not belong: not in the databases, not in the logs, not in what an error says."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_world_run import demo_world, log_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

METTE = "mette.holm@nordlys.example"
CPR, CPR_PLAIN = "240785-3517", "2407853517"
NAME, PHRASE, ATTACHED = "Zacharias Quistgaard", "violette zebraer i Kvaglund", "Krystalpaladset ved Ymerslund"
FILE, TYPED = "kvartalsgennemgang-zq.csv", "qq-bliver-aldrig-et-navn"
ADDRESSES = (
    "anna.lund@fynskpension.example",
    "peter.skov@skovadvokat.example",
    "bo.madsen@postkasse.example",
    "ravi.kumar@mumbaiclaims.example",
)
PLANTED = (CPR, CPR_PLAIN, NAME, PHRASE, ATTACHED, FILE, TYPED, METTE, *ADDRESSES)
EXCHANGE = "exchange"  # the simulator's own store: the organisation's mailboxes, where mail belongs
PKI = "pki"  # the demo world's certificates, which name their holders


def _draft(*to: str, body: str = "", **more: Any) -> dict[str, Any]:
    attachment = {
        "name": FILE,
        "media_type": "text/csv",
        "base64": base64.b64encode(f"Navn;Løn\n{NAME};45.000 kr.\n{ATTACHED}\n".encode()).decode(),
        "inline": False,
        "content_id": "",
    }
    return {
        "item_id": None,
        "from": METTE,
        "to": [{"address": address, "name": NAME} for address in to],
        "cc": [],
        "bcc": [],
        "subject": f"{PHRASE} {CPR}",
        "body": body or f"{NAME} har CPR-nummer {CPR} ({CPR_PLAIN}) og er sygemeldt med diabetes. {PHRASE}.",
        "body_format": "plain",
        "attachments": [attachment],
        "importance": "normal",
        **more,
    }


def _check(draft: object) -> dict[str, Any]:
    return {"mailbox": METTE, "language": "da", "draft": draft, "confirmed": [], "secure": False}


def _send(draft: object, key: str) -> dict[str, Any]:
    return {"idempotency_key": key, "mailbox": METTE, "language": "da", "draft": draft, "confirmed": [], "secure": True}


def _wait(client: httpx.Client, job_id: str) -> str:
    for _ in range(200):
        state: str = client.get(f"/api/v1/send/{job_id}").json()["state"]
        if state in {"sent", "not_sent", "partly_sent", "uncertain"}:
            return state
        time.sleep(0.1)
    return "unended"


def _use(client: httpx.Client) -> list[str]:
    """Check, send, be blocked, and go wrong in every way that the API has; gives what the errors said."""
    for address in ADDRESSES:
        assert client.post("/api/v1/check", json=_check(_draft(address))).status_code == 200
    accepted = client.post("/api/v1/send", json=_send(_draft(*ADDRESSES[:3]), "privacy-0001"))
    assert accepted.status_code == 202, accepted.text
    assert _wait(client, accepted.json()["job"]["job_id"]) == "sent"
    assert client.post("/api/v1/send", json=_send(_draft(ADDRESSES[3]), "privacy-0002")).json()["outcome"] == "not_sent"
    wrong = [
        client.post("/api/v1/send", json=_send(_draft(ADDRESSES[2], body=PHRASE + " igen"), "privacy-0001")),
        client.post("/api/v1/send", json=_send(_draft(ADDRESSES[2], item_id="AAMk" + TYPED), "privacy-0003")),
        client.post("/api/v1/check", json=_check(_draft(ADDRESSES[2], importance=TYPED))),
        client.post("/api/v1/check", json=_check({**_draft(ADDRESSES[2]), "to": [{"address": [CPR, PHRASE]}]})),
        client.post(
            "/api/v1/check", json=_check({**_draft(ADDRESSES[2]), "attachments": [{"name": FILE, "media_type": "x/y", "base64": TYPED}]})
        ),
        client.post("/api/v1/check", content=f'{{"draft": "{PHRASE} {CPR}"', headers={"Content-Type": "application/json"}),
        client.post("/api/v1/check", json=_check(_draft()) | {"mailbox": ADDRESSES[2]}),
        client.get(f"/api/v1/send/{CPR}"),
        client.get(f"/portal/{CPR_PLAIN}"),
    ]
    assert [answer.status_code for answer in wrong] == [409, 404, 400, 400, 400, 400, 403, 404, 404]
    return [answer.text for answer in wrong]


@pytest.fixture(scope="module")
def used(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A demo world that was used and stopped: its data folder, and what the errors said."""
    data = tmp_path_factory.mktemp("privacy")
    with demo_world(root, data) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        token = client.post("/playground/api/identity", json={"address": METTE}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        said = _use(client)
        log_page = client.get("/log?lang=da").text
    return data, [*said, log_page]


def _forms(needle: str) -> set[bytes]:
    """A needle as it could stand in a file: UTF-8, UTF-16, and base64 from each of the three positions."""
    plain = needle.encode()
    forms = {plain, plain.lower(), needle.encode("utf-16-le")}
    for shift in range(3):
        coded = base64.b64encode(b"\x00" * shift + plain)
        forms.add(coded[4 if shift else 0 : -4])
    return {form for form in forms if len(form) >= 8}


def _found(content: bytes) -> list[str]:
    lowered = content.lower()
    return [needle for needle in PLANTED if any(form in content or form in lowered for form in _forms(needle))]


def test_the_search_finds_what_it_looks_for() -> None:
    """A search that cannot find anything proves nothing: plain, lower case, UTF-16 and base64 in every position."""
    for needle in PLANTED:
        for hidden in (needle.encode(), needle.lower().encode(), needle.encode("utf-16-le")):
            assert needle in _found(b"before" + hidden + b"after")
        for shift in range(3):
            assert needle in _found(base64.b64encode(b"x" * shift + needle.encode() + b"the rest"))


def test_no_database_holds_what_the_mails_held(used: tuple[Path, list[str]]) -> None:
    """Every file of the product's data, down to the write-ahead logs: jobs, workflow state, accountability log, packages, keys."""
    data, _ = used
    files = [path for path in data.rglob("*") if path.is_file() and path.relative_to(data).parts[0] not in {EXCHANGE, PKI}]
    assert len(files) >= 3
    found = {str(path.relative_to(data)): _found(path.read_bytes()) for path in files}
    assert {name: needles for name, needles in found.items() if needles} == {}


def test_the_log_holds_nothing_of_it(used: tuple[Path, list[str]]) -> None:
    """Standard error of the whole demo world, which has something to say about every request."""
    data, _ = used
    log = log_of(data).read_bytes()
    assert log.count(b"request") >= 10
    assert _found(log) == []


def test_errors_and_the_log_page_say_nothing_of_it(used: tuple[Path, list[str]]) -> None:
    """An error names the field, never the value; the page of the log shows pseudonyms only."""
    _, said = used
    assert {index: _found(text.encode()) for index, text in enumerate(said) if _found(text.encode())} == {}
