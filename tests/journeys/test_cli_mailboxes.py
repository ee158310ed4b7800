"""`mailboxes`: asked of a real Exchange, remembered, chosen, and shown as the settings have it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin_backend.bootstrap import mailbox_table
from addin_backend.bootstrap.mailbox_table import Wish
from addin_backend.bootstrap.mailboxes import open_edges, open_mailboxes
from addin_backend.bootstrap.sending import open_cabinet
from addin_backend.errors import BadRegister, NotYours
from addin_backend.flows.route_mailbox import route_of
from addin_backend.model.routing import Transport, Why
from addin_backend.settings import Settings
from command_line import ran
from exchange_simulator import GRAPH_TOKEN, JONAS, METTE, World, mail, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An Exchange where Jonas is on Exchange Server and Mette in Exchange Online."""
    with running(tmp_path_factory.mktemp("exchange")) as made:
        made.switch(without_graph=[JONAS])
        yield made


def settings(world: World, data: Path, **more: Any) -> Settings:
    """Both transports."""
    given: dict[str, Any] = {"ews_url": world.simulator.endpoint, "ews_auth": "basic", "graph_url": world.simulator.graph}
    return Settings(data_dir=str(data), ews_user="addin-backend", ews_password="sandbox", **{**given, **more})


def test_a_hybrid_organisation_is_found_out(world: World, tmp_path: Path) -> None:
    """Each mailbox goes over the API that reaches it, and a mail leaves by it, once."""
    asked = settings(world, tmp_path)
    cabinet = open_cabinet(asked)
    mailboxes = open_mailboxes(asked, open_edges(asked, lambda claims: GRAPH_TOKEN), cabinet.store)
    try:
        routing = mailboxes.mailbox.routing
        assert (Transport.GRAPH, Why.ANSWERED) == (route_of(METTE, routing).transport, route_of(METTE, routing).why)
        assert (Transport.EWS, Why.ANSWERED) == (route_of(JONAS, routing).transport, route_of(JONAS, routing).why)
        with pytest.raises(NotYours):
            mailboxes.mailbox.fetch_draft("nobody@nordlys.example", "AAMk")
        before = world.counts()
        for sender in (METTE, JONAS):
            outgoing = mail(sender=sender)
            mailboxes.mailbox.send(sender, mailboxes.mailbox.save(sender, outgoing), outgoing)
            assert 1 == len(world.journal(outgoing.marker))
        after = world.counts()
        assert (1, 1) == tuple(after.get(name, 0) - before.get(name, 0) for name in ("SendMessage", "SendItem"))
    finally:
        mailboxes.close()
        cabinet.close()


def test_a_mailbox_is_chosen_for_and_the_choice_taken_back(world: World, tmp_path: Path) -> None:
    """By the command, one line of JSON each."""
    from_file = tmp_path / "table.json"
    from_file.write_text(json.dumps({"domains": {"nordlys.example": "ews"}}))
    ews_only = settings(world, tmp_path / "data", graph_url="", mailbox_transports_file=str(from_file))

    def lines(**wish: Any) -> list[dict[str, Any]]:
        out = io.StringIO()
        assert 0 == mailbox_table.run(Wish(**{"addresses": (), "use": None, "ask": False, "as_json": True, **wish}), ews_only, out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    assert [] == lines()
    assert [("ews", "only")] == [(row["transport"], row["why"]) for row in lines(addresses=(METTE,), use="ews")]
    assert [METTE] == [row["mailbox"] for row in lines()]
    assert [None] == [row["failed_at"] for row in lines(addresses=(METTE,), use="table")]


@pytest.mark.parametrize("content", ["[]", "{", '{"mailboxes": {"a@b.example": "smtp"}}', '{"users": {}}'])
def test_a_table_that_cannot_be_read_stops_the_start(tmp_path: Path, content: str) -> None:
    """It is named, and nothing is made."""
    path = tmp_path / "table.json"
    path.write_text(content)
    with pytest.raises(BadRegister) as caught:
        open_edges(Settings(ews_url="http://127.0.0.1:1/", ews_auth="basic", mailbox_transports_file=str(path)))
    assert "mailbox_transports_file" in caught.value.sentence


def test_without_a_transport_nothing_starts() -> None:
    """Both settings are named."""
    with pytest.raises(BadRegister) as caught:
        open_edges(Settings())
    assert "graph_url" in caught.value.sentence


@pytest.mark.parametrize("words", [["--use", "smtp", METTE], ["--use", "ews"], ["--ask"]])
def test_a_wish_that_makes_no_sense_is_told(words: list[str], tmp_path: Path) -> None:
    """Exit 2 and a sentence."""
    told = ran("mailboxes", *words, folder=tmp_path)
    assert 2 == told.code
    assert told.err
