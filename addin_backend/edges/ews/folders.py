"""The folders that we use, by id: well-known ones, and our own for sealed copies, made when it is first needed."""

from __future__ import annotations

import threading
from typing import Any

from exchangelib import Mailbox
from exchangelib.properties import DistinguishedFolderId, FolderId

from addin_backend.edges.ews.requests import Requests
from addin_backend.errors import Unavailable

SENT_ITEMS = "sentitems"
DRAFTS = "drafts"
INBOX = "inbox"
_TOP = "msgfolderroot"


def distinguished(name: str, mailbox: str) -> DistinguishedFolderId:
    """A well-known folder of a mailbox; no request is needed for it."""
    return DistinguishedFolderId(id=name, mailbox=Mailbox(email_address=mailbox))


class Folders:
    """Remembers the ids of our own folders. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], FolderId] = {}

    def find(self, requests: Requests, mailbox: str, name: str) -> Any:
        """The folder, or None when the mailbox has none of that name."""
        if name == SENT_ITEMS:
            return distinguished(SENT_ITEMS, mailbox)
        with self._lock:
            known = self._known.get((mailbox, name))
        return known or self._remember(mailbox, name, requests.folder_id(distinguished(_TOP, mailbox), name))

    def ensure(self, requests: Requests, mailbox: str, name: str) -> Any:
        """The folder, made when it is not there. Raises Unavailable."""
        found = self.find(requests, mailbox, name)
        if found is None:
            made = requests.make_folder(distinguished(_TOP, mailbox), name)
            found = self._remember(mailbox, name, made) or self.find(requests, mailbox, name)
        if found is None:
            raise Unavailable
        return found

    def forget(self, mailbox: str) -> None:
        """The mailbox's folders may have been moved or deleted: look again next time."""
        with self._lock:
            self._known = {key: folder for key, folder in self._known.items() if key[0] != mailbox}

    def _remember(self, mailbox: str, name: str, folder: FolderId | None) -> FolderId | None:
        if folder is not None:
            with self._lock:
                self._known[mailbox, name] = folder
        return folder
