"""The processes that read attachments, as the settings say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from addin_backend.edges.attachment_process.pool import AttachmentProcesses
from addin_backend.evidence.extraction.reader import Reader
from addin_backend.model.extracted import Extracted
from addin_backend.model.message import Attachment
from addin_backend.settings import Settings

MODULE = "addin_backend.bootstrap.read_attachments"
PATIENT = 120.0  # seconds for the attachments of a mail on the command line, where nobody waits before a send
NO_RECOGNITION = "off"


def tesseract_path(settings: Settings) -> str:
    """Where tesseract is, or "" when there is none or none is wanted."""
    if settings.tesseract == NO_RECOGNITION:
        return ""
    return settings.tesseract or shutil.which("tesseract") or ""


@contextmanager
def open_reader(settings: Settings, *, seconds: float | None = None, warm: bool = False) -> Iterator[Reader]:
    """Reads the attachments of one mail within ``seconds`` (none: the setting), in processes that are stopped afterwards.

    They are started by the first attachment, or at once with ``warm``.
    """
    processes = AttachmentProcesses(MODULE, (tesseract_path(settings),), processes=settings.attachment_processes)
    budget = settings.attachment_seconds if seconds is None else seconds

    def read(attachments: Sequence[Attachment]) -> Sequence[Extracted]:
        return processes.read(attachments, budget)

    try:
        if warm:
            processes.warm()
        yield read
    finally:
        processes.close()
