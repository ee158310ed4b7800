"""`transport …`: what an administrator does to see that TLS to partners is really enforced."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import SendSecurelyError

transport_app = typer.Typer(no_args_is_help=True, help="Enforced TLS: what Exchange does, against what the register promises.")

_AT = Annotated[str | None, typer.Option("--at", help="Judge as of this date (YYYY-MM-DD).")]


def _on(text: str | None) -> date:
    from addin_backend.bootstrap.clock import now  # here, so that the command line loads nothing it does not need

    try:
        return date.fromisoformat(text) if text else now().date()
    except ValueError:
        fail(f"--at wants a date such as 2026-11-23, not '{text}'.", USAGE)


@transport_app.command("check")
def check(
    connectors: Annotated[Path, typer.Argument(metavar="CONNECTORS.json", help="Get-OutboundConnector or Get-SendConnector as JSON.")],
    rules: Annotated[Path | None, typer.Argument(metavar="[RULES.json]", help="Get-TransportRule as JSON; none: Exchange Server.")] = None,
    at: _AT = None,
    as_json: Annotated[bool, typer.Option("--json", help="The deviations as one JSON list.")] = False,
) -> None:
    """Compare Exchange's own export with the register of partners and the ticket. 0: every promise is kept; 1: what is not."""
    from addin_backend.bootstrap import connectors as exports  # here, so that other commands do not load the registers

    try:
        raise typer.Exit(exports.check(given_settings(), connectors, rules, _on(at), sys.stdout, as_json=as_json))
    except SendSecurelyError as error:
        fail(error, USAGE)


@transport_app.command("report")
def report(
    file: Annotated[Path, typer.Argument(metavar="REPORT.csv", help="A section of Outbound messages in transit security.")], at: _AT = None
) -> None:
    """Take Exchange Online's report in. 1: mail went without TLS to a partner for whom the register promises it."""
    from addin_backend.bootstrap import transport_report  # here, so that other commands do not load the registers

    try:
        raise typer.Exit(transport_report.take_in(given_settings(), file, _on(at), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@transport_app.command("delivered")
def delivered(
    file: Annotated[Path, typer.Argument(metavar="TRACE", help="Message trace or relay log as CSV or JSON: message_id, recipient, tls.")],
    at: _AT = None,
    data: DATA = None,
) -> None:
    """Hold a trace of single mails against what was promised. 1: mail that was promised TLS went without, or was not delivered."""
    from addin_backend.bootstrap import delivered as traces  # here, so that other commands do not load the store

    try:
        raise typer.Exit(traces.take_in(given_settings(data_dir=str(data) if data else None), file, _on(at), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@transport_app.command("withdrawals")
def withdrawals(data: DATA = None) -> None:
    """List mails that are to be taken out of the relay's queue, a JSON line each: message_id, recipients. Answer by `delivered`."""
    from addin_backend.bootstrap import withdrawals as asked  # here, so that other commands do not load the store

    try:
        raise typer.Exit(asked.show(given_settings(data_dir=str(data) if data else None), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)
