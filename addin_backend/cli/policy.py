"""`policy …`: what a compliance officer does with rules and registers."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from typing import Annotated

import typer

from addin_backend.cli.common import DATA, USAGE, fail, given_settings
from addin_backend.errors import BadInput, SendSecurelyError

_ASKED = Annotated[str, typer.Option(help="Who asks for it: a mail address.")]
_APPROVED = Annotated[str, typer.Option(help="Who approves it: another person's.")]

_WHICH = "in-force, draft (the folders of the settings), a folder, or the beginning of a revision."

policy_app = typer.Typer(no_args_is_help=True, help="Rules and registers.")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fail(f"--since wants a date such as 2026-11-23, not '{text}'.", USAGE)


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


@policy_app.command("table")
def policy_table() -> None:
    """Every rule with its law article, as a table in Markdown: docs/rules.md."""
    from addin_backend.bootstrap.checking import policy_files  # here, so that other commands load nothing of a check
    from addin_backend.flows.policy.rule_table import rule_table  # likewise

    try:
        print(rule_table(policy_files(given_settings())), end="")
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


@policy_app.command("opa")
def policy_opa(
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


@policy_app.command("diff")
def policy_diff(
    old: Annotated[str, typer.Argument(help=_WHICH)] = "in-force",
    new: Annotated[str, typer.Argument(help=_WHICH)] = "draft",
    data: DATA = None,
) -> None:
    """What NEW does otherwise than OLD, in sentences; exit 1 when something changes."""
    from addin_backend.bootstrap import policy_views  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policy_views.show_diff(given_settings(data_dir=str(data) if data else None), old, new, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@policy_app.command("replay")
def policy_replay(
    rules: Annotated[str, typer.Argument(help=_WHICH)] = "draft",
    limit: Annotated[int, typer.Option(help="How many recorded questions, the newest.", min=1)] = 10_000,
    since: Annotated[str | None, typer.Option(help="None from before this date (YYYY-MM-DD).")] = None,
    then: Annotated[bool, typer.Option("--then", help="Each on the rules of its own time: the same answer to the letter.")] = False,
    data: DATA = None,
) -> None:
    """Recorded questions on other rules: exact counts per rule, and examples; exit 1 when an outcome changes."""
    from addin_backend.bootstrap import policy_views  # here, so that other commands do not load the engines

    settings = given_settings(data_dir=str(data) if data else None)
    try:
        if then:
            raise typer.Exit(policy_views.show_replay_then(settings, limit, sys.stdout))
        raise typer.Exit(policy_views.show_replay(settings, rules, limit, _day(since), sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)


@policy_app.command("doubts")
def policy_doubts(rules: Annotated[str, typer.Argument(help=_WHICH)] = "draft", data: DATA = None) -> None:
    """Rules that never fire, change nothing, or together leave no way; each with a question that shows it."""
    from addin_backend.bootstrap import policy_views  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policy_views.show_doubts(given_settings(data_dir=str(data) if data else None), rules, sys.stdout))
    except SendSecurelyError as error:
        fail(error, USAGE)
