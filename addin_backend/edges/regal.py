"""Regal, the linter for Rego, over one set of policies with the project's own configuration."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from addin_backend.model.policy import Diagnostic
from addin_backend.ports import EngineFailure, PolicySet

_SECONDS = 60.0
_ROOT = "policies/rego"  # where the configuration says that the rules are


def lint(binary: Path, config: Path, policies: PolicySet) -> tuple[Diagnostic, ...]:
    """What `regal lint` says, by place. Raises EngineFailure("unavailable") when it does not run."""
    with tempfile.TemporaryDirectory(prefix="sendsecurely-regal-") as name:
        for path, raw in policies.files:
            target = Path(name) / _ROOT / path
            if path.endswith(".rego") and target.resolve().is_relative_to(Path(name).resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(raw)
        command = [str(binary), "lint", "--format", "json", "--config-file", str(config.resolve()), _ROOT]
        try:
            done = subprocess.run(command, capture_output=True, env={"HOME": name}, cwd=name, timeout=_SECONDS, check=False)
            report = json.loads(done.stdout)
        except (OSError, subprocess.TimeoutExpired, ValueError):
            raise EngineFailure("unavailable", "regal does not run") from None
    found = []
    for item in report.get("violations") or []:
        place = item.get("location") or {}
        file = str(place.get("file", "")).split(f"{_ROOT}/")[-1]
        sentence = f"{item.get('description', '')} (Regal: {item.get('category')}/{item.get('title')})"
        found.append(Diagnostic(file=file, row=int(place.get("row", 0)), col=int(place.get("col", 0)), sentence=sentence))
    return tuple(found)
