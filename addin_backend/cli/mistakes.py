"""`mistakes …`: what employees report when the check judged the content of a mail wrongly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import SendSecurelyError
from addin_backend.model.evidence import SensitivityClass
from addin_backend.model.mistake import MistakeKind, Reported

mistakes_app = typer.Typer(no_args_is_help=True, help="Reports of wrong answers about the content of a mail.")
EVENT = Annotated[str, typer.Argument(metavar="EVENT", help="The event of the decision; the log shows it.")]


@mistakes_app.command("add")
def mistakes_add(
    event: EVENT,
    kind: Annotated[MistakeKind, typer.Option(help="What was wrong.")],
    right: Annotated[list[SensitivityClass] | None, typer.Option("--class", help="What the mail is; may repeat.")] = None,
    sentence: Annotated[str, typer.Option(help="The sentence that was misread; - reads it from standard input.")] = "",
    consent: Annotated[bool, typer.Option("--consent", help="The sender agrees that the sentence is kept.")] = False,
    data: DATA = None,
) -> None:
    """Keep a report. Of the mail nothing is kept but the sentence, with consent, without names and numbers."""
    from addin_backend.bootstrap import mistakes  # here, so that other commands do not load the database

    said = sys.stdin.read() if sentence == "-" else sentence
    given = Reported(event_id=event, kind=kind, classes=tuple(right or ()), consent=consent, sentence=said)
    try:
        raise typer.Exit(mistakes.add(given_settings(data_dir=str(data) if data else None), given, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@mistakes_app.command("list")
def mistakes_list(data: DATA = None) -> None:
    """How many reports there are, by kind and class."""
    from addin_backend.bootstrap import mistakes  # here, so that other commands do not load the database

    try:
        raise typer.Exit(mistakes.show(given_settings(data_dir=str(data) if data else None), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@mistakes_app.command("withdraw")
def mistakes_withdraw(event: EVENT, data: DATA = None) -> None:
    """Delete a report, and the sentence with it."""
    from addin_backend.bootstrap import mistakes  # here, so that other commands do not load the database

    try:
        raise typer.Exit(mistakes.withdraw(given_settings(data_dir=str(data) if data else None), event, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@mistakes_app.command("export")
def mistakes_export(file: Annotated[Path, typer.Argument(metavar="FILE")], data: DATA = None) -> None:
    """Write the sentences as labelled examples, one JSON object a line, for the training of the model."""
    from addin_backend.bootstrap import mistakes  # here, so that other commands do not load the database

    try:
        raise typer.Exit(mistakes.export(given_settings(data_dir=str(data) if data else None), file, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)
