"""`manifest …`: what an administrator deploys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from addin_backend.cli.common import USAGE, fail
from addin_backend.errors import SendSecurelyError

PROJECT = Path(__file__).resolve().parent.parent.parent
FOLDER = PROJECT / "manifest"
EVENT_CODE = PROJECT / "addin_backend" / "web" / "static" / "addin" / "launchevent.js"
SOURCE = Annotated[Path, typer.Option(help="The source of both manifests.")]

manifest_app = typer.Typer(no_args_is_help=True, help="The Outlook manifests.")


@manifest_app.command("build")
def manifest_build(out: Annotated[Path, typer.Option(help="Folder to write to.")] = FOLDER, source: SOURCE = FOLDER / "build.toml") -> None:
    """Write manifest.xml, manifest.json, en-us.json, the icons and package.zip."""
    from addin_backend.manifest import lint, package  # here, so that other commands do not load the rules
    from addin_backend.manifest.source import read_source  # likewise

    try:
        files = package.built(read_source(source), {name: (FOLDER / name).read_bytes() for name in package.PICTURES})
        lint.write(out, files)
    except SendSecurelyError as error:
        fail(error, USAGE)
    for name in files:
        typer.echo(out / name)


@manifest_app.command("front")
def manifest_front(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to: the document root of the front.")],
    source: SOURCE = FOLDER / "build.toml",
    msal: Annotated[Path | None, typer.Option(help="msal-browser.min.js, for nested app authentication.")] = None,
) -> None:
    """Write the static files for a web server that answers when the backend is dead."""
    from addin_backend.manifest import front, lint  # here, so that other commands do not load them
    from addin_backend.manifest.source import read_source  # likewise

    try:
        files = front.front_files(read_source(source), EVENT_CODE.parent, lint.read(msal) if msal else b"")
        if (folder / "addin" / "degraded.json").exists():
            files.pop("addin/degraded.json")  # an emergency that is in force stays
        lint.write(folder, files)
    except SendSecurelyError as error:
        fail(error, USAGE)
    typer.echo(f"{len(files)} files in {folder}")


@manifest_app.command("lint")
def manifest_lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Manifests (.xml, .json) and packages (.zip); none: the built ones.")] = None,
    source: SOURCE = FOLDER / "build.toml",
) -> None:
    """Every rule, offline. 0: nothing is wrong; 1: something is, with its line; 2: a file cannot be read."""
    from addin_backend.manifest import lint, package  # here, so that other commands do not load the rules

    named = files or [FOLDER / name for name in (package.XML, package.JSON, package.PACKAGE)]
    try:
        faults = lint.lint(named, EVENT_CODE.read_text(encoding="utf-8"))
        faults += [] if files else list(lint.lint_built(FOLDER, source))
    except SendSecurelyError as error:
        fail(error, USAGE)
    for fault in faults:
        typer.echo(fault)
    if faults:
        typer.echo(f"{len(faults)} faults", err=True)
        raise typer.Exit(1)
    typer.echo(f"Nothing is wrong with {', '.join(path.name for path in named)}.")
