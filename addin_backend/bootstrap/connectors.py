"""`transport check`: does Exchange do what the register of partners and the transport ticket promise?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TextIO

import msgspec

from addin_backend.bootstrap.checking import policy_files
from addin_backend.errors import BadInput
from addin_backend.evidence.registers import read_registers
from addin_backend.evidence.transport.enforcement import Deviation, compare
from addin_backend.evidence.transport.exchange_export import read_connectors, read_rules
from addin_backend.sealing.ticket import HEADER
from addin_backend.settings import Settings


def _bytes(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read.", sentence_da=f"{path} kan ikke læses.", field=field) from error


def _shown(deviation: Deviation) -> str:
    mark = "✗" if deviation.breaks else "!"
    return f"{mark} {deviation.code} ({deviation.subject})\n    {deviation.texts.da}\n    {deviation.texts.en}"


def check(settings: Settings, connectors: Path, rules: Path | None, at: date, out: TextIO, *, as_json: bool = False) -> int:
    """0 when everything is as promised, 1 with what is not. ``rules`` None is Exchange Server. Raises BadInput, BadRegister."""
    partners = read_registers(policy_files(settings)).partners.entries
    found = compare(
        partners,
        read_connectors(_bytes(connectors, "connectors")),
        read_rules(_bytes(rules, "rules")) if rules is not None else None,
        HEADER,
        at,
    )
    if as_json:
        out.write(msgspec.json.encode([msgspec.to_builtins(item) for item in found]).decode() + "\n")
        return 1 if found else 0
    counted = sum(entry.valid_from <= at <= entry.valid_to for entry in partners)
    for item in found:
        print(_shown(item), file=out)
    if not found:
        print(f"✓ Exchange gør, hvad registret lover. Partnere: {counted}", file=out)
        print(f"✓ Exchange does what the register promises. Partners: {counted}", file=out)
    return 1 if found else 0
