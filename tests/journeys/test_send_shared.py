"""Sending from a shared mailbox: whoever the directory delegates it to may, over either transport; to everybody else it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo_world import ANNA, JONAS, METTE, DemoWorld, draft, running

SHARED = "kontakt@nordlys.example"
TEXT = "CPR-nummer: 010190-1234\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file; the directory delegates the shared mailbox to Mette and Karin."""
    with running(tmp_path_factory.mktemp("shared") / "data") as made:
        yield made


def asked(world: DemoWorld, key: str, mailbox: str, who: str = METTE, **changes: Any) -> Any:
    """A press for a mailbox."""
    body = {"idempotency_key": key, "mailbox": mailbox, "draft": draft(ANNA, subject=key, body=TEXT, **{"from": SHARED, **changes})}
    return world.client.post("/api/v1/sends", json=body, headers={"Authorization": f"Bearer {world.token(who)}"})


@pytest.mark.parametrize("transport", ["ews", "graph"])
@pytest.mark.parametrize("mailbox", [SHARED, METTE], ids=["from-the-shared-mailbox", "on-its-behalf"])
def test_who_it_is_delegated_to_may_send(world: DemoWorld, transport: str, mailbox: str) -> None:
    """As the pane asks (mailbox and sender the shared one), and from one's own mailbox with the shared sender: sent once, as the sender."""
    for address in (SHARED, METTE):
        fields = {"act": "use", "mailbox": address, "transport": transport}
        assert world.client.post("/demo/exchange", data=fields).status_code == 303
    key = f"shared-{transport}-{mailbox[:5]}"
    answer = asked(world, key, mailbox)
    assert answer.status_code == 202, answer.text
    job = world.ended(answer.json()["job"]["job_id"])
    (entry,) = world.left(job)
    assert ("sent", SHARED, mailbox) == (job["state"], entry["from"], entry["mailbox"])
    copies = world.outside.get(f"/sandbox/mailboxes/{mailbox}/sentitems").json()
    assert [key] == [item["subject"] for item in copies if item["marker"].startswith(job["job_id"])]


@pytest.mark.parametrize("transport", ["ews", "graph"])
def test_a_draft_in_ones_own_mailbox_is_not_found_in_the_shared_one(world: DemoWorld, transport: str) -> None:
    """Outlook saves it there all the same: the press is refused before anything is done, and the pane then sends the mail without it."""
    fields = {"act": "use", "mailbox": SHARED, "transport": transport}
    assert world.client.post("/demo/exchange", data=fields).status_code == 303
    own = world.save(draft(ANNA, subject=f"own-{transport}", body=TEXT))
    key = f"shared-draft-{transport}"
    answer = asked(world, key, SHARED, item_id=own["item_id"])
    assert (404, "not_found") == (answer.status_code, answer.json()["error"]["code"])
    answer = asked(world, key, SHARED)
    assert "sent" == world.ended(answer.json()["job"]["job_id"])["state"]


@pytest.mark.parametrize(("mailbox", "sender"), [(SHARED, SHARED), (JONAS, SHARED), (SHARED, JONAS)])
@pytest.mark.parametrize("path", ["/api/v1/sends", "/api/v1/checks", "/api/v1/preflight", "/api/v1/details", "/api/v1/apply"])
def test_to_everybody_else_it_is_foreign(world: DemoWorld, path: str, mailbox: str, sender: str) -> None:
    """Jonas has it from nobody: refused as mailbox and as sender, by every call that takes a mail."""
    before = len(world.journal())
    body: dict[str, Any] = {"mailbox": mailbox, "draft": draft(ANNA, body=TEXT, **{"from": sender})}
    body |= {"idempotency_key": "foreign-0001"} if path.endswith(("sends", "details")) else {}
    body |= {"change": "mask_identifiers"} if path.endswith("apply") else {}
    answer = world.client.post(path, json=body, headers={"Authorization": f"Bearer {world.token(JONAS)}"})
    assert (403, "not_yours") == (answer.status_code, answer.json()["error"]["code"])
    assert before == len(world.journal())


def test_exchange_has_the_last_word(world: DemoWorld) -> None:
    """Where the directory says more than Exchange allows (no Send As), nothing is sent, and the sender is told."""
    world.fault("SendItem", "error", code="ErrorSendAsDenied")
    for address in (SHARED, METTE):
        world.client.post("/demo/exchange", data={"act": "use", "mailbox": address, "transport": "ews"})
    job = world.ended(asked(world, "shared-denied", METTE).json()["job"]["job_id"])
    assert ("not_sent", "sender_refused", []) == (job["state"], job["error_code"], world.left(job))
