"""Puts what is known around a mail into its evidence: thread, history, directory, labels, dispensations. It does not judge.

What could not be found out is `unknown`; the words `not_asked` are left to checks with given facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from addin_backend.evidence.form import domains_in, form_of, is_no_reply, new_and_quoted, plain_subject, thread_ids
from addin_backend.evidence.labels import label_of
from addin_backend.evidence.look_alike import KnownDomains
from addin_backend.evidence.recipients import basis_of
from addin_backend.evidence.registers import Registers
from addin_backend.evidence.salutation import salutation_of
from addin_backend.evidence.standing import CountUses, Standing, matches
from addin_backend.model.evidence import CountryStrength, Evidence, RecipientEvidence, RecipientRole, TransferBasis
from addin_backend.model.facts import (
    Answered,
    Counted,
    DispensationMatch,
    History,
    LookAlike,
    MailboxKind,
    MessageForm,
    ThreadProtection,
)
from addin_backend.model.message import Message
from addin_backend.model.past import Past, PastQuestion, SendersAnswer

_IN_HOUSE = frozenset({MailboxKind.MAILBOX, MailboxKind.GROUP_INSIDE})
_ANSWERS = (MessageForm.REPLY, MessageForm.REPLY_ALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked of others. ``past`` is None when our records could not be had; ``mailboxes`` has every address of ours;
    ``answers`` is what the sender says now, by lower-case address; ``sender_groups`` the groups of the directory that hold the sender.
    """

    past: Past | None
    mailboxes: Mapping[str, MailboxKind]
    answers: Mapping[str, SendersAnswer]
    sender_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Around:
    """A mail as its surroundings are looked at: its form, its thread, its two kinds of text."""

    form: MessageForm
    new: str
    quoted: str
    subject: str
    ids: tuple[str, ...]


def around(message: Message) -> Around:
    """The form of ``message`` and the thread it belongs to."""
    new, quoted = new_and_quoted(message)
    form = form_of(message)
    follows = form is not MessageForm.NEW
    return Around(form, new, quoted, plain_subject(message.subject) if follows else "", thread_ids(message))


def permissions(
    known: RecipientEvidence, sender: str, groups: frozenset[str], standing: Standing, at: date
) -> tuple[DispensationMatch, ...]:
    """The dispensations for ``known`` that fit the sender, in person or by a group."""
    return matches(standing, sender, (known.address, known.domain), at, groups) if known.domain else ()


def question_of(
    message: Message, evidence: Evidence, window_days: int, fitting: Iterable[str], at: datetime, thread: Around
) -> PastQuestion:
    """What is asked of our own records about ``message``; ``fitting`` are the ids of the dispensations that fit."""
    return PastQuestion(
        sender=message.sender,
        at=at,
        addresses=tuple(known.address.lower() for known in evidence.recipients),
        domains=tuple(dict.fromkeys(known.domain for known in evidence.recipients if known.transfer_basis is not None)),
        since=at - timedelta(days=window_days),
        thread_ids=thread.ids,
        subject=thread.subject,
        dispensations=tuple(sorted(set(fitting))),
    )


def _thread_word(thread: Around, past: Past | None, found: ThreadProtection | None) -> ThreadProtection:
    if thread.form is MessageForm.NEW:
        return ThreadProtection.NONE
    if past is None:
        return ThreadProtection.UNKNOWN
    return found or ThreadProtection.NONE


def _counted(basis: TransferBasis, domain: str, past: Past | None) -> TransferBasis:
    if past is None:
        return basis
    uses = msgspec.structs.replace(basis.uses, state=Counted.COUNTED, count=past.derogations.get(domain, 0))
    return msgspec.structs.replace(basis, uses=uses)


