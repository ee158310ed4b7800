"""`classify`: content only, from message files or JSON lines."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

import msgspec

from addin_backend.bootstrap import classify_table
from addin_backend.bootstrap.attachments import PATIENT, open_reader
from addin_backend.bootstrap.checking import policy_files
from addin_backend.bootstrap.clock import now
from addin_backend.bootstrap.json_lines import json_line
from addin_backend.errors import BadInput
from addin_backend.evidence.content.classify import min_protection
from addin_backend.evidence.content.terms import Terms, read_terms
from addin_backend.evidence.extraction.reader import Reader
from addin_backend.evidence.gather import content_of
from addin_backend.evidence.mime import parse_message
from addin_backend.model.evidence import ContentEvidence, SensitivityClass
from addin_backend.model.message import Attachment, BodyFormat, Message
from addin_backend.settings import Settings


class GivenAttachment(msgspec.Struct, frozen=True):
    """An attachment of a JSON line: its extracted ``text``, or its bytes in ``base64``."""

    name: str = ""
    text: str | None = None
    base64: str | None = None


class GivenMail(msgspec.Struct, frozen=True):
    """One JSON line of `classify --jsonl`."""

    id: str | int
    subject: str = ""
    body: str = ""
    format: Literal["plain", "html"] = "plain"
    attachments: list[GivenAttachment] = []


def _attachment(given: GivenAttachment) -> Attachment:
    if given.base64 is not None:
        try:
            content = base64.b64decode(given.base64, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        return Attachment(name=given.name, media_type="application/octet-stream", content=content)
    # Text that somebody has extracted already is read as text whatever the name says; "" means that nothing could be extracted.
    return Attachment(name=given.name, media_type="text/plain; extracted=yes", content=(given.text or "").encode())


def _message(mail: GivenMail) -> Message:
    return Message(
        sender="",
        recipients=(),
        subject=mail.subject,
        body=mail.body,
        body_format=BodyFormat(mail.format),
        attachments=tuple(_attachment(item) for item in mail.attachments),
    )


def _answer(identity: str | int, evidence: ContentEvidence) -> str:
    answer = {
        "id": identity,
        "classes": sorted(item.value for item in evidence.classes),
        "categories": list(evidence.categories),
        "identifiers": list(evidence.identifier_texts),
        "min_protection": min_protection(evidence),
    }
    return json_line(answer)


def _lines(source: BinaryIO, out: TextIO, terms: Terms, read: Reader) -> None:
    decoder = msgspec.json.Decoder(GivenMail)
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            mail = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(f"Line {number} cannot be read: {error}.", sentence_da=f"Linje {number} kan ikke læses: {error}.") from None
        print(_answer(mail.id, content_of(_message(mail), terms, read)), file=out, flush=True)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked: files, or JSON lines; ``explain``: also which recogniser and why (as a table)."""

    files: tuple[str, ...]
    jsonl: bool
    explain: bool = False


def run(wish: Wish, settings: Settings, streams: tuple[BinaryIO, TextIO, TextIO]) -> int:
    """The exit code: 0, or 1 when a file could not be read (it gets a line all the same).

    On a terminal, or with ``explain``, files get a table; else each gets a line of JSON.
    """
    source, out, err = streams
    terms = read_terms(policy_files(settings)["registers/content_terms/data.json"], now().date())
    with open_reader(settings, seconds=PATIENT) as read:
        if wish.jsonl:
            _lines(source, out, terms, read)
            return 0
        return 1 if _files(wish, (out, err), terms, read) else 0


def _read_file(file: str) -> Message:
    try:
        return parse_message(Path(file).read_bytes())
    except (OSError, ValueError):
        return Message(sender="", recipients=(), subject="", body="", readable=False)


def _files(wish: Wish, streams: tuple[TextIO, TextIO], terms: Terms, read: Reader) -> int:
    """A line or a table for each file; how many could not be read."""
    out, err = streams
    unread = 0
    console = classify_table.console(out) if wish.explain or out.isatty() else None
    with classify_table.progress(err) as bar:
        for file in bar.track(wish.files, description="classify"):
            message = _read_file(file)
            evidence = content_of(message, terms, read)
            if not message.readable:
                unread += 1
                evidence = msgspec.structs.replace(evidence, classes=evidence.classes | {SensitivityClass.UNKNOWN})
            name = file.encode("utf-8", "backslashreplace").decode()
            if console:
                console.print(classify_table.table(name, message, evidence, explain=wish.explain))
            else:
                print(_answer(name, evidence), file=out, flush=True)
    return unread
