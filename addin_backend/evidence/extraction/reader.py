"""How the recognisers come by the text of attachments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment

Reader = Callable[[Sequence[Attachment]], Sequence[Extracted]]
"""Reads attachments, in order. Never raises."""


def read_here(attachments: Sequence[Attachment]) -> Sequence[Extracted]:
    """``Reader`` in this very process, without limits of time and memory: for tests and tools, never for mail from outside."""
    from addin_backend.evidence.extraction.attachment import extract  # here: the libraries of formats are loaded where they are used

    return [extract(item) for item in attachments]
