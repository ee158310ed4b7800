"""`doctor`: whether this installation is well, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from addin_backend.cli.common import DATA, given_settings


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per finding and line.")] = False,
    send_as: Annotated[str, typer.Option(help="A mailbox that tries to send as notification_address: one test mail to itself.")] = "",
    data: DATA = None,
) -> None:
    """Look at settings, rules, data, keys, certificates, DNS and Exchange. 0: nothing is wrong; 1: something is, and what to do."""
    from addin_backend.bootstrap import doctor as looks  # here, so that other commands do not load the server

    found = looks.examine(given_settings(data_dir=str(data) if data else None), send_as)
    for item in found:
        if as_json:
            typer.echo(looks.as_line(item))
        else:
            typer.echo(
                f"{item.state.value:8} {item.check}: {item.said.en}" + (f"\n         {item.next_step.en}" if item.next_step.en else "")
            )
    raise typer.Exit(int(any(item.state is looks.State.WRONG for item in found)))
