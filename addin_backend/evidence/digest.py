"""The digest that a decision is bound to: recipients, subject, body and attachments. Any change voids the decision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from addin_backend.model.message import Message

_DOMAIN = b"send-securely message v1"


def _fields(message: Message) -> Iterable[bytes]:
    yield _DOMAIN
    pairs = sorted({(item.kind.value, item.address) for item in message.recipients})
    yield str(len(pairs)).encode()
    for kind, address in pairs:
        yield kind.encode()
        yield address.encode("utf-8", "surrogatepass")
    yield message.subject.encode("utf-8", "surrogatepass")
    yield message.body_format.value.encode()
    yield message.body.encode("utf-8", "surrogatepass")
    yield str(len(message.attachments)).encode()
    for item in message.attachments:
        yield item.name.encode("utf-8", "surrogatepass")
        yield hashlib.sha256(item.content).digest()


def digest_of(message: Message) -> str:
    """SHA-256, 64 lower-case hexadecimal digits.

    Every field goes in with its length before it (8 bytes, big-endian), so that no two different messages meet by concatenation.
    The order of recipients does not count; the order of attachments does.
    """
    state = hashlib.sha256()
    for item in _fields(message):
        state.update(len(item).to_bytes(8, "big"))
        state.update(item)
    return state.hexdigest()
