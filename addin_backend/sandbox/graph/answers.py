"""What goes back: JSON with a status, or an error as Graph writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_STATUS = {
    "ErrorItemNotFound": 404, "ErrorFolderNotFound": 404, "ErrorInvalidUser": 404, "MailboxNotEnabledForRESTAPI": 404, "UnknownPath": 404,
    "ErrorIrresolvableConflict": 412, "ErrorStaleObject": 412, "ErrorFolderExists": 409,
    "ErrorAccessDenied": 403, "ErrorSendAsDenied": 403, "ErrorImpersonateUserDenied": 403,
    "ErrorMessageSizeExceeded": 413, "RequestEntityTooLarge": 413, "ErrorQuotaExceeded": 507, "ErrorServerBusy": 503,
    "ErrorInternalServerError": 500, "ErrorInternalServerTransientError": 500, "ErrorTimeoutExpired": 504,
    "SyncStateNotFound": 410, "InvalidAuthenticationToken": 401, "TooManyRequests": 429,
}  # fmt: skip
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: ``drop`` breaks the connection instead."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


def json(status: int, content: Mapping[str, Any]) -> Reply:
    """An answer with its context, as every answer of Graph has."""
    return Reply(status, msgspec.json.encode({"@odata.context": CONTEXT, **content}))


def error(code: str, text: str, status: int = 0, headers: Mapping[str, str] | None = None) -> Reply:
    """An error as Graph writes it; the status follows from the code unless it is given."""
    body = {"error": {"code": code, "message": text, "innerError": {"request-id": "00000000-0000-0000-0000-000000000000"}}}
    return Reply(status or _STATUS.get(code, 400), msgspec.json.encode(body), headers=headers or {})