@dataclass(frozen=True, slots=True)
class Books:
    """What we know beforehand: the registers, the domains to compare with, and which dispensations there are."""

    registers: Registers
    domains: KnownDomains
    standing: Standing


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is the same for every recipient of one mail."""

    message: Message
    books: Books
    thread: Around
    found: Found
    at: date
    quoted_domains: frozenset[str]


def _added(known: RecipientEvidence, item: _Known) -> Answered:
    """Whether a reply brings a new domain in. Without quoted mails nothing goes along, so nobody is added to anything."""
    form, past, own = item.thread.form, item.found.past, item.books.registers.own_domains
    if form not in _ANSWERS:
        return Answered.UNKNOWN if form is MessageForm.UNKNOWN else Answered.NO
    if not item.thread.quoted.strip() or known.domain in own | item.quoted_domains:
        return Answered.NO
    if past is not None and known.address.lower() in past.threads:
        return Answered.NO
    return Answered.YES if item.quoted_domains - own else Answered.UNKNOWN


def _answered(known: RecipientEvidence, item: _Known) -> RecipientEvidence:
    """The sender's answer where no register knows better; a country said is presumed inside the EEA and only flagged outside."""
    address, found, registers = known.address.lower(), item.found, item.books.registers
    answer = found.answers.get(address) or (found.past.answers.get(address) if found.past else None)
    if answer is None or known.internal or known.domain in registers.own_domains:
        return known
    country, strength = known.country, known.country_strength
    if strength is CountryStrength.UNKNOWN and answer.country in registers.countries.known:
        country = answer.country
        strength = CountryStrength.PRESUMED if country in registers.countries.eea else CountryStrength.FLAGGED
    role = answer.role if known.role is RecipientRole.UNKNOWN and answer.role is not RecipientRole.OWN_EMPLOYEE else known.role
    basis = (
        basis_of(registers, known.domain, (country, known.remote_access.country), item.at)
        if country != known.country
        else known.transfer_basis
    )
    return msgspec.structs.replace(known, role=role, country=country, country_strength=strength, transfer_basis=basis)


def _history(known: RecipientEvidence, mailbox: MailboxKind, past: Past | None) -> History:
    if known.internal and mailbox in _IN_HOUSE:
        return History.KNOWN
    if past is None:
        return History.UNKNOWN
    return History.KNOWN if known.address.lower() in past.written_to else History.FIRST_TIME


def _used(past: Past | None) -> CountUses:
    return lambda name, _at: None if past is None else past.dispensations.get(name, 0)


def _recipient(known: RecipientEvidence, item: _Known) -> RecipientEvidence:
    past, address, own = item.found.past, known.address.lower(), item.books.registers.own_domains
    mailbox = item.found.mailboxes.get(address, MailboxKind.NOT_ASKED)
    said = _answered(known, item)
    standing = replace(item.books.standing, count_uses=_used(past))
    return msgspec.structs.replace(
        said,
        transfer_basis=_counted(said.transfer_basis, known.domain, past) if said.transfer_basis else None,
        mailbox=mailbox,
        no_reply=is_no_reply(known.address),
        look_alike=LookAlike.NONE if known.free_mail or known.domain in own else item.books.domains.judge(known.domain),
        history=_history(known, mailbox, past),
        added_by_reply=_added(known, item),
        thread_protection=_thread_word(item.thread, past, past.threads.get(address) if past else None),
        told=past.told.get(address, frozenset()) if past else frozenset(),
        dispensations=permissions(known, item.message.sender, item.found.sender_groups, standing, item.at),
    )


def surround(evidence: Evidence, message: Message, books: Books, thread: Around, found: Found) -> Evidence:
    """``evidence`` with all that is known around the mail."""
    parameters, past = books.registers.parameters, found.past
    shared = _Known(message, books, thread, found, evidence.at, domains_in(thread.quoted))
    return msgspec.structs.replace(
        evidence,
        recipients=tuple(_recipient(known, shared) for known in evidence.recipients),
        form=thread.form,
        label=label_of(message.label, {item.name.casefold(): item.label for item in parameters.labels}),
        salutation=salutation_of(thread.new, message.recipients),
        thread_protection=_thread_word(thread, past, past.thread if past else None),
    )
