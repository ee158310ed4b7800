"""Settings: one table, read once, strict about names and values, silent about secrets."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from addin_backend.settings import HIDDEN, TABLE, Settings, SettingsError, load, shown


def test_every_setting_has_a_row_and_a_default() -> None:
    """The table and the struct name the same settings, in the same order, each with help."""
    assert [row.name for row in TABLE] == list(Settings.__struct_fields__)
    assert all(row.help.endswith(".") for row in TABLE)
    assert load({}) == Settings()


def test_given_before_environment_before_file_before_default(tmp_path: Path) -> None:
    """The nearest word counts; None is no word."""
    (tmp_path / "s.toml").write_text('tenant = "fil"\nport = 1\nhost = "fil"\nsmime = false\n', encoding="utf-8")
    environment = {"SENDSECURELY_SETTINGS": str(tmp_path / "s.toml"), "SENDSECURELY_PORT": "2", "SENDSECURELY_HOST": "miljø", "PATH": "x"}
    found = load(environment, host="given", tenant=None)
    assert ("fil", 2, "given", False, "embedded") == (found.tenant, found.port, found.host, found.smime, found.engine)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("SMIME", "false", False), ("SMIME", "true", True), ("SMIME", "0", False), ("ENGINE_DEADLINE", "2", 2.0), ("PORT", "0", 0)],
)
def test_text_from_the_environment_is_typed(name: str, value: str, expected: object) -> None:
    """Numbers and truth values may be written as an environment can."""
    assert expected == getattr(load({f"SENDSECURELY_{name}": value}), name.lower())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TENNANT": "x"}, "tennant"),
        ({"PORT": "x"}, "port"),
        ({"PORT": "-1"}, "port"),
        ({"PORT": "65536"}, "port"),
        ({"SMIME": "måske"}, "smime"),
        ({"ENGINE_DEADLINE": "0"}, "engine_deadline"),
        ({"ENGINE_DEADLINE": "nan"}, "engine_deadline"),
        ({"ENGINE_DEADLINE": "inf"}, "engine_deadline"),
        ({"ENGINE_WORKERS": "0"}, "engine_workers"),
        ({"MESSAGE_LIMIT_MB": "0"}, "message_limit_mb"),
        ({"ENGINE": "prolog"}, "engine"),
        ({"ENGINE": "opa"}, "opa_url"),
        ({"EWS_AUTH": "ntlm"}, "ews_auth"),
        ({"LOG_FORMAT": "xml"}, "log_format"),
    ],
)
def test_what_cannot_be_used_is_named(given: dict[str, str], named: str) -> None:
    """The error names the setting, so that a typing error is never silently a default."""
    with pytest.raises(SettingsError, match=named):
        load({f"SENDSECURELY_{name}": value for name, value in given.items()})


@pytest.mark.parametrize("content", [b"tenant = ", b"\xff\xfe", b"[server]\nport = 1\n", None])
def test_a_file_that_cannot_be_used_is_named(content: bytes | None, tmp_path: Path) -> None:
    """Not TOML, not text, an unknown table, or not there at all."""
    path = tmp_path / "s.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"s\.toml|server"):
        load({"SENDSECURELY_SETTINGS": str(path)})


def test_secrets_are_never_shown() -> None:
    """Every secret that is set is hidden whole; one that is not set shows as empty."""
    secrets = {row.name for row in TABLE if row.secret}
    assert {"signing_key", "key_file", "ews_password", "entra_key"} <= secrets
    full = msgspec.structs.replace(Settings(), **dict.fromkeys(secrets, "hunter2"))
    assert "hunter2" not in str(shown(full))
    assert {HIDDEN} == {value for name, value, _ in shown(full) if name in secrets}
    assert {""} == {value for name, value, _ in shown(Settings()) if name in secrets}
