"""Putting rules in force: refused on any fault, recorded before it counts, and never half done.

*Publishing* tries the rules, keeps them, and writes a wish. Whoever writes the accountability log (the server, or the command itself
where no server runs) *activates*: the record is written first, then the pointer is put in place. A failure anywhere leaves the revision
in force as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from addin_backend.accountability import records
from addin_backend.accountability.records import Act
from addin_backend.errors import BadInput, SendSecurelyError
from addin_backend.model.policy import Diagnostic, PolicyReport, Publication
from addin_backend.ports import AccountabilityLog, PolicySet, Pseudonymiser, RevisionStore

PUBLISHED, ROLLED_BACK = "published", "rolled_back"
ENOUGH = 20_000  # generated questions that both engines must have answered alike


class Refused(SendSecurelyError):
    """The rules may not count. ``faults`` have their places."""

    code = "policy_refused"
    status = 422
    sentence = "The rules were not put in force; those in force still are."
    sentence_da = "Reglerne er ikke sat i kraft; de hidtidige gælder stadig."
    next_step = "Correct what is named, and run `addin-backend policy test`."
    next_step_da = "Ret det, der er nævnt, og kør `addin-backend policy test`."

    def __init__(self, why: str, why_da: str, faults: Sequence[Diagnostic] = ()) -> None:
        super().__init__(f"{type(self).sentence} {why}", sentence_da=f"{type(self).sentence_da} {why_da}")
        self.faults = tuple(faults)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put in force, by whom. It lies in the data folder until it is granted or refused; then it is removed."""

    event_id: str
    revision: str
    kind: str
    asked_by: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trying:
    """How rules are tried. ``tried`` says whether these very files already passed ``test`` with ENOUGH generated questions."""

    check: Callable[[PolicySet], Sequence[Diagnostic]]
    test: Callable[[PolicySet], PolicyReport]
    tried: Callable[[PolicySet], bool]


def two_people(asked_by: str, approved_by: str) -> None:
    """Raise BadInput unless two different people stand behind it."""
    first, second = asked_by.strip().lower(), approved_by.strip().lower()
    if not first or not second or first == second:
        raise BadInput(
            "Two different people must stand behind rules: one asks, another approves.",
            sentence_da="To forskellige personer skal stå bag reglerne: en beder om det, og en anden godkender.",
            next_step="Name both with --asked-by and --approved-by.",
            next_step_da="Angiv begge med --asked-by og --approved-by.",
            field="approved-by",
        )


def try_out(policies: PolicySet, trying: Trying) -> None:
    """Raise Refused, with the places, when the rules are faulty, a case fails, or the engines disagree."""
    faults = tuple(trying.check(policies))
    if faults:
        raise Refused(f"They have {len(faults)} faults.", f"De har {len(faults)} fejl.", faults)
    if trying.tried(policies):
        return
    report = trying.test(policies)
    if report.passed:
        return
    failed = [item for item in report.outcomes if not item.passed]
    told = [Diagnostic(file=item.file, row=0, col=0, sentence=f"{item.name} ({item.engine}): {item.difference}") for item in failed]
    told += [Diagnostic(file="", row=0, col=0, sentence=report.disagreements)] if report.disagreements else []
    told += [_missing(code, "has no case in which it must fire") for code in report.without_must_fire]
    told += [_missing(code, "has no case in which it must not fire") for code in report.without_must_not_fire]
    told += [_missing(code, "has no case that would notice if it vanished") for code in report.unnoticed]
    told += [_missing(place, "is reached by no case") for place in report.unreached]
    raise Refused(f"{len(told)} things fail in the test.", f"{len(told)} ting fejler i testen.", told)


def _missing(what: str, sentence: str) -> Diagnostic:
    return Diagnostic(file="", row=0, col=0, sentence=f"{what} {sentence}.")


def target_of_rollback(store: RevisionStore, revision: str | None) -> str:
    """The revision to go back to: the one given, which must have been in force before, or the one before the present one."""
    known = store.history()
    now = store.in_force()
    if now is None or not known:
        raise Refused("Nothing was ever published.", "Der er aldrig sat noget i kraft.")
    if revision is None:
        revision = now.previous
    if not revision or revision == now.revision or revision not in {item.revision for item in known} | {item.previous for item in known}:
        raise Refused("There is no earlier revision of that name to go back to.", "Der er ingen tidligere udgave med det navn.")
    return revision


def record_of(wish: Wish, previous: str, act: Act, names: Pseudonymiser) -> Any:
    """The record of a publication: revisions and pseudonyms. One operator names both people, so the second stands there as *named*."""
    return records.simple(
        f"policy_{wish.kind}",
        act,
        names,
        revision=wish.revision,
        previous=previous,
        asked_by=names.pseudonym("address", wish.asked_by, wish.at),
        approver_named=names.pseudonym("address", wish.approved_by, wish.at),
    )


def activate(wish: Wish, act: Act, store: RevisionStore, log: AccountabilityLog, names: Pseudonymiser) -> Publication:
    """Record the wish, then put its revision in force. Raises what the store and the log raise; then nothing has changed.

    The same wish again (after a crash between the two) records nothing twice: its event id is the record's.
    """
    store.load(wish.revision)
    now = store.in_force()
    if now is not None and now.event_id == wish.event_id:
        return now
    previous = now.revision if now else ""
    log.append(record_of(wish, previous, act, names))
    publication = Publication(revision=wish.revision, previous=previous, kind=wish.kind, at=wish.at, event_id=wish.event_id)
    store.put_in_force(publication)
    return publication
