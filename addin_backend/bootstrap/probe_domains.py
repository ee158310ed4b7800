"""`probe`: what recipient domains publish about their mail transport, and the verdict. It knows no register: only the network counts.

The evidence is kept in the data folder, so that `--replay` draws the same verdict from it years later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.json_lines import json_line
from addin_backend.bootstrap.reread import reread
from addin_backend.bootstrap.transport import Way, local_prober, open_transport_store, shared_probes, world
from addin_backend.edges.transport_store import SqliteTransportStore
from addin_backend.errors import BadInput, NotFound, SendSecurelyError
from addin_backend.flows.gather_transport import Wish
from addin_backend.flows.show_transport import probe, replay
from addin_backend.settings import Settings

SUFFICIENT, WEAK = frozenset({"register", "dane", "mta_sts_enforce"}), frozenset({"dane_partial", "authenticated_now", "encrypted_now"})
LIST_LIMIT = 5_000_000  # octets of --file
MANY = 5  # domains from which on progress is shown


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked on the command line. ``smtp_port`` None: servers are not asked."""

    domains: tuple[str, ...]
    as_json: bool = False
    smtp_port: int | None = None
    ca_file: Path | None = None
    test_resolver: bool = False
    list_file: Path | None = None


def _listed(path: Path) -> list[str]:
    """One domain a line; blank lines and those that begin with # are passed over. Raises BadInput."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(LIST_LIMIT + 1)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read ({error.strerror}).", sentence_da=f"{path} kan ikke læses ({error.strerror}).", field="file"
        ) from None
    if len(text) > LIST_LIMIT:
        raise BadInput(f"{path} is too long.", sentence_da=f"{path} er for lang.", field="file")
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _colour(verdict: str) -> str:
    return "green" if verdict in SUFFICIENT else "yellow" if verdict in WEAK else "red"


def _table(found: Iterable[dict[str, Any]], out: TextIO) -> None:
    """A table: on a terminal in its colours and width, in a file as wide as it needs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Domain", "Verdict", "Why", "MX", "MTA-STS", "Evidence"):
        table.add_column(title, overflow="fold")
    for item in found:
        hosts = "\n".join(host["host"] for host in item["mx"]["hosts"]) or item["mx"]["status"]
        verdict = f"[{_colour(item['verdict'])}]{item['verdict']}[/]"
        policy = item["mta_sts"]["mode"] or item["mta_sts"]["status"]
        name = _plain(item["domain"])
        table.add_row(name, verdict, "\n".join(item["reasons"]) or "-", hosts, policy, (item["evidence"] or "-")[:16])
    Console(file=out, width=None if out.isatty() else 200, highlight=False).print(table)


def _plain(text: str) -> str:
    """What was typed, without markup or control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text).replace("[", r"\[")


def _with_progress(found: Iterator[dict[str, Any]], total: int, errors: TextIO) -> Iterator[dict[str, Any]]:
    if total < MANY or not errors.isatty():
        yield from found
        return
    with Progress(console=Console(file=errors), transient=True) as progress:
        task = progress.add_task("Probing", total=total)
        for item in found:
            progress.advance(task)
            yield item


def _store(settings: Settings, way: Way, errors: TextIO) -> SqliteTransportStore | None:
    """Where evidence is kept; a folder that cannot be used is said, and then nothing is kept."""
    try:
        return open_transport_store(settings, way.world_name(settings))
    except SendSecurelyError as error:
        print(f"The evidence is not kept: {error.sentence}", file=errors)
        return None


def run(ask: Ask, settings: Settings, out: TextIO, errors: TextIO) -> int:
    """0: every domain has a verdict, be it `unknown`. Raises BadInput, Unavailable."""
    domains = [*ask.domains, *(_listed(ask.list_file) if ask.list_file else ())]
    way = Way(ask.ca_file, ask.test_resolver)
    prober = local_prober(settings, way, ask.smtp_port) if ask.smtp_port is not None else None
    probes = shared_probes(None, prober) if prober is not None else None
    asked = world(settings, way, None, probes)
    store = _store(settings, way, errors)
    try:
        place = dataclasses.replace(asked, policies=store) if store is not None else asked
        wish = Wish(live=prober is not None, refetch=True)
        found = _with_progress(probe(domains, place, now, wish, store=store), len(domains), errors)
        if not ask.as_json:
            _table(found, out)
            return 0
        for item in found:
            print(json_line(item), file=out, flush=True)
    finally:
        if store is not None:
            store.close()
        if prober is not None:
            prober.close()
    return 0


def moment(text: str | None) -> datetime | None:
    """A date (its first moment, UTC) or an ISO 8601 time. Raises BadInput."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), time(0), UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise BadInput(
            f"--at wants a date or a time such as 2026-11-23T12:00:00Z, not '{text}'.",
            sentence_da=f"--at skal være en dato eller et tidspunkt som 2026-11-23T12:00:00Z, ikke '{text}'.",
            field="at",
        ) from None


def run_replay(evidence_id: str, at: str | None, as_json: bool, settings: Settings, out: TextIO) -> int:
    """Draw the verdict again from kept evidence. Raises BadInput (no such evidence), LogBroken (it was changed), Unavailable."""
    when, store = moment(at), open_transport_store(settings)
    try:
        item = replay(store.find_proof(evidence_id), when, reread)
    except NotFound:
        raise BadInput(
            "There is no evidence of that name in the data folder.",
            sentence_da="Der er intet bevis med det navn i datamappen.",
            next_step="Give the name as `probe` or the log shows it, or its first eight characters or more.",
            next_step_da="Skriv navnet, som `probe` eller logbogen viser det, eller mindst dets første otte tegn.",
            field="replay",
        ) from None
    finally:
        store.close()
    if as_json:
        print(json_line(item), file=out)
    else:
        _table([item], out)
        print(f"As of {item['at']}. Not proven: {', '.join(item['not_proven'])}.", file=out)
    return 0
