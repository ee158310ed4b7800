"""What a log's storage needs of this room, in one value: the form of an entry, the arithmetic of the tree, and the signature."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from addin_backend.accountability import merkle
from addin_backend.accountability.canonical import canonical
from addin_backend.accountability.merkle import Frontier, Subtree
from addin_backend.accountability.notes import Signer, VerifierKey, open_checkpoint
from addin_backend.errors import LogBroken
from addin_backend.model.record import Record

_MARK_PURPOSE = b"sendsecurely high-water mark of the log"


def origin_of(tenant: str) -> str:
    """The log's name: the origin line of its checkpoints and the name of its key."""
    return f"sendsecurely.{tenant}/audit"


class Notary:
    """Signs for one log. ``seed`` is the Ed25519 private key (32 octets)."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self._signer = Signer(origin, seed)
        self._mark_key = hmac.digest(seed, _MARK_PURPOSE, "sha256")
        self.origin = origin

    @property
    def verifier_key(self) -> VerifierKey:
        """What an auditor needs; ``str()`` of it is the vkey."""
        return self._signer.verifier_key

    def entry(self, record: Record) -> bytes:
        """The canonical bytes. Raises BadInput for a record that may not be kept."""
        return canonical(record)

    def leaf(self, entry: bytes) -> bytes:
        """The leaf hash of an entry."""
        return merkle.leaf_hash(entry)

    def grow(self, frontier: Frontier, size: int, leaf: bytes) -> Frontier:
        """The frontier after one more leaf hash."""
        return merkle.grow(frontier, size, leaf)

    def root(self, frontier: Frontier) -> bytes:
        """The root hash of a frontier."""
        return merkle.root_of(frontier)

    def subtree(self, hashes: Sequence[bytes]) -> bytes:
        """The root hash over leaf hashes, or over the roots of equal perfect subtrees."""
        return merkle.root(hashes)

    def path(self, index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
        """The inclusion proof of an entry. Raises ValueError outside the tree."""
        return merkle.inclusion_proof(index, size, subtree)

    def sign(self, size: int, root: bytes) -> str:
        """The signed checkpoint of a tree."""
        return self._signer.sign(size, root)

    def read(self, note: str) -> tuple[int, bytes]:
        """Size and root of a checkpoint that this notary signed. Raises LogBroken."""
        head = open_checkpoint(note, self.verifier_key)
        return head.size, head.root

    def mark(self, size: int, root: bytes) -> str:
        """The high-water mark of what was signed: origin, size, root and HMAC-SHA-256, a line each.

        Unlike checkpoints, old marks are kept nowhere, so whoever rolls the log back has none to put in its place.
        """
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        return f"{text}{hmac.digest(self._mark_key, text.encode(), 'sha256').hex()}\n"

    def read_mark(self, mark: str) -> tuple[int, bytes]:
        """Size and root of a mark that this notary made. Raises LogBroken."""
        try:
            _, size, root, _ = mark.splitlines()
            found = int(size), base64.b64decode(root, validate=True)
        except ValueError:
            found = -1, b""
        if found[0] < 0 or not hmac.compare_digest(mark.encode(), self.mark(*found).encode()):
            raise LogBroken(
                "The file log.size beside the log is not the one that the server wrote.",
                sentence_da="Filen log.size ved siden af logbogen er ikke den, som serveren skrev.",
            )
        return found
