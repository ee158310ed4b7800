"""The Graph twin answers as Graph does, asked with bare HTTP; it sees the same mailboxes as EWS."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from exchange_simulator import BO, GRAPH_TOKEN, JONAS, METTE, World, mail, running

PLAIN = base64.b64encode(b"From: mette.holm@nordlys.example\r\nTo: " + BO.encode() + b"\r\nSubject: x\r\n\r\nHej\r\n")
TEXT: dict[str, Any] = {"headers": {"Content-Type": "text/plain"}}
MARKER = "String {00020329-0000-0000-C000-000000000046} Name SendSecurelyMarker"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file."""
    with running(tmp_path_factory.mktemp("exchange")) as made:
        yield made


def ask(world: World, method: str, path: str, *, token: str = GRAPH_TOKEN, mailbox: str = METTE, **more: Any) -> httpx.Response:
    """One request to a mailbox."""
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    return httpx.request(method, f"{world.simulator.graph}/users/{mailbox}{path}", headers=headers, timeout=20, **more)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and Graph's error code."""
    return answer.status_code, answer.json()["error"]["code"]


def draft(world: World) -> dict[str, Any]:
    """A new draft from MIME."""
    made = ask(world, "POST", "/messages", content=PLAIN, headers={"Content-Type": "text/plain"})
    assert 201 == made.status_code
    found: dict[str, Any] = made.json()
    return found


def test_a_draft_from_mime_has_what_its_header_says(world: World) -> None:
    """Recipients, subject, an etag that is the change key, and an id in the alphabet of URLs; EWS sees the same item."""
    made = draft(world)
    assert (True, "x", [BO]) == (made["isDraft"], made["subject"], [one["emailAddress"]["address"] for one in made["toRecipients"]])
    assert f'W/"{made["changeKey"]}"' == made["@odata.etag"]
    assert not set("/+") & set(made["id"])
    assert made["changeKey"] == world.ews.fetch_draft(METTE, made["id"].replace("-", "/").replace("_", "+"))[0].change_key


def test_select_and_expand_narrow_the_answer(world: World) -> None:
    """Only what was asked for, and an extended property only when it is there."""
    made = draft(world)
    ask(world, "PATCH", f"/messages/{made['id']}", json={"singleValueExtendedProperties": [{"id": MARKER, "value": "m"}]})
    query = {"$select": "id,subject", "$expand": f"singleValueExtendedProperties($filter=id eq '{MARKER}')"}
    found = ask(world, "GET", f"/messages/{made['id']}", params=query).json()
    assert {"@odata.context", "@odata.etag", "id", "subject", "singleValueExtendedProperties"} == set(found)
    assert [{"id": MARKER, "value": "m"}] == found["singleValueExtendedProperties"]


