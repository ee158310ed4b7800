"""What is said about a set of rules before it counts: faults with their place, and cases with their outcome on each engine."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A fault in a rule, a text, a schema or a register. ``row`` and ``col`` count from 1; 0 = the file as a whole."""

    file: str
    row: int
    col: int
    sentence: str


class CaseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One case on one engine. ``difference`` is empty when the answer was the expected one, else a sentence."""

    file: str
    name: str
    codes: tuple[str, ...]
    engine: str
    passed: bool
    difference: str = ""


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with the names of the cases in which it must fire, of those that show when it must not, and of those that would miss it."""

    code: str
    file: str
    row: int
    title: str
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    noticed_by: tuple[str, ...] = ()


class PolicyReport(msgspec.Struct, frozen=True, kw_only=True):
    """All cases on all engines. ``unreached`` are lines as file:row; ``disagreements`` is a sentence.

    ``passed``: every case holds everywhere, every rule has both kinds of case, is reached in every line and missed when it is gone, and
    the engines agree.
    """

    revision: str
    engines: tuple[str, ...]
    rules: tuple[RuleReport, ...]
    outcomes: tuple[CaseOutcome, ...]
    without_must_fire: tuple[str, ...]
    without_must_not_fire: tuple[str, ...]
    unnoticed: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    disagreements: str = ""
    faults: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        """Nothing is left to do."""
        missing = self.without_must_fire or self.without_must_not_fire or self.unnoticed or self.unreached
        outcomes = bool(self.outcomes) and all(item.passed for item in self.outcomes)
        return outcomes and not (missing or self.disagreements or self.faults)


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One set of rules put in force. ``kind``: published, rolled_back. ``event_id`` is that of its record in the accountability log.

    Who asked and who approved stands in the log, as pseudonyms; here stand no people.
    """

    revision: str
    previous: str
    kind: str
    at: datetime
    event_id: str


class RecordedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules were asked for one recorded check or decision, and what came of it: both canonical JSON.

    ``answer`` is what the backend acted on: where the engine gave none, the block that stood in for it.
    """

    event_id: str
    at: datetime
    revision: str
    question: bytes
    answer: bytes
