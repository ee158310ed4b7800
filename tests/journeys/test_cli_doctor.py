"""`doctor` on a real installation's parts: what is wrong is said with what to do, nothing is changed, and the exit code tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from addin_backend.bootstrap import doctor
from addin_backend.bootstrap.doctor import State, examine
from addin_backend.cli.main import app
from addin_backend.sandbox.pki import create_demo_pki
from addin_backend.settings import Settings
from exchange_simulator import METTE, World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An Exchange to ask."""
    with running(tmp_path_factory.mktemp("exchange")) as world:
        yield world


def installation(folder: Path, world: World, **changes: object) -> Settings:
    """Settings of an installation that is well but for what the test changes. The resolver is a port that nobody answers at."""
    pki = create_demo_pki(folder / "pki", datetime.now(UTC))
    directory = folder / "directory.json"
    directory.write_text(json.dumps({"entries": {METTE: {"kind": "mailbox"}}}))
    register = folder / "registers" / "organisation"
    register.mkdir(parents=True, exist_ok=True)
    (register / "data.json").write_text(
        json.dumps({"checked": "2026-11-01", "name": "Nordlys", "kind": "private", "domains": ["nordlys.example"]})
    )
    made = Settings(
        data_dir=str(folder / "data"), registers_dir=str(folder / "registers"), public_url="https://send.nordlys.example",
        ews_url=world.simulator.endpoint, ews_auth="basic", ews_user="addin-backend", ews_password="sandbox",
        entra_tenant="t", entra_audience="a", entra_client="a", entra_addin_clients="a,b", directory_file=str(directory),
        signing_certificate=str(pki.signing_certificate), signing_key=str(pki.signing_key), resolver="127.0.0.1:9",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def states(settings: Settings, send_as: str = "", at: datetime | None = None) -> dict[str, State]:
    """How each thing is."""
    return {item.check: item.state for item in examine(settings, send_as, at)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS is not there, so nobody waits for it."""
    monkeypatch.setattr(doctor, "DNS_SECONDS", 0.3)


def test_an_installation_is_looked_at_as_a_whole(world: World, tmp_path: Path) -> None:
    """Settings, rules, certificate and Exchange are well; DNS does not answer; the data folder is not there, and is not made."""
    found = states(installation(tmp_path, world))
    well = ("public_url", "settings", "rules", "signing_certificate", "exchange")
    assert [State.WELL] * len(well) == [found[name] for name in well]
    assert (State.WRONG, State.WARNING, State.WARNING) == (found["dns"], found["data"], found["keys"])
    assert not (tmp_path / "data").exists()


def test_each_fault_is_told_with_what_to_do(world: World, tmp_path: Path) -> None:
    """One fault at a time, and everything else is looked at all the same."""
    for changes, check, state in (
        ({"public_url": "http://send.nordlys.example"}, "public_url", State.WRONG),
        ({"entra_tenant": ""}, "settings", State.WRONG),
        ({"registers_dir": str(tmp_path / "none")}, "rules", State.WRONG),
        ({"signing_certificate": str(tmp_path / "directory.json")}, "certificates", State.WRONG),
        ({"ews_password": "wrong"}, "exchange", State.WRONG),
        ({"resolver": ""}, "resolver", State.WARNING),
        ({"entra_audience": "api://a"}, "entra_audience", State.WRONG),
        ({"entra_client": ""}, "entra_client", State.WRONG),
        ({"entra_addin_clients": ""}, "entra_addin_clients", State.WARNING),
        ({"ews_user": ""}, "ews_user", State.WRONG),
    ):
        settings = installation(tmp_path, world, **changes)
        (item,) = [item for item in examine(settings) if item.check == check]
        assert (state, True, True) == (item.state, bool(item.next_step.en), bool(item.next_step.da)), check


def test_a_certificate_that_ends_soon_is_a_warning_and_an_ended_one_is_wrong(world: World, tmp_path: Path) -> None:
    """Before mail cannot be signed, not after."""
    settings, far = installation(tmp_path, world), datetime.now(UTC)
    seen = {states(settings, at=far + timedelta(days=days))["signing_certificate"] for days in (0, 4000)}
    assert {State.WELL, State.WRONG} == seen


def test_send_as_is_tried_with_one_mail_and_only_when_asked(world: World, tmp_path: Path) -> None:
    """Not asked: skipped, and nothing is sent. Refused: wrong, and no draft is left. Allowed: one mail to the mailbox itself."""
    settings = installation(tmp_path, world, notification_address="sikkermail@nordlys.example")
    assert State.SKIPPED is states(settings)["send_as"]
    world.fault("SendItem", "error", mailbox=METTE, code="ErrorSendAsDenied")
    assert State.WRONG is states(settings, METTE)["send_as"]
    assert [] == [item for item in world.items(METTE, "drafts") if item["marker"].endswith(".doctor")]
    assert State.WELL is states(settings, METTE)["send_as"]
    assert 1 == len([item for item in world.items(METTE, "sentitems") if item["marker"].endswith(".doctor")])


def test_open_doors_are_wrong(world: World, tmp_path: Path) -> None:
    """A data folder that others may read."""
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    assert State.WRONG is states(installation(tmp_path, world))["data"]


def test_the_command_says_it_in_lines_and_by_its_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings much is wrong: exit 1; each line is an object with both languages."""
    monkeypatch.setenv("SENDSECURELY_RESOLVER", "127.0.0.1:9")
    result = CliRunner().invoke(app, ["doctor", "--json", "--data", str(tmp_path / "data")])
    assert 1 == result.exit_code
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"check", "state", "said", "next_step"} == set(found[0])
    assert {"da", "en"} == set(found[0]["said"])
