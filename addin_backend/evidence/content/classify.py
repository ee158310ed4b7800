"""How sensitive a mail is: every text of it is read by every recogniser, and what could not be read is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from addin_backend.evidence.content import (
    case_number,
    cpr,
    credentials,
    criminal,
    damper,
    danish_account,
    german_pension_id,
    german_tax_id,
    health_record,
    iban,
    masking,
    norwegian_id,
    passport_licence,
    payment_card,
    salary,
    special_category,
    spouse,
    swedish_id,
)
from addin_backend.evidence.content.combine import combine
from addin_backend.evidence.content.grade import grade
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, make_passage
from addin_backend.evidence.content.person import has_name
from addin_backend.evidence.content.private import is_private
from addin_backend.evidence.content.prose import ACCEPT, Surroundings, weigh_terms
from addin_backend.evidence.content.prose_model import product_model
from addin_backend.evidence.content.scanner import Marked
from addin_backend.evidence.content.seams import seams
from addin_backend.evidence.content.segments import cut
from addin_backend.evidence.content.terms import Terms
from addin_backend.evidence.extraction.decoration import decoration_ids, is_decoration
from addin_backend.evidence.extraction.plain import own_text
from addin_backend.evidence.extraction.reader import Reader, read_here
from addin_backend.evidence.html import to_text
from addin_backend.model.evidence import PROTECTED_CLASSES, ContentEvidence, ContentHit, Location, SensitivityClass, UnreadablePart
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import BodyFormat, Message

_IDENTIFIERS = (
    cpr.recognise,
    payment_card.recognise,
    iban.recognise,
    danish_account.recognise,
    passport_licence.recognise,
    credentials.recognise,
    health_record.recognise,
)
_ABROAD = (norwegian_id.recognise, swedish_id.recognise, german_tax_id.recognise, german_pension_id.recognise)
_STATEMENTS = (criminal.recognise, special_category.recognise, spouse.recognise, case_number.recognise)
_NAME_GAP = re.compile(r"[_+]|(?<=[a-zæøå])-(?=[A-Za-zÆØÅæøå])")
MOST_HITS = 500  # of one recogniser in one text; its class has long been settled
_PROSE_FOR_PERSON = 4_000  # characters of the body in which a named person counts for the whole mail

mask_identifiers = masking.mask_identifiers


def _read(message: Message, read: Reader) -> dict[int, Extracted]:
    """What was read of each attachment that is no decoration, by index. Texts of our own need no reader."""
    decorations = decoration_ids(message) if message.attachments else frozenset()
    wanted = [index for index, item in enumerate(message.attachments) if not is_decoration(item, decorations)]
    found = {index: known for index in wanted if (known := own_text(message.attachments[index])) is not None}
    foreign = [index for index in wanted if index not in found]
    if foreign:
        found.update(zip(foreign, read([message.attachments[index] for index in foreign]), strict=True))
    return found


def _passages(message: Message, read: Reader) -> tuple[list[Passage], list[UnreadablePart], list[int]]:
    shown = to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body
    body = make_passage(shown, Location.BODY)
    passages = [make_passage(message.subject, Location.SUBJECT), replace(body, segments=cut(body.text, body.vocabulary))]
    unreadable = [] if message.readable else [UnreadablePart(part=-1, reason="unparsable")]
    texts = _read(message, read)
    for index, item in enumerate(message.attachments):
        passages.append(make_passage(_NAME_GAP.sub(" ", item.name), Location.ATTACHMENT_NAME, index))
        if index not in texts:
            continue
        found = texts[index]
        if found.reason:
            unreadable.append(UnreadablePart(part=index, reason=found.reason, inside=found.inside))
        if found.text:
            passages.append(make_passage(found.text, Location.ATTACHMENT, index))
    return passages, unreadable, [index for index, found in texts.items() if "macros" in found.notes]


def _surroundings(passages: Sequence[Passage], words: Sequence[Marked]) -> Surroundings:
    subject, body = passages[:2]
    opening = body.text[:_PROSE_FOR_PERSON]
    signed = next((segment.start for segment in body.segments), len(opening))
    lines = [line for line in opening[:signed].splitlines() if not re.match(r"\s*(?:kære|hej|dear|hi|hello|til)\b", line, re.IGNORECASE)]
    named = has_name(" " + subject.text) or any(has_name(" " + line) for line in lines)
    return Surroundings(subject=subject.lower, damping=damper.damping(subject, body, (words[0], words[1])), person=named)


def _numbers(passage: Passage) -> Iterator[Hit]:
    """The identifiers in a passage. What is a CPR number already is no number of another country too."""
    taken: list[tuple[int, int]] = []
    for identify in _IDENTIFIERS:
        for hit in islice(identify(passage), MOST_HITS):
            if hit.sensitivity is SensitivityClass.CPR:
                taken.append((hit.start, hit.end))
            yield hit
    for identify in _ABROAD:
        for hit in islice(identify(passage), MOST_HITS):
            if not any(start < hit.end and hit.start < end for start, end in taken):
                yield hit


def _hits(passage: Passage, words: Marked, terms: Terms, around: Surroundings) -> Iterator[Hit]:
    yield from _numbers(passage)
    for found in (salary.recognise(passage, around.subject), *(recognise(passage) for recognise in _STATEMENTS)):
        yield from islice((hit for hit in found if hit.certainty - around.damping // 2 >= ACCEPT), MOST_HITS)
    yield from weigh_terms(passage, terms, around, words)


def _located(passage: Passage, hit: Hit) -> ContentHit:
    start = passage.normalised.source(hit.start)
    return ContentHit(
        recogniser=hit.recogniser,
        sensitivity=hit.sensitivity,
        category=hit.category,
        location=passage.location_at(hit.start),
        part=passage.part,
        start=start,
        end=passage.normalised.source(hit.end - 1) + 1,
        certainty=max(0, min(100, hit.certainty)),
        explanation=hit.explanation,
        identifier=hit.identifier,
    )


def _is_closed(message: Message) -> bool:
    """Whether the mail is marked private and is not opened. Where clients may show another subject, or the subject that everybody can
    read holds an identifier, the mark is not believed.
    """
    marked = is_private(message.subject) or message.sensitivity.strip().lower() == "private"  # RFC 4021, Sensitivity
    if not marked or "duplicate_header" in message.defects:
        return False
    subject = make_passage(message.subject, Location.SUBJECT)
    return not any(hit.identifier for hit in _numbers(subject))


def _found(passages: Sequence[Passage], terms: Terms) -> list[tuple[Passage, Hit]]:
    """What the rules find in the texts of a mail; the first two are subject and body."""
    words = [terms.scanner.words(passage.lower, passage.raw) for passage in passages]
    around = _surroundings(passages, words)
    return [(passage, hit) for passage, marked in zip(passages, words, strict=True) for hit in _hits(passage, marked, terms, around)]


def ruled(message: Message, terms: Terms, read: Reader) -> tuple[list[Passage], list[tuple[Passage, Hit]]]:
    """The texts of a mail and what the rules alone find in them (for the training of the model)."""
    passages, _, _ = _passages(message, read)
    return passages, _found(passages, terms)


def classify(message: Message, terms: Terms, read: Reader = read_here) -> ContentEvidence:
    """The evidence about the content of ``message``. A mail marked private is not opened. Never raises for what a mail holds.

    ``read`` reads attachments; the product gives one that works in a process of its own.
    """
    if _is_closed(message):
        return ContentEvidence(classes=frozenset({SensitivityClass.UNREAD}))
    passages, unreadable, macros = _passages(message, read)
    passages += seams(passages, len(message.attachments))
    found = _found(passages, terms)
    hits: list[ContentHit] = []
    identifiers: dict[str, str] = {}
    written = [passage for passage in passages if passage.part < len(message.attachments)]
    for passage, hit in combine(written, found, terms, product_model()):
        hits.append(_located(passage, hit))
        if hit.identifier:
            identifiers.setdefault(passage.normalised.origin[hits[-1].start : hits[-1].end], "")
    classes = {hit.sensitivity for hit in hits}
    if unreadable:
        classes.add(SensitivityClass.UNKNOWN)
    grades = grade(hits, unread=bool(unreadable))
    return ContentEvidence(
        classes=frozenset(classes),
        confidence=grades.confidence,
        counts=grades.counts,
        quoted_only=grades.quoted_only,
        employment=grades.employment,
        categories=tuple(sorted({hit.category for hit in hits})),
        hits=tuple(hits),
        unreadable=tuple(unreadable),
        macros=tuple(sorted(macros)),
        identifier_texts=tuple(identifiers),
        subject_sensitive=any(hit.location is Location.SUBJECT for hit in hits),
    )


def min_protection(evidence: ContentEvidence) -> str:
    """ "encrypt" when something protected was found or something could not be read, else "none"."""
    return "encrypt" if evidence.classes & (PROTECTED_CLASSES | {SensitivityClass.UNKNOWN}) else "none"
