"""What Graph answers when it does not do what it was asked, said in our words. Only its error code is read, never its text.

A send is special: unless Graph said clearly no, nobody knows. A gateway's 5xx, a 504 above all, has been seen on mail that left.
"""

from __future__ import annotations

import msgspec

from addin_backend.errors import BadInput, Conflict, NotFound, NotYours, OutcomeUnknown, SendSecurelyError, TooLarge, Unavailable

UNAUTHORISED, FORBIDDEN, NO_SUCH, TIMED_OUT, CONFLICT, STALE, TOO_LARGE = 401, 403, 404, 408, 409, 412, 413
THROTTLED, UNAVAILABLE, FULL = 429, 503, 507

_KINDS: tuple[tuple[frozenset[str], type[SendSecurelyError]], ...] = (
    (frozenset({"erroritemnotfound", "errorinvalididmalformed", "errorinvalididempty", "errorinvalidid"}), NotFound),
    (frozenset({"errorirresolvableconflict", "errorstaleobject", "errorchangekeyrequired", "errorinvalidchangekey"}), Conflict),
    (
        frozenset(
            ["erroraccessdenied", "errorsendasdenied", "errorimpersonateuserdenied", "errornonexistentmailbox", "errorinvaliduser",
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
            return too_large() if ours is TooLarge else ours()
    if code in _QUOTA or status == FULL:
        return mailbox_full()
    if status == UNAUTHORISED:
        return not_admitted(code)
    if status in (CONFLICT, STALE):
        return Conflict()
    if status == TOO_LARGE:
        return too_large()
    refused = 400 <= status < 500 and status != TIMED_OUT
    return OutcomeUnknown() if sending and not refused else Unavailable()


def too_large() -> TooLarge:
    """Over what Graph takes. The secure page is a way out: its notification is small."""
    return TooLarge(
        "The mail has not been sent: sealed, it is larger than Exchange Online takes from us.",
        sentence_da="Mailen er ikke sendt: krypteret er den større, end Exchange Online tager imod fra os.",
        next_step="Send it through the secure page, or make the largest attachment smaller.",
        next_step_da="Send den via sikker side, eller gør den største vedhæftning mindre.",
    )


def mailbox_full() -> Unavailable:
    """The sender's mailbox, or what it may send in a day, is used up."""
    return Unavailable(
        "The mail has not been sent and your draft is unchanged. Your mailbox is full, or has sent all that it may for now.",
        sentence_da="Mailen er ikke sendt, og din kladde er uændret. Din postkasse er fuld eller har sendt alt, hvad den må for nu.",
        next_step="Delete something large and try again, or ask your administrator.",
        next_step_da="Slet noget stort, og prøv igen, eller spørg din administrator.",
    )


def not_admitted(code: str) -> Unavailable:
    """Our own sign-in failed: not the sender's fault, and nothing has happened."""
    wrong = code in _WRONG_TOKEN
    return Unavailable(
        "The mail has not been sent and your draft is unchanged. Exchange does not accept our sign-in.",
        sentence_da="Mailen er ikke sendt, og din kladde er uændret. Exchange godtager ikke vores login.",
        next_step="An administrator must look at the token's audience (Graph or Exchange)."
        if wrong
        else "An administrator must look at the application's permissions in Entra ID.",
        next_step_da="En administrator skal se på, hvem tokenet er til (Graph eller Exchange)."
        if wrong
        else "En administrator skal se på applikationens tilladelser i Entra ID.",
    )
