"""Rules are kept by their revision, whole or not at all, and what was damaged is never loaded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from addin_backend.decision.revision import policy_set
from addin_backend.edges.revision_store import RevisionFolder, UnknownRevision
from addin_backend.errors import BadRegister
from addin_backend.model.policy import Publication
from policy.engines import product_policies

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> RevisionFolder:
    """An empty store."""
    return RevisionFolder(tmp_path / "policies", policy_set)


def published(revision: str, previous: str = "", kind: str = "published") -> Publication:
    """A publication of that revision."""
    return Publication(revision=revision, previous=previous, kind=kind, at=AT, event_id=f"event-of-{revision[:6]}-{kind}")


def test_what_is_kept_is_loaded_again_to_the_byte(store: RevisionFolder) -> None:
    """Two revisions that share most files: each comes back with its own revision and bytes; a file is stored once."""
    first = product_policies()
    second = product_policies({"registers/free_mail/data.json": b'{"checked": "2026-11-23", "domains": ["gratis.example"]}'})
    store.keep(first)
    store.keep(second)
    store.keep(first)
    assert store.load(first.revision) == first
    assert store.load(second.revision) == second
    assert set(store.revisions()) == {first.revision, second.revision}
    objects = list((store.folder / "objects").iterdir())
    assert len(objects) == len({raw for kept in (first, second) for _, raw in kept.files})
    assert {path.stat().st_mode & 0o077 for path in objects} == {0}
    assert store.find(first.revision[:10]) == first.revision


def test_a_revision_that_is_not_kept_is_said_so(store: RevisionFolder) -> None:
    """Also a name that would lead out of the folder, and a beginning that is too short."""
    store.keep(product_policies())
    for name in ("0" * 64, "../../etc/passwd", "", product_policies().revision[:3]):
        with pytest.raises(UnknownRevision):
            store.load(name)
        with pytest.raises(UnknownRevision):
            store.find(name)


@pytest.mark.parametrize("damage", ["changed", "gone", "list", "half"])
def test_a_damaged_store_is_refused(store: RevisionFolder, damage: str) -> None:
    """A file that was changed or lost, or a list that was cut off: BadRegister, never other rules."""
    rules = product_policies()
    store.keep(rules)
    listed = store.folder / "revisions" / f"{rules.revision}.json"
    object_of = store.folder / "objects" / json.loads(listed.read_bytes())["sendsecurely/content/content.rego"]
    if damage == "changed":
        object_of.write_bytes(object_of.read_bytes().replace(b"protect", b"note"))
    elif damage == "gone":
        object_of.unlink()
    elif damage == "list":
        listed.write_bytes(b"[]")
    else:
        listed.write_bytes(listed.read_bytes()[:100])
    with pytest.raises(BadRegister):
        store.load(rules.revision)


def test_the_last_publication_is_in_force_and_all_are_remembered(store: RevisionFolder) -> None:
    """Nothing published: None. Then the newest; a line that a crash cut off is left out."""
    assert store.in_force() is None
    first = product_policies()
    second = product_policies({"registers/free_mail/data.json": b'{"checked": "2026-11-23", "domains": []}'})
    for rules in (first, second):
        store.keep(rules)
    store.put_in_force(published(first.revision))
    store.put_in_force(published(second.revision, first.revision))
    assert store.in_force() == published(second.revision, first.revision)
    with (store.folder / "history.jsonl").open("ab") as file:
        file.write(b'{"revision": "ab')
    assert [item.revision for item in store.history()] == [first.revision, second.revision]


def test_only_what_is_kept_can_be_put_in_force(store: RevisionFolder) -> None:
    """Unknown rules change nothing."""
    store.keep(product_policies())
    store.put_in_force(published(product_policies().revision))
    with pytest.raises(UnknownRevision):
        store.put_in_force(published("0" * 64))
    assert store.in_force() == published(product_policies().revision)


def test_a_pointer_that_cannot_be_read_stops_the_start(store: RevisionFolder) -> None:
    """Never a silent return to the folder of rules."""
    store.keep(product_policies())
    store.put_in_force(published(product_policies().revision))
    (store.folder / "in_force.json").write_bytes(b"{")
    with pytest.raises(BadRegister):
        store.in_force()
