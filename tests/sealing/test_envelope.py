"""The package envelope: what was sealed comes back, and no changed byte, other name or other purpose does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin_backend.edges.keys import KeyFile
from addin_backend.errors import NotOpened, NotSealed
from addin_backend.sealing.envelope import open_bytes, open_package, seal_bytes, seal_package
from sizes import size

CONTENT = "Kære Bo, dit CPR-nummer er vedlagt.".encode()


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    """A real key file."""
    return KeyFile.load_or_create(tmp_path_factory.mktemp("keys") / "keys.json")


@settings(max_examples=size(sample=60, full=1000), deadline=None)
@given(content=st.binary(max_size=2000), name=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_what_was_sealed_comes_back(ring: KeyFile, content: bytes, name: str) -> None:
    """Any content under any name opens to itself, and the envelope does not show it."""
    envelope = seal_package(content, name, ring)
    assert content == open_package(envelope, name, ring)
    assert len(content) < 8 or content not in envelope


def test_every_changed_byte_is_refused(ring: KeyFile) -> None:
    """No byte of the envelope, header and wrapped key included, can be changed, dropped or added."""
    envelope = seal_package(CONTENT, "p1", ring)
    for at in range(len(envelope)):
        for damaged in (
            envelope[:at] + bytes([envelope[at] ^ 0x01]) + envelope[at + 1 :],
            envelope[:at] + envelope[at + 1 :],
            envelope[:at],
        ):
            with pytest.raises(NotOpened):
                open_package(damaged, "p1", ring)
    with pytest.raises(NotOpened):
        open_package(envelope + b"\0", "p1", ring)


def test_an_envelope_belongs_to_one_name_and_one_purpose(ring: KeyFile) -> None:
    """A package does not open under another id, nor as a job's content, nor with another installation's keys."""
    envelope = seal_package(CONTENT, "p1", ring)
    for name, opener in (("p2", open_package), ("p1", open_bytes)):
        with pytest.raises(NotOpened):
            opener(envelope, name, ring)
    assert CONTENT == open_bytes(seal_bytes(CONTENT, "job/mime", ring), "job/mime", ring)


def test_no_two_envelopes_are_alike(ring: KeyFile) -> None:
    """The same content sealed twice shares neither key nor nonce."""
    one, two = seal_package(CONTENT, "p1", ring), seal_package(CONTENT, "p1", ring)
    assert one[-len(CONTENT) - 28 :] != two[-len(CONTENT) - 28 :]


def test_another_ring_and_no_name_are_refused(tmp_path: Path, ring: KeyFile) -> None:
    """Another installation's keys do not open it; a package without a name is not sealed."""
    other = KeyFile.load_or_create(tmp_path / "other.json")
    with pytest.raises(NotOpened):
        open_package(seal_package(CONTENT, "p1", ring), "p1", other)
    with pytest.raises(NotSealed):
        seal_package(CONTENT, "", ring)


@settings(max_examples=size(sample=200, full=5000), deadline=None)
@given(rubbish=st.binary(max_size=120), prefix=st.integers(0, 40))
def test_rubbish_is_refused(ring: KeyFile, rubbish: bytes, prefix: int) -> None:
    """Anything that is no envelope is NotOpened, also when it begins like one."""
    with pytest.raises(NotOpened):
        open_package(seal_package(CONTENT, "p1", ring)[:prefix] + rubbish, "p1", ring)
