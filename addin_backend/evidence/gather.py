"""Puts the facts about one mail together. It reads and looks up; it does not judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from addin_backend.evidence.content.classify import classify
from addin_backend.evidence.content.terms import Terms
from addin_backend.evidence.extraction.reader import Reader
from addin_backend.evidence.readings import complete
from addin_backend.evidence.recipients import RecipientFacts
from addin_backend.evidence.standing import Standing, matches
from addin_backend.model.evidence import Channels, ContentEvidence, Evidence, OrganisationKind, RecipientEvidence, TransportEvidence
from addin_backend.model.message import Message


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for the check besides the mail itself. ``confirmed``: "TF-03" for all, or "TF-03:address" for one recipient."""

    organisation: OrganisationKind
    channels: Channels
    at: date
    secure_requested: bool = False
    confirmed: frozenset[str] = frozenset()
    justified: frozenset[str] = frozenset()
    standing: Standing = field(default_factory=Standing)


def _once(identifiers: Iterable[str], message: Message) -> tuple[str, ...]:
    """The identifiers as they are written; one that only another reading of the same text writes differently is left out."""
    found: list[str] = []
    forms: set[str] = set()
    for text in identifiers:
        form = "".join(letter for letter in text if letter.isalnum()).upper()
        if form not in forms or text in message.body or text in message.subject:
            found.append(text)
        forms.add(form)
    return tuple(found)


def content_of(message: Message, terms: Terms, read: Reader) -> ContentEvidence:
    """How sensitive the mail is. ``read`` reads its attachments (see ``classify``)."""
    evidence = classify(complete(message), terms, read)
    return msgspec.structs.replace(evidence, identifier_texts=_once(evidence.identifier_texts, message))


def size_of(message: Message) -> int:
    """Bytes of what the mail says: subject, body and decoded attachments, in UTF-8.

    Counted alike for a file and for a draft from the add-in: no headers or encodings, a line break is one, and those at the end are none.
    """
    body = message.body.replace("\r\n", "\n").rstrip("\n")
    texts = len(message.subject.encode("utf-8", "surrogatepass")) + len(body.encode("utf-8", "surrogatepass"))
    return texts + sum(len(item.content) for item in message.attachments)


def _with_permissions(known: RecipientEvidence, sender: str, around: Circumstances) -> RecipientEvidence:
    """The recipient with the dispensations that fit."""
    found = matches(around.standing, sender, (known.address, known.domain), around.at) if known.domain else ()
    return msgspec.structs.replace(known, dispensations=found) if found else known


def gather(
    message: Message, content: ContentEvidence, facts: RecipientFacts, transport: Mapping[str, TransportEvidence], around: Circumstances
) -> Evidence:
    """All evidence for ``message``. ``transport`` holds what was looked up for ``facts.external_domains``."""
    return Evidence(
        readable=message.readable,
        content=content,
        recipients=tuple(
            _with_permissions(facts.facts(recipient, transport, around.at), message.sender, around) for recipient in message.recipients
        ),
        organisation=around.organisation,
        channels=around.channels,
        at=around.at,
        size_bytes=size_of(message),
        largest_part_bytes=max((len(item.content) for item in message.attachments), default=0),
        attachment_count=len(message.attachments),
        secure_requested=around.secure_requested,
        confirmed=around.confirmed,
        justified=around.justified,
        countries_stale=around.standing.stale(around.at),
    )
