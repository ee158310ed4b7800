"""The policy revision: one digest over all rules, texts, registers and schemas in force."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from addin_backend.ports import PolicySet


def in_force(path: str) -> bool:
    """Whether a file takes part in deciding. Cases and the base question only test; they change no answer."""
    if path.endswith(".rego"):
        return not path.endswith("_test.rego")
    if path.startswith("registers/"):
        return path.endswith("/data.json")
    return path in {"schemas/question.json", "schemas/answer.json"}


def policy_set(files: Mapping[str, bytes]) -> PolicySet:
    """The files with their revision: SHA-256 over the sorted paths and bytes, each preceded by its length."""
    digest = hashlib.sha256()
    for path in sorted(files):
        if in_force(path):
            for part in (path.encode(), files[path]):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
    return PolicySet(revision=digest.hexdigest(), files=tuple(sorted(files.items())))
