"""How a recipient opens the secure page: what a sender gives, what is known, and what is kept with the package (docs/decisions/090)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Source(StrEnum):
    """Where we have a telephone number from."""

    DIRECTORY = "directory"
    HISTORY = "history"
    TYPED = "typed"


class SaidBy(StrEnum):
    """Who says that a number is the recipient's, as the sender told us."""

    RECIPIENT = "recipient"
    OWN_RECORDS = "own_records"
    OTHER = "other"
    NOBODY = ""


class AgreedCode(msgspec.Struct, frozen=True):
    """A code that the sender says on the telephone, as it was typed. It is digested before anything is kept."""

    code: str

    def __repr__(self) -> str:
        """Without the code."""
        return "AgreedCode(…)"


class TypedNumber(msgspec.Struct, frozen=True):
    """A number that the sender typed now, and who says that it is the recipient's."""

    number: str
    said_by: SaidBy

    def __repr__(self) -> str:
        """Without the number."""
        return "TypedNumber(…)"


class KnownNumber(msgspec.Struct, frozen=True):
    """The number that was shown to the sender: ``ref`` is a keyed digest of it."""

    ref: str


Given = AgreedCode | TypedNumber | KnownNumber


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """A number in E.164 form. ``proven``: its owner has opened a package with a code sent to it. ``at``: when it was said."""

    number: str
    source: Source
    said_by: SaidBy = SaidBy.NOBODY
    at: datetime | None = None
    proven: bool = False

    def __repr__(self) -> str:
        """Without the number."""
        return f"Phone({self.source.value}, proven={self.proven})"


class KnownPhone(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender is shown of a number that we know: its last two digits, where it is from, and ``ref`` to choose it by."""

    ref: str
    ends: str
    source: Source
    said_by: SaidBy
    at: datetime | None
    proven: bool


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept with a package, sealed: the digest of an agreed code, or a number. Exactly one of the two."""

    code: str = ""
    phone: Phone | None = None

    def __repr__(self) -> str:
        """Without digest and number."""
        return f"Access({'code' if self.code else 'sms'})"
