"""How a mail came about (new, reply, forward), which thread it belongs to, and whether an address is one that nobody reads.

Sources: RFC 5322 §3.6.4 and §3.6.5 (In-Reply-To, References, "Re: "), the prefixes that Outlook sets in Danish and its neighbours, RFC
3834 and common practice for addresses that only send.
"""

from __future__ import annotations

import re

from addin_backend.evidence.content.segments import cut
from addin_backend.evidence.html import to_text
from addin_backend.model.evidence import Location
from addin_backend.model.facts import MessageForm
from addin_backend.model.message import BodyFormat, Message

MAX_REFERENCES = 50  # Message-IDs of a thread that are looked for, the newest

_REPLY = frozenset({"re", "sv", "aw", "antw", "odp", "vast"})
_FORWARD = frozenset({"fw", "fwd", "vs", "vb", "wg", "tr", "rv", "videresendt"})
_PREFIX = re.compile(r"\s*([A-Za-zÀ-ž]{1,11})\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:：]\s*")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,998}>")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z]{2,63}|(?:[\w-]{1,63}\.){1,10}[\w-]{2,63})")
_NO_REPLY = re.compile(
    r"(?:no|do[._-]?not|dont|ne|ikke|ingen|må[._-]?ikke|kan[._-]?ikke)[._-]?(?:reply|replies|respond|response|answer|svar|svares|besvares|return)"
    r"|(?:svar|besvar)[._-]?ikke|unmonitored|mailer-daemon|bounces?",
    re.IGNORECASE,
)


def is_no_reply(address: str) -> bool:
    """Whether the local part says that nobody reads what is sent there: noreply@, do-not-reply@, svar-ikke@, noreply+shop@."""
    local = address.rpartition("@")[0].strip('"')
    pieces = re.split(r"[+=]", local)
    found = _NO_REPLY.search(pieces[0])
    if not found:
        return False
    before, after = pieces[0][: found.start()], pieces[0][found.end() :]
    return (not before or not before[-1].isalpha()) and (not after or not after[0].isalpha())


def _prefixes(subject: str) -> tuple[list[str], str]:
    """The prefixes of replies and forwards that a subject begins with, lower case, and what is left."""
    found: list[str] = []
    rest = subject
    while match := _PREFIX.match(rest):
        word = match[1].lower()
        if word not in _REPLY | _FORWARD:
            break
        found.append(word)
        rest = rest[match.end() :]
    return found, rest


def plain_subject(subject: str) -> str:
    """The subject of a thread: without prefixes, letter case and doubled blanks. "" for one that says nothing."""
    return " ".join(_prefixes(subject)[1].casefold().split())


def form_of(message: Message) -> MessageForm:
    """New, reply (to one or to several), forward; `unknown` for a mail that could not be read. The first prefix is the newest."""
    if not message.readable:
        return MessageForm.UNKNOWN
    prefixes, _ = _prefixes(message.subject)
    if prefixes and prefixes[0] in _FORWARD:
        return MessageForm.FORWARD
    if prefixes or message.in_reply_to or message.references:
        return MessageForm.REPLY_ALL if len(message.recipients) > 1 else MessageForm.REPLY
    return MessageForm.NEW


def thread_ids(message: Message) -> tuple[str, ...]:
    """The Message-IDs of the mails that this one follows, each once."""
    found = dict.fromkeys(_MESSAGE_ID.findall(f"{message.references} {message.in_reply_to}"))
    return tuple(found)[-MAX_REFERENCES:]


def new_and_quoted(message: Message) -> tuple[str, str]:
    """The body's own text and the quoted mails below it."""
    text = to_text(message.body).text if message.body_format is BodyFormat.HTML else message.body
    start = next((segment.start for segment in cut(text) if segment.location is Location.QUOTED), len(text))
    return text[:start], text[start:]


def domains_in(quoted: str) -> frozenset[str]:
    """The domains of the addresses that stand in quoted mails, lower case."""
    return frozenset(found[1].lower() for found in _ADDRESS.finditer(quoted))
