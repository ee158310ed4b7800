"""Reads items of a mailbox a few at a time, and does not wait for ever for one that cannot be read.

A page of a mailbox may name two hundred mails of thirty megabytes. So no more than a few megabytes are asked for at once, and what was
dealt with is let go before the next is read. An item that fails is tried again in later rounds, by itself; after TRIES it is given up,
and the caller says so. A mailbox that answers nothing at all is no fault of its items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from addin_backend.errors import SendSecurelyError
from addin_backend.model.ledger import SentEntry

T = TypeVar("T")

BATCH_ITEMS, BATCH_BYTES = 20, 8 * 1024 * 1024  # mails asked for at once; one whose size nobody told is asked for alone
TRIES = 5  # rounds in which an item may fail
SILENT = 3  # failures in a row after which a mailbox that has answered nothing is left for this round


@dataclass(slots=True)
class Patience:
    """What failed, and how often, while this process lives."""

    _failed: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(
        self,
        mailbox: str,
        entries: Sequence[SentEntry],
        largest: int,
        get: Callable[[Sequence[SentEntry]], T],
        take: Callable[[Sequence[SentEntry], T | None], None],
    ) -> int:
        """``get`` a few items, ``take`` them, and so on; how many are to be tried again. ``take`` gets None for an item that is given up,
        or larger than ``largest`` octets. Raises what ``take`` raises, when it is ours, and what ``get`` raises when nothing was read.
        """
        done, failed = 0, list[tuple[Sequence[SentEntry], Exception]]()
        for batch in self._batches(mailbox, entries, largest):
            if self._hopeless(mailbox, batch, largest):
                take(batch, None)
                continue
            failure = self._attempt(batch, get, take)
            if failure is None:
                done += 1
                continue
            failed.append((batch, failure))
            if not done and len(failed) >= SILENT and isinstance(failure, SendSecurelyError):
                break
        self._note(mailbox, entries, failed, done > 0)
        if failed and not done and isinstance(failed[-1][1], SendSecurelyError):
            raise failed[-1][1]
        return sum(len(batch) for batch, _ in failed)

    def _note(
        self, mailbox: str, entries: Sequence[SentEntry], failed: Sequence[tuple[Sequence[SentEntry], Exception]], answers: bool
    ) -> None:
        """What failed is read alone from now on. It counts where the mailbox answered otherwise, or the failure was no refusal."""
        if not failed:
            for entry in entries:
                self._failed.pop((mailbox, entry.item_id), None)
        for batch, failure in failed:
            for entry in batch:
                key = (mailbox, entry.item_id)
                self._failed[key] = self._failed.get(key, 0) + int(answers or not isinstance(failure, SendSecurelyError))

    @staticmethod
    def _attempt(
        batch: Sequence[SentEntry], get: Callable[[Sequence[SentEntry]], T], take: Callable[[Sequence[SentEntry], T | None], None]
    ) -> Exception | None:
        try:
            got = get(batch)
        except Exception as error:  # noqa: BLE001 whatever a mail does to its reader, the others are read
            return error
        try:
            take(batch, got)
        except SendSecurelyError:  # our log or store: no item's fault
            raise
        except Exception as error:  # noqa: BLE001 as above
            return error
        return None

    def _hopeless(self, mailbox: str, batch: Sequence[SentEntry], largest: int) -> bool:
        return any(entry.size > largest or self._failed.get((mailbox, entry.item_id), 0) >= TRIES for entry in batch)

    def _batches(self, mailbox: str, entries: Sequence[SentEntry], largest: int) -> Iterator[list[SentEntry]]:
        batch: list[SentEntry] = []
        held = 0
        for entry in entries:
            alone = not entry.size or entry.size > largest or (mailbox, entry.item_id) in self._failed
            size = BATCH_BYTES if alone else entry.size
            if batch and (len(batch) >= BATCH_ITEMS or held + size > BATCH_BYTES):
                yield batch
                batch, held = [], 0
            batch.append(entry)
            held += size
        if batch:
            yield batch
