"""Upload sessions for large attachments: pieces in order, to an address that carries its own right."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field

from addin_backend.model.item_ids import ews_id
from addin_backend.sandbox.exchange import items
from addin_backend.sandbox.exchange.errors import EwsError
from addin_backend.sandbox.graph import messages, schema
from addin_backend.sandbox.graph.answers import Reply, json
from addin_backend.sandbox.graph.context import Request, Violation

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_MOST = 150 * 1024 * 1024
_PIECE = 4 * 1024 * 1024


@dataclass(slots=True)
class Upload:
    """One attachment on its way."""

    request: Request
    item_id: str
    described: schema.AttachmentItem
    content: bytearray = field(default_factory=bytearray)


class Uploads:
    """The sessions of one simulator, in memory: a restart forgets them, as Graph forgets those that expire."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}

    def create(self, request: Request, item_id: str) -> Reply:
        """A session for one attachment of 3 to 150 MB."""
        described = request.json(schema.NewUpload).item
        item = request.item(item_id)
        if described.attachment_type != "file" or not 0 < described.size <= _MOST:
            raise EwsError("ErrorAttachmentSizeLimitExceeded", "The attachment is not of a size that can be uploaded.")
        key = secrets.token_hex(16)
        with self._lock:
            self._open[key] = Upload(request, item.id, described)
        address = f"{request.base}/upload/{key}"
        return json(201, {"uploadUrl": address, "expirationDateTime": "2099-01-01T00:00:00Z", "nextExpectedRanges": ["0-"]})

    def piece(self, key: str, content_range: str, content: bytes) -> Reply:
        """The next piece; the last one hangs the attachment on the message."""
        with self._lock:
            upload = self._open.get(key)
        if upload is None:
            raise EwsError("ErrorItemNotFound", "The upload session was not found.")
        found = _RANGE.fullmatch(content_range)
        if found is None or len(content) > _PIECE:
            raise Violation("the piece has no Content-Range, or is too large")
        start, end, total = (int(part) for part in found.groups())
        if (start, total) != (len(upload.content), upload.described.size) or end - start + 1 != len(content):
            raise Violation("the piece does not fit")
        upload.content += content
        if len(upload.content) < total:
            return json(200, {"nextExpectedRanges": [f"{len(upload.content)}-"]})
        self._finish(key, upload)
        return Reply(201)

    def _finish(self, key: str, upload: Upload) -> None:
        with self._lock:
            del self._open[key]
        described = upload.described
        attachment = schema.FileAttachment(
            name=described.name, content_type=described.content_type or "application/octet-stream", content_bytes=bytes(upload.content),
            is_inline=described.is_inline, content_id=described.content_id,
        )  # fmt: skip
        with upload.request.call.store.transaction():
            messages.add(upload.request, items.get(upload.request.call, ews_id(upload.item_id)), attachment)
