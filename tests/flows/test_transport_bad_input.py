"""Bad input from strangers: each ends in its one word, and within bounded memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from lab.bad_transport import Places, cases, is_word

MOST = 16_000_000  # octets that one case may take at its peak


def test_each_bad_input_ends_in_its_word_within_bounds(tmp_path: Path) -> None:
    """Policies, names, DNS answers and SMTP dialogues: never an exception, never a better word than it deserves."""
    wrong, greedy = {}, {}
    with Places(tmp_path) as places:
        tracemalloc.start()
        for name, word, call in cases(places):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            found = call()
            peak = tracemalloc.get_traced_memory()[1] - before
            if not is_word(found, word):
                wrong[name] = found
            if peak > MOST:
                greedy[name] = peak
        tracemalloc.stop()
    assert (wrong, greedy) == ({}, {})
