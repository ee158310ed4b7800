"""How recipients open the secure page: which number is known, and what is kept of what the sender gave (docs/decisions/090)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from addin_backend.errors import BadInput, SendSecurelyError
from addin_backend.evidence.mailboxes import Directory
from addin_backend.evidence.phone_numbers import e164
from addin_backend.model.access import Access, AgreedCode, Given, KnownPhone, Phone, Source, TypedNumber
from addin_backend.model.decision import Action, Decision, Protection
from addin_backend.sealing.agreed_code import digested, weakness

DIRECTORY_BUDGET = 0.3  # seconds; slower, and the sender types the number
SHOWN_DIGITS = 2
ACCESS = "access"  # the name that a package's access data is kept under, beside the package

_WEAK = {
    "short": ("An agreed code has eight letters or digits, or more.", "En aftalt kode er på mindst otte bogstaver eller tal."),
    "long": ("The agreed code is too long.", "Den aftalte kode er for lang."),
    "easy": ("The agreed code is too easy to guess.", "Den aftalte kode er for let at gætte."),
    "identifier": ("A CPR number cannot be a code.", "Et CPR-nummer kan ikke være en kode."),
}


class PhoneBook(Protocol):
    """Numbers that were used before. One that nobody has proven is known to the mailbox that it was typed in, and to nobody else."""

    def known(self, mailbox: str, addresses: Iterable[str]) -> Mapping[str, Phone]:
        """By address (lower case). Raises Unavailable."""
        ...

    def remember(self, mailbox: str, address: str, phone: Phone) -> None:
        """Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Phones:
    """Who is asked. ``ref`` gives the keyed digest that a number is chosen by."""

    book: PhoneBook
    directory: Directory | None
    ref: Callable[[str], str]

    def of(self, mailbox: str, addresses: Iterable[str]) -> Mapping[str, Phone]:
        """The number of each address that has one: proven ones first, then the directory's, then the mailbox's own. Raises Unavailable."""
        wanted = tuple(dict.fromkeys(item.lower() for item in addresses))
        used = self.book.known(mailbox, wanted)
        listed = self._listed(wanted)
        found = {address: listed.get(address) or used.get(address) for address in wanted}
        return {address: phone for address, first in found.items() if (phone := _proven(used.get(address)) or first)}

    def _listed(self, addresses: tuple[str, ...]) -> Mapping[str, Phone]:
        if self.directory is None:
            return {}
        try:
            entries = self.directory.entries(addresses, DIRECTORY_BUDGET)
        except SendSecurelyError:
            return {}
        numbers = {address: e164(entry.phone) for address, entry in entries.items() if entry.phone}
        return {address: Phone(number=number, source=Source.DIRECTORY) for address, number in numbers.items() if number}


def _proven(phone: Phone | None) -> Phone | None:
    return phone if phone is not None and phone.proven else None


def may_need_access(decision: Decision) -> tuple[str, ...]:
    """The recipients who get a link, or would with a way out."""
    now = [item.address for item in decision.recipients if item.protection is Protection.PORTAL and item.action is not Action.BLOCK]
    then = [address for way in decision.ways_out if way.change == "use_portal" for address in way.recipients]
    return tuple(dict.fromkeys((*now, *then)))


def shown(mailbox: str, decision: Decision, phones: Phones) -> dict[str, KnownPhone]:
    """What the sender is shown. When our records do not answer nothing is known: the sender types a number, and nothing gets easier."""
    addresses = may_need_access(decision)
    try:
        found = phones.of(mailbox, addresses) if addresses else {}
    except SendSecurelyError:
        return {}
    return {
        address: KnownPhone(
            ref=phones.ref(phone.number),
            ends=phone.number[-SHOWN_DIGITS:],
            source=phone.source,
            said_by=phone.said_by,
            at=phone.at,
            proven=phone.proven,
        )
        for address in addresses
        if (phone := found.get(address.lower()))
    }


def refuse_bad(given: Mapping[str, Given]) -> None:
    """Raises BadInput for a number that is none and a code that is too weak, before anything is checked or kept."""
    for item in given.values():  # whose it is is not told: no address stands in an error
        if isinstance(item, TypedNumber) and e164(item.number) is None:
            raise BadInput(
                "That is no telephone number. Write eight digits, or + and the country.",
                sentence_da="Det er ikke et telefonnummer. Skriv otte cifre, eller + og landekode.",
                field="access",
            )
        if isinstance(item, AgreedCode) and (why := weakness(item.code)):
            raise BadInput(_WEAK[why][0], sentence_da=_WEAK[why][1], field="access")


def _kept(item: Given, known: Phone | None, phones: Phones, at: datetime) -> Access:
    if isinstance(item, AgreedCode):
        return Access(code=digested(item.code))
    if isinstance(item, TypedNumber):
        number = e164(item.number) or ""
        if known is not None and known.number == number:
            return Access(phone=known)  # typed anew, yet the one that was known: it keeps what was proven of it
        return Access(phone=Phone(number=number, source=Source.TYPED, said_by=item.said_by, at=at))
    if known is None or phones.ref(known.number) != item.ref:
        raise BadInput(
            "The telephone number that was shown is not known any more.",
            sentence_da="Det telefonnummer, du fik vist, kendes ikke længere.",
            next_step="Check the mail again and choose how the recipient gets the code.",
            next_step_da="Tjek mailen igen, og vælg, hvordan modtageren får koden.",
            field="access",
        )
    return Access(phone=known)


def admit(mailbox: str, given: Mapping[str, Given], addresses: Iterable[str], phones: Phones, at: datetime) -> dict[str, Access]:
    """What is kept for the recipients ``addresses`` who get a link; numbers are remembered. What is given for others is left out.

    Raises BadInput for a known number that changed since it was shown, Unavailable.
    """
    refuse_bad(given)
    by_address = {address.strip().lower(): item for address, item in given.items()}
    wanted = [address for address in addresses if address.lower() in by_address]
    known = phones.of(mailbox, wanted) if wanted else {}
    access = {address: _kept(by_address[address.lower()], known.get(address.lower()), phones, at) for address in wanted}
    for address, item in access.items():
        if item.phone is not None and item.phone.source is not Source.DIRECTORY:
            phones.book.remember(mailbox, address, item.phone)
    return access


def encode(access: Access) -> bytes:
    """As it is sealed with the package."""
    return msgspec.msgpack.encode(access)