@pytest.mark.parametrize(("method", "path", "more", "expected"), [
    ("GET", "/messages/AAMknothere", {}, (404, "ErrorItemNotFound")),
    ("GET", "/messages/rubbish", {}, (400, "ErrorInvalidIdMalformed")),
    ("GET", "/nowhere", {}, (404, "UnknownPath")),
    ("GET", "/messages", {"params": {"$filter": "subject eq 'x'"}}, (400, "ErrorInvalidUrlQueryFilter")),
    ("GET", "/messages", {"params": {"$search": "x"}}, (400, "BadRequest")),
    ("POST", "/messages", {"content": b"%%%", **TEXT}, (400, "ErrorMimeContentInvalidBase64String")),
    ("POST", "/messages", {"content": base64.b64encode(b"rubbish"), **TEXT}, (400, "ErrorMimeContentInvalid")),
    ("POST", "/messages", {"json": {"subject": "x", "colour": "red"}}, (400, "RequestBodyRead")),
    ("POST", "/messages", {"json": {"internetMessageHeaders": [{"name": "Bcc", "value": "x"}]}}, (400, "RequestBodyRead")),
    ("POST", "/mailFolders", {"json": {"displayName": "Inbox"}}, (409, "ErrorFolderExists")),
    ("GET", "/messages", {"token": "sandbox-token"}, (401, "InvalidAuthenticationToken")),
    ("GET", "/messages", {"mailbox": "nobody@nordlys.example"}, (404, "ErrorInvalidUser")),
    ("POST", "/messages", {"content": b"A" * 4 * 1024 * 1024 + b"AAAA", **TEXT}, (413, "RequestEntityTooLarge")),
])  # fmt: skip
def test_what_graph_refuses_is_refused_as_graph_does(
    world: World, method: str, path: str, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Status and code, case by case."""
    assert expected == code(ask(world, method, path, **more))


def test_a_stale_etag_changes_nothing(world: World) -> None:
    """412, and the item is as it was."""
    made = draft(world)
    stale = {"If-Match": 'W/"CQold"'}
    assert (412, "ErrorIrresolvableConflict") == code(ask(world, "PATCH", f"/messages/{made['id']}", json={"subject": "y"}, headers=stale))
    good = {"If-Match": made["@odata.etag"]}
    changed = ask(world, "PATCH", f"/messages/{made['id']}", json={"subject": "y"}, headers=good).json()
    assert "y" == changed["subject"]
    assert changed["changeKey"] != made["changeKey"]


def test_sending_gives_202_a_new_id_and_one_delivery(world: World) -> None:
    """The draft's id is gone, the copy is no draft, and the journal has it once, whichever API asks."""
    outgoing = mail()
    saved = world.graph.save(METTE, outgoing)
    rest = saved.item_id.replace("/", "-").replace("+", "_")
    sent = ask(world, "POST", f"/messages/{rest}/send")
    assert (202, b"") == (sent.status_code, sent.content)
    assert (404, "ErrorItemNotFound") == code(ask(world, "POST", f"/messages/{rest}/send"))
    (copy,) = ask(
        world, "GET", "/mailFolders/sentitems/messages", params={"$filter": f"internetMessageId eq '{outgoing.message_id}'"}
    ).json()["value"]
    assert copy["isDraft"] is False
    assert 1 == len(world.journal(outgoing.marker))


def test_deleting_moves_and_deleting_for_good_does_not(world: World) -> None:
    """DELETE leaves a mail in clear among the deleted ones; permanentDelete leaves none."""
    moved, gone = draft(world), draft(world)
    before = len(world.items(METTE, "deleteditems"))
    assert [204, 204] == [
        ask(world, "DELETE", f"/messages/{moved['id']}").status_code,
        ask(world, "POST", f"/messages/{gone['id']}/permanentDelete").status_code,
    ]
    assert before + 1 == len(world.items(METTE, "deleteditems"))


def delta(world: World, link: str = "", size: int = 2) -> tuple[list[dict[str, Any]], str]:
    """Every page of a round, and the link for the next one."""
    found: list[dict[str, Any]] = []
    address = link or f"{world.simulator.graph}/users/{JONAS}/mailFolders/sentitems/messages/delta?$select=subject,isDraft"
    headers = {"Authorization": f"Bearer {GRAPH_TOKEN}", "Prefer": f"odata.maxpagesize={size}"}
    while True:
        page = httpx.get(address, headers=headers, timeout=20).raise_for_status().json()
        assert len(page["value"]) <= size
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        address = page["@odata.nextLink"]


def test_delta_gives_what_is_new_changed_and_gone_since(world: World) -> None:
    """In pages; what EWS did is in it too."""
    for _ in range(5):
        outgoing = mail(save_to="sentitems", sender=JONAS)
        world.graph.send(JONAS, world.graph.save(JONAS, outgoing), outgoing)
    first, link = delta(world)
    assert 5 == len({item["id"] for item in first})
    assert [] == delta(world, link)[0]
    by_ews = mail(save_to="sentitems", sender=JONAS)
    world.ews.send(JONAS, world.ews.save(JONAS, by_ews), by_ews)
    ask(world, "POST", f"/messages/{first[0]['id']}/permanentDelete", mailbox=JONAS)
    ask(world, "PATCH", f"/messages/{first[1]['id']}", mailbox=JONAS, json={"categories": ["a"]})
    since, link = delta(world, link)
    assert [first[0]["id"]] == [item["id"] for item in since if "@removed" in item]
    assert 2 == len([item for item in since if "@removed" not in item])
    assert [] == delta(world, link)[0]
    assert (410, "SyncStateNotFound") == code(ask(world, "GET", "/mailFolders/sentitems/messages/delta", params={"$deltatoken": "rubbish"}))


def test_ews_that_is_switched_off_is_403_and_graph_goes_on(world: World) -> None:
    """EWSEnabled False, as in Exchange Online from October 2026."""
    world.switch(ews_enabled=False)
    assert 403 == httpx.post(world.simulator.endpoint, content=b"<x/>", auth=("addin-backend", "sandbox"), timeout=20).status_code
    assert 200 == ask(world, "GET", "/mailFolders/inbox").status_code
    world.switch(ews_enabled=True)


def batch(world: World, parts: list[dict[str, Any]], token: str = GRAPH_TOKEN) -> httpx.Response:
    """One batch."""
    address = f"{world.simulator.graph}/$batch"
    return httpx.post(address, json={"requests": parts}, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def test_a_batch_answers_part_by_part(world: World) -> None:
    """JSON as an object, other content in base64, a throttled part with its own 429 and Retry-After; the batch itself says 200."""
    made = draft(world)
    at = f"/users/{METTE}/messages/{made['id']}"
    world.fault("ListFolders", "server_busy", seconds=7.0)
    parts = [
        {"id": "a", "method": "GET", "url": f"{at}?$select=subject"},
        {"id": "b", "method": "GET", "url": f"{at}/$value"},
        {"id": "c", "method": "GET", "url": f"/users/{METTE}/messages/AAMkgone"},
        {"id": "d", "method": "GET", "url": f"/users/{METTE}/mailFolders"},
    ]
    answer = batch(world, parts)
    found = {part["id"]: part for part in answer.json()["responses"]}
    assert (200, [200, 200, 404, 429]) == (answer.status_code, [found[name]["status"] for name in "abcd"])
    assert ("x", "7") == (found["a"]["body"]["subject"], found["d"]["headers"]["Retry-After"])
    assert b"Subject: x" in base64.b64decode(found["b"]["body"])


def test_a_batch_is_refused_as_a_whole(world: World) -> None:
    """More than 20 parts, two with one id, a token for another API."""
    part = {"method": "GET", "url": f"/users/{METTE}/mailFolders"}
    assert [400, 400, 401] == [
        batch(world, [{"id": str(number), **part} for number in range(21)]).status_code,
        batch(world, [{"id": "a", **part}, {"id": "a", **part}]).status_code,
        batch(world, [{"id": "a", **part}], token="another").status_code,
    ]
