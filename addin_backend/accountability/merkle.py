"""The Merkle tree of a log: hashing, a frontier that grows in O(log n), inclusion and consistency proofs (RFC 9162 §2.1, as RFC 6962).

Hashes are SHA-256, 32 octets. A frontier is the tuple of roots of the perfect subtrees that make up a tree, largest first: one for
each bit that is set in the size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
Frontier = tuple[bytes, ...]
Subtree = Callable[[int, int], bytes]  # root of the perfect subtree over leaves [start, end), both multiples of its power-of-two length


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of ``entry`` (RFC 9162 §2.1.1): SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162 §2.1.1): SHA-256 of 0x01, left, right."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(frontier: Frontier, size: int, leaf: bytes) -> Frontier:
    """The frontier of a tree of ``size`` leaves after one more ``leaf`` hash."""
    peaks = list(frontier)
    while size & 1:
        leaf = node_hash(peaks.pop(), leaf)
        size >>= 1
    return (*peaks, leaf)


def root_of(frontier: Frontier) -> bytes:
    """The root hash of the tree; that of the empty tree is SHA-256 of nothing (RFC 9162 §2.1.1)."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    root = frontier[-1]
    for peak in reversed(frontier[:-1]):
        root = node_hash(peak, root)
    return root


def frontier_of(leaves: Iterable[bytes]) -> tuple[int, Frontier]:
    """Size and frontier of the tree over the leaf hashes."""
    size, frontier = 0, Frontier()
    for leaf in leaves:
        frontier = grow(frontier, size, leaf)
        size += 1
    return size, frontier


def root(leaves: Iterable[bytes]) -> bytes:
    """The root hash over the leaf hashes."""
    return root_of(frontier_of(leaves)[1])


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """``Subtree`` that reads leaf hashes in memory."""
    return lambda start, end: root(leaves[start:end])


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """The root over leaves [start, end), put together from perfect subtrees."""
    size = end - start
    if size & (size - 1) == 0:
        return subtree(start, end)
    middle = start + _split(size)
    return node_hash(subtree(start, middle), _range_root(middle, end, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The path from leaf ``index`` to the root of the first ``size`` leaves, its sibling first (RFC 9162 §2.1.3.1).

    Raises ValueError when the index lies outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError("the entry lies outside the tree")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(start, middle, subtree))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """That the tree of ``old`` leaves is a prefix of that of ``new`` (RFC 9162 §2.1.4.1). Raises ValueError unless 0 < old <= new."""
    if not 0 < old <= new:
        raise ValueError("the older size must be positive and no larger than the newer")
    start, end, whole, path = 0, new, True, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, subtree))
            end = middle
        else:
            path.append(_range_root(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, end, subtree))
    return tuple(reversed(path))


def inclusion_holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether ``path`` leads from the leaf hash to the root ``expected`` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or any(len(item) != HASH_BYTES for item in (leaf, expected, *path)):
        return False
    position, last, found = index, size - 1, leaf
    for item in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(item, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, item)
        position, last = position >> 1, last >> 1
    return last == 0 and found == expected


def consistency_holds(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree with ``old_root`` is a prefix of that with ``new_root`` (RFC 9162 §2.1.4.2); never from size 0."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if any(len(item) != HASH_BYTES for item in (old_root, new_root, *proof)):
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    found_old = found_new = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            found_old, found_new = node_hash(item, found_old), node_hash(item, found_new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found_new = node_hash(found_new, item)
        position, last = position >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root
