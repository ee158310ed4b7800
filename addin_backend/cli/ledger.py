"""`ledger …`: cases of mail that left unchecked."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import SendSecurelyError

ledger_app = typer.Typer(no_args_is_help=True, help="Cases of mail that left unchecked.")


@ledger_app.command("cases")
def ledger_cases(data: DATA = None) -> None:
    """The newest cases; 1 when one is open."""
    from addin_backend.bootstrap import ledger_cases as cases  # here, so that other commands do not load the database

    try:
        raise typer.Exit(cases.show(given_settings(data_dir=str(data) if data else None), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@ledger_app.command("close")
def ledger_close(
    case: Annotated[str, typer.Argument(help="The number of the case; its first letters are enough.")],
    by: Annotated[str, typer.Option(help="Who closes it: a mail address.")],
    reason: Annotated[str, typer.Option(help="What was found out and done.")],
    data: DATA = None,
) -> None:
    """Close a case with a reason. It is recorded who did it; the reason is kept encrypted."""
    from addin_backend.bootstrap import ledger_cases as cases  # here, so that other commands do not load the database

    try:
        raise typer.Exit(cases.close(given_settings(data_dir=str(data) if data else None), case, by, reason, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)
