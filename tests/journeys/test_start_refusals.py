"""What a server says before it does not start: file and entry, setting or port are named, and nothing listens."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from command_line import mail, ran, ran_anew, without_traceback
from program import ROOT

PRODUCT = ROOT / "policies" / "rego" / "registers"
READY = {"ews_url": "http://127.0.0.1:1/EWS", "ews_auth": "basic", "entra_tenant": "t", "entra_audience": "a", "resolver": "127.0.0.1:1"}


def _partner(**changes: Any) -> dict[str, Any]:
    entry = {
        "domain": "partner.example",
        "connector": "c1",
        "verified_on": "2026-11-01",
        "verified_by": "Karin Bach",
        "valid_from": "2026-11-01",
        "valid_to": "2027-11-01",
        "review_on": "2027-10-01",
    }
    return {"checked": "2026-11-23", "entries": [{**entry, **changes}]}


def _fact(**changes: Any) -> dict[str, Any]:
    entry = {"domain": "partner.example", "role": "organisation", "country": "DK", "source": "aftale", "checked": "2026-11-01"}
    return {"checked": "2026-11-23", "entries": [{**entry, "domain": "a.example"}, {**entry, **changes}]}


# (register, its content, what must be named)
BROKEN: list[tuple[str, object, list[str]]] = [
    ("partners", _partner(valid_to="2026-02-30"), ["registers/partners/data.json", "entries[0].valid_to"]),
    ("partners", _partner(valid_to="2026-10-01"), ["registers/partners/data.json", "entries[0]", "2026-10-01"]),
    ("partners", _partner(domain="Partner.Example"), ["registers/partners/data.json", "entries[0]"]),
    ("partners", _partner(valdi_to="2027-01-01"), ["registers/partners/data.json", "entries[0]", "valdi_to"]),
    ("domains", _fact(country="XX"), ["registers/domains/data.json", "entries[1]", "XX"]),
    ("domains", _fact(role="ven"), ["registers/domains/data.json", "entries[1].role"]),
    ("domains", _fact(domain="a.example"), ["registers/domains/data.json", "entries[1]"]),
    (
        "countries",
        {"checked": "2026-11-23", "source": "x", "eea": ["DK", "ZZ"], "adequacy": [], "known": ["DK"]},
        ["countries", "eea[1]", "ZZ"],
    ),
    ("free_mail", {"checked": "i går", "domains": []}, ["registers/free_mail/data.json", "checked"]),
    ("organisation", {"checked": "2026-11-23", "kind": "klub", "name": "N", "domains": []}, ["registers/organisation/data.json", "kind"]),
    ("venner", {"checked": "2026-11-23"}, ["venner"]),
]


def _registers(folder: Path, name: str, content: object) -> Path:
    place = folder / "registre" / name
    place.mkdir(parents=True)
    (place / "data.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "registre"


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    yield port


@pytest.mark.parametrize(("name", "content", "named"), BROKEN, ids=[f"{item[0]}: {item[2][-1]}" for item in BROKEN])
def test_a_register_that_cannot_be_used_stops_a_check(name: str, content: object, named: list[str], tmp_path: Path) -> None:
    """`check` decides nothing with a broken register: exit 2, file and entry named."""
    (tmp_path / "a.eml").write_bytes(mail("bo@partner.example"))
    run = ran("check", "--json", "a.eml", folder=tmp_path, registers_dir=str(_registers(tmp_path, name, content)))
    without_traceback(run)
    assert (2, "") == (run.code, run.out)
    assert [] == [word for word in named if word not in run.err], run.err


@pytest.mark.parametrize(("name", "content", "named"), [BROKEN[0], BROKEN[4]], ids=["date", "country"])
def test_a_register_that_cannot_be_used_stops_the_server(name: str, content: object, named: list[str], tmp_path: Path) -> None:
    """`serve` refuses to start, names file and entry, has made no data, and nothing listens."""
    given = {**READY, "registers_dir": str(_registers(tmp_path, name, content)), "data_dir": str(tmp_path / "data")}
    with _free_port() as port:
        run = (ran_anew if name == "partners" else ran)("serve", folder=tmp_path, port=str(port), **given)
        assert not _listens(port)
    without_traceback(run)
    assert run.code != 0
    assert [] == [word for word in named if word not in run.err], run.err
    assert not (tmp_path / "data").exists()


def test_a_register_that_cannot_be_used_stops_the_demo_world(tmp_path: Path) -> None:
    """`run` refuses too, before anything of the demo world has started."""
    rules = Path(shutil.copytree(ROOT / "policies" / "rego", tmp_path / "rego"))
    countries = rules / "registers" / "countries" / "data.json"
    countries.write_text(countries.read_text(encoding="utf-8").replace('"eea": ["AT"', '"eea": ["QQ"'), encoding="utf-8")
    with _free_port() as port:
        run = ran_anew("run", "--port", str(port), "--data", tmp_path / "data", folder=tmp_path, policies_dir=str(rules))
        assert not _listens(port)
    without_traceback(run)
    assert (1, "") == (run.code, run.out)
    assert "registers/countries/data.json, eea[0]" in run.err
    assert not (tmp_path / "data" / "exchange").exists()


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_busy_port_is_told(command: str, tmp_path: Path) -> None:
    """Somebody else listens there: the port is named, and what to do; no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        if command == "run":
            run = ran("run", "--port", port, "--data", tmp_path / "data", folder=tmp_path)
        else:
            run = ran("serve", folder=tmp_path, **READY, port=port, data_dir=str(tmp_path / "data"))
    without_traceback(run)
    assert run.code != 0
    assert port in run.err


