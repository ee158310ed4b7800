"""The port ``Mailbox`` over Microsoft Graph. Looks before it saves, sends once, and says honestly what it does not know."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from addin_backend.edges.graph import inbox, sent_items, wire
from addin_backend.edges.graph.client import Client, TokenProvider
from addin_backend.edges.graph.disarm import disarmed, rearmed
from addin_backend.edges.graph.folders import Folders
from addin_backend.edges.graph.requests import DRAFTS, SENT_ITEMS, Requests, draft_of, has_message_id, has_property
from addin_backend.edges.graph.saving import Limits, saved_draft, stored_copy, stored_note
from addin_backend.errors import BadInput, Conflict, NotFound, NotYours, OutcomeUnknown, SendSecurelyError, Unavailable
from addin_backend.model import disarmed as set_aside
from addin_backend.model.delivery import ArrivedPage
from addin_backend.model.ledger import SentEntry, SentPage
from addin_backend.model.outer_header import message_id, with_categories
from addin_backend.model.send_folder import DRAFTS as TO_DRAFTS
from addin_backend.model.send_folder import INBOX as TO_INBOX
from addin_backend.model.send_folder import Lying, Written, kept_in
from addin_backend.model.sending import Draft
from addin_backend.ports import Outgoing

MOST_LYING = 50  # items of a folder that are looked at in one round
GRAPH = "https://graph.microsoft.com/v1.0"


def _delete(requests: Requests, messages: Sequence[wire.Message]) -> None:
    for message in messages:
        with contextlib.suppress(NotFound):
            requests.delete(message.id)


class GraphMailbox:
    """Every mailbox of a tenant, through the application's own permissions (RBAC for Applications). Thread-safe."""

    def __init__(
        self,
        tokens: TokenProvider,
        address: str = GRAPH,
        *,
        max_connections: int = 8,
        timeout: float = 60.0,
        patience: float = 20.0,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``timeout`` is seconds for each request, ``patience`` those that it may wait when throttled. Nothing is requested here."""
        self._client = Client(address, tokens, max_connections=max_connections, timeout=timeout, patience=patience, sleep=sleep)
        self._limits = limits or Limits()
        self._folders = Folders()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def answers(self, mailbox: str) -> bool:
        """Whether the mailbox is in Exchange Online. Raises Unavailable when that could not be learnt."""
        try:
            self._requests(mailbox).look_in()
        except (NotYours, NotFound):
            return False
        return True

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft with its change key, and its MIME. NotFound also for an item that is no draft (any more).

        The key is read first: a draft that changes in between comes with a key that nothing can be written under.
        """
        requests = self._requests(mailbox)
        message = requests.message(item_id)
        if not message.is_draft:
            raise NotFound
        return draft_of(message), with_categories(requests.mime(item_id), message.categories)

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        """Move the recipients aside under the draft's change key.

        Raises Conflict when the draft changed, Unavailable when nothing was written, OutcomeUnknown when that could not be learnt.
        """
        written: list[bool] = []
        failed = Unavailable()
        for _ in range(2):  # the second time looks at what became of the first
            try:
                return disarmed(self._requests(mailbox), draft, lambda: written.append(True))
            except Unavailable as error:
                failed = error
        raise OutcomeUnknown if written else failed

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        """Put the recipients back, or those in ``only``. Nothing happens when the draft is not disarmed; NotFound when it is gone."""
        rearmed(self._requests(mailbox), draft.item_id, only)

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        """Delete the draft for good; one that is gone already is done."""
        with contextlib.suppress(NotFound):
            self._requests(mailbox).delete(draft.item_id)

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """Save a draft with our Message-ID and marker, unless one with either is there. Raises TooLarge with the way out."""
        if message_id(outgoing.mime) != outgoing.message_id:
            raise ValueError("the MIME does not carry its own Message-ID")
        return saved_draft(self._requests(mailbox), outgoing, self._limits)

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Send a saved draft with one POST, after a look that it is still the draft that was saved.

        Raises OutcomeUnknown unless Graph said clearly yes (202) or no; NotFound may mean that it was sent before: look.
        """
        requests = self._requests(mailbox)
        message = requests.message(saved.item_id)
        if not message.is_draft:
            raise NotFound
        if not any(message.people().values()):
            raise BadInput
        if message.change_key != saved.change_key:
            raise Conflict
        requests.send(saved.item_id)
        self._file(requests, mailbox, kept_in(outgoing.save_to)[0], has_message_id(outgoing.message_id))

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """Whether it stands as sent: by Message-ID anywhere in the mailbox (the sender may have moved it), or by marker in its folder."""
        requests = self._requests(mailbox)
        found = requests.find(has_message_id(outgoing.message_id))
        if any(not message.is_draft for message in found):
            return True
        own = [self._folders.find(requests, mailbox, name) for name in kept_in(outgoing.save_to)]
        marked = has_property(wire.MARKER, outgoing.marker)
        folders = [folder for folder in dict.fromkeys((SENT_ITEMS, *own)) if folder]
        return any(not message.is_draft for folder in folders for message in requests.find(marked, folder))

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """The sent copy by Message-ID, wherever it lies in the mailbox (``save_to`` or where the sender moved it). Raises NotFound."""
        requests = self._requests(mailbox)
        found = next((message for message in requests.find(has_message_id(message_id)) if not message.is_draft), None)
        if found is None:
            raise NotFound
        return requests.mime(found.id)

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Put one readable copy into Sent Items, marked as sent and read, unless one with the marker is there."""
        requests = self._requests(mailbox)
        stored_copy(requests, outgoing, self._limits)
        for folder in self._folders.known(mailbox):
            self._file(requests, mailbox, folder, has_property(wire.KEEP_IN, folder))

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete the unsent copies; by Message-ID too, since one that a crash cut off may not have its marker yet."""
        requests = self._requests(mailbox)
        for test in (has_message_id(outgoing.message_id), has_property(wire.MARKER, outgoing.marker)):
            _delete(requests, [message for message in requests.find(test, DRAFTS) if message.is_draft])

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete the readable copies with this marker from Sent Items."""
        requests = self._requests(mailbox)
        _delete(requests, requests.find(has_property(wire.MARKER, outgoing.marker), SENT_ITEMS))

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """What came into Sent Items since ``state``. Raises NotFound when Graph does not know the state any more."""
        return sent_items.page(self._requests(mailbox), state, most)

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The mails behind entries, by item id; one that is gone is left out."""
        return sent_items.read(self._requests(mailbox), entries)

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """Put a note of ours into the Inbox, unread, unless one with the marker is there. Nothing is sent."""
        stored_note(self._requests(mailbox), outgoing)

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        """What came into the Inbox since ``state``. Raises NotFound when Graph does not know the state any more."""
        return inbox.page(self._requests(mailbox), state, most)

    def lying(self, mailbox: str, folder: str) -> tuple[Lying, ...]:
        """What lies in a folder of ours, which is made when it is not there."""
        requests = self._requests(mailbox)
        found = requests.lying(self._folders.ensure(requests, mailbox, folder), MOST_LYING)
        return tuple(
            Lying(item_id=draft_of(one).item_id, change_key=one.change_key, is_draft=one.is_draft, marker=one.value(wire.MARKER) or "")
            for one in found
        )

    def written(self, mailbox: str, item_id: str) -> Written:
        """A draft with all its recipients. NotFound also for an item that is no draft (any more).

        The key is read first: a draft that changes in between comes with a key that nothing can be written under.
        """
        requests = self._requests(mailbox)
        found = requests.message(item_id)
        if not found.is_draft:
            raise NotFound
        return Written(
            item_id=draft_of(found).item_id, change_key=found.change_key, people=found.people(),
            disarmed=set_aside.read(found.value(wire.DISARMED)) is not None, mime=with_categories(requests.mime(item_id), found.categories),
        )  # fmt: skip

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Put an item into the drafts, the Inbox or a folder of ours. Raises NotFound."""
        requests = self._requests(mailbox)
        requests.move(item_id, to if to in (TO_DRAFTS, TO_INBOX) else self._folders.ensure(requests, mailbox, to))

    def _file(self, requests: Requests, mailbox: str, folder: str, test: str) -> None:
        """Move sent copies from Sent Items to their own folder. Tidying: what fails here changes nothing about what was sent."""
        if folder == SENT_ITEMS:
            return
        with contextlib.suppress(SendSecurelyError):
            target = self._folders.ensure(requests, mailbox, folder)
            for message in requests.find(test, SENT_ITEMS):
                if not message.is_draft:
                    requests.move(message.id, target)

    def _requests(self, mailbox: str) -> Requests:
        return Requests(self._client, mailbox)
