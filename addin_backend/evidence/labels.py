"""The sensitivity label that the sender chose (Microsoft Purview Information Protection). It may only raise the protection.

Source: the header ``msip_labels`` as Outlook writes it: ``MSIP_Label_<id>_Enabled=true; MSIP_Label_<id>_Name=Confidential; …``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addin_backend.model.facts import SensitivityLabel

MAX_CHARS = 20_000
_PART = re.compile(r"MSIP_Label_([0-9a-fA-F-]{8,64})_([A-Za-z]{1,40})\s*=\s*([^;]*)")
_ORDER = tuple(SensitivityLabel)


def _said(raw: str) -> list[str]:
    """The names and ids of the labels that are on; a plain word is itself a name."""
    parts: dict[str, dict[str, str]] = {}
    for found in _PART.finditer(raw[:MAX_CHARS]):
        parts.setdefault(found[1].lower(), {})[found[2].lower()] = found[3].strip()
    if not parts:
        return [raw.strip()]
    return [
        word for key, values in parts.items() if values.get("enabled", "true").lower() != "false" for word in (key, values.get("name", ""))
    ]


def label_of(raw: str, names: Mapping[str, SensitivityLabel]) -> SensitivityLabel:
    """The strictest label in ``raw`` by the organisation's ``names`` (names or ids, case-folded); one that nobody listed is none."""
    known = [names[word.casefold()] for word in _said(raw) if word.casefold() in names]
    return max(known, key=_ORDER.index, default=SensitivityLabel.NONE)
