"""What a send carries from the press of the button to its end. It is stored sealed only."""

from __future__ import annotations

import msgspec

from addin_backend.model.message import Message


class JobContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs to do its work. It is stored sealed only, and forgotten when the job is done."""

    message: Message
    protections: dict[str, str]
    language: str
    subject_sensitive: bool
    record: bytes
