"""What a recogniser hands on: a span in normalised text with class, certainty and a fixed phrase."""

from __future__ import annotations

from dataclasses import dataclass

from addin_backend.model.evidence import SensitivityClass


@dataclass(frozen=True, slots=True)
class Hit:
    """``start``/``end`` are places in the passage's normalised text. ``certainty`` is 0-100."""

    recogniser: str
    sensitivity: SensitivityClass
    category: str
    start: int
    end: int
    certainty: int
    explanation: str
    identifier: bool = False
