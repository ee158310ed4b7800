#!/usr/bin/env python3
"""Verify an export of the accountability log without trusting the program that wrote it.

One file; needs Python 3.11 and `cryptography` (Ed25519). It shares no code with the product on purpose.

    python verify_log.py DIR --key VKEY [--since CHECKPOINT_FILE ...]

Checks: the signature of the checkpoint (C2SP signed-note, tlog-checkpoint); every entry against its hash, every tile against the hashes
below it, and the root (RFC 9162 §2.1, C2SP tlog-tiles); that each entry is canonical JSON of schema 1 and no event is told twice; and that
the log still begins with what each older checkpoint (--since) committed to. Exit 0: all holds. 1: it does not. 2: usage.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256
FIELDS = {"schema": int, "event_id": str, "occurred_at": str, "action": str, "actor": str, "request_id": str, "body": dict}


class Refused(Exception):
    """The log does not hold; the text says where."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def strict_base64(text: str) -> bytes:
    """Standard base64 in its one form (RFC 4648 §4); raises ValueError."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("not in canonical form")
    return decoded


def merge(hashes: list[bytes]) -> bytes:
    """The root over hashes of equal subtrees (RFC 9162 §2.1.1)."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merge(hashes[:split]) + merge(hashes[split:])).digest()


def read_key(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    """Name, key id and public key. The base64 of a vkey may hold '+': split at most twice."""
    try:
        name, written, encoded = vkey.strip().split("+", 2)
        raw = strict_base64(encoded)
        key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or len(raw) != 33 or written != key_id.hex():
            raise ValueError
    except ValueError:
        raise ValueError("--key is not a verifier key (name+id+base64, Ed25519)") from None
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoint(note: str, key: tuple[str, bytes, Ed25519PublicKey]) -> tuple[int, bytes]:
    """Size and root of a checkpoint that ``key`` signed."""
    name, key_id, public = key
    text, found, below = note.rpartition("\n\n")
    text += "\n"
    valid = False
    for line in below.splitlines() if found else []:
        who, _, encoded = line.removeprefix("\u2014 ").rpartition(" ")
        try:
            signed = strict_base64(encoded)
            if line.startswith("\u2014 ") and who == name and signed[:4] == key_id:
                public.verify(signed[4:], text.encode())
                valid = True
        except (ValueError, InvalidSignature):
            raise Refused("a checkpoint has a false signature") from None
    if not valid:
        raise Refused("a checkpoint is not signed by this key")
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), strict_base64(lines[2])
    except (IndexError, ValueError):
        raise Refused("a checkpoint is malformed") from None
    if origin != name or str(size) != lines[1] or size < 0 or len(root) != 32:
        raise Refused("a checkpoint is malformed or from another log")
    return size, root


def tile_path(level: str, index: int, width: int) -> str:
    """Where a tile stands (C2SP tlog-tiles)."""
    text = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03d}/{text}"
    return f"tile/{level}/{text}" + ("" if width == WIDTH else f".p/{width}")


def read_tiles(folder: Path, level: str, count: int) -> Iterator[tuple[int, bytes]]:
    """(width, bytes) of each tile over ``count`` hashes."""
    for index in range(-(-count // WIDTH)):
        width = min(WIDTH, count - index * WIDTH)
        path = folder / tile_path(level, index, width)
        try:
            yield width, path.read_bytes()
        except OSError:
            raise Refused(f"{path.relative_to(folder)} is missing") from None


def read_entries(folder: Path, size: int) -> Iterator[bytes]:
    """Every entry, in order."""
    for width, bundle in read_tiles(folder, "entries", size):
        at = found = 0
        while at + 2 <= len(bundle):
            length = int.from_bytes(bundle[at : at + 2], "big")
            yield bundle[at + 2 : at + 2 + length]
            at, found = at + 2 + length, found + 1
        if at != len(bundle) or found != width:
            raise Refused("a bundle of entries is damaged")


def check_record(entry: bytes, index: int) -> tuple[str, str]:
    """(event id, action) of an entry of schema 1 in canonical form."""
    try:
        record = json.loads(entry)
        same = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() == entry
    except (ValueError, RecursionError):
        raise Refused(f"entry {index} is not JSON") from None
    if not same or not isinstance(record, dict) or set(record) != set(FIELDS) or record["schema"] != 1:
        raise Refused(f"entry {index} is not a record in canonical form")
    if any(not isinstance(record[name], kind) for name, kind in FIELDS.items()):
        raise Refused(f"entry {index} is not a record in canonical form")
    return record["event_id"], record["action"]


def check_tiles(folder: Path, leaves: list[bytes]) -> None:
    """Every hash tile is what the hashes below make of it."""
    hashes, level = leaves, 0
    while hashes:
        stored = b"".join(content for _, content in read_tiles(folder, str(level), len(hashes)))
        if stored != b"".join(hashes):
            wrong = next((at for at in range(len(hashes)) if stored[at * 32 : at * 32 + 32] != hashes[at]), len(hashes))
            raise Refused(f"tile of level {level}: hash {wrong} is not that of what lies below it")
        hashes = [merge(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1


def verify(folder: Path, key: tuple[str, bytes, Ed25519PublicKey], since: list[Path]) -> tuple[int, Counter[str]]:
    """Number of entries, and how many of each action. Raises Refused."""
    try:
        size, root = read_checkpoint((folder / "checkpoint").read_text(encoding="utf-8"), key)
    except (OSError, UnicodeDecodeError):
        raise Refused("the checkpoint is missing or damaged") from None
    leaves: list[bytes] = []
    events: set[str] = set()
    actions: Counter[str] = Counter()
    for entry in read_entries(folder, size):
        event, action = check_record(entry, len(leaves))
        if event in events:
            raise Refused(f"entry {len(leaves)} repeats an earlier event")
        events.add(event)
        actions[action] += 1
        leaves.append(leaf_hash(entry))
    check_tiles(folder, leaves)
    if merge(leaves) != root:
        raise Refused("the entries do not lead to the root that was signed")
    for path in since:
        old_size, old_root = read_checkpoint(path.read_text(encoding="utf-8"), key)
        if old_size > size:
            raise Refused(f"{path.name} was signed over {old_size} entries, and only {size} are here")
        if merge(leaves[:old_size]) != old_root:
            raise Refused(f"the first {old_size} entries are not those that {path.name} was signed over")
    return size, actions


def main() -> int:
    """Read the arguments, verify, and say what was found."""
    parser = argparse.ArgumentParser(description="Verify an export of the accountability log.")
    parser.add_argument("dir", type=Path, help="the folder of the export")
    parser.add_argument("--key", required=True, help="the log's verifier key: name+id+base64")
    parser.add_argument("--since", type=Path, action="append", default=[], help="a checkpoint that you kept from earlier")
    given = parser.parse_args()
    try:
        key = read_key(given.key)
    except ValueError as error:
        parser.error(str(error))
    try:
        size, actions = verify(given.dir, key, given.since)
    except Refused as refused:
        print(f"REFUSED: {refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot read {error.filename}", file=sys.stderr)
        return 2
    print(f"verified: {size} entries, no gap, signed root reached, {len(given.since)} older checkpoints consistent")
    for action, count in sorted(actions.items()):
        print(f"  {action}: {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
