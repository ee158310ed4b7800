"""`mailboxes`: which transport each mailbox is on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import SendSecurelyError


def mailboxes(
    addresses: Annotated[list[str] | None, typer.Argument(help="Mailboxes; none: every one that is known.")] = None,
    use: Annotated[str | None, typer.Option(help="Choose for these: ews or graph; 'table' takes the choice back.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask Exchange now which transport reaches them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    data: DATA = None,
) -> None:
    """Which transport each mailbox is on (EWS or Graph), why, since when, and what failed last."""
    from addin_backend.bootstrap import mailbox_table  # here, so that other commands do not load Exchange

    if use not in {None, "ews", "graph", mailbox_table.TABLE}:
        fail("--use is 'ews', 'graph' or 'table'.", USAGE)
    if (use or ask) and not addresses:
        fail("Name the mailboxes that it is about.", USAGE)
    settings = given_settings(data_dir=str(data) if data else None)
    try:
        wish = mailbox_table.Wish(tuple(addresses or ()), use, ask, as_json)
        raise typer.Exit(mailbox_table.run(wish, settings, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)
