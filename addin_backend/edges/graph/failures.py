"""What Graph answers when it does not do what it was asked, said in our words. Only its error code is read, never its text.

A send is special: unless Graph said clearly no, nobody knows. A gateway's 5xx, a 504 above all, has been seen on mail that left.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from addin_backend.errors import (
    BadInput,
    Conflict,
    MailboxFull,
    NotFound,
    NotYours,
    OutcomeUnknown,
    SenderRefused,
    SendSecurelyError,
    SignInRefused,
    TooLarge,
    Unavailable,
    WrongAudience,
    closed_to_us,
    too_large_for_exchange,
)

UNAUTHORISED, FORBIDDEN, NO_SUCH, TIMED_OUT, CONFLICT, STALE, TOO_LARGE = 401, 403, 404, 408, 409, 412, 413
THROTTLED, UNAVAILABLE, FULL = 429, 503, 507

_KINDS: tuple[tuple[frozenset[str], type[SendSecurelyError]], ...] = (
    (frozenset({"erroritemnotfound", "errorinvalididmalformed", "errorinvalididempty", "errorinvalidid"}), NotFound),
    (frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"}), NotFound),  # a state that is too old
    (frozenset({"errorirresolvableconflict", "errorstaleobject", "errorchangekeyrequired", "errorinvalidchangekey"}), Conflict),
    (frozenset({"errorsendasdenied"}), SenderRefused),
    (
        frozenset(
            ["erroraccessdenied", "errorimpersonateuserdenied", "errornonexistentmailbox", "errorinvaliduser",
             "mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi", "resourcenotfound", "request_resourcenotfound"]
        ),
        NotYours,
    ),
    (frozenset({"errormessagesizeexceeded", "errorattachmentsizelimitexceeded"}), TooLarge),
    (
        frozenset({"errorinvalidrecipients", "errormimecontentinvalid", "errormimecontentinvalidbase64string",
                   "errormimecontentconversionfailed"}),
        BadInput,
    ),
)  # fmt: skip
_AS_SAID: dict[type[SendSecurelyError], Callable[[], SendSecurelyError]] = {TooLarge: too_large_for_exchange, NotYours: closed_to_us}
_QUOTA = frozenset({"errorquotaexceeded", "errormailboxquotaexceeded", "errorsubmissionquotaexceeded"})
_WRONG_TOKEN = frozenset({"invalidauthenticationtoken", "errorinvalidaudience"})


class _Error(msgspec.Struct):
    code: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Error


def code_of(body: bytes) -> str:
    """Graph's error code in lower case; "" when the body is not Graph's (a proxy's page, a bare status)."""
    try:
        return msgspec.json.decode(body, type=_ErrorBody).error.code.lower()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def tell(status: int, body: bytes, sending: bool) -> SendSecurelyError:
    """Our error for an answer that is not the documented success."""
    code = code_of(body) if status >= 400 else ""  # only a refusal has a code that counts
    for codes, ours in _KINDS:
        if code in codes:
            return _AS_SAID.get(ours, ours)()
    if code in _QUOTA or status == FULL:
        return MailboxFull()
    if status == UNAUTHORISED:
        return WrongAudience() if code in _WRONG_TOKEN else SignInRefused()
    if status in (CONFLICT, STALE):
        return Conflict()
    if status == TOO_LARGE:
        return too_large_for_exchange()
    refused = 400 <= status < 500 and status != TIMED_OUT
    return OutcomeUnknown() if sending and not refused else Unavailable()
