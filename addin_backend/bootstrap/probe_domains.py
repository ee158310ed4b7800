"""`probe`: what recipient domains publish about their mail transport, and the verdict. It knows no register: only the network counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TextIO

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.json_lines import json_line
from addin_backend.bootstrap.transport import transport_lookup
from addin_backend.flows.look_up_transport import probe
from addin_backend.settings import Settings


def _human(found: dict[str, Any]) -> str:
    hosts = ", ".join(item["host"] for item in found["mx"]["hosts"]) or found["mx"]["status"]
    reasons = ", ".join(found["reasons"]) or "-"
    policy = found["mta_sts"]["mode"] or found["mta_sts"]["status"]
    return f"{found['domain']}: {found['verdict']} ({reasons})\n    MX: {hosts}\n    MTA-STS: {policy}"


def run(domains: tuple[str, ...], as_json: bool, settings: Settings, ca_file: Path | None, out: TextIO, *, test_resolver: bool) -> int:
    """0: every domain has a verdict, be it `unknown`. ``test_resolver``: the resolver was named for this run. Raises BadInput."""
    lookup = transport_lookup(settings, None, ca_file, test_resolver=test_resolver)
    try:
        for found in probe(domains, lookup, now()):
            print(json_line(found) if as_json else _human(found), file=out, flush=True)
    finally:
        lookup.close()
    return 0
