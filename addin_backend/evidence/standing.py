"""What the registers say about a mail as a whole: which dispensations fit sender and recipient, and whether the country list is stale.

Only the fit of addresses is decided here, because no address enters the question; whether an entry holds is the rules' to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, timedelta

from addin_backend.evidence.addresses import normalise
from addin_backend.evidence.registers import Registers
from addin_backend.model.facts import Counted, DispensationMatch
from addin_backend.model.message import RecipientKind
from addin_backend.model.register import Dispensation

CountUses = Callable[[str, date], int | None]  # (id of a dispensation, day) -> mails sent under it so far, None when nobody knows


def _not_counted(_id: str, _at: date) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """``countries_until``: the last day on which the country register counts as checked. ``asked``: whether uses are counted at all."""

    dispensations: Mapping[str, tuple[Dispensation, ...]] = field(default_factory=dict)
    countries_until: date | None = None
    count_uses: CountUses = _not_counted
    asked: bool = True

    def stale(self, at: date) -> bool:
        """Whether the country register was checked too long ago."""
        return self.countries_until is not None and at > self.countries_until


def standing_of(registers: Registers, count_uses: CountUses = _not_counted) -> Standing:
    """The standing of the registers in force."""
    days = timedelta(days=registers.parameters.transfers.countries_days)
    return Standing(registers.dispensations_by_domain, registers.countries.checked + days, count_uses)


def _same(left: str, right: str) -> bool:
    """Two spellings of one address. Case does not count: Exchange does not tell it apart."""
    return normalise(left, RecipientKind.TO).address.lower() == normalise(right, RecipientKind.TO).address.lower()


def _fits(entry: Dispensation, sender: str, groups: Set[str], recipient: str) -> bool:
    for_sender = not entry.senders or any(
        item.removeprefix("group:") in groups if item.startswith("group:") else _same(item, sender) for item in entry.senders
    )
    return for_sender and (not entry.recipients or any(_same(item, recipient) for item in entry.recipients))


def _match(entry: Dispensation, standing: Standing, at: date) -> DispensationMatch:
    if not standing.asked or entry.max_uses == 0:
        return DispensationMatch(entry.id)
    used = standing.count_uses(entry.id, at)
    return DispensationMatch(entry.id, Counted.UNKNOWN) if used is None else DispensationMatch(entry.id, Counted.COUNTED, used)


def matches(
    standing: Standing, sender: str, recipient: tuple[str, str], at: date, groups: Set[str] = frozenset()
) -> tuple[DispensationMatch, ...]:
    """The dispensations for ``recipient`` (address, domain) that fit ``sender`` and today, in the order of the register.

    ``groups`` are the sender's in the directory; a group that nobody could look up lets nobody in.
    """
    address, domain = recipient
    return tuple(
        _match(entry, standing, at)
        for entry in standing.dispensations.get(domain, ())
        if entry.valid_from <= at <= entry.valid_to and _fits(entry, sender, groups, address)
    )
