"""How much work a call is: the calls that it makes, of Python and of C. The same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls(action: Callable[[], object]) -> int:
    """The number of calls within ``action``."""
    count = 0

    def one(frame: FrameType, event: str, given: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(one)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def grows_with(make: Callable[[int], Callable[[], object]], length: int) -> float:
    """How many times the work of four times the length is the work of ``length``: about 4 when it is linear, 16 when it is square."""
    make(length)()  # what is made once is made
    return calls(make(4 * length)) / calls(make(length))
