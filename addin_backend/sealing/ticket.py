"""The transport ticket: a header value that lets one mail, and only that mail, through the connector with enforced TLS.

``v1.<payload>.<mac>``, base64url without padding. The payload is JSON with a ticket id for single use, the expiry, and keyed digests
of sender, recipients, subject with body, and attachments' names with sizes: no address and no word of the mail can be guessed back
from it without the key. HMAC-SHA-256 throughout (RFC 2104); separate keys for digests and seal are derived by HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from addin_backend.errors import BadInput, NotOpened
from addin_backend.model.message import Message

HEADER = "X-SendSecurely-Ticket"
MAX_VALUE = 900  # with the name it stays under the 998 octets of a line (RFC 5322 §2.1.1)
KEY_BYTES = 32

_FORM = re.compile(r"v1\.([A-Za-z0-9_-]{1,800})\.([A-Za-z0-9_-]{43})")
_TICKET_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DIGEST = re.compile(r"[A-Za-z0-9:_+/=-]{1,100}")


class Ticket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket as read. ``expires`` is in seconds since 1970; the four digests are keyed; ``digest`` is the decision's own."""

    ticket_id: str
    expires: int
    sender: str
    recipients: str
    content: str
    attachments: str
    digest: str

    @property
    def expires_at(self) -> datetime:
        """When the ticket ends, in UTC."""
        return datetime.fromtimestamp(self.expires, UTC)


def _derived(key: bytes, purpose: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError("the ticket key is too short")
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"sendsecurely ticket " + purpose).derive(key)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _keyed(key: bytes, kind: str, values: Sequence[str]) -> str:
    """A keyed digest of a list of strings; lengths are written first, so that no two lists look the same."""
    mac = hmac.new(_derived(key, b"digest"), kind.encode(), hashlib.sha256)
    for value in values:
        raw = value.encode("utf-8", "surrogatepass")
        mac.update(len(raw).to_bytes(8, "big") + raw)
    return _b64(mac.digest())


def _same_address(address: str) -> str:
    return address.strip().lower()


def _text(text: str) -> str:
    """``text`` whatever its line ends, and without the empty lines at its end, which mail systems add and take."""
    return "\n".join(text.splitlines()).rstrip()


def _bindings(
    key: bytes, sender: str, recipients: Sequence[str], subject: str, body: str, attachments: Sequence[tuple[str, int]]
) -> dict[str, str]:
    files = [part for name, size in sorted(attachments) for part in (name, str(size))]
    return {
        "sender": _keyed(key, "sender", [_same_address(sender)]),
        "recipients": _keyed(key, "recipients", sorted({_same_address(item) for item in recipients})),
        "content": _keyed(key, "content", [_text(subject), _text(body)]),
        "attachments": _keyed(key, "attachments", files),
    }


def issue(
    key: bytes,
    *,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    body: str,
    attachments: Sequence[tuple[str, int]],
    digest: str,
    expires_at: datetime,
    ticket_id: str,
) -> str:
    """The header value for one mail. ``recipients`` are all of To, Cc and Bcc; ``attachments`` names and sizes in octets; ``digest``
    is the decision's; ``ticket_id`` is fresh and random. Raises BadInput for a ticket id or digest that no header may carry.
    """
    if not _TICKET_ID.fullmatch(ticket_id) or not _DIGEST.fullmatch(digest):
        raise BadInput(
            "The ticket's id or digest has the wrong form.", sentence_da="Billettens id eller digest har forkert form.", field="ticket"
        )
    bound = _bindings(key, sender, recipients, subject, body, attachments)
    ticket = Ticket(ticket_id=ticket_id, expires=int(expires_at.timestamp()), digest=digest, **bound)
    payload = _b64(msgspec.json.encode(ticket))
    mac = hmac.new(_derived(key, b"seal"), f"v1.{payload}".encode("ascii"), hashlib.sha256).digest()
    return f"v1.{payload}.{_b64(mac)}"


def issue_for(key: bytes, message: Message, *, digest: str, expires_at: datetime, ticket_id: str) -> str:
    """``issue`` for a whole message."""
    return issue(
        key,
        sender=message.sender,
        recipients=[item.address for item in message.recipients],
        subject=message.subject,
        body=message.body,
        attachments=[(item.name, len(item.content)) for item in message.attachments],
        digest=digest,
        expires_at=expires_at,
        ticket_id=ticket_id,
    )


def read(value: str, key: bytes, at: datetime) -> Ticket:
    """The ticket in a header value, when we sealed it and it has not ended at ``at``. That it is used once is the caller's to remember.

    Raises BadInput for a value of another form, NotOpened for a wrong seal or an expired ticket.
    """
    found = _FORM.fullmatch(value.strip()) if len(value) <= MAX_VALUE + 100 else None
    if found is None:
        raise BadInput("The ticket does not have the form of a ticket.", sentence_da="Billetten har ikke form som en billet.", field=HEADER)
    expected = hmac.new(_derived(key, b"seal"), f"v1.{found.group(1)}".encode("ascii"), hashlib.sha256).digest()
    if not hmac.compare_digest(_b64(expected), found.group(2)):
        raise NotOpened("The ticket was not issued by us.", sentence_da="Billetten er ikke udstedt af os.", field=HEADER)
    try:
        payload = base64.urlsafe_b64decode(found.group(1) + "=" * (-len(found.group(1)) % 4))
        ticket = msgspec.json.decode(payload, type=Ticket)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise BadInput("The ticket cannot be read.", sentence_da="Billetten kan ikke læses.", field=HEADER) from error
    if at.timestamp() >= ticket.expires:
        raise NotOpened("The ticket has expired.", sentence_da="Billetten er udløbet.", field=HEADER)
    return ticket


def differences(ticket: Ticket, key: bytes, message: Message) -> tuple[str, ...]:
    """Which of "sender", "recipients", "content", "attachments" of ``message`` are not what the ticket was issued for; none = it fits."""
    files = [(item.name, len(item.content)) for item in message.attachments]
    addresses = [item.address for item in message.recipients]
    now = _bindings(key, message.sender, addresses, message.subject, message.body, files)
    then = msgspec.structs.asdict(ticket)
    return tuple(name for name, value in now.items() if not hmac.compare_digest(value, then[name]))
