"""First names by gender: a name is a person and no sensitive word, and two spouses may be of one sex."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from addin_backend.evidence.content.concepts import fold

_FILE = Path(__file__).with_name("first_names.json")


@cache
def first_names() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """(men's, women's, all) first names, folded; a name that either may have stands in the last set only."""
    given = json.loads(_FILE.read_text(encoding="utf-8"))
    men, women = (frozenset(fold(name) for name in given[key].split()) for key in ("men", "women"))
    return men - women, women - men, men | women
