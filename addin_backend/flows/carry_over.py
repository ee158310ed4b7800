"""What only the draft in the mailbox says of a mail, and what is sent must keep: who writes for whom, thread, labels, receipts.

The pane's own words win where it says something; nothing here is judged, and nothing of it changes who receives the mail.
"""

from __future__ import annotations

import msgspec

from addin_backend.evidence.addresses import parse_header
from addin_backend.evidence.headers import HeaderBlock, decode_words, read_block
from addin_backend.model.message import Message, RecipientKind
from addin_backend.model.outer_header import categories_in
from addin_backend.sealing.headers import writable

MAX_LABELS = 20_000
MAX_ANSWERS = 20
_ALWAYS = ("mime-version", "content-type", "from", "subject", "date", "message-id")
_PLAIN = frozenset({"", "normal"})


def _addresses(block: HeaderBlock, name: str) -> tuple[str, ...]:
    """The addresses of a field that a header can carry; one that it cannot is left out rather than the mail."""
    found = [item.address for value in block.all(name) for item in parse_header(value, RecipientKind.TO) if item.valid]
    return tuple(address for address in dict.fromkeys(found) if writable(address))


def _sender_name(message: Message, block: HeaderBlock) -> str:
    """The name that the draft gives the sender; one that stands with another address is not theirs."""
    people = parse_header(block.first("from"), RecipientKind.TO)
    return next((item.display_name for item in people if item.address.lower() == message.sender.lower()), "")


def _word(own: str, block: HeaderBlock, name: str) -> str:
    return own if own.lower() not in _PLAIN else block.first(name).strip().lower() or own


def is_whole(mime: bytes) -> bool:
    """Whether Exchange gave a mail: each draft of Exchange's has one of these fields. What is no mail says nothing of label and thread, and
    nothing may be lost of them without anybody knowing.
    """
    block = read_block(mime)
    return any(block.all(name) for name in _ALWAYS)


def carried_over(message: Message, mime: bytes) -> Message:
    """``message`` with what the draft's header adds. ``mime`` is the draft as the mailbox port gives it. Never raises."""
    block = read_block(mime)
    labels = "; ".join(block.all("msip_labels")) or ("" if "=" not in message.label else message.label)
    return msgspec.structs.replace(
        message,
        sender_name=_sender_name(message, block),
        submitter=next(iter(_addresses(block, "sender")), ""),
        reply_to=_addresses(block, "reply-to")[:MAX_ANSWERS],
        read_receipt=bool(block.first("disposition-notification-to").strip()),
        thread_index="".join(block.first("thread-index").split()),
        msip_labels=labels[:MAX_LABELS],
        categories=categories_in([decode_words(value)[0] for value in block.all("keywords")]),
        importance=_word(message.importance, block, "importance"),
        sensitivity=_word(message.sensitivity, block, "sensitivity"),
        in_reply_to=message.in_reply_to or block.first("in-reply-to").strip(),
        references=message.references or " ".join(block.first("references").split()),
    )
