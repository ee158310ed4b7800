"""How the flags of a sentence are widened for the model: what the whole mail speaks of, what the neighbouring sentences hold.

The model has a weight for every pair of a telling concept and any other flag ("a part of the body" with "a third person", "a treatment" in
"a text about a course"), so that meaning comes from what stands together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from addin_backend.evidence.content.features import COMPUTED, LOCATIONS

_HEALTH = [
    *"disease mental injury symptom treatment medicine place staff test aid care".split(),
    *"disability reproduction addiction body state function".split(),
]
_CRIMINAL = "offence process punishment record police".split()
_CONFIDENTIAL = "pay debt benefit pension tax dismissal appraisal grades family address account paper".split()
_LINK = "third role relation name".split()
TELLING = (
    *_HEALTH, "absence", *_CRIMINAL, "union", "religion", "politics", "ethnicity", "orientation", "genetic", "biometric", *_CONFIDENTIAL,
    "whistle", "secret", "cprword", "amount", "same_sex", "spouse_m", "spouse_f", "partnered", "relation",
)  # fmt: skip
OF_MAIL = (
    "topic_publication", "topic_course", "topic_policy", "topic_template", "topic_product", "topic_job", "topic_general", "idiom",
    "nameproduct", "company", "logistics", "third", "role", "relation", "name", "self", "you", "we", "authority", "insurance",
)  # fmt: skip
_NEIGHBOURS = (
    ("link", _LINK),
    ("health", _HEALTH),
    ("criminal", _CRIMINAL),
    ("confidential", _CONFIDENTIAL),
    ("self", ["self", "you"]),
    ("general", ["hypo", "topic_general"]),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the flags in order, and which of them are telling (the first of a pair)."""

    flags: tuple[str, ...]
    wide: tuple[str, ...]
    telling: NDArray[np.int64]
    of_mail: NDArray[np.int64]
    neighbours: tuple[NDArray[np.int64], ...]


def layout_of(concepts: Sequence[str]) -> Layout:
    """The layout for these concepts; a concept that the model was not trained with has no column of its own."""
    flags = (*concepts, *COMPUTED, *LOCATIONS)
    place = {name: index for index, name in enumerate(flags)}
    wide = (*flags, *(f"mail_{name}" for name in OF_MAIL), *(f"near_{name}" for name, _ in _NEIGHBOURS), "any_link", "any_health")
    return Layout(
        flags=flags,
        wide=wide,
        telling=np.array([place[name] for name in TELLING]),
        of_mail=np.array([place[name] for name in OF_MAIL]),
        neighbours=tuple(np.array([place[name] for name in members]) for _, members in _NEIGHBOURS),
    )


def widen(flags: NDArray[np.float32], layout: Layout) -> NDArray[np.float32]:
    """``flags`` (sentences x concepts) with the columns of the mail and of the neighbours."""
    count, own = flags.shape
    wide = np.zeros((count, len(layout.wide)), np.float32)
    if not count:
        return wide
    wide[:, :own] = flags
    place = own + len(layout.of_mail)
    wide[:, own:place] = flags[:, layout.of_mail].max(axis=0)
    for members in layout.neighbours:
        any_of = flags[:, members].max(axis=1)
        wide[1:, place] = any_of[:-1]
        wide[:-1, place] = np.maximum(wide[:-1, place], any_of[1:])
        place += 1
    wide[:, place] = flags[:, layout.neighbours[0]].max(axis=1)
    wide[:, place + 1] = flags[:, layout.neighbours[1]].max(axis=1)
    return wide
