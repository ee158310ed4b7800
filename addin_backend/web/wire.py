"""The JSON of the add-in's API, both ways. The shapes are a contract with the add-in (and with the playground, which is one)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from addin_backend.errors import BadInput, SendSecurelyError
from addin_backend.flows.changes import Applied
from addin_backend.flows.present import decision_view
from addin_backend.model.access import AgreedCode, Given, KnownNumber, SaidBy, TypedNumber
from addin_backend.model.decision import Action, Decision, Texts
from addin_backend.model.draft_input import DraftInput
from addin_backend.model.message import Message, RecipientKind
from addin_backend.model.sending import Left, SendJob, SendState
from addin_backend.web.send_reasons import reason_for
from addin_backend.web.services import Checked, SendAnswer

T = TypeVar("T")

Language = Literal["da", "en"]
Key = Annotated[str, msgspec.Meta(min_length=8, max_length=128, pattern=r"^[A-Za-z0-9._:-]+$")]
Code = Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[A-Z]{2}-[0-9]{2}(?::.+)?$")]  # of a rule, or "CODE:address"
Reason = Annotated[str, msgspec.Meta(min_length=10, max_length=1000)]
Address = Annotated[str, msgspec.Meta(max_length=400)]
MOST_ACCESS = 50  # each agreed code takes a fifth of a second to digest
Digest = Annotated[str, msgspec.Meta(max_length=128)]

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_NAMED_FIELD = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]*)`")


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a recipient is, and in which country (ISO 3166-1 alpha-2) the mail is read."""

    role: Literal["organisation", "private_person"]
    country: Annotated[str, msgspec.Meta(pattern=r"^(?:[A-Z]{2}|unknown)$")] = "unknown"


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="code"):
    """A code that the sender says on the telephone: eight letters or digits or more; case, blanks and hyphens do not count."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class NumberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sms"):
    """A number that gets a code by text message: E.164, or eight Danish digits; and who says that it is the recipient's."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    said_by: Literal["recipient", "own_records", "other"]


class KnownIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="known_sms"):
    """The number that the check showed under this ``ref``."""

    ref: Annotated[str, msgspec.Meta(max_length=64)]


class CheckBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/v1/check``. ``confirmed_for`` is the digest of the decision that asked for ``confirmed``.

    ``reasons`` are by code or "CODE:address", each for a confirmation; ``answers`` by address.
    """

    mailbox: str
    draft: DraftInput
    language: Language = "da"
    confirmed: list[Code] = []
    confirmed_for: Digest = ""
    reasons: dict[Code, Reason] = {}
    answers: dict[Address, AnswerIn] = {}
    secure: bool = False


class SendBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/v1/send``. ``idempotency_key`` is made once per compose window; ``access`` by address, for those who get a link."""

    idempotency_key: Key
    mailbox: str
    draft: DraftInput
    language: Language = "da"
    confirmed: list[Code] = []
    confirmed_for: Digest = ""
    reasons: dict[Code, Reason] = {}
    answers: dict[Address, AnswerIn] = {}
    access: Annotated[dict[Address, CodeIn | NumberIn | KnownIn], msgspec.Meta(max_length=MOST_ACCESS)] = {}
    secure: bool = True


class ApplyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST /api/v1/apply``: a way out, as the check offered it, and the draft that it was offered for."""

    mailbox: str
    draft: DraftInput
    change: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}$")]
    recipients: list[str] = []
    parts: list[Annotated[int, msgspec.Meta(ge=0)]] = []


class PersonOut(msgspec.Struct, frozen=True):
    """One recipient of a changed draft."""

    address: str
    name: str


class KeptOut(msgspec.Struct, frozen=True):
    """An attachment that stays: ``part`` is its index in the draft that was sent in, ``base64`` its new content or null when unchanged."""

    part: int
    name: str
    base64: bytes | None


class DraftOut(msgspec.Struct, frozen=True):
    """What a draft holds after a change. What is not named here (format, importance, sender) is as it was."""

    to: tuple[PersonOut, ...]
    cc: tuple[PersonOut, ...]
    bcc: tuple[PersonOut, ...]
    subject: str
    body: str
    attachments: tuple[KeptOut, ...]


class GroupOut(msgspec.Struct, frozen=True):
    """How far one sealed copy has come."""

    protection: str
    addresses: tuple[str, ...]
    state: str


class ReasonOut(msgspec.Struct, frozen=True):
    """Why somebody did not get the mail, and what to do."""

    why: Texts
    next_step: Texts


class JobOut(msgspec.Struct, frozen=True):
    """How far a send has come. ``reason`` where somebody certainly did not get it; ``draft_waits``: nothing was sent, and the draft in the
    mailbox is still without its recipients, which it gets as soon as Exchange answers.
    """

    job_id: str
    state: str
    error_code: str
    groups: tuple[GroupOut, ...]
    reason: ReasonOut | None = None
    draft_waits: bool = False


class WaitingOut(msgspec.Struct, frozen=True):
    """One recipient of a mail that waits for a secure connection, or did. ``may_ask``: the secure page can be had instead now.

    ``state``: waiting, asked, handed_over, not_withdrawn, sending, sent, not_sent, void, delivered, withdrawn, failed, both.
    """

    address: str
    state: str
    since: datetime
    may_ask: bool


class ErrorOut(msgspec.Struct, frozen=True):
    """The one error shape of the API."""

    code: str
    sentence: Texts
    next_step: Texts
    field: str | None
    request_id: str


def field_of(error: msgspec.ValidationError) -> str | None:
    """The path of the wrong field as a person would write it: ``$.draft.to[0].address`` becomes ``draft.to[0].address``."""
    match = _PLACE.match(str(error))
    path = ((match["path"] or "$") if match else "$").removeprefix("key` in `")
    named = _NAMED_FIELD.search(str(error))
    if named:
        path += "." + named["name"][:80]
    return path.removeprefix("$").lstrip(".") or None


def decode(body: bytes, shape: type[T]) -> T:
    """``body`` as ``shape``. Raises BadInput naming the field; the words never quote what was sent."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise BadInput(field=field_of(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadInput("The request is not JSON that we can read.", sentence_da="Forespørgslen er ikke JSON, som vi kan læse.") from None


