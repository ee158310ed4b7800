"""The faults that the page offers: each with the operation that it hits on either API, so that the same trouble can be had on both.

What the employee sees of each stands here too; tests/browser/fault_walk.py goes through all of them and holds the page to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from addin_backend.model.decision import Texts
from addin_backend.model.routing import Transport
from addin_backend.sandbox.exchange.context import GRAPH_REQUEST_BYTES, MAX_MESSAGE_BYTES
from addin_backend.sandbox.exchange.faults import FOR_GOOD

SLOW = 5.0  # seconds; shorter than what a request may take
LATE = 2.0  # seconds
TIMES = {"1": 1, "3": 3, "always": FOR_GOOD}
SENT, UNCERTAIN, UNDER_WAY = "sent", "uncertain", "under_way"


@dataclass(frozen=True, slots=True)
class Offered:
    """One fault. ``operations`` names what is hit on each API; an API that is not named does not have it. ``codes`` are an API's own.

    ``once`` and ``always`` are how a send ends that meets it the next time or each time: SENT, UNCERTAIN, UNDER_WAY (for minutes), or the
    error's code of a mail that is not sent; ``always_over`` where one transport differs.
    """

    name: str
    text: Texts
    operations: dict[Transport, str]
    kind: str
    more: dict[str, Any] = field(default_factory=dict)
    codes: dict[Transport, str] = field(default_factory=dict)
    once: str = SENT
    always: str = SENT
    always_over: dict[Transport, str] = field(default_factory=dict)

    def end(self, transport: Transport, times: str) -> str:
        """How a send over ``transport`` ends, the fault being set for ``times``."""
        return self.once if times == "1" else self.always_over.get(transport, self.always)

    def plan(self, transport: Transport, mailbox: str, times: int = 1) -> dict[str, Any]:
        """What the simulator is told. ``mailbox`` "" is any. Outlook's own requests are left alone: the fault is for the service."""
        own = {"code": self.codes[transport]} if transport in self.codes else {}
        count = times * int(self.more.get("count", 1))
        told = {"operation": self.operations[transport], "kind": self.kind, "mailbox": mailbox, "api": transport.value, "service": True}
        return {**told, **self.more, **own, "count": count}

    def is_planned(self, fault: Mapping[str, Any]) -> bool:
        """Whether the simulator's ``fault`` is this one, however often it is still to be met."""
        transport = Transport(fault["api"]) if fault["api"] in set(Transport) else None
        if transport not in self.operations:
            return False
        wanted = self.plan(transport, fault["mailbox"])
        return all(fault[name] == value for name, value in wanted.items() if name != "count")


_SEND = {Transport.EWS: "SendItem", Transport.GRAPH: "SendMessage"}
_SAVE = {Transport.EWS: "CreateItem", Transport.GRAPH: "CreateMessage"}
_READ = {Transport.EWS: "GetItem", Transport.GRAPH: "GetMessage"}
_WRITE = {Transport.EWS: "UpdateItem", Transport.GRAPH: "UpdateMessage"}
_LOOK = {Transport.EWS: "FindItem", Transport.GRAPH: "ListMessages"}
_ANY = {Transport.EWS: "*", Transport.GRAPH: "*"}

