"""The words of the rules, as an employee reads them: short, plain, without blame, and filled in completely."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from addin_backend.decision import metadata
from addin_backend.decision.metadata import Rule
from addin_backend.model.decision import Texts

RULES_DIR = Path(__file__).resolve().parent.parent.parent / "policies" / "rego"
FILES = {path.relative_to(RULES_DIR).as_posix(): path.read_bytes() for path in RULES_DIR.rglob("*") if path.is_file()}
RULES = metadata.read(FILES).rules
LIX = 35  # "easy to read" (Björnsson 1968: under 35 is the level of light prose)
LONG_WORD = 6  # letters; longer words count as long
BLAME = re.compile(
    r"!|\bups\b|\boops\b|du har (?:forsøgt|overtrådt|glemt)|you have (?:tried|violated|forgotten|failed)|ulovlig|illegal|forbud|forbidden"
    r"|overtræd|violat|mislighold|din fejl|your fault|personnumm",
    re.IGNORECASE,
)
LATIN = re.compile(r"jf\.|cf\.|i\.e\.|e\.g\.|\bihht\b|\bmutatis\b|\bex officio\b|\bad hoc\b|\bprima facie\b|\bmail-flow\b", re.IGNORECASE)


def lix(text: str) -> float:
    """Words per sentence plus the percentage of words over six letters. A filled-in name counts as a short word."""
    words = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", re.sub(r"\{[a-z_]+\}", "Bo", text))
    sentences = max(1, len(re.findall(r"[.:?](?:\s|$)", text)))
    return len(words) / sentences + 100 * sum(len(word) > LONG_WORD for word in words) / len(words)


def _read_aloud(texts: tuple[Texts, ...], language: str) -> str:
    """What a person reads in one go: each text ends as a sentence."""
    parts = [getattr(item, language) for item in texts]
    return " ".join(part if part.endswith((".", "?")) else f"{part}." for part in parts)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_reads_easily(rule: Rule, language: str) -> None:
    """Title, explanation and way out together are light prose, and no sentence has more than 25 words."""
    text = _read_aloud((rule.text.title, rule.text.explanation, rule.text.way_out), language)
    assert lix(text) <= LIX, f"{lix(text):.0f}: {text}"
    assert max(len(sentence.split()) for sentence in re.split(r"(?<=[.:?])\s", text)) <= 25, text


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_accuses_nobody(rule: Rule) -> None:
    """No exclamation mark, no blame, no legal latin; the employees' words of the glossary."""
    for texts in (rule.text.title, rule.text.explanation, rule.text.way_out):
        for text in (texts.da, texts.en):
            assert not BLAME.search(text), text
            assert not LATIN.search(text), text


def test_a_rule_tells_nobody_what_was_inferred_about_a_person() -> None:
    """Belief, origin, union, politics and love are never named to the reader."""
    words = re.compile(
        r"religi|\btro\b|etnisk|ethnic|fagforening|\bunion\b|politisk|political|seksu|sexual|orientering|orientation", re.IGNORECASE
    )
    told = [
        text
        for rule in RULES.values()
        for item in (rule.text.title, rule.text.explanation, rule.text.way_out)
        for text in (item.da, item.en)
    ]
    assert [] == [text for text in told if words.search(text)]


def test_readability_counts_as_it_should() -> None:
    """Two sentences, eight words, one of them long: 4 + 12.5."""
    assert lix("Vi kan ikke nå Bo. Brug den anden mailadresse.".replace("den anden ", "")) == pytest.approx(7 / 2 + 100 / 7)