def decision_out(decision: Decision) -> dict[str, Any]:
    """The decision as the API shows it: the command line's JSON and the digest it is bound to."""
    return {**decision_view(decision), "digest": decision.digest}


# While a mail is being written nothing is refused yet: what will happen when it is sent. At most 150 characters (Outlook's info bar).
_HINTS = {
    Action.PROTECT: Texts(da="Mailen bliver beskyttet, når du sender den.", en="The mail will be protected when you send it."),
    Action.CONFIRM: Texts(
        da="Du bliver bedt om at bekræfte noget, når du sender mailen.", en="You will be asked to confirm something when you send the mail."
    ),
    Action.BLOCK: Texts(
        da="Mailen kan ikke sendes, som den er nu. Åbn Send sikkert, og se hvorfor.",
        en="The mail cannot be sent as it is now. Open Send securely to see why.",
    ),
}


def hinted_out(decision: Decision) -> dict[str, Any]:
    """The decision about a mail that is still being written, told as what is to come."""
    return {**decision_out(decision), "headline": _HINTS.get(decision.action, decision.headline), "ticket": None, "phones": {}}


def checked_out(checked: Checked) -> dict[str, Any]:
    """The answer of a check. ``ticket`` is the header that the client sets before the mail leaves, or null."""
    ticket = {"header": checked.ticket.header, "value": checked.ticket.value} if checked.ticket else None
    return {**decision_out(checked.decision), "ticket": ticket, "phones": checked.phones}


def given(access: Mapping[str, CodeIn | NumberIn | KnownIn]) -> dict[str, Given]:
    """How recipients open the secure page, as the flow takes it; addresses in lower case."""
    return {address.strip().lower(): _given(item) for address, item in access.items()}


def _given(item: CodeIn | NumberIn | KnownIn) -> Given:
    if isinstance(item, CodeIn):
        return AgreedCode(item.code)
    return TypedNumber(item.number, SaidBy(item.said_by)) if isinstance(item, NumberIn) else KnownNumber(item.ref)


def draft_out(before: Message, after: Applied) -> DraftOut:
    """A changed draft, told as what differs from the one that was sent in."""
    pairs = zip(after.kept, after.message.attachments, strict=True)
    kept = tuple(
        KeptOut(part, item.name, item.content if item.content != before.attachments[part].content else None) for part, item in pairs
    )

    def people(kind: RecipientKind) -> tuple[PersonOut, ...]:
        return tuple(PersonOut(item.address, item.display_name) for item in after.message.recipients if item.kind is kind)

    to, cc, bcc = (people(kind) for kind in (RecipientKind.TO, RecipientKind.CC, RecipientKind.BCC))
    return DraftOut(to, cc, bcc, after.message.subject, after.message.body, kept)


def send_out(answer: SendAnswer) -> dict[str, Any]:
    """The answer of a send: accepted and durable, or not sent (confirm or block)."""
    decision = decision_out(answer.decision)
    if answer.job is None:
        return {"outcome": "not_sent", "decision": decision}
    return {"outcome": "accepted", "job": job_out(answer.job), "decision": decision}


def job_out(job: SendJob) -> JobOut:
    """The job as the API shows it."""
    groups = tuple(GroupOut(group.protection, group.addresses, group.state) for group in job.groups)
    found = reason_for(job.error_code) if job.state in (SendState.NOT_SENT, SendState.PARTLY_SENT) else None
    waits = job.state is SendState.NOT_SENT and job.draft is not None and Left.DRAFT in job.left
    return JobOut(job.job_id, job.state, job.error_code, groups, ReasonOut(found.why, found.next_step) if found else None, waits)


def error_out(error: SendSecurelyError, request_id: str) -> dict[str, ErrorOut]:
    """The one error shape."""
    sentence = Texts(da=error.sentence_da, en=error.sentence)
    next_step = Texts(da=error.next_step_da, en=error.next_step)
    return {"error": ErrorOut(error.code, sentence, next_step, error.field, request_id)}
