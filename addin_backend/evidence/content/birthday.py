"""The day in a CPR number, and the century that its seventh digit gives (CPR-kontoret, "Personnummeret i CPR")."""

from __future__ import annotations


def century(year: int, seventh: int) -> int:
    """The full year from its two last digits and the seventh digit."""
    if seventh <= 3:
        return 1900 + year
    if seventh in {4, 9}:
        return (2000 if year <= 36 else 1900) + year
    return (2000 if year <= 57 else 1800) + year


def is_date(digits: str) -> bool:
    """Whether the first seven digits give a day of the calendar; 60 may have been added to the day (replacement numbers)."""
    day, month, year = int(digits[:2]), int(digits[2:4]), century(int(digits[4:6]), int(digits[6]))
    day -= 60 if day > 60 else 0
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]
