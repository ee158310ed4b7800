"""The command line (docs/command-line.md). A command loads only what it needs: a check on one file starts in well under a second."""

from __future__ import annotations

import io
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from addin_backend import settings as settings_table
from addin_backend.errors import SendSecurelyError
from addin_backend.settings import Settings, SettingsError

USAGE, UNREADABLE, NO_ENGINE = 2, 1, 3

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Send securely: check, seal, send, prove.",
)
seal_app = typer.Typer(no_args_is_help=True, help="Seal a message.")
open_app = typer.Typer(no_args_is_help=True, help="Open a sealed message.")
policy_app = typer.Typer(no_args_is_help=True, help="Rules and registers.")
log_app = typer.Typer(no_args_is_help=True, help="The accountability log.")
app.add_typer(seal_app, name="seal")
app.add_typer(open_app, name="open")
app.add_typer(policy_app, name="policy")
app.add_typer(log_app, name="log")


_KEY = Annotated[str | None, typer.Option(help="The log's public key (vkey), or a file that holds it.")]
_DATA = Annotated[Path | None, typer.Option(help="Data folder, if it is not the setting data_dir.")]


def _fail(error: SendSecurelyError | SettingsError | str, code: int) -> NoReturn:
    """Say what is the matter and what to do, on standard error, and stop."""
    if isinstance(error, SendSecurelyError):
        place = f" [{error.field}]" if error.field and error.field not in error.sentence else ""
        text = f"{error.sentence}{place}\n{error.next_step}"
    else:
        text = str(error)
    typer.echo(text, err=True)
    raise typer.Exit(code)


def _settings(**given: object) -> Settings:
    try:
        return settings_table.load(os.environ, **given)
    except SettingsError as error:
        _fail(error, USAGE)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(f"--at wants a date such as 2026-11-23, not '{text}'.", USAGE)


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
        _fail("--engine is 'embedded' or 'opa'.", USAGE)
    wish = check_files.Wish(files=tuple(files), as_json=as_json, evidence=evidence, at=_day(at), engine=engine, secure=secure)
    try:
        code = check_files.run(wish, _settings(), sys.stdout, sys.stderr)
    except check_files.NoEngine as error:
        _fail(error, NO_ENGINE)
    except SendSecurelyError as error:
        _fail(error, USAGE)
    raise typer.Exit(code)


@app.command()
def classify(
    files: Annotated[list[str] | None, typer.Argument(help="Message files (.eml); none: --jsonl on standard input.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write one JSON object per line.")] = False,
) -> None:
    """How sensitive the content is; recipients play no part."""
    from addin_backend.bootstrap import classify_files  # here, so that other commands do not load the terms

    if not files and not jsonl:
        _fail("Name at least one file, or use --jsonl and standard input.", USAGE)
    try:
        code = classify_files.run(tuple(files or ()), jsonl, _settings(), (sys.stdin.buffer, sys.stdout, sys.stderr))
    except SendSecurelyError as error:
        _fail(error, USAGE)
    raise typer.Exit(code)


@app.command()
def probe(
    domains: Annotated[list[str], typer.Argument(help="Recipient domains.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line and domain.")] = False,
    resolver: Annotated[str | None, typer.Option(help="DNS resolver as IP:PORT; a loopback one permits private addresses.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Roots that replace the system's.")] = None,
) -> None:
    """What a domain publishes about its mail transport (MX, MTA-STS), and the verdict."""
    from addin_backend.bootstrap import probe_domains  # here, so that other commands do not load DNS

    try:
        code = probe_domains.run(
            tuple(domains), as_json, _settings(resolver=resolver), ca_file, sys.stdout, test_resolver=resolver is not None
        )
    except SendSecurelyError as error:
        _fail(error, USAGE)
    raise typer.Exit(code)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        _fail(f"{path} cannot be read ({error.strerror}).", USAGE)


