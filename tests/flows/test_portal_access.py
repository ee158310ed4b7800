"""How recipients open the secure page: which number is offered, what is kept of what the sender gave, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec
import pytest

from addin_backend.errors import BadInput, Unavailable
from addin_backend.flows.portal_access import Phones, admit, encode, refuse_bad, shown
from addin_backend.model.access import Access, AgreedCode, Given, KnownNumber, Phone, SaidBy, Source, TypedNumber
from addin_backend.model.decision import Action, Decision, Protection, RecipientDecision, Texts, WayOut
from addin_backend.model.directory import DirectoryEntry, EntryKind
from addin_backend.sealing.agreed_code import matches

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
ME, BO, EVA, ANNA = "me@firma.example", "Bo@postkasse.example", "eva@postkasse.example", "anna@partner.example"
USED = Phone(number="+4520000090", source=Source.HISTORY, said_by=SaidBy.OWN_RECORDS, at=AT)
TYPED = TypedNumber("20 00 00 91", SaidBy.RECIPIENT)


@dataclass
class Book:
    """Numbers in memory."""

    numbers: dict[str, Phone] = field(default_factory=dict)
    away: bool = False
    remembered: list[tuple[str, str, Phone]] = field(default_factory=list)

    def known(self, mailbox: str, addresses: Iterable[str]) -> Mapping[str, Phone]:
        """What was put in."""
        if self.away:
            raise Unavailable
        return {item: self.numbers[item] for item in addresses if item in self.numbers}

    def remember(self, mailbox: str, address: str, phone: Phone) -> None:
        """Note it."""
        self.remembered.append((mailbox, address, phone))


@dataclass
class Listed:
    """A directory that has a number of Bo's, or is away."""

    phone: str = "20 00 00 78"
    away: bool = False

    def entries(self, addresses: Sequence[str], budget: float) -> Mapping[str, DirectoryEntry]:
        """Bo."""
        if self.away:
            raise Unavailable
        return {item: DirectoryEntry(kind=EntryKind.CONTACT, phone=self.phone) for item in addresses if item == BO.lower()}


def phones(book: Book, directory: Listed | None = None) -> Phones:
    """Asked by the number itself turned round: the reference."""
    return Phones(book, directory, lambda number: number[::-1])


def decided(**recipients: tuple[Protection, Action]) -> Decision:
    """A decision over Bo, Eva and Anna."""
    text = Texts(da="x", en="x")
    addresses = {"bo": BO, "eva": EVA, "anna": ANNA}
    return Decision(
        action=Action.PROTECT,
        classes=(),
        recipients=tuple(
            RecipientDecision(address=addresses[name], action=action, protection=way, codes=())
            for name, (way, action) in recipients.items()
        ),
        findings=(),
        ways_out=(),
        headline=text,
        policy_revision="",
        engine="",
        question=b"",
        digest="d",
        decided_at=AT,
    )


def test_known_numbers_are_shown_by_their_last_digits_for_those_who_get_a_link() -> None:
    """Also for those who would with a way out; nobody else's number is looked at."""
    book = Book({EVA: USED, ANNA: USED})
    decision = decided(bo=(Protection.PORTAL, Action.PROTECT), eva=(Protection.PORTAL, Action.BLOCK), anna=(Protection.TLS, Action.PROTECT))
    found = shown(ME, decision, phones(book, Listed()))
    assert {address: (item.ends, item.source, item.proven) for address, item in found.items()} == {BO: ("78", Source.DIRECTORY, False)}
    assert b"20000078" not in msgspec.json.encode(found)
    way = WayOut(change="use_portal", action=Action.PROTECT, texts=Texts(da="x", en="x"), recipients=(EVA,))
    assert set(shown(ME, msgspec.structs.replace(decision, ways_out=(way,)), phones(book, Listed()))) == {BO, EVA}


def test_a_proven_number_comes_before_the_directory_and_the_directory_before_one_that_was_only_typed() -> None:
    """What the recipient has used is the best that there is."""
    book = Book({BO.lower(): USED})
    assert phones(book, Listed()).of(ME, [BO])[BO.lower()].source is Source.DIRECTORY
    book.numbers[BO.lower()] = msgspec.structs.replace(USED, proven=True)
    assert phones(book, Listed()).of(ME, [BO])[BO.lower()].number == USED.number


@pytest.mark.parametrize("directory", [None, Listed(away=True), Listed(phone="extension 12")])
def test_a_directory_that_knows_no_number_leaves_it_to_the_book(directory: Listed | None) -> None:
    """And when the book is away, too, nothing is shown: the sender types."""
    decision = decided(bo=(Protection.PORTAL, Action.PROTECT))
    assert shown(ME, decision, phones(Book({BO.lower(): USED}), directory))[BO].ends == "90"
    assert shown(ME, decision, phones(Book(away=True), directory)) == {}


def test_what_is_kept_of_a_code_is_its_digest_and_of_a_number_where_it_is_from() -> None:
    """For those who get a link, and for nobody else; typed numbers are remembered, unproven."""
    book = Book()
    given: dict[str, Given] = {BO.lower(): AgreedCode("Blå hest-4277"), EVA: TYPED, ANNA: TYPED}
    kept = admit(ME, given, [BO, EVA], phones(book), AT)
    assert matches("blåhest4277", kept[BO].code)
    number = Phone(number="+4520000091", source=Source.TYPED, said_by=SaidBy.RECIPIENT, at=AT)
    assert kept[EVA] == Access(phone=number)
    assert set(kept) == {BO, EVA}
    assert book.remembered == [(ME, EVA, number)]
    assert b"hest" not in encode(kept[BO])
    assert "hest" not in repr((given, kept))
    assert "20000091" not in repr((given, kept)).replace(" ", "")


def test_the_number_that_was_shown_is_the_one_that_is_used_or_nothing_is_sent() -> None:
    """Between the screen and the press it may have become another."""
    directory = Listed()
    known = phones(Book(), directory)
    given: dict[str, Given] = {BO: KnownNumber("+4520000078"[::-1])}
    assert admit(ME, given, [BO], known, AT)[BO].phone == Phone(number="+4520000078", source=Source.DIRECTORY)
    directory.phone = "20 00 00 79"
    with pytest.raises(BadInput):
        admit(ME, given, [BO], known, AT)
    with pytest.raises(BadInput):
        admit(ME, given, [BO], replace(known, directory=None), AT)


def test_a_number_that_is_typed_again_keeps_what_was_proven_of_it() -> None:
    """It is the same number."""
    proven = msgspec.structs.replace(USED, number="+4520000091", proven=True)
    (kept,) = admit(ME, {EVA: TYPED}, [EVA], phones(Book({EVA: proven})), AT).values()
    assert kept.phone is not None
    assert kept.phone.proven


@pytest.mark.parametrize("item", [AgreedCode("12345678"), AgreedCode("kort"), TypedNumber("12 34 56 78", SaidBy.OTHER)])
def test_a_code_or_number_of_no_use_is_refused_in_both_languages_and_quotes_nothing(item: Given) -> None:
    """Neither the value nor whose it is stands in the error."""
    with pytest.raises(BadInput) as refused:
        refuse_bad({BO: item})
    text = f"{refused.value!r} {refused.value.sentence} {refused.value.sentence_da} {refused.value.field}"
    assert refused.value.sentence_da != refused.value.sentence
    assert not any(word in text for word in ("12345678", "12 34 56 78", "kort ", "postkasse"))
