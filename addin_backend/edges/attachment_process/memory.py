"""What was read a moment ago: the ways out of a check, and the send that follows it, read the same attachments again.

In memory only, for two minutes, within a bound; by digest, so that another content is never answered with it.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

LIFE = 120.0  # seconds from the check to the press that follows it
OUR_FAULT_LIFE = 15.0  # what we could not read in time may be tried again soon; one check must be told the same throughout
MAX_CHARACTERS = 32 * 1024 * 1024


def key_of(attachment: Attachment) -> bytes:
    """SHA-256 over all that the reading depends on."""
    digest = hashlib.sha256()
    for item in (attachment.name.encode("utf-8", "replace"), attachment.media_type.encode("utf-8", "replace"), attachment.content):
        digest.update(len(item).to_bytes(8, "big"))
        digest.update(item)
    return digest.digest()


class Memory:
    """Thread-safe. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, tuple[float, Extracted]] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def get(self, key: bytes, now: float) -> Extracted | None:
        """What is known, if it is not too old."""
        with self._lock:
            self._forget(now)
            found = self._kept.get(key)
        return found[1] if found and found[0] > now else None

    def keep(self, key: bytes, extracted: Extracted, now: float, *, ours: bool) -> None:
        """Remember. ``ours``: it says more about us than about the attachment."""
        size = len(extracted.text or "")
        with self._lock:
            self._drop(key)
            if size > MAX_CHARACTERS:
                return
            self._kept[key] = (now + (OUR_FAULT_LIFE if ours else LIFE), extracted)
            self._characters += size
            while self._characters > MAX_CHARACTERS:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        gone = self._kept.pop(key, None)
        self._characters -= len(gone[1].text or "") if gone else 0

    def _forget(self, now: float) -> None:
        for key in [key for key, (end, _) in self._kept.items() if end <= now]:
            self._drop(key)
