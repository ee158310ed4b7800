"""A proof on its own that an entry stands in the log (C2SP tlog-proof): index, inclusion path and checkpoint in one text file."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from addin_backend.accountability.merkle import inclusion_holds, leaf_hash
from addin_backend.accountability.notes import VerifierKey, open_checkpoint
from addin_backend.errors import LogBroken

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LONGEST_PATH = 64  # a tree of 2**63 leaves


def _broken(why: str, why_da: str) -> LogBroken:
    return LogBroken(f"The proof does not hold: {why}.", sentence_da=f"Beviset holder ikke: {why_da}.")


def write_proof(index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """The text of a ``.tlog-proof`` file. ``checkpoint`` is the signed note whose tree the path is for."""
    lines = [FIRST_LINE, f"index {index}", *(base64.b64encode(item).decode() for item in path)]
    return "\n".join(lines) + "\n\n" + checkpoint


def _read(text: str) -> tuple[int, list[bytes], str]:
    head, found, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not found or lines.pop(0) != FIRST_LINE:
        raise _broken("it is not a proof of version 1", "det er ikke et bevis af udgave 1")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)  # not authenticated, and we put nothing there
    word, _, index = (lines.pop(0) if lines else "").partition(" ")
    if word != "index" or not (index.isascii() and index.isdigit()) or (len(index) > 1 and index[0] == "0") or len(lines) > LONGEST_PATH:
        raise _broken("it names no entry", "det nævner ingen post")
    try:
        path = [base64.b64decode(line, validate=True) for line in lines]
    except ValueError:
        raise _broken("a hash is malformed", "en hashværdi er forkert bygget") from None
    return int(index), path, checkpoint


def verify_proof(text: str, entry: bytes, key: VerifierKey) -> int:
    """The index at which ``entry`` stands in the log of ``key``. Raises LogBroken when the proof does not show it."""
    index, path, checkpoint = _read(text)
    head = open_checkpoint(checkpoint, key)
    if not inclusion_holds(leaf_hash(entry), index, head.size, path, head.root):
        raise _broken("the path does not lead from this entry to the root", "vejen fører ikke fra posten til roden")
    return index
