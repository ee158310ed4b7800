"""`policy …`: what a compliance officer does with rules and registers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from addin_backend.cli.common import fail, given_settings
from addin_backend.errors import SendSecurelyError

policy_app = typer.Typer(no_args_is_help=True, help="Rules and registers.")


@policy_app.command("check")
def policy_check() -> None:
    """Rules, texts, schemas and registers: everything that must hold before they may count."""
    from addin_backend.bootstrap import policies  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policies.check(given_settings(), sys.stdout))
    except SendSecurelyError as error:
        fail(error, 1)


@policy_app.command("test")
def policy_test(
    generated: Annotated[int, typer.Option(help="How many generated questions both engines answer; 0: none.", min=0)] = 20_000,
) -> None:
    """Every rule with its cases and what they reach, and generated questions, on each engine that can be had."""
    from addin_backend.bootstrap import policies  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policies.test(given_settings(), generated, sys.stdout))
    except SendSecurelyError as error:
        fail(error, 1)
