"""What the register of partners says about a domain on a day: an entry in force decides alone, any other is absent but for its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from addin_backend.model.register import Partner


@dataclass(frozen=True, slots=True)
class Standing:
    """``entry`` counts, and until ``ends_at``; None: nothing does. ``reasons`` say what should be looked at."""

    entry: Partner | None
    ends_at: datetime | None = None
    reasons: tuple[str, ...] = ()


def partner_in_force(partners: Sequence[Partner], on: date) -> Partner | None:
    """The entry that counts on that day, both ends included; of several the one that lasts longest."""
    fitting = [entry for entry in partners if entry.valid_from <= on <= entry.valid_to]
    return max(fitting, key=lambda entry: entry.valid_to, default=None)


def standing(partners: Sequence[Partner], at: datetime) -> Standing:
    """Whether one of a domain's entries counts at ``at``, and why the others do not."""
    on = at.date()
    entry = partner_in_force(partners, on)
    if entry is not None:
        reasons = ("register_review_overdue",) if entry.review_on < on else ()
        return Standing(entry, datetime.combine(entry.valid_to + timedelta(days=1), time(0), UTC), reasons)
    words = {"register_expired" if item.valid_to < on else "register_not_yet_valid" for item in partners}
    return Standing(None, None, tuple(sorted(words)))
