"""`snapshot …`: what happens to mail while the service is dead."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import BadInput, SendSecurelyError

_OUT = Annotated[Path | None, typer.Option(help="Folder of the front's /addin files, to write there too.")]

snapshot_app = typer.Typer(no_args_is_help=True, help="What happens to mail while the service is dead.")


@snapshot_app.command("degrade")
def snapshot_degrade(
    by: Annotated[str, typer.Option(help="Who asks for it: a mail address.")] = "",
    approved: Annotated[str, typer.Option("--and", help="Who approves it: another person's.")] = "",
    hours: Annotated[int, typer.Option(help="How long, from 1 to 4 hours.")] = 1,
    out: _OUT = None,
    data: DATA = None,
) -> None:
    """Let short external mail without attachments and identifiers go unchecked; each is judged when the service is back."""
    from addin_backend.bootstrap import emergency  # here, so that other commands do not load the database

    try:
        emergency.degrade(given_settings(data_dir=str(data) if data else None), (by, approved), hours, out, sys.stdout)
    except SendSecurelyError as error:
        fail(error, USAGE if isinstance(error, BadInput) else 1)


@snapshot_app.command("end")
def snapshot_end(by: Annotated[str, typer.Option(help="Who ends it: a mail address.")] = "", out: _OUT = None, data: DATA = None) -> None:
    """End it before its time."""
    from addin_backend.bootstrap import emergency  # here, so that other commands do not load the database

    try:
        emergency.end(given_settings(data_dir=str(data) if data else None), by, out, sys.stdout)
    except SendSecurelyError as error:
        fail(error, USAGE if isinstance(error, BadInput) else 1)
