"""What lies in the data folder is for the service alone, whatever the umask it was started under."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from addin_backend.bootstrap.mailboxes import open_edges, open_mailboxes
from addin_backend.bootstrap.sending import open_cabinet
from addin_backend.bootstrap.setting_files import make_data_folder, private_file
from addin_backend.bootstrap.workflows import open_workflows
from addin_backend.errors import BadRegister
from addin_backend.settings import Settings


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("open_umask")
def test_the_data_folder_and_its_databases_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Folder 0700, and log, store, workflows, keys and what SQLite puts beside them 0600."""
    data = tmp_path / "data"
    settings = msgspec.structs.replace(
        Settings(), data_dir=str(data), ews_url="http://127.0.0.1:1/EWS", ews_auth="basic", ews_user="u", ews_password="p"
    )
    cabinet = open_cabinet(settings)
    mailboxes = open_mailboxes(settings, open_edges(settings), cabinet.store)
    durable = open_workflows(settings, cabinet, mailboxes.mailbox, "Nordlys")
    modes = {path.name: _mode(path) for path in data.iterdir()}
    durable.close()
    cabinet.close()
    mailboxes.close()
    assert _mode(data) == 0o700
    assert {"log.sqlite", "log.sqlite-wal", "store.sqlite", "routes.sqlite", "workflows.sqlite", "keys.json"} <= set(modes)
    assert {name: mode for name, mode in modes.items() if mode != 0o600} == {}


@pytest.mark.usefixtures("open_umask")
def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    """A folder or a file that somebody made with other rights in mind keeps them, and its content."""
    folder, file = tmp_path / "made", tmp_path / "file"
    folder.mkdir(0o750)
    file.write_bytes(b"x")
    file.chmod(0o640)
    assert (0o750, 0o640, b"x") == (_mode(make_data_folder(folder)), _mode(private_file(file)), file.read_bytes())
    with pytest.raises(BadRegister, match="data_dir"):
        make_data_folder(file)
    with pytest.raises(BadRegister, match="data_dir"):
        make_data_folder(file / "below")
