"""Prints how well mails are judged by models that saw none of their writer's: per writer, per class, and as the threshold is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PROTECTED = frozenset({"confidential", "cpr", "criminal", "special_category", "unknown"})
CURVE = (20, 25, 30, 35, 40, 50, 60)  # percent


@dataclass(frozen=True, slots=True)
class Judged:
    """One mail. ``shares``: the unseen probability of each class of prose. ``ruled``: of which of them the rules found something.
    ``standing``: whether there is something that no threshold touches (an identifier, an unreadable part). ``little``: a greeting only.
    """

    writer: str
    wanted: frozenset[str]
    optional: frozenset[str]
    shares: Mapping[str, float]
    ruled: frozenset[str]
    standing: bool
    little: bool
    borderline: bool

    def found(self, counts_from: Mapping[str, int]) -> frozenset[str]:
        """The classes of prose from these thresholds (percent) on."""
        return frozenset(
            name
            for name, share in self.shares.items()
            if round(100 * share) >= counts_from[name] and (name in self.ruled or not self.little)
        )


def _ratios(pairs: Sequence[tuple[bool, bool]]) -> str:
    hit = sum(want and have for want, have in pairs)
    extra, missed = sum(have and not want for want, have in pairs), sum(want and not have for want, have in pairs)
    return f"{hit / max(1, hit + extra):9.3f} {hit / max(1, hit + missed):7.3f} {2 * hit / max(1, 2 * hit + extra + missed):7.3f}"


def _needs(mails: Sequence[Judged], counts_from: Mapping[str, int]) -> list[tuple[bool, bool]]:
    return [(bool(item.wanted & PROTECTED), item.standing or bool(item.found(counts_from))) for item in mails]


def show(mails: Sequence[Judged], counts_from: Mapping[str, int], told: Callable[[str], object]) -> None:
    """Needs protection per writer, each class of prose, and the curve; everyday mails as the share that was judged above ordinary."""
    labelled = [item for item in mails if item.writer not in {"everyday", "sentence"} and not item.borderline]
    everyday = [item for item in mails if item.writer == "everyday"]
    told(f"{'needs protection':24} precision  recall      F1")
    for writer in sorted({item.writer for item in labelled}):
        own = [item for item in labelled if item.writer == writer]
        told(f"  writer {writer:5} {len(own):5} mails {_ratios(_needs(own, counts_from))}")
    told(f"  all writers {len(labelled):6} mails {_ratios(_needs(labelled, counts_from))}")
    for name in counts_from:
        known = [
            item for item in labelled if name in item.wanted or not (name in item.optional or (name == "confidential" and item.wanted))
        ]
        told(f"  {name:22} {_ratios([(name in item.wanted, name in item.found(counts_from)) for item in known])}  (prose alone)")
    told("counts from   precision  recall      F1   everyday mails above ordinary")
    for level in CURVE:
        same = dict.fromkeys(counts_from, level)
        alarms = sum(have for _, have in _needs(everyday, same)) / max(1, len(everyday))
        told(f"  {level:9} {_ratios(_needs(labelled, same))}   {alarms:.1%}")
