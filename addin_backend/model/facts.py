"""The closed words for what is known around a mail: its form, its thread, its recipients' mailboxes and our history with them.

`not_asked` is the word of a check with given facts (`check --evidence`): nobody looked, so no rule speaks. It is never the word for a
look-up that failed: that is `unknown`, which is never good news.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Confidence(StrEnum):
    """How certain it is that a class of content is there; the order is from low to high."""

    NONE = "none"
    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"


class SensitivityLabel(StrEnum):
    """The Microsoft Information Protection label that the sender chose. It may only raise the protection."""

    NONE = "none"
    PUBLIC = "public"
    GENERAL = "general"
    CONFIDENTIAL = "confidential"
    HIGHLY_CONFIDENTIAL = "highly_confidential"


class MessageForm(StrEnum):
    """How the mail came about."""

    NEW = "new"
    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"
    UNKNOWN = "unknown"


class Salutation(StrEnum):
    """Whom the opening line greets, compared with the names of the recipients."""

    MATCHES = "matches"
    NAMES_SOMEONE_ELSE = "names_someone_else"
    NONE = "none"
    NOT_ASKED = "not_asked"


class MailboxKind(StrEnum):
    """What an address of ours leads to, as the directory says. Only `mailbox` and `group_inside` stay in the house."""

    MAILBOX = "mailbox"
    GUEST = "guest"
    CONTACT = "contact"
    GROUP_INSIDE = "group_inside"
    GROUP_WITH_OUTSIDERS = "group_with_outsiders"
    GROUP_UNEXPANDED = "group_unexpanded"
    FORWARDS_OUTSIDE = "forwards_outside"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class History(StrEnum):
    """Whether this organisation has written to the address before."""

    KNOWN = "known"
    FIRST_TIME = "first_time"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class LookAlike(StrEnum):
    """Whether the domain looks like another one that we know, without being it."""

    NONE = "none"
    OF_KNOWN = "of_known"
    OF_OWN = "of_own"
    NOT_ASKED = "not_asked"


class Answered(StrEnum):
    """A question of yes or no that may have gone unasked or unanswered."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class ThreadProtection(StrEnum):
    """The protection under which earlier mails of the thread went."""

    NONE = "none"
    TLS = "tls"
    SMIME = "smime"
    PORTAL = "portal"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class DigitalPost(StrEnum):
    """Whether the contact register says that the recipient can be reached by Digital Post."""

    REACHABLE = "reachable"
    NOT_REACHABLE = "not_reachable"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class RemoteAccessBy(StrEnum):
    """Who else reads the mail from another country. Only another company makes it a transfer (EDPB Guidelines 05/2021)."""

    NONE = "none"
    OTHER_COMPANY = "other_company"
    OWN_STAFF = "own_staff"
    NOT_ASKED = "not_asked"


class Counted(StrEnum):
    """Whether a number from our own records could be had."""

    COUNTED = "counted"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


class RemoteAccess(msgspec.Struct, frozen=True):
    """Access from another country than the one the mail is delivered in. ``country``: ISO 3166-1 alpha-2, or "unknown"."""

    by: RemoteAccessBy = RemoteAccessBy.NOT_ASKED
    country: str = "unknown"


class Uses(msgspec.Struct, frozen=True):
    """How often something was used: ``count`` within the last ``window_days``, of at most ``limit``."""

    state: Counted = Counted.NOT_ASKED
    count: int = 0
    limit: int = 0
    window_days: int = 0


class DispensationMatch(msgspec.Struct, frozen=True):
    """A dispensation whose sender and recipient fit this mail, by its id in the register. ``used`` counts earlier mails under it."""

    id: str
    state: Counted = Counted.NOT_ASKED
    used: int = 0
