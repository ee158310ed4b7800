"""`policy …`: what a compliance officer does with rules and registers."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import BadInput, SendSecurelyError

_ASKED = Annotated[str, typer.Option(help="Who asks for it: a mail address.")]
_APPROVED = Annotated[str, typer.Option(help="Who approves it: another person's.")]

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
    from addin_backend.bootstrap import policies, policy_changes  # here, so that other commands do not load the engines

    settings = given_settings()
    try:
        raise typer.Exit(policies.test(settings, generated, sys.stdout, partial(policy_changes.note_passed, settings, generated)))
    except SendSecurelyError as error:
        fail(error, 1)


@policy_app.command("publish")
def policy_publish(asked_by: _ASKED = "", approved_by: _APPROVED = "", data: DATA = None) -> None:
    """Put the rules of the folders in force: refused on any fault, failing case or difference between the engines."""
    from addin_backend.bootstrap import policy_changes  # here, so that other commands do not load the engines

    try:
        people = policy_changes.People(asked_by, approved_by)
        raise typer.Exit(policy_changes.publish(given_settings(data_dir=str(data) if data else None), people, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE if isinstance(error, BadInput) else 1)


@policy_app.command("rollback")
def policy_rollback(
    revision: Annotated[str | None, typer.Argument(help="The revision to go back to; none: the one before.")] = None,
    asked_by: _ASKED = "",
    approved_by: _APPROVED = "",
    data: DATA = None,
) -> None:
    """Put an earlier revision in force again."""
    from addin_backend.bootstrap import policy_changes  # here, so that other commands do not load the engines

    try:
        people = policy_changes.People(asked_by, approved_by)
        raise typer.Exit(policy_changes.rollback(given_settings(data_dir=str(data) if data else None), revision, people, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE if isinstance(error, BadInput) else 1)


@policy_app.command("opa-config")
def policy_opa_config(
    variable: Annotated[str, typer.Option(help="The environment variable of OPA's that holds bundle_token.")] = "BUNDLE_TOKEN",
    data: DATA = None,
) -> None:
    """The configuration of an OPA server that fetches its rules from here: address, key id, public key."""
    from addin_backend.bootstrap import opa_settings  # here, so that other commands do not load the keys

    try:
        typer.echo(opa_settings.config(given_settings(data_dir=str(data) if data else None), variable), nl=False)
    except SendSecurelyError as error:
        fail(error, 1)


@policy_app.command("history")
def policy_history(data: DATA = None) -> None:
    """What was in force when."""
    from addin_backend.bootstrap import policy_changes  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policy_changes.history(given_settings(data_dir=str(data) if data else None), sys.stdout))
    except SendSecurelyError as error:
        fail(error, 1)
