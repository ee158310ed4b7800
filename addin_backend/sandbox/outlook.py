"""A small stand-in for ordinary Outlook: saves and sends drafts by EWS as the employee, without our backend."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any

from exchangelib import DELEGATE, UTC, Account, ExtendedProperty, Message
from exchangelib import Mailbox as Person

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.folders import DRAFTS, SENT_ITEMS, distinguished
from addin_backend.edges.ews.protocol import Basic, Connection, SignIn, configuration, quieten
from addin_backend.edges.ews.requests import Requests

_TIMEOUT = 60.0
_registered = threading.Lock()


class Outlook:
    """Outlook of every employee of the sample organisation. Raises the errors of addin_backend.errors."""

    def __init__(self, endpoint: str, password: str = "sandbox") -> None:  # noqa: S107 the demo world's only password
        """``endpoint`` is the simulator's; ``password`` is every sample employee's."""
        quieten()
        properties.register()
        self._endpoint = endpoint
        self._password = password
        self._known: dict[str, Requests] = {}

    def save_draft(
        self, mailbox: str, draft: Mapping[str, Any], at: datetime, headers: Mapping[str, str] | None = None, calendar: str = ""
    ) -> str:
        """Save the API's DRAFT (its JSON as a dict) among the mailbox's drafts; gives the item's id. ``calendar``: an iCalendar request."""
        requests = self._requests(mailbox)
        item = Message(
            account=requests.account,
            mime_content=_mime(draft, at, headers or {}, calendar),
            to_recipients=_people(draft.get("to", [])),
            cc_recipients=_people(draft.get("cc", [])),
            bcc_recipients=_people(draft.get("bcc", [])),
            importance=str(draft.get("importance", "normal")).capitalize(),
        )
        return requests.save(item, distinguished(DRAFTS, mailbox))[0]

    def send_draft(self, mailbox: str, item_id: str, headers: Mapping[str, str] | None = None) -> None:
        """Send a draft as Outlook does once the add-in has let it go, with the internet headers that the add-in has set."""
        requests = self._requests(mailbox)
        fields = [_header_field(name) for name in headers or {}]
        item = requests.get(item_id, *fields)
        change_key = item.changekey
        if headers:
            for field, value in zip(fields, headers.values(), strict=True):
                setattr(item, field, value)
            change_key = requests.update(item, fields)
        requests.send(item_id, change_key, distinguished(SENT_ITEMS, mailbox))

    def delete_draft(self, mailbox: str, item_id: str) -> None:
        """Throw a draft away. Raises NotFound."""
        self._requests(mailbox).delete(item_id)

    def _requests(self, mailbox: str) -> Requests:
        if mailbox not in self._known:
            sign_in = SignIn(f"outlook {mailbox} {id(self)}", Basic(mailbox, self._password))
            config = configuration(self._endpoint, sign_in, 2, None)
            Connection(config=config)
            account = Account(mailbox, config=config, autodiscover=False, access_type=DELEGATE, default_timezone=UTC, locale="da_DK")
            self._known[mailbox] = Requests(account, _TIMEOUT)
        return self._known[mailbox]


def _people(entries: list[Mapping[str, str]]) -> list[Person]:
    return [Person(name=entry.get("name") or None, email_address=entry["address"]) for entry in entries]


def _mime(draft: Mapping[str, Any], at: datetime, headers: Mapping[str, str], calendar: str = "") -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"] = draft["from"]
    made["Subject"] = " ".join(str(draft.get("subject", "")).split())
    made["Date"] = format_datetime(at)
    made["Message-ID"] = make_msgid(domain=str(draft["from"]).rpartition("@")[2])
    for name, value in headers.items():
        made[name] = value
    made.set_content(draft.get("body", ""), subtype="html" if draft.get("body_format") == "html" else "plain", cte="quoted-printable")
    if calendar:
        made["Content-Class"] = "urn:content-classes:calendarmessage"
        made.add_alternative(calendar, subtype="calendar", cte="base64", params={"method": "REQUEST"})
    for attachment in draft.get("attachments", []):
        main, _, sub = str(attachment["media_type"] or "application/octet-stream").partition("/")
        made.add_attachment(
            base64.b64decode(attachment["base64"]), maintype=main, subtype=sub or "octet-stream", filename=attachment["name"],
            disposition="inline" if attachment.get("inline") else "attachment",
            cid=f"<{attachment['content_id']}>" if attachment.get("content_id") else None,
        )  # fmt: skip
    return made.as_bytes()


def _header_field(name: str) -> str:
    """The field under which exchangelib knows an internet header; registered when it is first used."""
    field = "header_" + "".join(character if character.isalnum() else "_" for character in name.lower())
    with _registered:
        if field not in {known.name for known in Message.FIELDS}:
            described = {"distinguished_property_set_id": "InternetHeaders", "property_name": name, "property_type": "String"}
            Message.register(field, type("InternetHeader", (ExtendedProperty,), {**described, "__slots__": ()}))
    return field
