"""What is known about a message and its recipients: content, transport, jurisdiction, certificates. See docs/architecture.md, Words."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from addin_backend.model.facts import (
    Answered,
    Confidence,
    DigitalPost,
    DispensationMatch,
    History,
    LookAlike,
    MailboxKind,
    MessageForm,
    RemoteAccess,
    Salutation,
    SensitivityLabel,
    ThreadProtection,
    Uses,
)
from addin_backend.model.message import RecipientKind


class SensitivityClass(StrEnum):
    """What the content is. A message has a set of them; the order here is from mild to severe."""

    ORDINARY = "ordinary"
    CONFIDENTIAL = "confidential"
    CPR = "cpr"
    CRIMINAL = "criminal"
    SPECIAL_CATEGORY = "special_category"  # GDPR Art. 9
    UNREAD = "unread"  # a private mail, not read by rule
    UNKNOWN = "unknown"  # could not be read


PROTECTED_CLASSES = frozenset(
    {SensitivityClass.CONFIDENTIAL, SensitivityClass.CPR, SensitivityClass.CRIMINAL, SensitivityClass.SPECIAL_CATEGORY}
)


class TransportVerdict(StrEnum):
    """Can a domain receive mail over enforced TLS; one word per domain."""

    REGISTER = "register"
    DANE = "dane"
    MTA_STS_ENFORCE = "mta_sts_enforce"
    DANE_PARTIAL = "dane_partial"
    AUTHENTICATED_NOW = "authenticated_now"
    ENCRYPTED_NOW = "encrypted_now"
    LEGACY_TLS = "legacy_tls"
    PLAINTEXT = "plaintext"
    REFUSES = "refuses"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


class CountryStrength(StrEnum):
    """How firmly a recipient's country is known."""

    REGISTERED = "registered"
    PRESUMED = "presumed"
    FLAGGED = "flagged"
    UNKNOWN = "unknown"


class RecipientRole(StrEnum):
    """Only another controller or processor outside the EEA is a transfer (EDPB Guidelines 05/2021)."""

    ORGANISATION = "organisation"
    PRIVATE_PERSON = "private_person"
    OWN_EMPLOYEE = "own_employee"
    UNKNOWN = "unknown"


class CertificateState(StrEnum):
    """What we hold for S/MIME encryption to an address. Only ``usable`` counts."""

    USABLE = "usable"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    UNSUITABLE = "unsuitable"  # wrong address, key type or key usage
    NONE = "none"


class TransferBasisKind(StrEnum):
    """GDPR chapter V, one word per ground."""

    ADEQUACY = "adequacy"
    PUBLIC_BODIES_INSTRUMENT = "public_bodies_instrument"
    BINDING_CORPORATE_RULES = "binding_corporate_rules"
    STANDARD_CONTRACTUAL_CLAUSES = "standard_contractual_clauses"
    CODE_OF_CONDUCT = "code_of_conduct"
    CERTIFICATION = "certification"
    DEROGATION_A = "derogation_a"  # Art. 49(1)(a) … (g)
    DEROGATION_B = "derogation_b"
    DEROGATION_C = "derogation_c"
    DEROGATION_D = "derogation_d"
    DEROGATION_E = "derogation_e"
    DEROGATION_F = "derogation_f"
    DEROGATION_G = "derogation_g"
    COMPELLING_INTERESTS = "compelling_interests"  # Art. 49(1), second subparagraph


