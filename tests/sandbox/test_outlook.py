"""The stand-in for ordinary Outlook saves and sends as a person would, without our backend."""

from __future__ import annotations

import base64
import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import default
from typing import Any

import pytest

from addin_backend.errors import NotFound
from addin_backend.sandbox.outlook import Outlook
from exchange_simulator import BO, KARIN, METTE, World, running

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LIST = {"name": "liste.csv", "media_type": "text/csv", "base64": base64.b64encode(b"a;b\n").decode(), "inline": False, "content_id": ""}
DRAFT: dict[str, Any] = {
    "item_id": None, "from": METTE, "to": [{"address": BO, "name": "Bo Madsen"}], "cc": [], "bcc": [{"address": KARIN, "name": ""}],
    "subject": "Frokost på onsdag", "body": "<p>Smørrebrød?</p>", "body_format": "html", "importance": "high", "attachments": [LIST],
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; at the end nothing broke a schema."""
    with running(tmp_path_factory.mktemp("exchange")) as made:
        yield made
        assert [] == made.violations()


def test_a_draft_is_saved_with_everything(world: World) -> None:
    """Recipients, subject, importance, body and attachment are there when the backend fetches it."""
    item_id = Outlook(world.simulator.endpoint).save_draft(METTE, DRAFT, AT)
    (row,) = [item for item in world.items(METTE, "drafts") if item["id"] == item_id]
    assert ("Frokost på onsdag", True) == (row["subject"], row["has_attachments"])
    assert ([BO], [KARIN]) == tuple([person["address"] for person in row[kind]] for kind in ("to", "bcc"))
    _, mime = world.mailbox.fetch_draft(METTE, item_id)
    message = email.message_from_bytes(mime, policy=default)
    body = message.get_body()
    assert body is not None
    assert "Smørrebrød?" in body.get_content()
    assert ["liste.csv"] == [part.get_filename() for part in message.iter_attachments()]


@pytest.mark.parametrize(("headers", "via"), [({}, "opportunistic"), ({"X-SendSecurely-Ticket": "v1.abc"}, "connector_always_tls")])
def test_a_draft_is_sent_with_the_add_ins_headers(world: World, headers: dict[str, str], via: str) -> None:
    """The ticket that the add-in set on the item takes the mail through the connector."""
    outlook = Outlook(world.simulator.endpoint)
    item_id = outlook.save_draft(METTE, {**DRAFT, "subject": via, "bcc": []}, AT)
    outlook.send_draft(METTE, item_id, headers)
    (row,) = [item for item in world.items(METTE, "sentitems") if item["subject"] == via]
    assert not row["is_draft"]
    (entry,) = [entry for entry in world.journal("") if entry["message_id"] == row["message_id"]]
    assert (via, bool(headers)) == (entry["via"], entry["ticket"])


def test_a_thrown_away_draft_is_gone(world: World) -> None:
    """And cannot be sent any more."""
    outlook = Outlook(world.simulator.endpoint)
    item_id = outlook.save_draft(METTE, DRAFT, AT)
    outlook.delete_draft(METTE, item_id)
    with pytest.raises(NotFound):
        outlook.send_draft(METTE, item_id)
