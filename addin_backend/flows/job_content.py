"""What a send carries from the press of the button to its end. It is stored sealed only."""

from __future__ import annotations

import msgspec

from addin_backend.model.access import Access
from addin_backend.model.message import Message
from addin_backend.model.past import SendersAnswer


class JobContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs to do its work. It is stored sealed only, and forgotten when the job is done.

    ``access`` is how the recipients of links open them, by address; an agreed code is digested already.
    ``confirmed``, ``reasons`` and ``answers`` are what the sender said about this very mail, and ``sensitivity`` is what the mail was
    checked with (the draft's own may be added to ``message``), for the day it has to be decided again.
    """

    message: Message
    protections: dict[str, str]
    language: str
    subject_sensitive: bool
    record: bytes
    sensitivity: str | None = None  # of a send that was accepted before this was kept: as the message says
    confirmed: tuple[str, ...] = ()
    reasons: dict[str, str] = {}
    answers: dict[str, SendersAnswer] = {}
    access: dict[str, Access] = {}
