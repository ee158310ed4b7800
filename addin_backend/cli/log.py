"""`log …`: what an auditor does with the accountability log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, KEY, fail, given_settings
from addin_backend.errors import SendSecurelyError

log_app = typer.Typer(no_args_is_help=True, help="The accountability log.")


@log_app.command("verify")
def log_verify(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="An export; none: the database of this installation.")] = None,
    key: KEY = None,
    since: Annotated[Path | None, typer.Option(help="A checkpoint that you kept: the log must still contain it.")] = None,
    data: DATA = None,
) -> None:
    """Prove that no entry of the log was changed, dropped, swapped or cut off."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    settings = given_settings(data_dir=str(data) if data else None)
    try:
        raise typer.Exit(logbook.verify(settings, folder, key, since, (sys.stdout, sys.stderr)))
    except SendSecurelyError as error:
        fail(error, 1)


@log_app.command("export")
def log_export(folder: Annotated[Path, typer.Argument(metavar="DIR")], key: KEY = None, data: DATA = None) -> None:
    """Write the log as files that every transparency-log client reads."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    try:
        raise typer.Exit(logbook.export(given_settings(data_dir=str(data) if data else None), folder, key, sys.stdout))
    except SendSecurelyError as error:
        fail(error, 1)


@log_app.command("why")
def log_why(
    record: Annotated[str, typer.Argument(metavar="INDEX|EVENT", help="The number of a record, or its event id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
    data: DATA = None,
) -> None:
    """Why it was decided so: asked again with the rules of then. 0: the very same answer; 1: another."""
    from addin_backend.bootstrap import why  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(why.show(given_settings(data_dir=str(data) if data else None), record, sys.stdout, as_json=as_json))
    except SendSecurelyError as error:
        fail(error, 2)


@log_app.command("prove")
def log_prove(index: Annotated[int, typer.Argument(metavar="INDEX")], key: KEY = None, data: DATA = None) -> None:
    """Print the proof that one entry stands in the signed log."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    try:
        raise typer.Exit(logbook.prove(given_settings(data_dir=str(data) if data else None), index, key, sys.stdout))
    except SendSecurelyError as error:
        fail(error, 1)
