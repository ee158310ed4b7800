"""Our own folders for sealed copies, by id, made when they are first needed."""

from __future__ import annotations

import threading

from addin_backend.edges.graph.requests import SENT_ITEMS, Requests
from addin_backend.errors import Unavailable


class Folders:
    """Remembers the ids of our own folders. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Lock()
        self._ids: dict[tuple[str, str], str] = {}

    def find(self, requests: Requests, mailbox: str, name: str) -> str | None:
        """The folder, or None when the mailbox has none of that name."""
        if name == SENT_ITEMS:
            return SENT_ITEMS
        with self._lock:
            known = self._ids.get((mailbox, name))
        return known or self._remember(mailbox, name, requests.folder_id(name))

    def ensure(self, requests: Requests, mailbox: str, name: str) -> str:
        """The folder, made when it is not there. Raises Unavailable."""
        found = self.find(requests, mailbox, name)
        if found is None:
            found = self._remember(mailbox, name, requests.make_folder(name)) or self.find(requests, mailbox, name)
        if found is None:
            raise Unavailable
        return found

    def known(self, mailbox: str) -> tuple[str, ...]:
        """The names of the folders that have been used in this mailbox since the start."""
        with self._lock:
            return tuple(name for owner, name in self._ids if owner == mailbox)

    def forget(self, mailbox: str) -> None:
        """The mailbox's folders may have been moved or deleted: look again next time."""
        with self._lock:
            self._ids = {key: folder for key, folder in self._ids.items() if key[0] != mailbox}

    def _remember(self, mailbox: str, name: str, folder: str | None) -> str | None:
        if folder is not None:
            with self._lock:
                self._ids[mailbox, name] = folder
        return folder