def _write(path: Path, content: bytes) -> None:
    """Write beside and move into place, so that a failure leaves no half file."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        _fail(f"{path} cannot be written ({error.strerror}).", USAGE)


@seal_app.command("smime")
def seal_smime(
    message: Annotated[Path, typer.Argument(metavar="IN.eml")],
    sealed: Annotated[Path, typer.Argument(metavar="OUT.eml")],
    to: Annotated[list[Path], typer.Option("--to", help="Certificate of a recipient (PEM or DER); may repeat.")],
    sign: Annotated[Path | None, typer.Option(help="Private key to sign with.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Certificate of that key.")] = None,
) -> None:
    """Sign (if asked) and encrypt a message file to certificates."""
    from addin_backend.flows import seal_file  # here, so that other commands do not load CMS

    if (sign is None) != (cert is None):
        _fail("--sign and --cert go together.", USAGE)
    try:
        result = seal_file.seal_smime(
            [_bytes(path) for path in to], _bytes(sign) if sign else None, _bytes(cert) if cert else None, _bytes(message)
        )
    except SendSecurelyError as error:
        _fail(error, 1)
    _write(sealed, result)


@open_app.command("smime")
def open_smime(
    message: Annotated[Path, typer.Argument(metavar="IN.eml")],
    opened: Annotated[Path, typer.Argument(metavar="OUT.eml")],
    key: Annotated[Path, typer.Option(help="Private key of the recipient.")],
    cert: Annotated[Path, typer.Option(help="Certificate of the recipient.")],
) -> None:
    """Decrypt a message file; a signature must match, and what is known of its trust is said on standard error."""
    from addin_backend.flows import seal_file  # here, so that other commands do not load CMS

    try:
        content, trust = seal_file.open_smime(_bytes(key), _bytes(cert), _bytes(message))
    except SendSecurelyError as error:
        _fail(error, 1)
    _write(opened, content)
    typer.echo(trust, err=True)


@policy_app.command("check")
def policy_check() -> None:
    """Rules, texts, schemas and registers: everything that must hold before they may count."""
    from addin_backend.bootstrap import policies  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policies.check(_settings(), sys.stdout))
    except SendSecurelyError as error:
        _fail(error, 1)


@policy_app.command("test")
def policy_test() -> None:
    """Every rule with its cases, on each engine that can be had."""
    from addin_backend.bootstrap import policies  # here, so that other commands do not load the engines

    try:
        raise typer.Exit(policies.test(_settings(), sys.stdout))
    except SendSecurelyError as error:
        _fail(error, 1)


@log_app.command("verify")
def log_verify(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="An export; none: the database of this installation.")] = None,
    key: _KEY = None,
    since: Annotated[Path | None, typer.Option(help="A checkpoint that you kept: the log must still contain it.")] = None,
    data: _DATA = None,
) -> None:
    """Prove that no entry of the log was changed, dropped, swapped or cut off."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    settings = _settings(data_dir=str(data) if data else None)
    try:
        raise typer.Exit(logbook.verify(settings, folder, key, since, (sys.stdout, sys.stderr)))
    except SendSecurelyError as error:
        _fail(error, 1)


@log_app.command("export")
def log_export(folder: Annotated[Path, typer.Argument(metavar="DIR")], key: _KEY = None, data: _DATA = None) -> None:
    """Write the log as files that every transparency-log client reads."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    try:
        raise typer.Exit(logbook.export(_settings(data_dir=str(data) if data else None), folder, key, sys.stdout))
    except SendSecurelyError as error:
        _fail(error, 1)


@log_app.command("prove")
def log_prove(index: Annotated[int, typer.Argument(metavar="INDEX")], key: _KEY = None, data: _DATA = None) -> None:
    """Print the proof that one entry stands in the signed log."""
    from addin_backend.bootstrap import logbook  # here, so that other commands do not load the database

    try:
        raise typer.Exit(logbook.prove(_settings(data_dir=str(data) if data else None), index, key, sys.stdout))
    except SendSecurelyError as error:
        _fail(error, 1)


@app.command("settings")
def show_settings() -> None:
    """Every setting with its value and meaning; secrets are hidden."""
    for name, value, help_text in settings_table.shown(_settings()):
        typer.echo(f"{name} = {value}\n    {help_text}")


@app.command()
def serve() -> None:
    """The server, from settings."""
    from addin_backend.bootstrap import server  # here, so that other commands do not load the server

    try:
        server.serve(_settings())
    except SendSecurelyError as error:
        _fail(error, 1)


@app.command()
def run(
    port: Annotated[int, typer.Option(help="Port of the person's page; 0 asks the system for one.")] = 8000,
    data: Annotated[Path | None, typer.Option(help="Folder for the demo's data; none: a new one that is removed afterwards.")] = None,
) -> None:
    """The whole demo world on loopback. Ctrl-C stops all of it."""
    from addin_backend.bootstrap import demo  # here, so that other commands do not load the demo

    try:
        demo.run(port, data, _settings())
    except SendSecurelyError as error:
        _fail(error, 1)


def main() -> None:
    """Entry point. What it writes is UTF-8 everywhere. (Typer ends quietly when a reader closes the pipe early.)"""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
