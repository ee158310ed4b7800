"""Printable runs within binary data: what is left to read where a format is not taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BYTES = re.compile(rb"[\x20-\x7e\xa0-\xff\t]{6,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff\t]\x00){4,}")
_WIDE_BIG = re.compile(rb"(?:\x00[\x20-\x7e\xa0-\xff\t]){4,}")
_LETTERS = re.compile(rb"[A-Za-z0-9 .,:;/@_-]")
MAX_RUNS = 200_000


def runs(content: bytes) -> Iterator[str]:
    """Runs of Windows-1252 and of UTF-16 in either order, one string for each encoding."""
    plain = [run for run in _BYTES.findall(content)[:MAX_RUNS] if len(_LETTERS.findall(run)) * 4 > len(run) * 3]
    yield "\n".join(run.decode("cp1252", "replace") for run in plain)
    yield "\n".join(run.decode("utf-16-le") for run in _WIDE.findall(content)[:MAX_RUNS])
    yield "\n".join(run.decode("utf-16-be") for run in _WIDE_BIG.findall(content)[:MAX_RUNS])
