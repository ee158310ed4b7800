"""What exchangelib raises, said in our words. Its exceptions hold SOAP bodies and mail text, so none of them is kept or chained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from exchangelib import errors as ews

from addin_backend.edges.ews.adapter import NeverLeft, Refused
from addin_backend.errors import (
    BadInput,
    Conflict,
    MailboxFull,
    NotFound,
    OutcomeUnknown,
    SenderRefused,
    SendSecurelyError,
    SignInRefused,
    Unavailable,
    closed_to_us,
    too_large_for_exchange,
)

T = TypeVar("T")

_NOT_FOUND = (ews.ErrorItemNotFound, ews.ErrorInvalidIdMalformed, ews.ErrorInvalidIdEmpty, ews.ErrorInvalidId)
_CONFLICT = (ews.ErrorIrresolvableConflict, ews.ErrorStaleObject, ews.ErrorChangeKeyRequired, ews.ErrorChangeKeyRequiredForWriteOperations,
             ews.ErrorInvalidChangeKey)  # fmt: skip
_NOT_YOURS = (ews.ErrorAccessDenied, ews.ErrorImpersonateUserDenied, ews.ErrorImpersonationDenied, ews.ErrorNonExistentMailbox)
_TOO_LARGE = (ews.ErrorMessageSizeExceeded, ews.ErrorAttachmentSizeLimitExceeded)
_FULL = (ews.ErrorQuotaExceeded,)
_BAD_INPUT = (ews.ErrorInvalidRecipients, ews.ErrorMimeContentConversionFailed, ews.ErrorMimeContentInvalid,
              ews.ErrorMimeContentInvalidBase64String)  # fmt: skip
_REFUSED = (ews.ErrorServerBusy, ews.ErrorExceededConnectionCount, ews.ErrorSchemaValidation,
            ews.ErrorInvalidRequest, ews.ErrorFolderNotFound, ews.ErrorTooManyObjectsOpened, ews.UnauthorizedError,
            ews.ErrorInvalidSchemaVersionForMailboxVersion, Refused)  # fmt: skip
_LOST = (ews.ErrorTimeoutExpired, ews.ErrorInternalServerTransientError, OSError)
_CONTENT_TOO_LARGE = 413


def tell(error: BaseException, sending: bool) -> SendSecurelyError:
    """Our error for theirs. ``sending``: the request was a send, so that only a clear refusal means that nothing happened."""
    for kinds, ours in (
        (_NOT_FOUND, NotFound),
        (_CONFLICT, Conflict),
        (ews.ErrorSendAsDenied, SenderRefused),
        (_NOT_YOURS, closed_to_us),
        (_TOO_LARGE, too_large_for_exchange),
        (_FULL, MailboxFull),
        (ews.UnauthorizedError, SignInRefused),
        (_BAD_INPUT, BadInput),
    ):
        if isinstance(error, kinds):
            return ours()
    if isinstance(error, Refused) and error.status == _CONTENT_TOO_LARGE:
        return too_large_for_exchange()
    if never_left(error) or (isinstance(error, _REFUSED) and not _lost(error)):
        return Unavailable()
    return OutcomeUnknown() if sending else Unavailable()


def _lost(error: BaseException) -> bool:
    """exchangelib re-raises a lost answer as ErrorServerBusy: only one from the server itself is a refusal."""
    if isinstance(error, Refused):
        return False
    return any(isinstance(link, _LOST) for link in _chain(error)) or "Caused by closed connection" in str(error)


def never_left(error: BaseException) -> bool:
    """Whether the request never reached the server."""
    return any(isinstance(link, NeverLeft) for link in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in found:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


def said_by_us(call: Callable[[], T], sending: bool = False) -> T:
    """Run ``call``; whatever it raises becomes one of ours, raised afresh so that nothing of the original hangs on it."""
    failure: SendSecurelyError | None = None
    try:
        return call()
    except SendSecurelyError as ours:
        failure = ours.with_traceback(None)
    except Exception as error:  # noqa: BLE001 exchangelib puts SOAP bodies into any exception: none may pass
        failure = tell(error, sending)
    raise failure
