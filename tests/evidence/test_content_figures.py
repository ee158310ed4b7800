"""The figures that were reached on the labelled mails, held as floors (tests/evidence/data/mails/figures.json)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from content_samples import terms

ROOT = Path(__file__).resolve().parents[2]
FIGURES: dict[str, dict[str, float]] = json.loads((ROOT / "tests/evidence/data/mails/figures.json").read_text(encoding="utf-8"))
SLACK = 0.02  # a change of rules may cost so much before somebody has to look


@pytest.fixture(scope="module")
def quality() -> Any:
    """The benchmark's own counting."""
    sys.path.append(str(ROOT / "benchmarks"))
    import content_quality  # here: its folder is on the path for this module only

    yield content_quality
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.mark.parametrize("part", ["test", "test_q"])
def test_a_test_part_keeps_its_figures(quality: Any, part: str) -> None:
    """Needs protection and each class, on mails that taught the model nothing; those of ``test_q`` taught the rules nothing either."""
    mails = [mail for mail in quality.read(f"{part}.jsonl") if not mail.get("borderline")]
    judge = quality.product(terms())
    found = [judge(mail) for mail in mails]
    for name, floor in FIGURES[part].items():
        assert floor - SLACK <= quality.f1(quality.count(mails, found, name)), name


def test_everyday_mails_stay_ordinary(quality: Any) -> None:
    """False alarms on everyday external mails that taught nothing."""
    mails = quality.read("everyday_test.jsonl")
    judge = quality.product(terms())
    alarms = sum(bool(judge(mail) & quality.NEED) for mail in mails)
    assert alarms / len(mails) <= FIGURES["everyday"]["alarms"] + SLACK / 4


def test_the_mails_are_many_and_different(quality: Any) -> None:
    """At least 1,500 labelled ones when those that differ in names and numbers only count as one; no mail is in two parts."""
    parts = {name: quality.read(f"{name}.jsonl") for name in ("train", "tune", "tune_former_test", "tune_former_test_2", "test", "test_q")}
    mails = [mail for part in parts.values() for mail in part]
    assert quality.different(mails) >= 1_500
    assert len({mail["id"] for mail in mails}) == len(mails)
    assert len({mail["body"] + mail["subject"] for mail in mails}) >= 0.99 * len(mails)
