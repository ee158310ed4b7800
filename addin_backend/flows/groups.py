"""Which recipients share one copy. Groups never wait for each other, and a Bcc recipient is never visible to another."""

from __future__ import annotations

from addin_backend.model.decision import Decision, Protection
from addin_backend.model.message import Message, Recipient, RecipientKind
from addin_backend.model.sending import Group, SendState

CLEAR = frozenset({Protection.PLAIN, Protection.TLS})


def message_id(job_id: str, group_id: str, sender: str) -> str:
    """Our own Message-ID (RFC 5322 §3.6.4): it finds the copy again, so it is fixed before anything is sent."""
    return f"<{job_id}.{group_id}@{sender.rpartition('@')[2] or 'localhost'}>"


def _group(group_id: str, protection: Protection, recipients: list[Recipient], job_id: str, sender: str) -> Group:
    return Group(
        group_id=group_id,
        protection=protection,
        addresses=tuple(item.address for item in recipients),
        message_id=message_id(job_id, group_id, sender),
        state=SendState.DECIDED,
    )


def groups_of(decision: Decision, message: Message, job_id: str) -> tuple[Group, ...]:
    """One clear copy (plain and enforced TLS), one S/MIME copy for To and Cc, one S/MIME copy a Bcc recipient, one portal link each.

    An envelope that several recipients can open lists all of them (CMS RecipientInfos), so a Bcc recipient gets a copy apart.
    """
    protection = {item.address: item.protection for item in decision.recipients}
    clear: list[Recipient] = []
    smime: list[Recipient] = []
    hidden: list[Recipient] = []
    portal: list[Recipient] = []
    for item in message.recipients:
        chosen = protection[item.address]
        if chosen in CLEAR:
            clear.append(item)
        elif chosen is Protection.SMIME:
            (hidden if item.kind is RecipientKind.BCC else smime).append(item)
        elif chosen is Protection.PORTAL:
            portal.append(item)
    sender = message.sender
    groups = []
    if clear:
        enforced = any(protection[item.address] is Protection.TLS for item in clear)
        groups.append(_group("clear", Protection.TLS if enforced else Protection.PLAIN, clear, job_id, sender))
    if smime:
        groups.append(_group("smime", Protection.SMIME, smime, job_id, sender))
    groups += [_group(f"smime-bcc{index}", Protection.SMIME, [item], job_id, sender) for index, item in enumerate(hidden)]
    groups += [_group(f"portal{index}", Protection.PORTAL, [item], job_id, sender) for index, item in enumerate(portal)]
    return tuple(groups)
