"""`seal smime` and `open smime`: what a mail system does with a message file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import USAGE, fail
from addin_backend.errors import SendSecurelyError

seal_app = typer.Typer(no_args_is_help=True, help="Seal a message.")
open_app = typer.Typer(no_args_is_help=True, help="Open a sealed message.")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path} cannot be read ({error.strerror}).", USAGE)


def _write(path: Path, content: bytes) -> None:
    """Write beside and move into place, so that a failure leaves no half file."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        fail(f"{path} cannot be written ({error.strerror}).", USAGE)


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
        fail("--sign and --cert go together.", USAGE)
    try:
        result = seal_file.seal_smime(
            [_bytes(path) for path in to], _bytes(sign) if sign else None, _bytes(cert) if cert else None, _bytes(message)
        )
    except SendSecurelyError as error:
        fail(error, 1)
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
        fail(error, 1)
    _write(opened, content)
    typer.echo(trust, err=True)
