"""`check`: the pre-send check on message files, with known facts or the registers in force."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import Console
from rich.progress import Progress, TextColumn

from addin_backend.bootstrap.attachments import PATIENT, open_reader
from addin_backend.bootstrap.checking import NoEngine, checking, lookups, open_engine, rulebook
from addin_backend.bootstrap.json_lines import json_line
from addin_backend.decision.explain import TOO_MANY
from addin_backend.errors import BadInput
from addin_backend.evidence.mime import parse_message
from addin_backend.evidence.supplied import read_supplied
from addin_backend.flows.check import Ask, Checking, check, with_facts
from addin_backend.flows.present import line_view
from addin_backend.model.decision import Decision, Effect
from addin_backend.model.message import Message
from addin_backend.settings import Settings

__all__ = ["NoEngine", "Wish", "run"]
MANY = 20  # files from which progress is shown on a terminal


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for."""

    files: tuple[str, ...]
    as_json: bool
    evidence: Path | None
    at: date | None
    engine: str | None
    secure: bool


def _bytes(file: str, limit: int) -> bytes:
    """What a file holds, or standard input for "-"; one byte more than ``limit`` at most. Raises OSError, ValueError (no file's name)."""
    if file == "-":
        return sys.stdin.buffer.read(limit + 1)
    with Path(file).open("rb") as source:
        return source.read(limit + 1)


def _message(file: str, limit: int) -> Message:
    """The message in a file; one that cannot be had is an unreadable message, never a gap in the output."""
    unread = Message(sender="", recipients=(), subject="", body="", readable=False)
    try:
        raw = _bytes(file, limit)
    except (OSError, ValueError):
        return msgspec.structs.replace(unread, defects=("file_unreadable",))
    if len(raw) > limit:
        return msgspec.structs.replace(unread, defects=("too_large",))
    return parse_message(raw)


def _supplied(path: Path, parts: Checking, known: frozenset[str]) -> Checking:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"The evidence file {path} cannot be read ({error.strerror}).",
            sentence_da=f"Evidensfilen {path} kan ikke læses ({error.strerror}).",
        ) from None
    facts = read_supplied(raw, known)
    return with_facts(parts, facts, facts.organisation)


def _given(file: str) -> str:
    """The path as given; bytes of it that are no UTF-8 are written as escapes."""
    return file.encode("utf-8", "backslashreplace").decode()


def _line(file: str, decision: Decision) -> str:
    return json_line(line_view(_given(file), decision))


def _human(file: str, decision: Decision) -> str:
    """A short block of text per file, in Danish, as an employee would be told. What a mail holds cannot steer the terminal."""
    lines = [f"{_given(file)}: {decision.headline.da}"]
    lines += [f"    {item.address}: {item.protection.value} ({', '.join(item.codes) or 'ingen fund'})" for item in decision.recipients]
    lines += [f"    {item.code} {item.title.da}" for item in decision.findings if item.effect is not Effect.NOTE]
    lines += [f"    → {item.texts.da}" for item in decision.ways_out]
    return "\n".join("".join(char if char.isprintable() else "�" for char in line) for line in lines)


def _undecided(message: Message, decision: Decision) -> bool:
    """Whether the file could not be read or the engine gave no answer."""
    return not message.readable or any(
        item.code.startswith("EN-") and item.code != TOO_MANY and item.effect is Effect.BLOCK for item in decision.findings
    )


def _ask(wish: Wish) -> Ask:
    moment = datetime.combine(wish.at, time(12), UTC) if wish.at else datetime.now(UTC)
    return Ask(at=moment, secure=wish.secure)


def _all(wish: Wish, parts: Checking, limit: int, out: TextIO, progress: Progress) -> int:
    undecided = 0
    task = progress.add_task("", total=len(wish.files))
    ask = _ask(wish)
    for file in wish.files:
        message = _message(file, limit)
        decision, _ = check(message, ask, parts)
        undecided += _undecided(message, decision)
        print(_line(file, decision) if wish.as_json else _human(file, decision), file=out, flush=True)
        progress.advance(task)
    return undecided


def run(wish: Wish, settings: Settings, out: TextIO, err: TextIO) -> int:
    """The exit code: 0 every file was decided, 1 some could not be read. Raises NoEngine and SendSecurelyError."""
    chosen = replace_engine(settings, wish.engine)
    book = rulebook(chosen)
    console = Console(file=err)
    columns = (TextColumn("{task.completed} af {task.total} mails tjekket"),)
    hidden = len(wish.files) < MANY or not console.is_terminal
    transport = None if wish.evidence else lookups(chosen, book)
    with (
        open_engine(chosen, book.policies, start_opa=wish.engine == "opa") as engine,
        open_reader(chosen, seconds=PATIENT) as read,
        Progress(*columns, console=console, disable=hidden) as progress,
    ):
        parts = checking(chosen, book, engine, transport, read)
        if wish.evidence:
            parts = _supplied(wish.evidence, parts, frozenset(book.registers.countries.known))
        undecided = _all(wish, parts, chosen.message_limit_mb * 1024 * 1024, out, progress)
    return 1 if undecided else 0


def replace_engine(settings: Settings, engine: str | None) -> Settings:
    """The settings with the engine that the command line chose."""
    return msgspec.structs.replace(settings, engine=engine) if engine else settings
