"""What the register of partners says about a domain on a day: an entry in force decides alone, any other is absent but for its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from addin_backend.model.register import Partner

VERIFIED = timedelta(days=180)  # a verification of the connector older than this is none any more


@dataclass(frozen=True, slots=True)
class Standing:
    """``entry`` counts, and until ``ends_at``; None: nothing does. ``reasons`` say what should be looked at."""

    entry: Partner | None
    ends_at: datetime | None = None
    reasons: tuple[str, ...] = ()


def partner_in_force(partners: Sequence[Partner], on: date) -> Partner | None:
    """The entry that counts on that day, both ends included; of several the one that lasts longest. One whose connector nobody has verified
    lately counts no more than one that has expired.
    """
    fitting = [entry for entry in partners if entry.valid_from <= on <= _last_day(entry) and entry.verified_on <= on]
    return max(fitting, key=_last_day, default=None)


def _last_day(entry: Partner) -> date:
    return min(entry.valid_to, entry.verified_on + VERIFIED)


def _missing(entry: Partner, on: date) -> str:
    """Why an entry does not count on that day."""
    if entry.valid_to < on:
        return "register_expired"
    return "register_not_yet_valid" if entry.valid_from > on else "register_unverified"


def standing(partners: Sequence[Partner], at: datetime) -> Standing:
    """Whether one of a domain's entries counts at ``at``, and why the others do not."""
    on = at.date()
    entry = partner_in_force(partners, on)
    if entry is not None:
        reasons = ("register_review_overdue",) if entry.review_on < on else ()
        return Standing(entry, datetime.combine(_last_day(entry) + timedelta(days=1), time(0), UTC), reasons)
    return Standing(None, None, tuple(sorted({_missing(item, on) for item in partners})))