MISSING: list[tuple[dict[str, str], str]] = [
    ({"ews_url": ""}, "ews_url"),
    ({"entra_tenant": ""}, "entra_tenant"),
    ({"entra_audience": ""}, "entra_audience"),
    ({"exchange_metadata_url": "http://mail.firma.example/autodiscover/metadata/json/1"}, "exchange_metadata_url"),
    ({"exchange_metadata_url": "https://mail.firma.example/autodiscover/metadata/json/1"}, "directory_file"),
    ({"ews_auth": "oauth"}, "entra_key"),
    ({"ews_auth": "oauth", "entra_key": "findes-ikke.pem", "entra_certificate": "findes-ikke.pem"}, "entra_key"),
    ({"signing_certificate": "findes-ikke.pem", "signing_key": "findes-ikke.pem"}, "signing_"),
    ({"trusted_roots": "findes-ikke.pem"}, "trusted_roots"),
    ({"certificates_dir": "findes-ikke"}, "certificates_dir"),
    ({"resolver": "dns"}, "resolver"),
    ({"registers_dir": "findes-ikke"}, "findes-ikke"),
    ({"policies_dir": "findes-ikke"}, "findes-ikke"),
]


@pytest.mark.parametrize(
    ("given", "named"), MISSING, ids=[" ".join(f"{key}={value}" for key, value in item[0].items()) for item in MISSING]
)
def test_a_server_that_lacks_something_names_the_setting(given: dict[str, str], named: str, tmp_path: Path) -> None:
    """`serve` says which setting is missing or cannot be used, and nothing listens."""
    with _free_port() as port:
        run = ran("serve", folder=tmp_path, **{**READY, **given, "port": str(port), "data_dir": str(tmp_path / "data")})
        assert not _listens(port)
    without_traceback(run)
    assert (True, True) == (run.code != 0, named in run.err), run.err


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 1}', b"\xff\x00"])
def test_a_damaged_key_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """Keys are never replaced by new ones: the file is named and stays as it was."""
    data = tmp_path / "data"
    data.mkdir()
    keys = data / "keys.json"
    keys.write_bytes(content)
    keys.chmod(0o600)
    run = ran("serve", folder=tmp_path, **READY, data_dir=str(data), port="0")
    without_traceback(run)
    assert (True, True, content) == (run.code != 0, "keys.json" in run.err, keys.read_bytes())


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the data folder should be."""
    (tmp_path / "data").write_text("x")
    for command in (("serve",), ("run", "--port", "0", "--data", str(tmp_path / "data"))):
        run = ran(*command, folder=tmp_path, **READY, data_dir=str(tmp_path / "data"), port="0")
        without_traceback(run)
        assert (True, True) == (run.code != 0, "data" in run.err), run.err
