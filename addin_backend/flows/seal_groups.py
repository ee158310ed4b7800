"""One copy per recipient group: composed, sealed as decided, and addressed to that group alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from addin_backend.accountability import records
from addin_backend.errors import NotSealed
from addin_backend.flows.groups import CLEAR
from addin_backend.flows.job_content import JobContent
from addin_backend.flows.portal_access import ACCESS, encode
from addin_backend.model.access import Access
from addin_backend.model.decision import Protection
from addin_backend.model.message import Message, Recipient, RecipientKind
from addin_backend.model.send_folder import SEALED_COPIES
from addin_backend.model.sending import Group, PortalPackage, SendJob
from addin_backend.ports import CertificateStore, KeyRing, Outgoing, SendStore
from addin_backend.sealing import envelope, ticket
from addin_backend.sealing.compose import compose
from addin_backend.sealing.notices import compose_notification, sender_copy
from addin_backend.sealing.smime import Signer, seal_message

TICKET_HEADER = "X-SendSecurely-Ticket"
TICKET_LIFE = timedelta(hours=48)  # how long Exchange may try to deliver before it gives up (RFC 5321 §4.5.4.1 allows 4-5 days; EXO 24 h)
PACKAGE_LIFE = timedelta(days=30)
SENT_ITEMS = "sentitems"
OUTER_SUBJECT = "Sikker mail / Secure mail"  # where the real subject is sensitive; that one stands inside (RFC 9788)


@dataclass(frozen=True, slots=True)
class Sealing:
    """What sealing needs. ``public_url`` begins the links; ``new_id`` gives unguessable ids (128 bits or more).

    ``package_id`` gives an unguessable id that is the same for the same copy: sealing again after a crash leaves no orphan.
    ``notification_address`` is what mails with a link come from ("": the sender); the sender's mailbox must have Send As on it.
    ``open_pages``: the log's pages can be opened, so a link to them leads somewhere.
    """

    certificates: CertificateStore
    signer: Signer | None
    ring: KeyRing
    store: SendStore
    ticket_key: bytes
    public_url: str
    organisation: str
    new_id: Callable[[], str]
    package_id: Callable[[str], str]
    notification_address: str = ""
    open_pages: bool = False


def _members(group: Group, message: Message, kind: RecipientKind) -> tuple[Recipient, ...]:
    return tuple(item for item in message.recipients if item.kind is kind and item.address in group.addresses)


def _addresses(group: Group, message: Message, kind: RecipientKind) -> tuple[str, ...]:
    return tuple(item.address for item in _members(group, message, kind))


def folder_of(job: SendJob, group: Group) -> str:
    """Where the sent copy is kept: a clear copy to everybody is the readable copy itself."""
    return SENT_ITEMS if len(job.groups) == 1 and group.protection in CLEAR else SEALED_COPIES


def shell_of(job: SendJob, group: Group) -> Outgoing:
    """A copy without its mail and its people: what it is looked for, sent and discarded by. Nothing large is opened for it."""
    marker = f"{job.job_id}.{group.group_id}"
    return Outgoing(mime=b"", to=(), cc=(), bcc=(), message_id=group.message_id, marker=marker, save_to=folder_of(job, group))


def _outgoing(job: SendJob, group: Group, message: Message, mime: bytes) -> Outgoing:
    return Outgoing(
        mime=mime,
        to=_addresses(group, message, RecipientKind.TO),
        cc=_addresses(group, message, RecipientKind.CC),
        bcc=_addresses(group, message, RecipientKind.BCC),
        message_id=group.message_id,
        marker=f"{job.job_id}.{group.group_id}",
        save_to=folder_of(job, group),
    )


def _clear(job: SendJob, group: Group, content: JobContent, parts: Sealing) -> Outgoing:
    """The copy for plain and enforced TLS. With a ticket it leaves through the connector that always uses TLS."""
    message = content.message
    headers = {}
    if group.protection is Protection.TLS:
        members = tuple(item for item in message.recipients if item.address in group.addresses)
        headers[TICKET_HEADER] = ticket.issue_for(
            parts.ticket_key,
            msgspec.structs.replace(message, recipients=members),
            digest=job.digest,
            expires_at=job.created_at + TICKET_LIFE,
            ticket_id=parts.new_id(),
        )
    mime = compose(
        message,
        to=_members(group, message, RecipientKind.TO),
        cc=_members(group, message, RecipientKind.CC),
        message_id=group.message_id,
        date=job.created_at,
        headers=headers,
    )
    return _outgoing(job, group, message, mime)


def _smime(job: SendJob, group: Group, content: JobContent, parts: Sealing) -> Outgoing:
    """Signed and encrypted to each recipient's certificate. S/MIME hides no subject, so a sensitive one stays inside."""
    found = [parts.certificates.certificate(address, job.created_at) for address in group.addresses]
    certificates = [item for item in found if item is not None]
    if len(certificates) != len(group.addresses):
        raise NotSealed()
    message = content.message
    mime = seal_message(
        message,
        to=_members(group, message, RecipientKind.TO),
        cc=_members(group, message, RecipientKind.CC),
        certificates=certificates,
        signer=parts.signer,
        message_id=group.message_id,
        date=job.created_at,
        outer_subject=OUTER_SUBJECT if content.subject_sensitive else None,
    )
    return _outgoing(job, group, message, mime)


