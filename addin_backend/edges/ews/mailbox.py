"""The port ``Mailbox`` over EWS. Looks before it saves, sends once, and says honestly what it does not know."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from exchangelib import IMPERSONATION, UTC, Account, Version

from addin_backend.edges.ews import inbox, properties, send_folder, sent_items
from addin_backend.edges.ews.disarm import disarmed, rearmed
from addin_backend.edges.ews.folders import DRAFTS, INBOX, SENT_ITEMS, Folders, distinguished
from addin_backend.edges.ews.protocol import Basic, Connection, SignIn, TokenProvider, configuration, quieten
from addin_backend.edges.ews.requests import Requests
from addin_backend.edges.ews.writing import outgoing_item
from addin_backend.errors import NotFound, NotYours, OutcomeUnknown, Unavailable
from addin_backend.model.delivery import ArrivedPage
from addin_backend.model.ledger import SentEntry, SentPage
from addin_backend.model.outer_header import with_categories
from addin_backend.model.send_folder import Lying, Written, kept_in
from addin_backend.model.sending import Draft
from addin_backend.ports import Outgoing

T = TypeVar("T")

_MAX_ACCOUNTS = 1000  # exchangelib's Account objects kept; all share one pool of connections
_WAIT_FOR_CONNECTION = 30.0  # seconds


class EwsMailbox:
    """Every mailbox behind one endpoint, through one service account that impersonates the sender.

    Thread-safe. At most ``max_connections`` requests run at once; further callers wait up to 30 s, then Unavailable.
    """

    def __init__(
        self,
        endpoint: str,
        credentials: Basic | TokenProvider,
        *,
        max_connections: int = 8,
        timeout: float = 60.0,
        version: Version | None = None,
    ) -> None:
        """``endpoint`` is the whole URL of Exchange.asmx; ``timeout`` is seconds for each request. Nothing is requested here."""
        quieten()
        properties.register()
        sign_in = SignIn(f"addin-backend {uuid.uuid4()}", credentials)
        self._config = configuration(endpoint, sign_in, max_connections, version)
        # exchangelib keys its protocol cache by (endpoint, credentials): ours goes in first, and every Account finds it.
        self._connection = Connection(config=self._config)
        self._free = threading.BoundedSemaphore(max_connections)
        self._timeout = timeout
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._accounts_lock = threading.Lock()
        self._folders = Folders()

    def close(self) -> None:
        """Close the connections and forget them in exchangelib's cache."""
        del Connection[self._config]
        self._connection.close()

    def answers(self, mailbox: str) -> bool:
        """Whether the mailbox is behind this endpoint. Raises Unavailable when that could not be learnt."""
        try:
            self._run(mailbox, lambda requests: requests.folder_id(distinguished("msgfolderroot", mailbox), "Inbox"))
        except NotYours:
            return False
        return True

    def fetch_draft(self, mailbox: str, item_id: str) -> tuple[Draft, bytes]:
        """The draft with its current change key, and its MIME. NotFound also for an item that is no draft (any more)."""

        def run(requests: Requests) -> tuple[Draft, bytes]:
            item = requests.get(item_id, "mime_content", "is_draft", "categories")
            if not item.is_draft:
                raise NotFound
            return Draft(item_id=item.id, change_key=item.changekey), with_categories(
                bytes(item.mime_content or b""), item.categories or ()
            )

        return self._run(mailbox, run)

    def disarm(self, mailbox: str, draft: Draft) -> Draft:
        """Move the recipients aside under the draft's change key.

        Raises Conflict when the draft changed, Unavailable when nothing was written, OutcomeUnknown when that could not be learnt.
        """
        written: list[bool] = []
        failed = Unavailable()
        for _ in range(2):  # the second time looks at what became of the first
            try:
                return self._run(mailbox, lambda requests: disarmed(requests, draft, lambda: written.append(True)))
            except Unavailable as error:
                failed = error
        raise OutcomeUnknown if written else failed

    def restore(self, mailbox: str, draft: Draft, only: Collection[str] | None = None) -> None:
        """Put the recipients back, or those in ``only``. Nothing happens when the draft is not disarmed; NotFound when it is gone."""
        self._run(mailbox, lambda requests: rearmed(requests, draft.item_id, only))

    def remove_draft(self, mailbox: str, draft: Draft) -> None:
        """Delete the draft for good; one that is gone already is done."""
        try:
            self._run(mailbox, lambda requests: requests.delete(draft.item_id))
        except NotFound:
            return

    def save(self, mailbox: str, outgoing: Outgoing) -> Draft:
        """Save a draft with our Message-ID and marker, unless one with the marker is there."""
        return self._save(mailbox, outgoing, distinguished(DRAFTS, mailbox), as_sent=False)

    def send(self, mailbox: str, saved: Draft, outgoing: Outgoing) -> None:
        """Send a saved draft with one POST. The folder of its sent copy is made before that.

        Raises OutcomeUnknown unless the server said clearly yes or no; NotFound may mean that it was sent before: look.
        """

        def run(requests: Requests) -> None:
            folder = self._folders.ensure(requests, mailbox, kept_in(outgoing.save_to)[0])
            requests.send(saved.item_id, saved.change_key, folder)

        try:
            self._run(mailbox, run)
        except Unavailable:
            self._folders.forget(mailbox)
            raise

    def was_sent(self, mailbox: str, outgoing: Outgoing) -> bool:
        """Whether it stands as sent in its folder. Found by marker or Message-ID: a server that drops one leaves the other."""

        def run(requests: Requests) -> bool:
            pairs = [(properties.MARKER, outgoing.marker), ("message_id", outgoing.message_id)]
            folders = [self._folders.find(requests, mailbox, name) for name in kept_in(outgoing.save_to)]
            return any(not item.is_draft for folder in folders if folder is not None for item in requests.find(folder, pairs, either=True))

        return self._run(mailbox, run)

    def sent_mime(self, mailbox: str, message_id: str, save_to: str) -> bytes:
        """The sent copy in its folder, by Message-ID. Raises NotFound."""

        def run(requests: Requests) -> bytes:
            folders = [self._folders.find(requests, mailbox, name) for name in kept_in(save_to)]
            pairs = [("message_id", message_id)]
            found = [item for folder in folders if folder is not None for item in requests.find(folder, pairs) if not item.is_draft]
            return next((mime for _, mime in requests.mimes([item.id for item in found[:1]])), b"") if found else b""

        mime = self._run(mailbox, run)
        if not mime:
            raise NotFound
        return mime

    def store_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Put one readable copy into Sent Items, marked as sent and read, unless one with the marker is there."""
        self._save(mailbox, outgoing, distinguished(SENT_ITEMS, mailbox), as_sent=True)

    def discard(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete the unsent copies with this marker from the drafts."""
        self._run(mailbox, lambda requests: _delete_marked(requests, distinguished(DRAFTS, mailbox), outgoing.marker))

    def remove_copy(self, mailbox: str, outgoing: Outgoing) -> None:
        """Delete the readable copies with this marker from Sent Items."""
        self._run(mailbox, lambda requests: _delete_marked(requests, distinguished(SENT_ITEMS, mailbox), outgoing.marker))

    def sent_since(self, mailbox: str, state: str, most: int) -> SentPage:
        """What came into Sent Items since ``state``. Raises NotFound when Exchange does not know the state any more."""
        return self._run(mailbox, lambda requests: sent_items.page(requests, mailbox, state, most))

    def read_sent(self, mailbox: str, entries: Sequence[SentEntry]) -> Mapping[str, bytes]:
        """The mails behind entries, by item id; one that is gone is left out."""
        return self._run(mailbox, lambda requests: sent_items.read(requests, entries))

    def put_note(self, mailbox: str, outgoing: Outgoing) -> None:
        """Put a note of ours into the Inbox, unread, unless one with the marker is there. Nothing is sent."""
        self._save(mailbox, outgoing, distinguished(INBOX, mailbox), as_sent=True, unread=True)

    def arrived_since(self, mailbox: str, state: str, most: int) -> ArrivedPage:
        """What came into the Inbox since ``state``. Raises NotFound when Exchange does not know the state any more."""
        return self._run(mailbox, lambda requests: inbox.page(requests, mailbox, state, most))

    def lying(self, mailbox: str, folder: str) -> tuple[Lying, ...]:
        """What lies in a folder of ours, which is made when it is not there."""
        return self._run(mailbox, lambda requests: send_folder.lying(requests, self._folders.ensure(requests, mailbox, folder)))

    def written(self, mailbox: str, item_id: str) -> Written:
        """A draft with all its recipients. NotFound also for an item that is no draft (any more)."""
        return self._run(mailbox, lambda requests: send_folder.written(requests, item_id))

    def move_item(self, mailbox: str, item_id: str, to: str) -> None:
        """Put an item into the drafts, the Inbox or a folder of ours. Raises NotFound."""
        self._run(mailbox, lambda requests: send_folder.moved(requests, self._folders, mailbox, item_id, to))

    def _save(self, mailbox: str, outgoing: Outgoing, folder: object, *, as_sent: bool, unread: bool = False) -> Draft:
        def look(requests: Requests) -> Draft | None:
            found = requests.find(folder, [(properties.MARKER, outgoing.marker)])
            return Draft(item_id=found[0].id, change_key=found[0].changekey) if found else None

        def run(requests: Requests) -> Draft:
            found = look(requests)
            if found is not None:
                return found
            item, mime = outgoing_item(requests.account, outgoing, as_sent=as_sent, unread=unread)
            try:
                item_id, change_key = requests.save(item, folder, mime)
            except Unavailable:
                found = look(requests)  # the answer may have been lost after it was saved
                if found is None:
                    raise
                return found
            return Draft(item_id=item_id, change_key=change_key)

        return self._run(mailbox, run)

    def _run(self, mailbox: str, work: Callable[[Requests], T]) -> T:
        if not self._free.acquire(timeout=_WAIT_FOR_CONNECTION):
            raise Unavailable
        try:
            return work(Requests(self._account(mailbox), self._timeout))
        finally:
            self._free.release()

    def _account(self, mailbox: str) -> Account:
        with self._accounts_lock:
            account = self._accounts.pop(mailbox, None)
            if account is None:
                account = Account(
                    primary_smtp_address=mailbox, config=self._config, autodiscover=False, access_type=IMPERSONATION,
                    default_timezone=UTC, locale="da_DK",
                )  # fmt: skip
            self._accounts[mailbox] = account
            while len(self._accounts) > _MAX_ACCOUNTS:
                self._accounts.popitem(last=False)
            return account


def _delete_marked(requests: Requests, folder: object, marker: str) -> None:
    for item in requests.find(folder, [(properties.MARKER, marker)]):
        with suppress(NotFound):
            requests.delete(item.id)
