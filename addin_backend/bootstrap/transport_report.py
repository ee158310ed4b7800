"""`transport report`: takes Exchange Online's report in, and says which promises it contradicts."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TextIO

import msgspec

from addin_backend.bootstrap.checking import policy_files
from addin_backend.errors import BadInput, Unavailable
from addin_backend.evidence.registers import read_registers
from addin_backend.evidence.transport.exchange_report import Seen, read_report
from addin_backend.evidence.transport.observed import Observations, last_without_tls, merged, read_observations
from addin_backend.flows.observe_transport import contradicted_partners
from addin_backend.settings import Settings


def read_file(path: Path) -> bytes:
    """The bytes of a file that was named. Raises BadInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read.", sentence_da=f"{path} kan ikke læses.", field="report") from error


def write_register(settings: Settings, register: Observations) -> Path:
    """The register in ``registers_dir``, moved into place whole."""
    if not settings.registers_dir:
        raise BadInput(
            "There is no folder of registers to write to.",
            sentence_da="Der er ingen mappe med registre at skrive i.",
            next_step="Set registers_dir.",
            next_step_da="Sæt registers_dir.",
            field="registers_dir",
        )
    path = Path(settings.registers_dir) / "observations" / "data.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(register), indent=2) + b"\n")
        beside.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written.", sentence_da=f"{path} kan ikke skrives.") from error
    return path


def take_in(settings: Settings, report: Path, on: date, out: TextIO) -> int:
    """0 when no promise is contradicted, 1 with the partners that are. Raises BadInput, BadRegister, Unavailable, with nothing written."""
    raw = read_file(report)
    rows = read_report(raw)
    files = policy_files(settings)
    register = merged(read_observations(files), rows, hashlib.sha256(raw).hexdigest(), on)
    path = write_register(settings, register)
    days = last_without_tls(register)
    partners = read_registers(files).partner_by_domain
    found = tuple(contradicted_partners(partners, days, on))
    plain = sum(row.seen is Seen.NO_TLS for row in rows)
    print(f"{len(rows)} linjer læst, {plain} uden TLS. Skrevet i {path}.", file=out)
    print(f"{len(rows)} rows read, {plain} without TLS. Written to {path}.", file=out)
    for domain in found:
        print(f"✗ {domain}: mail gik uden TLS den {days[domain]}, selv om registret lover tvungen TLS.", file=out)
        print(f"  {domain}: mail went without TLS on {days[domain]}, though the register promises enforced TLS.", file=out)
    return 1 if found else 0
