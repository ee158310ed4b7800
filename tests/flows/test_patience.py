"""Reading a mailbox a little at a time, and going past what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from addin_backend.errors import Unavailable
from addin_backend.flows.patience import BATCH_BYTES, BATCH_ITEMS, SILENT, TRIES, Patience
from addin_backend.model.ledger import SentEntry

ANNA = "anna@nordlys.example"
LARGEST = 100_000_000


def _entries(names: str, size: int = 1) -> list[SentEntry]:
    return [SentEntry(item_id=name, message_id="", size=size) for name in names]


@dataclass
class Box:
    """A mailbox in which some items cannot be read."""

    bad: str = ""
    error: Callable[[], Exception] = Unavailable
    asked: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def get(self, batch: Sequence[SentEntry]) -> str:
        """Names of the batch."""
        names = "".join(one.item_id for one in batch)
        self.asked.append(names)
        if set(names) & set(self.bad):
            raise self.error()
        return names

    def take(self, batch: Sequence[SentEntry], got: str | None) -> None:
        """Take it in."""
        (self.taken if got else self.given_up).append(got or "".join(one.item_id for one in batch))


def _left(box: Box, entries: Sequence[SentEntry]) -> list[SentEntry]:
    done = set("".join([*box.taken, *box.given_up]))
    return [one for one in entries if one.item_id not in done]


def test_only_a_few_megabytes_are_asked_for_at_once() -> None:
    """By the sizes that were told; what has none is asked for alone."""
    box = Box()
    Patience().read(ANNA, _entries("abcd", BATCH_BYTES // 2), LARGEST, box.get, box.take)
    Patience().read(ANNA, _entries("efg", 0), LARGEST, box.get, box.take)
    Patience().read(ANNA, _entries("x" * (BATCH_ITEMS + 1)), LARGEST, box.get, box.take)
    assert ["ab", "cd", "e", "f", "g", "x" * BATCH_ITEMS, "x"] == box.asked == box.taken


def test_what_is_too_large_is_not_asked_for() -> None:
    """It is given up at once, and said so."""
    box = Box()
    assert 0 == Patience().read(ANNA, [*_entries("a"), *_entries("b", LARGEST + 1), *_entries("c")], LARGEST, box.get, box.take)
    assert (["a", "c"], ["b"]) == (box.taken, box.given_up)


@pytest.mark.parametrize("error", [Unavailable, RecursionError])
def test_one_bad_item_holds_up_nobody_and_is_given_up_in_the_end(error: type[Exception]) -> None:
    """The others are read in the next round; it is tried again while others can be read, and then given up."""
    box, patience, entries = Box(bad="b", error=error), Patience(), _entries("abc")
    rounds = 0
    while not box.given_up:
        left = _left(box, [*entries, *_entries("defghijklm"[:rounds])])
        rounds += 1
        try:
            patience.read(ANNA, left, LARGEST, box.get, box.take)
        except Unavailable:
            continue
    assert ["b"] == box.given_up
    assert TRIES <= rounds <= TRIES + 2
    assert {"a", "c"} <= set("".join(box.taken))


def test_a_mailbox_that_answers_nothing_gives_up_nothing() -> None:
    """An outage is no item's fault, however long it lasts, and is not met two hundred times a round."""
    box, patience = Box(bad="abcdefgh"), Patience()
    for _ in range(TRIES * 3):
        with pytest.raises(Unavailable):
            patience.read(ANNA, _entries("abcdefgh", 0), LARGEST, box.get, box.take)
    assert (TRIES * 3 * SILENT, [], []) == (len(box.asked), box.taken, box.given_up)
    box.bad = ""
    assert 0 == patience.read(ANNA, _entries("abcdefgh", 0), LARGEST, box.get, box.take)


def test_our_own_failure_is_no_items_fault() -> None:
    """A log that cannot be written stops the round."""

    def take(_batch: Sequence[SentEntry], _got: str | None) -> None:
        raise Unavailable

    with pytest.raises(Unavailable):
        Patience().read(ANNA, _entries("abc", 0), LARGEST, Box().get, take)
