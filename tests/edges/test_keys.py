"""The key file: made once, private, whole, and never replaced when something is wrong with it."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from addin_backend.edges.keys import KeyFile
from addin_backend.errors import BadRegister, NotOpened
from addin_backend.ports import KeyRing

KEY = bytes(range(32))


def test_made_once_and_private(tmp_path: Path) -> None:
    """The file is mode 0600 whatever the umask, and a second start reads the same keys."""
    before = os.umask(0)
    try:
        first = KeyFile.load_or_create(tmp_path / "deep" / "keys.json")
    finally:
        os.umask(before)
    second = KeyFile.load_or_create(tmp_path / "deep" / "keys.json")
    assert 0o600 == stat.S_IMODE((tmp_path / "deep" / "keys.json").stat().st_mode)
    assert ["keys.json"] == [path.name for path in (tmp_path / "deep").iterdir()]
    assert (first.log_signing_key, first.ticket_key) == (second.log_signing_key, second.ticket_key)
    key_id, wrapped = first.wrap(KEY, b"aad")
    assert KEY == second.unwrap(key_id, wrapped, b"aad")


def test_is_a_key_ring(tmp_path: Path) -> None:
    """The class fits the port, and every wrapping differs."""
    ring: KeyRing = KeyFile.load_or_create(tmp_path / "k")
    assert ring.wrap(KEY, b"")[1] != ring.wrap(KEY, b"")[1]


def test_wrapped_keys_are_bound(tmp_path: Path) -> None:
    """Another purpose, another key id, and every changed or missing byte are refused."""
    ring = KeyFile.load_or_create(tmp_path / "k")
    key_id, wrapped = ring.wrap(KEY, b"aad")
    cases = [(key_id, wrapped, b"other"), ("none", wrapped, b"aad"), (key_id, wrapped[:-1], b"aad"), (key_id, b"", b"aad")]
    cases += [(key_id, wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], b"aad") for at in range(len(wrapped))]
    for case in cases:
        with pytest.raises(NotOpened):
            ring.unwrap(*case)


def test_rotation_keeps_the_old_keys(tmp_path: Path) -> None:
    """After a rotation new wrappings use the new key and old ones still open, also after a restart; the other secrets stay."""
    ring = KeyFile.load_or_create(tmp_path / "k")
    old, log_key = ring.wrap(KEY, b""), ring.log_signing_key
    ring.rotate()
    again = KeyFile.load_or_create(tmp_path / "k")
    assert old[0] != again.wrap(KEY, b"")[0]
    assert KEY == again.unwrap(*old, b"")
    assert log_key == again.log_signing_key
    assert 0o600 == stat.S_IMODE((tmp_path / "k").stat().st_mode)


def test_secrets_are_apart(tmp_path: Path) -> None:
    """Each purpose has its own stable 32 octets, and another installation has others."""
    ring, other = KeyFile.load_or_create(tmp_path / "k"), KeyFile.load_or_create(tmp_path / "o")
    secrets = [ring.secret("ticket"), ring.secret("pseudonyms"), other.secret("ticket"), ring.log_signing_key]
    assert 4 == len(set(secrets))
    assert {32} == set(map(len, secrets))
    assert ring.ticket_key == ring.secret("ticket")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Keys that others may have read are not used silently."""
    KeyFile.load_or_create(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(BadRegister, match="other users"):
        KeyFile.load_or_create(tmp_path / "k")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"version":2}'])
def test_a_damaged_file_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    """A damaged file is refused and left as it is: a new one would make everything sealed unreadable."""
    path = tmp_path / "k"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(BadRegister):
        KeyFile.load_or_create(path)
    assert content == path.read_bytes()


def test_shortened_keys_and_links_are_refused(tmp_path: Path) -> None:
    """A key of the wrong length is no key; a symbolic link is not followed."""
    path = tmp_path / "k"
    KeyFile.load_or_create(path)
    path.write_bytes(path.read_bytes().replace(b'"master_secret":"', b'"master_secret":"AAAA'))
    with pytest.raises(BadRegister):
        KeyFile.load_or_create(path)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(BadRegister):
        KeyFile.load_or_create(tmp_path / "link")


def test_two_that_start_together_share_the_keys(tmp_path: Path) -> None:
    """Eight that create the file at the same moment end up with the same keys."""
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(KeyFile.load_or_create(tmp_path / "k").log_signing_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 8 == len(made)
    assert 1 == len(set(made))
