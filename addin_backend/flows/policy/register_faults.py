"""What no typed reader sees in a register: a key written twice, entries that overlap, codes that no rule has, too many entries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from addin_backend.model.policy import Diagnostic

MOST_ENTRIES = 50_000  # of one list; both engines hold every register in memory, and a check at the officer's desk must stay quick
_WHO = ("id", "address", "domain", "organisation", "country", "group", "sender", "recipient", "term", "network")
_WHAT = ("basis", "code", "kind", "connector", "language", "category", "scope", "classes", "codes", "role", "module", "data_kinds")
_CODES = ("code", "codes", "lifts")


class _Twice(ValueError):
    """A key that stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def register_faults(files: Mapping[str, bytes], codes: frozenset[str]) -> Iterator[Diagnostic]:
    """Faults of every ``registers/<name>/data.json``. A file that is no JSON is named by its typed reader."""
    for path in sorted(files):
        if not (path.startswith("registers/") and path.endswith("/data.json")):
            continue
        try:
            document = json.loads(files[path], object_pairs_hook=_once)
        except _Twice as error:
            yield _fault(path, f"The key “{error}” stands twice in one entry.", _row(files[path], str(error)))
            continue
        except (ValueError, RecursionError):
            continue
        for name, entries in document.items() if isinstance(document, dict) else ():
            if isinstance(entries, list):
                yield from _list_faults(path, name, entries, codes)


def _fault(file: str, sentence: str, row: int = 0) -> Diagnostic:
    return Diagnostic(file=file, row=row, col=1 if row else 0, sentence=sentence)


def _row(raw: bytes, key: str) -> int:
    """The row of the second time that the key stands in one object, as near as the text tells: its last one."""
    return raw[: raw.rfind(json.dumps(key).encode())].count(b"\n") + 1


def _list_faults(path: str, name: str, entries: list[Any], codes: frozenset[str]) -> Iterator[Diagnostic]:
    if len(entries) > MOST_ENTRIES:
        yield _fault(path, f"{name} has {len(entries)} entries; at most {MOST_ENTRIES} can be held.")
        return
    counted = Counter(item for item in entries if isinstance(item, str))
    for item in sorted(item for item, count in counted.items() if count > 1):
        yield _fault(path, f"{name}: {item} stands there twice.")
    periods: dict[str, list[tuple[str, str, int]]] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        for code in _spoken(entry):
            if codes and code not in codes:
                yield _fault(path, f"{name}[{index}]: no rule has the code {code}.")
        if isinstance(entry.get("valid_from"), str) and isinstance(entry.get("valid_to"), str):
            periods.setdefault(_identity(entry), []).append((entry["valid_from"], entry["valid_to"], index))
    for found in periods.values():
        found.sort()
        for (_, end, first), (start, _, second) in pairwise(found):
            if start <= end:
                yield _fault(path, f"{name}[{first}] and {name}[{second}] are about the same, and both hold from {start}.")


def _spoken(entry: Mapping[str, Any]) -> Iterator[str]:
    for key in _CODES:
        value = entry.get(key)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


def _identity(entry: Mapping[str, Any]) -> str:
    """What the entry is about. Two entries about the same may follow each other in time, never hold on the same day."""
    return json.dumps([entry.get(key) for key in (*_WHO, *_WHAT)], sort_keys=True)