def _visible(message: Message, kind: RecipientKind) -> tuple[Recipient, ...]:
    return tuple(item for item in message.recipients if item.kind is kind)


def _keep_access(package_id: str, access: Access | None, parts: Sealing) -> None:
    """How the package is to be opened, sealed beside it."""
    if access is not None:
        parts.store.put_bytes(package_id, ACCESS, envelope.seal_bytes(encode(access), f"{package_id}/{ACCESS}", parts.ring))


def _portal(job: SendJob, group: Group, content: JobContent, parts: Sealing) -> Outgoing:
    """The mail goes into a sealed package; the recipient gets a link to it and nothing of the content."""
    message = content.message
    package_id = parts.package_id(f"{job.job_id}/{group.group_id}")
    mail = compose(
        message,
        to=_visible(message, RecipientKind.TO),
        cc=_visible(message, RecipientKind.CC),
        message_id=group.message_id,
        date=job.created_at,
    )
    (recipient,) = (item for item in message.recipients if item.address in group.addresses)
    _keep_access(package_id, content.access.get(recipient.address), parts)  # before the package, so that none stands without it
    until = job.created_at + PACKAGE_LIFE
    parts.store.put_package(
        PortalPackage(
            package_id=package_id,
            job_id=job.job_id,
            envelope=envelope.seal_package(mail, package_id, parts.ring),
            created_at=job.created_at,
            expires_at=until,
        )
    )
    mime = compose_notification(
        sender=parts.notification_address or message.sender,
        reply_to=message.sender,
        organisation=parts.organisation,
        recipient=recipient,
        link=f"{parts.public_url.rstrip('/')}/portal/{package_id}",
        message_id=group.message_id,
        date=job.created_at,
        until=until,
    )
    return Outgoing(
        mime=mime,
        to=(recipient.address,),
        cc=(),
        bcc=(),
        message_id=group.message_id,
        marker=f"{job.job_id}.{group.group_id}",
        save_to=SEALED_COPIES,
    )


_WAYS = {Protection.PLAIN: _clear, Protection.TLS: _clear, Protection.SMIME: _smime, Protection.PORTAL: _portal}


def seal_group(job: SendJob, group: Group, content: JobContent, parts: Sealing) -> Outgoing:
    """The copy for ``group``. Raises NotSealed when it cannot be sealed as decided; it is never sent in another way instead."""
    way = _WAYS.get(group.protection)
    if way is None:
        raise NotSealed()
    return way(job, group, content, parts)


def _in_its_thread(message: Message, job: SendJob) -> Message:
    """An answer names the copy that its writer got. The readable copy follows all of them, so that the answer lands in its thread."""
    before = message.references or message.in_reply_to
    ids = [*before.split(), *(group.message_id for group in job.groups)]
    return msgspec.structs.replace(message, references=" ".join(dict.fromkeys(ids)))


def readable_copy(job: SendJob, content: JobContent, parts: Sealing) -> Outgoing:
    """The one readable copy for the sender's Sent Items, with a line per recipient that says how it went."""
    message = content.message
    sent = {address for group in job.groups if group.state == "sent" for address in group.addresses}
    deliveries = [
        (item, Protection(content.protections[item.address]) if item.address in sent else Protection.NONE) for item in message.recipients
    ]
    copy_id = f"<{job.job_id}.copy@{message.sender.rpartition('@')[2] or 'localhost'}>"
    event = records.event_id_of(job.job_id, "decided", job.created_at)
    mime = sender_copy(
        _in_its_thread(message, job),
        deliveries,
        language=content.language,
        message_id=copy_id,
        date=job.created_at,
        record=f"{parts.public_url.rstrip('/')}/log/why/{event}" if parts.open_pages else event,
    )
    return Outgoing(
        mime=mime,
        to=tuple(item.address for item in _visible(message, RecipientKind.TO)),
        cc=tuple(item.address for item in _visible(message, RecipientKind.CC)),
        bcc=tuple(item.address for item in _visible(message, RecipientKind.BCC)),
        message_id=copy_id,
        marker=f"{job.job_id}.copy",
        save_to=SENT_ITEMS,
    )
