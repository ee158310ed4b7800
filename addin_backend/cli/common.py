"""What every command shares: exit codes, how a failure is told, and the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from addin_backend import settings as settings_table
from addin_backend.errors import SendSecurelyError
from addin_backend.settings import Settings, SettingsError

USAGE, UNREADABLE, NO_ENGINE = 2, 1, 3

KEY = Annotated[str | None, typer.Option(help="The log's public key (vkey), or a file that holds it.")]
DATA = Annotated[Path | None, typer.Option(help="Data folder, if it is not the setting data_dir.")]


def fail(error: SendSecurelyError | SettingsError | str, code: int) -> NoReturn:
    """Say what is the matter and what to do, on standard error, and stop."""
    if isinstance(error, SendSecurelyError):
        place = f" [{error.field}]" if error.field and error.field not in error.sentence else ""
        text = f"{error.sentence}{place}\n{error.next_step}"
    else:
        text = str(error)
    typer.echo(text, err=True)
    raise typer.Exit(code)


def given_settings(**given: object) -> Settings:
    """The settings in force, with what the command line says in place. A fault in them ends the command."""
    try:
        return settings_table.load(os.environ, **given)
    except SettingsError as error:
        fail(error, USAGE)
