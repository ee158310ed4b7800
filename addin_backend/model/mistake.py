"""An employee's report that the check judged the content of a mail wrongly: an example for the next training."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from addin_backend.model.evidence import SensitivityClass


class MistakeKind(StrEnum):
    """What was wrong with the answer."""

    FALSE_ALARM = "false_alarm"  # nothing in the mail needs protection
    MISSED = "missed"  # it needs protection, and was judged ordinary
    WRONG_CLASS = "wrong_class"  # it needs protection for another reason than was said


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reports. ``event_id``: the decision in the log. ``classes``: what the mail is, by the reporter; none for a false alarm.

    ``sentence`` is the one that the check misread, as it stands in the mail; only with ``consent``, which is the sender's.
    """

    event_id: str
    kind: MistakeKind
    classes: tuple[SensitivityClass, ...] = ()
    consent: bool = False
    sentence: str = ""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it is kept. ``found``: what the check had said. ``sentence``: without names and numbers, or "" without consent."""

    event_id: str
    at: datetime
    kind: MistakeKind
    found: tuple[SensitivityClass, ...] = ()
    classes: tuple[SensitivityClass, ...] = ()
    sentence: str = ""
