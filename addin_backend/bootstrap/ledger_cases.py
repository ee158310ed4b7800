"""`ledger cases` and `ledger close`: the cases of sent mail on the command line, also while the server runs."""

from __future__ import annotations

from typing import TextIO

from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.ledger import ledger_of
from addin_backend.bootstrap.sending import key_path, open_log
from addin_backend.edges.keys import KeyFile
from addin_backend.errors import NotFound, Unavailable
from addin_backend.flows.ledger_cases import Closer, ask_to_close, record_closings
from addin_backend.model.ledger import How
from addin_backend.settings import Settings

SHOWN = 200
SHORTEST = 8  # letters of a case's number that are enough when no other case begins with them


def show(settings: Settings, out: TextIO) -> int:
    """The newest cases, one a line; 1 when one is open."""
    ledger = ledger_of(settings, KeyFile.load_or_create(key_path(settings)))
    try:
        lines = ledger.lines((How.CASE,), SHOWN)
        closed = ledger.closings([line.item for line in lines])
        for line in lines:
            how = f"lukket / closed {closed[line.item].at:%Y-%m-%d}" if line.item in closed else "åben / open"
            print(f"{line.item[:12]}  {line.sent_at:%Y-%m-%d %H:%M}  {','.join(line.codes) or '-'}  {how}", file=out)
        return int(ledger.open_cases() > 0)
    finally:
        ledger.close()


def close(settings: Settings, case: str, by: str, reason: str, out: TextIO) -> int:
    """Close a case, named by the beginning of its number. Raises NotFound, Conflict, BadInput, LogBroken."""
    ledger = ledger_of(settings, KeyFile.load_or_create(key_path(settings)))
    try:
        found = [line.item for line in ledger.lines((How.CASE,), SHOWN) if len(case) >= SHORTEST and line.item.startswith(case.lower())]
        if len(found) != 1:
            raise NotFound
        ask_to_close(found[0], by, reason, now(), ledger)
        try:
            opened = open_log(settings)
        except Unavailable:  # a server writes it: it takes the wish up in its next round
            print("Kørende server skriver det i logbogen om lidt. / The running server writes it to the log shortly.", file=out)
            return 0
        try:
            record_closings(Closer(ledger, opened.log, opened.names, now))
        finally:
            opened.log.close()
        print("Sagen er lukket. / The case is closed.", file=out)
        return 0
    finally:
        ledger.close()