class TransferBasis(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded ground for sending to an organisation outside the EEA. Expired (``valid_to`` before the day) means absent.

    ``country``             where it holds, "" when the source does not say (then it holds where the recipient is).
    ``scope_met``           the recipient is within the decision's scope (on the DPF list; a commercial organisation in Canada).
    ``data_kinds``          what the recipient certified under the DPF: "employment" (HR data), "other"; empty: not stated.
    ``public_powers``       whether the mail is part of exercising public powers, which closes grounds (Art. 49(3)).
    ``authority_informed``  the authority was told, which compelling interests take (Art. 49(1), second subparagraph).
    ``uses``                how often a derogation was used for this recipient, from our own records.
    """

    basis: TransferBasisKind
    module: str = ""  # SCC module "1".."4", else ""
    guarantees_met: bool = False  # EDPB Recommendations 02/2020, all four
    valid_to: date | None = None
    classes: frozenset[SensitivityClass] = frozenset()
    country: str = ""
    scope_met: Answered = Answered.NOT_ASKED
    data_kinds: frozenset[str] = frozenset()
    public_powers: Answered = Answered.NOT_ASKED
    authority_informed: Answered = Answered.NOT_ASKED
    uses: Uses = Uses()


class Location(StrEnum):
    """Where in the mail something was found."""

    SUBJECT = "subject"
    BODY = "body"
    QUOTED = "quoted"
    SIGNATURE = "signature"
    ATTACHMENT_NAME = "attachment_name"
    ATTACHMENT = "attachment"


class ContentHit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a recogniser saw. ``start``/``end`` are offsets in the text of ``location``; the text itself stays out.

    ``part`` is the index of the attachment, -1 for subject and body. ``explanation`` is a fixed phrase, never mail text.
    ``certainty`` is 0-100.
    """

    recogniser: str
    sensitivity: SensitivityClass
    category: str
    location: Location
    part: int
    start: int
    end: int
    certainty: int
    explanation: str
    identifier: bool = False


class UnreadablePart(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment (by index; -1 is the message itself) that could not be read, and why, as a word.

    ``reason``: encrypted, unknown_type, damaged, too_large, too_many (files in it), too_slow, picture (in it, not read), empty,
    unparsable, failed (our reader did not answer). ``inside`` names the file within the attachment: for the sender only.
    """

    part: int
    reason: str
    inside: str = ""


class ContentEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """How sensitive the mail is.

    ``classes`` is empty when nothing protected was found and everything was read; ``unread`` stands alone.
    ``macros`` are the indices of attachments that hold programs.
    ``identifier_texts`` is for the command line and for masking only: it never enters a question, log or record.
    ``confidence`` and ``counts`` are per protected class that was found; ``quoted_only`` holds those found in the quoted mail alone.
    ``employment``: whether it is about people as employees, which an importer under the DPF certifies apart.
    """

    classes: frozenset[SensitivityClass]
    categories: tuple[str, ...] = ()
    hits: tuple[ContentHit, ...] = ()
    unreadable: tuple[UnreadablePart, ...] = ()
    macros: tuple[int, ...] = ()
    identifier_texts: tuple[str, ...] = ()
    subject_sensitive: bool = False
    confidence: dict[SensitivityClass, Confidence] = {}
    counts: dict[SensitivityClass, int] = {}
    quoted_only: frozenset[SensitivityClass] = frozenset()
    employment: Answered = Answered.UNKNOWN


class TransportEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Three facts that stay three fields, and the verdict drawn from them.

    ``capability``  seen: TLS was offered or negotiated ("seen", "not_seen", "not_asked").
    ``commitment``  published by the recipient ("dane", "mta_sts", "register", "none", "unknown").
    ``enforcement`` our sending path refuses to downgrade ("connector", "none").
    ``reasons``     short words, e.g. "register_expired", "dns_timeout".
    ``risk_assessment``      a documented risk assessment for this domain permits less than a commitment.
    ``end_to_end_required``  the agreement with the partner asks for encryption from sender to reader.
    ``network_country``      where the network says the mail server stands: may only raise a flag ("unknown", "not_asked").
    ``since``       when this verdict was first found without another one in between; None where nobody knows.
    ``evidence_id`` SHA-256 (hex) of the kept evidence, "" where there is none. ``not_proven``: what it does not show, as words.
    """

    domain: str
    verdict: TransportVerdict
    capability: str = "not_asked"
    commitment: str = "unknown"
    enforcement: str = "none"
    reasons: tuple[str, ...] = ()
    checked_at: datetime | None = None
    expires_at: datetime | None = None
    risk_assessment: bool = False
    assessment: str = ""  # the name under which the risk assessment is filed, for the record
    end_to_end_required: bool = False
    network_country: str = "not_asked"
    evidence_id: str = ""
    not_proven: tuple[str, ...] = ()
    since: datetime | None = None


class RecipientEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known about one recipient. ``address`` never enters the question; ``domain`` does.

    ``told``: codes of recipient checks that this sender has been told about this address in the running quarter.
    """

    address: str
    domain: str
    kind: RecipientKind
    literal: bool
    valid: bool
    internal: bool
    free_mail: bool
    role: RecipientRole
    country: str  # ISO 3166-1 alpha-2, or "unknown"
    country_strength: CountryStrength
    transfer_basis: TransferBasis | None
    transport: TransportEvidence
    certificate: CertificateState
    mailbox: MailboxKind = MailboxKind.NOT_ASKED
    no_reply: bool = False
    look_alike: LookAlike = LookAlike.NOT_ASKED
    history: History = History.NOT_ASKED
    added_by_reply: Answered = Answered.NOT_ASKED
    thread_protection: ThreadProtection = ThreadProtection.NOT_ASKED
    told: frozenset[str] = frozenset()
    remote_access: RemoteAccess = RemoteAccess()
    digital_post: DigitalPost = DigitalPost.NOT_ASKED
    dispensations: tuple[DispensationMatch, ...] = ()


class OrganisationKind(StrEnum):
    """Public bodies have fewer grounds for a transfer (GDPR Art. 49(3))."""

    PRIVATE = "private"
    PUBLIC = "public"


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """What this installation can do: which protections it is able to deliver."""

    tls: bool = True
    smime: bool = True
    portal: bool = True
    digital_post: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the policy may know about one message, at one moment."""

    readable: bool
    content: ContentEvidence
    recipients: tuple[RecipientEvidence, ...]
    organisation: OrganisationKind
    channels: Channels
    at: date
    size_bytes: int
    attachment_count: int
    secure_requested: bool = False  # the sender pressed Send securely: never plain to an outsider
    confirmed: frozenset[str] = frozenset()  # "CODE" or "CODE:address" that the sender has confirmed
    justified: frozenset[str] = frozenset()  # the same form: confirmed with a reason, which itself stays outside the question
    label: SensitivityLabel = SensitivityLabel.NONE
    form: MessageForm = MessageForm.NEW
    thread_protection: ThreadProtection = ThreadProtection.NOT_ASKED
    salutation: Salutation = Salutation.NOT_ASKED
    largest_part_bytes: int = 0
    countries_stale: bool = False  # the country register was checked too long ago
