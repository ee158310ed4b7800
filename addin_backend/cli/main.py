"""The command line (docs/command-line.md). A command loads only what it needs: a check on one file starts in well under a second."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from addin_backend import settings as settings_table
from addin_backend.cli.common import DATA, NO_ENGINE, USAGE, fail, given_settings
from addin_backend.cli.doctor import doctor
from addin_backend.cli.ledger import ledger_app
from addin_backend.cli.log import log_app
from addin_backend.cli.mailboxes import mailboxes
from addin_backend.cli.manifest import manifest_app
from addin_backend.cli.mistakes import mistakes_app
from addin_backend.cli.policy import policy_app
from addin_backend.cli.seal import open_app, seal_app
from addin_backend.cli.snapshot import snapshot_app
from addin_backend.cli.transport import transport_app
from addin_backend.errors import SendSecurelyError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Send securely: check, seal, send, prove.",
)
app.command("doctor")(doctor)
app.add_typer(seal_app, name="seal")
app.add_typer(open_app, name="open")
app.add_typer(policy_app, name="policy")
app.add_typer(log_app, name="log")
app.add_typer(manifest_app, name="manifest")
app.add_typer(snapshot_app, name="snapshot")
app.add_typer(mistakes_app, name="mistakes")
app.add_typer(ledger_app, name="ledger")
app.add_typer(transport_app, name="transport")
app.command()(mailboxes)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--at wants a date such as 2026-11-23, not '{text}'.", USAGE)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Message files (.eml); - reads one from standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line and file.")] = False,
    evidence: Annotated[Path | None, typer.Option(help="Known facts as JSON; then no network is used.")] = None,
    at: Annotated[str | None, typer.Option(help="Judge as of this date (YYYY-MM-DD).")] = None,
    engine: Annotated[str | None, typer.Option(help="embedded or opa; an opa is started for the run and stopped.")] = None,
    secure: Annotated[bool, typer.Option("--secure", help="As if Send securely had been pressed.")] = False,
) -> None:
    """The pre-send check on message files."""
    from addin_backend.bootstrap import check_files  # here, so that other commands do not load the rules

    if engine not in {None, "embedded", "opa"}:
        fail("--engine is 'embedded' or 'opa'.", USAGE)
    wish = check_files.Wish(files=tuple(files), as_json=as_json, evidence=evidence, at=_day(at), engine=engine, secure=secure)
    try:
        code = check_files.run(wish, given_settings(), sys.stdout, sys.stderr)
    except check_files.NoEngine as error:
        fail(error, NO_ENGINE)
    except SendSecurelyError as error:
        fail(error, USAGE)
    raise typer.Exit(code)


@app.command()
def classify(
    files: Annotated[list[str] | None, typer.Argument(help="Message files (.eml); none: --jsonl on standard input.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write one JSON object per line.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each finding which recogniser made it and why.")] = False,
) -> None:
    """How sensitive the content is; recipients play no part."""
    from addin_backend.bootstrap import classify_files  # here, so that other commands do not load the terms

    if not files and not jsonl:
        fail("Name at least one file, or use --jsonl and standard input.", USAGE)
    try:
        wish = classify_files.Wish(tuple(files or ()), jsonl, explain)
        code = classify_files.run(wish, given_settings(), (sys.stdin.buffer, sys.stdout, sys.stderr))
    except SendSecurelyError as error:
        fail(error, USAGE)
    raise typer.Exit(code)


@app.command()
def probe(
    domains: Annotated[list[str] | None, typer.Argument(help="Recipient domains.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line and domain.")] = False,
    resolver: Annotated[str | None, typer.Option(help="DNS resolver as IP:PORT; a loopback one permits private addresses.")] = None,
    smtp: Annotated[bool, typer.Option("--smtp", help="Ask the servers, too: STARTTLS, certificate.")] = False,
    smtp_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the servers.")] = 25,
    ca_file: Annotated[Path | None, typer.Option(help="Roots that replace the system's.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with one domain per line.")] = None,
    replay: Annotated[str | None, typer.Option(metavar="ID", help="Draw the verdict again from kept evidence.")] = None,
    at: Annotated[str | None, typer.Option(help="With --replay: the moment to judge at.")] = None,
    data: DATA = None,
) -> None:
    """What a domain publishes about its mail transport (MX, DANE, MTA-STS), what its servers do, and the verdict."""
    from addin_backend.bootstrap import probe_domains  # here, so that other commands do not load DNS

    settings = given_settings(resolver=resolver, data_dir=str(data) if data else None)
    try:
        if replay is not None:
            raise typer.Exit(probe_domains.run_replay(replay, at, as_json, settings, sys.stdout))
        if not domains and file is None:
            fail("Name at least one of the domains, or a --file of them.", USAGE)
        ask = probe_domains.Ask(tuple(domains or ()), as_json, smtp_port if smtp else None, ca_file, resolver is not None, file)
        raise typer.Exit(probe_domains.run(ask, settings, sys.stdout, sys.stderr))
    except SendSecurelyError as error:
        fail(error, USAGE)


@app.command("probe-worker")
def probe_worker(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on; the address is the setting host.")] = 8025,
    resolver: Annotated[str | None, typer.Option(help="A loopback one, for a test, permits private addresses.")] = None,
    smtp_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the servers.")] = 25,
    data: DATA = None,
) -> None:
    """Ask mail servers for the core, where port 25 is open, and sign what was seen. Optional: the core decides without it."""
    from addin_backend.bootstrap import probe_worker as worker  # here, so that other commands do not load the server

    try:
        settings = given_settings(resolver=resolver, data_dir=str(data) if data else None)
        worker.run(settings, port, sys.stdout, smtp_port=smtp_port, test_resolver=resolver is not None)
    except SendSecurelyError as error:
        fail(error, 1)


@app.command("settings")
def show_settings() -> None:
    """Every setting with its value and meaning; secrets are hidden."""
    for name, value, help_text in settings_table.shown(given_settings()):
        typer.echo(f"{name} = {value}\n    {help_text}")


@app.command()
def serve() -> None:
    """The server, from settings."""
    from addin_backend.bootstrap import server  # here, so that other commands do not load the server

    try:
        server.serve(given_settings())
    except SendSecurelyError as error:
        fail(error, 1)


@app.command()
def run(
    port: Annotated[int, typer.Option(help="Port of the person's page; 0 asks the system for one.")] = 8000,
    data: Annotated[Path | None, typer.Option(help="Folder for the demo's data; none: a new one that is removed afterwards.")] = None,
) -> None:
    """The whole demo world on loopback. Ctrl-C stops all of it."""
    from addin_backend.bootstrap import demo  # here, so that other commands do not load the demo

    try:
        demo.run(port, data, given_settings())
    except SendSecurelyError as error:
        fail(error, 1)


def main() -> None:
    """Entry point. What it writes is UTF-8 everywhere. (Typer ends quietly when a reader closes the pipe early.)"""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
