"""The product's rules on both engines, for the tests of this folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from addin_backend.decision.revision import policy_set
from addin_backend.edges.opa_process import OpaProcess
from addin_backend.edges.policy_folder import read_folder
from addin_backend.edges.rego_server import OpaServer
from addin_backend.ports import PolicySet

PROJECT = Path(__file__).resolve().parents[2]
POLICIES = PROJECT / "policies" / "rego"
PATIENCE = 10.0  # seconds: these tests ask for answers, not for speed


def product_files() -> dict[str, bytes]:
    """The product's rules, texts, schemas and registers."""
    return dict(read_folder(POLICIES))


def product_policies(changes: Mapping[str, bytes] | None = None) -> PolicySet:
    """The product's policy set, with some files put in place of its own."""
    return policy_set({**product_files(), **(changes or {})})


def base_question() -> dict[str, Any]:
    """A fresh copy of the question that every case starts from."""
    question: dict[str, Any] = json.loads((POLICIES / "schemas" / "base_question.json").read_text())
    return question


def tool(name: str) -> Path:
    """A program from .tools or PATH; the test is skipped where it cannot be had."""
    built = PROJECT / ".tools" / name
    found = str(built) if os.access(built, os.X_OK) else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed: `make tools` finds or builds it")
    return Path(found)


class OwnOpa(OpaServer):
    """An OpaServer over an OPA process of its own, both closed together: what test_policy wants for a factory."""

    def __init__(self, policies: PolicySet) -> None:
        self.process = OpaProcess(tool("opa"), policies)
        self.process.start()
        super().__init__(self.process.url, policies, timeout=PATIENCE)

    def close(self) -> None:
        """Let go of the connections, stop OPA."""
        super().close()
        self.process.stop()


@contextmanager
def own_opa(policies: PolicySet) -> Iterator[OwnOpa]:
    """An OwnOpa that is closed afterwards."""
    engine = OwnOpa(policies)
    try:
        yield engine
    finally:
        engine.close()