FAULTS = (
    Offered(
        "lost_answer",
        Texts(da="Mailen sendes, men svaret går tabt", en="The mail is sent, but the answer is lost"),
        _SEND,
        "drop_after_commit",
    ),
    Offered(
        "lost_request",
        Texts(da="Forbindelsen brydes, før mailen sendes", en="The connection breaks before it is sent"),
        _SEND,
        "drop_before",
        always="unavailable",
    ),
    Offered(
        "gateway",
        Texts(da="Mailen sendes, men svaret er 504", en="The mail is sent, but the answer is 504"),
        _SEND,
        "http_after_commit",
        {"status": 504},
    ),
    Offered(
        "unavailable",
        Texts(da="Svaret er 503, og intet er sendt", en="The answer is 503, and nothing is sent"),
        _SEND,
        "http",
        {"status": 503},
        always="unavailable",
    ),
    Offered(
        "away",
        Texts(da="Mailen sendes, og så svarer Exchange slet ikke mere", en="The mail is sent, and then Exchange does not answer at all"),
        _SEND,
        "away_after_commit",
        once=UNCERTAIN,
        always=UNCERTAIN,
    ),
    Offered(
        "internal",
        Texts(da="Fejl i Exchange under afsendelsen", en="An error in Exchange during the send"),
        _SEND,
        "fault",
        always="unavailable",
    ),
    Offered("slow", Texts(da="Exchange er længe om at sende", en="Exchange takes long to send"), _SEND, "delay", {"seconds": SLOW}),
    Offered(
        "late_answer",
        Texts(da="Mailen sendes straks, men svaret kommer sent", en="The mail is sent at once, but the answer comes late"),
        _SEND,
        "delay_after_commit",
        {"seconds": LATE},
    ),
    Offered("busy_send", Texts(da="For travlt til at sende nu", en="Too busy to send now"), _SEND, "server_busy", always="unavailable"),
    Offered(
        "busy_look",
        Texts(da="For travlt til at svare (to gange)", en="Too busy to answer (twice)"),
        _LOOK,
        "server_busy",
        {"count": 2},
        always="unavailable",
        always_over={Transport.GRAPH: UNDER_WAY},
    ),
    Offered(
        "not_yet",
        Texts(da="Kladden er ikke synkroniseret endnu", en="The draft has not been synchronised yet"),
        _READ,
        "item_not_found_first_n",
        always_over={Transport.GRAPH: UNCERTAIN},
    ),
    Offered(
        "changed",
        Texts(da="Kladden er ændret imens", en="The draft has changed meanwhile"),
        _WRITE,
        "error",
        {"code": "ErrorIrresolvableConflict"},
        once="conflict",
        always="conflict",
    ),
    Offered(
        "full",
        Texts(da="Postkassen er fuld", en="The mailbox is full"),
        _SAVE,
        "error",
        {"code": "ErrorQuotaExceeded"},
        once="mailbox_full",
        always="mailbox_full",
    ),
    Offered(
        "too_large",
        Texts(da="Mailen er for stor", en="The mail is too large"),
        _SAVE,
        "error",
        {"code": "ErrorMessageSizeExceeded"},
        once="too_large",
        always="too_large",
    ),
    Offered(
        "refused",
        Texts(da="Postkassen må vi ikke bruge", en="We may not use the mailbox"),
        _READ,
        "error",
        {"code": "ErrorAccessDenied"},
        once="not_yours",
        always="not_yours",
    ),
    Offered(
        "send_as",
        Texts(da="Afsenderen må ikke bruges", en="The sender may not be used"),
        _SEND,
        "error",
        {"code": "ErrorSendAsDenied"},
        once="sender_refused",
        always="sender_refused",
    ),
    Offered(
        "claims",
        Texts(da="Exchange vil have et nyt token", en="Exchange wants a new token"),
        _ANY,
        "claims_challenge",
        always="sign_in_refused",
    ),
    Offered(
        "audience",
        Texts(da="Tokenet er til den anden", en="The token is for the other one"),
        _ANY,
        "wrong_audience",
        once="sign_in_refused",
        always="sign_in_refused",
    ),
    Offered(
        "no_role",
        Texts(da="Programmet har ikke rollen til postkasser", en="The application lacks the role for mailboxes"),
        _ANY,
        "fault",
        {"code": "ErrorImpersonateUserDenied"},
        once="not_yours",
        always="not_yours",
    ),
    Offered(
        "schema",
        Texts(
            da="Exchange afviser forespørgslens form, med linje og plads",
            en="Exchange refuses the form of the request, with line and position",
        ),
        _SAVE,
        "schema_violation",
        always="unavailable",
    ),
    Offered(
        "connections",
        Texts(da="For mange forbindelser på én gang", en="Too many connections at once"),
        {Transport.EWS: "SendItem"},
        "fault",
        {"code": "ErrorExceededConnectionCount"},
        always="unavailable",
    ),
    Offered(
        "request_too_large",
        Texts(da="Forespørgslen er for stor (413)", en="The request is too large (413)"),
        {Transport.GRAPH: "CreateMessage"},
        "error",
        {"code": "RequestEntityTooLarge"},
        once="too_large",
        always="too_large",
    ),
    Offered(
        "corrupt_mime",
        Texts(da="Exchange giver kun noget af kladden", en="Exchange gives only some of the draft"),
        {Transport.EWS: "GetItem", Transport.GRAPH: "GetMime"},
        "corrupt_mime",
        once="draft_unreadable",
        always="draft_unreadable",
    ),
    Offered(
        "deleted",
        Texts(da="Kladden er slettet imens", en="The draft has been deleted meanwhile"),
        _WRITE,
        "item_not_found_first_n",
        once="not_found",
        always="not_found",
    ),
    Offered(
        "sync_lost",
        Texts(da="Exchange har glemt, hvor langt Sendt post er læst", en="Exchange has forgotten how far Sent Items was read"),
        {Transport.EWS: "SyncFolderItems", Transport.GRAPH: "Delta"},
        "error",
        codes={Transport.EWS: "ErrorInvalidSyncStateData", Transport.GRAPH: "SyncStateNotFound"},
    ),
    Offered(
        "silent",
        Texts(da="Svaret er 200, men intet er sendt", en="The answer is 200, but nothing is sent"),
        {Transport.GRAPH: "SendMessage"},
        "accepted_not_done",
        always="unavailable",
    ),
)
BY_NAME = {offered.name: offered for offered in FAULTS}
SILENT_FROM = 2240 * 1024  # octets
SMALL = 64 * 1024  # octets


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting of the simulator with its two positions."""

    text: Texts
    on: Any
    off: Any


SWITCHES = {
    "tls_offered": Switch(
        Texts(
            da="Modtagernes servere tilbyder en sikker forbindelse (ellers venter mail, der er lovet den, i køen)",
            en="The recipients' servers offer a secure connection (else mail that was promised one waits in the queue)",
        ),
        on=True,
        off=False,
    ),
    "withdrawal_answers": Switch(
        Texts(da="Køen siger, om en mail er trukket tilbage", en="The queue says whether a mail was withdrawn"), on=True, off=False
    ),
    "arrives_first": Switch(
        Texts(da="En mail når frem, lige før den trækkes tilbage", en="A mail arrives just before it is withdrawn"), on=True, off=False
    ),
    "ews_enabled": Switch(Texts(da="EWS er slået til i tenanten", en="EWS is on in the tenant"), on=True, off=False),
    "graph_silent_bytes": Switch(
        Texts(
            da="Graph svarer 200 på mail over 2.240 kB uden at sende den", en="Graph answers 200 to mail over 2,240 kB without sending it"
        ),
        on=SILENT_FROM,
        off=0,
    ),
    "max_message_bytes": Switch(
        Texts(da="Exchange tager højst mails på 64 kB", en="Exchange takes mail of 64 kB at most"), on=SMALL, off=MAX_MESSAGE_BYTES
    ),
    "graph_request_bytes": Switch(
        Texts(da="Graph tager højst forespørgsler på 64 kB (413)", en="Graph takes requests of 64 kB at most (413)"),
        on=SMALL,
        off=GRAPH_REQUEST_BYTES,
    ),
    "bcc_in_mime": Switch(
        Texts(da="Exchange overser Bcc i en MIME-mail", en="Exchange overlooks Bcc in a MIME mail"), on="ignored", off="honoured"
    ),
}
