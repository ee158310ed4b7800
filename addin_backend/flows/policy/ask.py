"""What the journeys of this folder share: engines for a set of rules, and a question as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from addin_backend.ports import PolicyEngine, PolicySet

EngineFactory = Callable[[PolicySet], PolicyEngine]

DEADLINE = 5.0  # seconds for one question; what is measured here is the rule, not the machine


def asked(question: Mapping[str, Any]) -> bytes:
    """The question as the backend writes it: sorted keys, no spaces (decision/question.py)."""
    return json.dumps(question, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
