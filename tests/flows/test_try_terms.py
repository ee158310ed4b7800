"""A proposed register of terms is tried on known mails before it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from addin_backend.errors import BadRegister
from addin_backend.flows.try_terms import KnownMail, try_terms
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.message import Message

REGISTER = Path(__file__).resolve().parents[2] / "policies/rego/registers/content_terms/data.json"
GROUP = {"language": "da", "class": "special_category", "category": "health", "boundary": "prefix", "weight": 3, "concept": "disease"}


def _known(name: str, body: str, *classes: SensitivityClass) -> KnownMail:
    return KnownMail(name, Message(sender="", recipients=(), subject="", body=body), frozenset(classes))


def test_a_new_term_tells_what_it_would_find_and_whom_it_would_alarm() -> None:
    """The mail about a person is found; a mail that it leaves alone is not named."""
    raw = REGISTER.read_bytes()
    register = json.loads(raw)
    proposed = json.dumps({**register, "groups": [*register["groups"], {**GROUP, "stems": ["zorgsyge"]}]}).encode()
    trial = try_terms(
        raw,
        proposed,
        [
            _known("ill", "Karen lider af zorgsyge og har fået konstateret zorgsyge i benet.", SensitivityClass.SPECIAL_CATEGORY),
            _known("plain", "Vi ses på mandag til mødet."),
        ],
    )
    assert (2, [], []) == (trial.tried, trial.newly_alarmed, trial.newly_missed)
    assert set(trial.newly_right) <= {"ill"}


def test_a_register_that_cannot_be_read_is_refused() -> None:
    """The trial names file and entry like the start does."""
    with pytest.raises(BadRegister):
        try_terms(REGISTER.read_bytes(), b"{}", [])
