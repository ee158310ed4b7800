"""The high-water mark: what the key's holder wrote down last, and nobody else can."""

from __future__ import annotations

import pytest

from addin_backend.accountability.notary import Notary
from addin_backend.errors import LogBroken

NOTARY = Notary("sendsecurely.nordlys/audit", b"k" * 32)
ROOT = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, 700, 2**63])
def test_a_mark_is_read_as_it_was_written(size: int) -> None:
    """Size and root come back."""
    assert (size, ROOT) == NOTARY.read_mark(NOTARY.mark(size, ROOT))


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "no mark",
        "\n\n\n\n",
        NOTARY.sign(700, ROOT),
        NOTARY.mark(700, ROOT).replace("700", "699"),
        NOTARY.mark(700, ROOT).replace("700", "0700"),
        NOTARY.mark(700, ROOT).upper(),
        NOTARY.mark(700, ROOT) + "\n",
        NOTARY.mark(700, ROOT).replace("\n", "\r\n"),
        Notary(NOTARY.origin, b"x" * 32).mark(700, ROOT),
        Notary("sendsecurely.other/audit", b"k" * 32).mark(700, ROOT),
    ],
)
def test_any_other_mark_is_refused(mark: str) -> None:
    """Changed in any place, of another key, of another log, or a checkpoint: LogBroken."""
    with pytest.raises(LogBroken):
        NOTARY.read_mark(mark)
