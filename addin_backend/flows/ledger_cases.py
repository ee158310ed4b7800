"""Closing a case of the ledger: by a named person with a reason, recorded before it counts.

Who works on the command line may ask while the server writes the log; the server records it in its next round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput, Conflict, NotFound
from addin_backend.model.ledger import Closing, How, LedgerLine
from addin_backend.ports import AccountabilityLog, Clock, Pseudonymiser

SHORTEST, LONGEST = 10, 1000  # characters of a reason


class CaseBook(Protocol):
    """Lines of the ledger and how their cases were closed. Raises Unavailable."""

    def line(self, item: str) -> LedgerLine:
        """The line behind an item's number. Raises NotFound."""
        ...

    def ask_to_close(self, closing: Closing) -> None:
        """Keep the wish. Raises Conflict when the case is closed, or somebody else asked before."""
        ...

    def asked(self) -> Sequence[Closing]:
        """Wishes that have not been recorded yet."""
        ...

    def closed(self, closing: Closing) -> None:
        """It is recorded."""
        ...

    def drop(self, item: str) -> None:
        """Forget a wish that cannot be recorded."""
        ...


@dataclass(frozen=True, slots=True)
class Closer:
    """What closing takes."""

    book: CaseBook
    log: AccountabilityLog
    names: Pseudonymiser
    clock: Clock


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not SHORTEST <= len(plain) <= LONGEST:
        raise BadInput(
            f"The reason must be {SHORTEST} to {LONGEST} characters.",
            sentence_da=f"Begrundelsen skal være på {SHORTEST} til {LONGEST} tegn.",
            next_step="Write in a sentence what was found out and done.",
            next_step_da="Skriv i en sætning, hvad der er fundet ud af og gjort.",
            field="reason",
        )
    return plain


def ask_to_close(item: str, who: str, reason: str, at: datetime, book: CaseBook) -> Closing:
    """The wish, kept. Raises NotFound (no such case), Conflict (closed already), BadInput (who, reason), Unavailable."""
    if who.count("@") != 1 or who.strip() != who:
        raise BadInput("Say who closes it: a mail address.", sentence_da="Angiv, hvem der lukker den: en mailadresse.", field="by")
    if book.line(item).how is not How.CASE:
        raise NotFound
    closing = Closing(item=item, who=who.lower(), reason=_reason(reason), at=at)
    book.ask_to_close(closing)
    return closing


def _act(closing: Closing, line: LedgerLine) -> Act:
    event = records.event_id_of(closing.item, "case_closed", line.seen_at)
    return Act(event, closing.at, closing.who, closing.who, "")


def record_closings(parts: Closer) -> int:
    """Record every wish, then let it count; how many. Raises Unavailable, LogBroken: the next round does it then."""
    done = 0
    for closing in parts.book.asked():
        line = parts.book.line(closing.item)
        body = {"case": line.event_id, "reason": parts.names.pseudonym("reason", closing.reason, closing.at)}
        try:
            parts.log.append(records.simple("case_closed", _act(closing, line), parts.names, **body))
        except Conflict:  # an earlier wish for the same case stands in the log
            parts.book.drop(closing.item)
            continue
        parts.book.closed(closing)
        done += 1
    return done


def close_case(item: str, who: str, reason: str, parts: Closer) -> None:
    """Close it now. Raises as ``ask_to_close``, and LogBroken."""
    ask_to_close(item, who, reason, parts.clock(), parts.book)
    record_closings(parts)
