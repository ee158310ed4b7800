"""The Merkle tree against published vectors, an independent library, and itself."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pymerkle import InmemoryTree

from addin_backend.accountability import merkle

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LARGEST = 100


def leaves_of(count: int) -> list[bytes]:
    """Leaf hashes of "0", "1", …"""
    return [merkle.leaf_hash(str(index).encode()) for index in range(count)]


def decoded(values: list[str] | None) -> list[bytes]:
    """Base64 strings as bytes; vectors write an empty list as null."""
    return [base64.b64decode(value) for value in values or []]


def vectors(shared_dir: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, vector) of every file of a kind."""
    folder = shared_dir / "vectors" / "merkle" / kind
    if not folder.is_dir():
        pytest.skip("the published Merkle vectors are not in the shared data folder")
    return [(str(path.relative_to(folder)), json.loads(path.read_text())) for path in sorted(folder.rglob("*.json"))]


def test_published_inclusion_vectors(shared_dir: Path) -> None:
    """Every published inclusion proof is taken or refused as its authors say (transparency-dev/merkle)."""
    wrong = []
    for name, case in vectors(shared_dir, "inclusion"):
        leaf, root = base64.b64decode(case["leafHash"] or ""), base64.b64decode(case["root"] or "")
        holds = merkle.inclusion_holds(leaf, case["leafIdx"], case["treeSize"], decoded(case["proof"]), root)
        if holds == case["wantErr"]:
            wrong.append(name)
    assert wrong == []


def test_published_consistency_vectors(shared_dir: Path) -> None:
    """Every published consistency proof is taken or refused as its authors say; one from size 0 is always refused."""
    wrong = []
    for name, case in vectors(shared_dir, "consistency"):
        roots = base64.b64decode(case["root1"] or ""), base64.b64decode(case["root2"] or "")
        holds = merkle.consistency_holds(case["size1"], case["size2"], *roots, decoded(case["proof"]))
        if holds == (case["wantErr"] or case["size1"] == 0):
            wrong.append(name)
    assert wrong == []


def test_roots_equal_those_of_an_independent_library() -> None:
    """For every size up to 100 our root is the one that pymerkle computes."""
    tree = InmemoryTree(algorithm="sha256")
    assert merkle.root([]).hex() == EMPTY
    frontier = merkle.Frontier()
    for size in range(LARGEST):
        tree.append_entry(str(size).encode())
        frontier = merkle.grow(frontier, size, merkle.leaf_hash(str(size).encode()))
        assert merkle.root_of(frontier) == tree.get_root(), size
        assert len(frontier) == (size + 1).bit_count()


def test_every_proof_up_to_a_size_holds_and_no_other_does() -> None:
    """Each inclusion and consistency proof holds for its own tree, and fails for another leaf, index, size or root."""
    leaves = leaves_of(35)
    roots = [merkle.root(leaves[:size]) for size in range(len(leaves) + 1)]
    subtree = merkle.subtree_of(leaves)
    for size in range(1, len(leaves) + 1):
        for index in range(size):
            path = merkle.inclusion_proof(index, size, subtree)
            assert merkle.inclusion_holds(leaves[index], index, size, path, roots[size])
            assert not merkle.inclusion_holds(leaves[index - 1] if size > 1 else roots[0], index, size, path, roots[size])
            assert not merkle.inclusion_holds(leaves[index], index, size, path, roots[size - 1])
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(old, size, subtree)
            assert merkle.consistency_holds(old, size, roots[old], roots[size], proof)
            assert not merkle.consistency_holds(old, size, roots[old - 1], roots[size], proof)
            assert not merkle.consistency_holds(old, size, roots[old], roots[old], [*proof, roots[0]])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_no_consistency_from_nothing(old: int, new: int) -> None:
    """A proof from size 0, or to a smaller tree, is neither made nor believed (RFC 9162 §2.1.4: 0 < first)."""
    root = merkle.root(leaves_of(5))
    assert not merkle.consistency_holds(old, new, merkle.root([]), root, [])
    with pytest.raises(ValueError, match="older size"):
        merkle.consistency_proof(old, new, merkle.subtree_of(leaves_of(5)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_inclusion_outside_the_tree(index: int, size: int) -> None:
    """An entry that is not in the tree has no proof."""
    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_proof(index, size, merkle.subtree_of(leaves_of(5)))
