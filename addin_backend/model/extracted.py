"""What was read of an attachment."""

from __future__ import annotations

import msgspec


class Extracted(msgspec.Struct, frozen=True):
    """``reason`` is "" when all was read; else a word of UnreadablePart, and ``text`` holds what could be read, or None.

    ``inside`` names the file within the attachment that the reason is about ("" for the attachment itself): for the sender only.
    ``notes`` are words about what is no text: "macros".
    """

    text: str | None
    reason: str
    inside: str = ""
    notes: tuple[str, ...] = ()
