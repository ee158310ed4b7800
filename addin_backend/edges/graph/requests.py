"""The requests to one mailbox, each said once: paths, queries, the status that means done, and what may be asked again."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote

from addin_backend.edges.graph import batch, wire
from addin_backend.edges.graph.client import Client
from addin_backend.errors import Conflict, NotFound
from addin_backend.model.item_ids import ews_id, rest_id
from addin_backend.model.sending import Draft

DRAFTS, SENT_ITEMS, INBOX = "drafts", "sentitems", "inbox"
OF_SENT_MAIL = (wire.MARKER, wire.TICKET, wire.SIZE)
_MOST = "10"  # items of one look


class Requests:
    """What we ask of Graph for ``mailbox``."""

    def __init__(self, client: Client, mailbox: str) -> None:
        """Nothing is requested here."""
        self._client = client
        self._root = f"/users/{quote(mailbox, safe='@')}"

    def look_in(self) -> None:
        """The cheapest thing that only a mailbox that is there answers. Raises NotYours or NotFound."""
        self._client.ask("GET", f"{self._root}/mailFolders/inbox", wanted=200, query={"$select": "id"})

    def message(self, item_id: str) -> wire.Message:
        """The message with the properties of ours. Raises NotFound."""
        return self._client.read(wire.Message, "GET", self._at(item_id), query={"$select": wire.OUR_FIELDS, "$expand": _expanded()})

    def mime(self, item_id: str) -> bytes:
        """The MIME as it reads now. Raises NotFound."""
        return self._client.ask("GET", f"{self._at(item_id)}/$value", wanted=200)

    def mimes(self, item_ids: Sequence[str]) -> dict[str, bytes]:
        """The MIME of several (20 at most) by id; one that is gone is left out."""
        paths = {f"{self._at(item_id)}/$value": item_id for item_id in item_ids}
        return {paths[path]: content for path, content in batch.contents(self._client, list(paths)).items()}

    def find(self, test: str, folder: str = "") -> tuple[wire.Message, ...]:
        """Messages of a folder, or of the whole mailbox, that pass an OData test; ten at most."""
        path = f"{self._root}/mailFolders/{quote(folder, safe='')}/messages" if folder else f"{self._root}/messages"
        query = {"$filter": test, "$select": wire.OUR_FIELDS, "$expand": _expanded(), "$top": _MOST}
        return self._client.read(wire.Messages, "GET", path, query=query).value

    def lying(self, folder: str, most: int) -> tuple[wire.Message, ...]:
        """What lies in a folder, ``most`` messages at most."""
        path = f"{self._root}/mailFolders/{quote(folder, safe='')}/messages"
        query = {"$select": wire.OUR_FIELDS, "$expand": _expanded(), "$top": str(most)}
        return self._client.read(wire.Messages, "GET", path, query=query).value

    def update(self, item_id: str, change_key: str, change: wire.Change) -> wire.Message:
        """PATCH under the change key. Raises Conflict when it is stale. The key makes it safe to ask again."""
        return self._client.read(wire.Message, "PATCH", self._at(item_id), body=change, headers={"If-Match": etag(change_key)})

    def create_from_mime(self, mime: bytes) -> wire.Message:
        """A draft from a whole message. Not asked again: a lost answer may have made one."""
        return self._client.read(
            wire.Message, "POST", f"{self._root}/messages", wanted=201, body=base64.b64encode(mime),
            headers={"Content-Type": "text/plain"},
        )  # fmt: skip

    def create(self, folder: str, message: wire.NewMessage) -> wire.Message:
        """A message from JSON in a folder."""
        path = f"{self._root}/mailFolders/{quote(folder, safe='')}/messages"
        return self._client.read(wire.Message, "POST", path, wanted=201, body=message)

    def attach(self, item_id: str, attachment: wire.FileAttachment) -> None:
        """A small attachment."""
        self._client.ask("POST", f"{self._at(item_id)}/attachments", wanted=201, body=attachment)

    def upload(self, item_id: str, attachment: wire.FileAttachment, piece: int) -> None:
        """A large attachment in pieces (Graph: large attachments; 3 to 150 MB)."""
        content = attachment.content_bytes
        item = wire.AttachmentItem(
            attachment_type="file", name=attachment.name, size=len(content), content_type=attachment.content_type,
            is_inline=attachment.is_inline, content_id=attachment.content_id,
        )  # fmt: skip
        path = f"{self._at(item_id)}/attachments/createUploadSession"
        session = self._client.read(wire.UploadSession, "POST", path, wanted=201, body=wire.NewUpload(item=item))
        for start in range(0, len(content), piece):
            self._client.put_piece(session.upload_url, content[start : start + piece], start, len(content))

    def changes(self, folder: str, state: str, most: int, properties: Sequence[str] = OF_SENT_MAIL) -> wire.Changes:
        """A page of what came since ``state`` (delta). The state is the query of the link that Graph gave, and only that of it is used."""
        wanted = " or ".join(f"id eq {constant(key)}" for key in properties)
        first = {"$select": "id,isDraft,internetMessageId,sentDateTime", "$expand": f"singleValueExtendedProperties($filter={wanted})"}
        query = dict(parse_qsl(state)) if state else first
        path = f"{self._root}/mailFolders/{quote(folder, safe='')}/messages/delta"
        return self._client.read(wire.Changes, "GET", path, query=query, headers={"Prefer": f"odata.maxpagesize={most}"})

    def send(self, item_id: str) -> None:
        """Sent once, by one POST. Only 202 is a yes; Graph has answered 200 to mail that never left."""
        self._client.ask("POST", f"{self._at(item_id)}/send", wanted=202, sending=True)

    def move(self, item_id: str, folder_id: str) -> None:
        """Into another folder, under a new id."""
        body = wire.Move(destination_id=folder_id)
        self._client.ask("POST", f"{self._at(item_id)}/move", wanted=201, body=body)

    def delete(self, item_id: str) -> None:
        """For good: DELETE alone would put a mail in clear among the deleted ones. Raises NotFound."""
        self._client.ask("POST", f"{self._at(item_id)}/permanentDelete", wanted=204)

    def folder_id(self, name: str) -> str | None:
        """The id of a folder below the top."""
        query = {"$filter": f"displayName eq {constant(name)}", "$select": "id"}
        found = self._client.read(wire.Folders, "GET", f"{self._root}/mailFolders", query=query).value
        return found[0].id if found else None

    def make_folder(self, name: str) -> str | None:
        """Its id; None when somebody else has just made it."""
        try:
            body = wire.NewFolder(display_name=name)
            return self._client.read(wire.Folder, "POST", f"{self._root}/mailFolders", wanted=201, body=body).id
        except Conflict:
            return None

    def _at(self, item_id: str) -> str:
        if not item_id:
            raise NotFound
        return f"{self._root}/messages/{quote(rest_id(item_id), safe='')}"


def draft_of(message: wire.Message) -> Draft:
    """The draft under the id that we keep."""
    return Draft(item_id=ews_id(message.id), change_key=message.change_key)


def etag(change_key: str) -> str:
    """Exchange's entity tag of a version (RFC 9110 §8.8.3)."""
    return f'W/"{change_key}"'


def constant(text: str) -> str:
    """A string in an OData test: a quote within it is doubled."""
    return "'" + text.replace("'", "''") + "'"


def has_message_id(message_id: str) -> str:
    """The test for a Message-ID; Exchange has an index on it."""
    return f"internetMessageId eq {constant(message_id)}"


def has_property(property_id: str, value: str) -> str:
    """The test for an extended property."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq {constant(property_id)} and ep/value eq {constant(value)})"


def _expanded() -> str:
    wanted = " or ".join(f"id eq {constant(key)}" for key in (wire.MARKER, wire.DISARMED))
    return f"singleValueExtendedProperties($filter={wanted})"
