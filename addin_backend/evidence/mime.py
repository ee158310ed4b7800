"""A message file to a Message. Never raises: what cannot be trusted is a defect, and ``readable`` is False when a recipient's
client might show something that we did not see.

Headers and parameters are read by the library's ``email``; parts are cut here, outermost boundary first (RFC 2046 §5.1), because that is
linear and bounded for nested and hostile mail, where the library recurses.

The body is what a person sees: the HTML of a multipart/alternative, else the first text. Every other text, also the plain alternative
where its words differ, text before and after the parts, and repeated subjects, becomes an inline attachment and is read as content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from addin_backend.evidence.addresses import normalise, parse_header
from addin_backend.evidence.decoding import IDENTITY, decode_text, decode_transfer, encoding_name, is_binary
from addin_backend.evidence.headers import HeaderBlock, Parameters, decode_words, read_block, read_parameters
from addin_backend.evidence.html import to_text
from addin_backend.evidence.readings import DAMAGED, doubt
from addin_backend.model.message import Attachment, BodyFormat, Message, Recipient, RecipientKind

MAX_BYTES = 50 * 1024 * 1024  # 35 MB of content in base64, and its headers
MAX_DEPTH = 20
MAX_PARTS = 1_000
CHARSET = "; charset="

_KNOWN_FIELDS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "content-type", "sender", "reply-to", "received"}
)
_ONCE = ("content-type", "content-transfer-encoding", "content-disposition")
_FATAL = frozenset({"malformed_header", "headers_too_large", "nul_in_header"})
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_PREAMBLE = re.compile(r"\s*This is a (?:cryptographically signed|multi-?part) message in MIME format\.?[\s-]*", re.IGNORECASE)
_LOST = frozenset({"bad_base64", "unknown_transfer_encoding"})
_UUENCODED = re.compile(r"^begin [0-7]{3,4} \S.*\r?\n[!-`]{20,}", re.MULTILINE)
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_TO = ("to", "cc", "bcc")
_PROSE = ("comments", "keywords", "thread-topic", "content-description")  # clients show them, or search in them
_SHOWN = frozenset({"text/plain", "text/html"})


@dataclass(slots=True)
class _Leaf:
    """A part without parts of its own."""

    media_type: str
    content: bytes
    name: str = ""
    attached: bool = False
    content_id: str = ""
    text: str | None = None
    charset: str = ""
    damaged: bool = False
    alternative: int = 0


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    leaves: list[_Leaf] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    readable: bool = True
    unsure: bool = False
    parts: int = 0
    alternatives: int = 0

    def note(self, defect: str, *, fatal: bool = False, unsure: bool = False) -> None:
        """Keep the name of a defect once. ``fatal``: the message cannot be read; ``unsure``: a client may show some other text of it."""
        if defect and defect not in self.defects:
            self.defects.append(defect)
        self.unsure = self.unsure or bool(defect and unsure)
        self.readable = self.readable and not (defect and fatal)

    def take(self, block: HeaderBlock) -> None:
        """The defects of a header block, and fields that may stand once only: where two differ, clients differ."""
        for defect in block.defects:
            self.note(defect, fatal=defect in _FATAL, unsure=defect == "control_in_header")
        for name in _ONCE:
            if len({value.lower() for value in block.all(name)}) > 1:
                self.note("duplicate_header", fatal=True)


def _content_type(block: HeaderBlock, default: str, reading: _Reading) -> Parameters:
    found = read_parameters(block.first("content-type"), default)
    if not found.sound:
        reading.note("bad_content_type", fatal=True)
    elif not _MEDIA_TYPE.fullmatch(found.value):
        # RFC 2045 §5.2: as if it were plain text; but where it names parts, clients may well cut and decode them
        reading.note("bad_content_type", fatal="multipart" in found.value or "boundary" in found.parameters)
        return Parameters("text/plain", found.parameters)
    reading.note("doubtful_parameter" if found.doubtful else "", fatal="multipart" in found.value, unsure=True)
    return found


def _cut(body: bytes, boundary: str) -> tuple[bytes, list[bytes], bytes, bool]:
    """(preamble, parts, epilogue, closed) of a multipart body."""
    raw = boundary.encode("utf-8", "replace")
    delimiter = re.compile(rb"(?:(?<=\n)|(?<=\r)|\A)--" + re.escape(raw) + rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)")
    parts: list[bytes] = []
    preamble, start = body, -1
    for found in delimiter.finditer(body):
        if start < 0:
            preamble = body[: found.start()]
        else:
            parts.append(_without_last_break(body[start : found.start()]))
        start = found.end()
        if found[1]:
            return preamble, parts, body[start:], True
        if len(parts) > MAX_PARTS:
            break
    if start >= 0:
        parts.append(body[start:])
    return preamble, parts, b"", False


def _without_last_break(raw: bytes) -> bytes:
    """The line break before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    if raw.endswith(b"\r\n"):
        return raw[:-2]
    return raw[:-1] if raw.endswith((b"\n", b"\r")) else raw


def _read_multipart(body: bytes, kind: Parameters, depth: int, alternative: int, reading: _Reading) -> None:
    boundary = kind.parameters.get("boundary", "").rstrip()
    preamble, parts, epilogue, closed = _cut(body, boundary) if boundary else (body, [], b"", False)
    if not parts:
        reading.note("boundary_not_found", fatal=True)
    elif not closed:
        reading.note("no_closing_boundary")
    for rest in (preamble, epilogue):
        text = decode_text(rest).text
        if text.strip() and not _PREAMBLE.fullmatch(text):
            reading.note("text_outside_parts")
            reading.extras.append(text)
    if kind.value == "multipart/alternative" and not alternative:
        reading.alternatives += 1
        alternative = reading.alternatives
    default = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
    for index, part in enumerate(parts):
        block = read_block(part)
        reading.take(block)
        if kind.value == "multipart/signed" and index == 1 and read_parameters(block.first("content-type"), "").value in _SIGNATURES:
            reading.note("signature_left_out")  # a detached signature says nothing a person reads (RFC 8551 §3.5.3)
            continue
        _read_entity(block, part[block.end :], (depth + 1, alternative), default, reading)


def _name_of(block: HeaderBlock, kind: Parameters, reading: _Reading) -> tuple[str, bool]:
    """(file name, whether it is marked as an attachment). A second, different name is read as content too."""
    disposition = read_parameters(block.first("content-disposition"), "")
    if not disposition.sound:
        reading.note("bad_disposition")
    reading.note("doubtful_parameter" if disposition.doubtful else "", unsure=True)
    names = [item for item in (disposition.parameters.get("filename", ""), kind.parameters.get("name", "")) if item.strip()]
    if len(set(names)) > 1:
        reading.note("two_names")
        reading.extras.append(names[1])
    name = " ".join(names[0].replace("\0", " ").split()) if names else ""
    return name, disposition.value == "attachment"


def _read_leaf(block: HeaderBlock, body: bytes, kind: Parameters, alternative: int, reading: _Reading) -> None:
    content, defect = decode_transfer(body, block.first("content-transfer-encoding"))
    reading.note(defect)
    name, attached = _name_of(block, kind, reading)
    leaf = _Leaf(kind.value, content, name, attached, block.first("content-id").strip("<> \t"), alternative=alternative)
    leaf.damaged = bool(defect)
    if kind.value in _SHOWN and not (attached or name):
        decoded = decode_text(content, kind.parameters.get("charset", "") or _declared_in(content, kind.value))
        reading.note(decoded.defect)
        reading.note("doubtful_text" if decoded.doubtful else "", unsure=True)
        reading.note(defect, fatal=defect in _LOST, unsure=True)
        for flaw in body_defects(decoded.text):
            reading.note(flaw, fatal=True)
        leaf.damaged = defect in _LOST
        leaf.text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    elif kind.value.startswith("text/"):
        leaf.charset = re.sub(r"[^A-Za-z0-9._:-]", "", kind.parameters.get("charset", ""))[:40]
    elif kind.value == "message/rfc822" and not name:
        leaf.name = "message.eml"
    reading.leaves.append(leaf)


def body_defects(text: str) -> tuple[str, ...]:
    """Why a body cannot be read, whether it came in a file or as text: it is no text, or Outlook shows a part of it as an attachment."""
    found = ("binary_text" if is_binary(text) else "", "uuencoded" if _UUENCODED.search(text) else "")
    return tuple(item for item in found if item)


def _declared_in(content: bytes, media_type: str) -> str:
    found = (
        re.search(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_-]{2,30})", content[:4096], re.IGNORECASE)
        if media_type == "text/html"
        else None
    )
    return found[1].decode() if found else ""


def _read_entity(block: HeaderBlock, body: bytes, place: tuple[int, int], default: str, reading: _Reading) -> None:
    depth, alternative = place
    reading.parts += 1
    if reading.parts > MAX_PARTS:
        reading.note("too_many_parts", fatal=True)
        return
    kind = _content_type(block, default, reading)
    if not kind.value.startswith("multipart/"):
        _read_leaf(block, body, kind, alternative, reading)
    elif depth >= MAX_DEPTH:
        reading.note("too_deep", fatal=True)
    else:
        if encoding_name(block.first("content-transfer-encoding")) not in IDENTITY:
            reading.note("encoded_multipart", fatal=True)  # RFC 2045 §6.4 forbids it, and clients differ
        _read_multipart(body, kind, depth, alternative, reading)


def _choose_body(leaves: list[_Leaf]) -> _Leaf | None:
    first = next((leaf for leaf in leaves if leaf.text is not None), None)
    if first is None or not first.alternative:
        return first
    rich = [leaf for leaf in leaves if leaf.text is not None and leaf.alternative == first.alternative and leaf.media_type == "text/html"]
    return rich[0] if rich else first


def _besides(leaves: list[_Leaf], body: _Leaf | None) -> list[_Leaf]:
    """All but the body and its alternatives that say the very same; only blanks may differ."""
    if body is None or body.text is None or not body.alternative:
        return [leaf for leaf in leaves if leaf is not body]
    shown = to_text(body.text).text if body.media_type == "text/html" else body.text
    said = "".join(shown.split())
    return [
        leaf
        for leaf in leaves
        if leaf is not body
        and not (
            leaf.text is not None
            and leaf.media_type == "text/plain"
            and leaf.alternative == body.alternative != 0
            and "".join(leaf.text.split()) == said
        )
    ]


def _attachment(leaf: _Leaf) -> Attachment:
    media_type, content = leaf.media_type, leaf.content
    if leaf.damaged:
        media_type += DAMAGED
    elif leaf.text is not None:
        content = leaf.text.encode("utf-8", "surrogatepass")
        media_type += CHARSET + "utf-8"
    elif leaf.charset:
        media_type += CHARSET + leaf.charset
    return Attachment(name=leaf.name, media_type=media_type, content=content, inline=not leaf.attached, content_id=leaf.content_id)


def _recipients(block: HeaderBlock) -> tuple[Recipient, ...]:
    """To, Cc and Bcc; an address that stands twice keeps its first, most visible place."""
    found: dict[str, Recipient] = {}
    for kind in RecipientKind:
        for name in (kind.value, f"resent-{kind.value}"):
            for value in block.all(name):
                for recipient in parse_header(value, kind):
                    found.setdefault(recipient.address.lower(), recipient)
    return tuple(found.values())


def _words(block: HeaderBlock, name: str, reading: _Reading) -> str:
    """A field of prose. Where it stands twice, the first counts and the others are read as content."""
    values = []
    for raw in block.all(name):
        text, sound = decode_words(raw)
        if not sound:
            reading.note("bad_encoded_word", unsure=True)
        values.append(" ".join(text.split()))
    if len(values) > 1:
        reading.note("duplicate_header")
        reading.extras.extend(values[1:])
    return values[0] if values else ""


def _importance(block: HeaderBlock) -> str:
    word = block.first("importance").strip().lower()
    return word if word in {"low", "normal", "high"} else "normal"


def _sender(block: HeaderBlock) -> str:
    found = parse_header(block.first("from"), RecipientKind.TO)
    return found[0].address if found else normalise(block.first("sender"), RecipientKind.TO).address


def _assemble(block: HeaderBlock, reading: _Reading, size: int) -> Message:
    subject = _words(block, "subject", reading)
    body = _choose_body(reading.leaves)
    for name in _PROSE:
        value = _words(block, name, reading)
        if value and not subject.endswith(value):
            reading.extras.append(value)
    for name in ("from", *_TO):
        for value in block.all(name):
            text, sound = decode_words(value)
            reading.note("" if sound else "bad_encoded_word", unsure=True)
            if sum(char.isdigit() for char in text) >= 10:
                reading.extras.append(text)
    extras = [
        Attachment(name="", media_type="text/plain; charset=utf-8", content=text.encode(), inline=True)
        for text in reading.extras
        if text.strip()
    ]
    return Message(
        sender=_sender(block),
        recipients=_recipients(block),
        subject=subject,
        body=(body.text or "") if body else "",
        body_format=BodyFormat.HTML if body and body.media_type == "text/html" else BodyFormat.PLAIN,
        attachments=(*(_attachment(leaf) for leaf in _besides(reading.leaves, body)), *extras, *([doubt()] if reading.unsure else [])),
        importance=_importance(block),
        sensitivity=block.first("sensitivity").strip().lower() or "normal",
        in_reply_to=block.first("in-reply-to").strip(),
        references=" ".join(block.first("references").split()),
        label="; ".join(block.all("msip_labels")),
        readable=reading.readable,
        defects=tuple(reading.defects),
        size_bytes=size,
    )


def parse_message(raw: bytes) -> Message:
    """The mail in ``raw`` (an .eml file). ``readable`` is False, with the reasons in ``defects``, when not all of it could be read."""
    reading = _Reading()
    if len(raw) > MAX_BYTES:
        return Message(sender="", recipients=(), subject="", body="", readable=False, defects=("too_large",), size_bytes=len(raw))
    block = read_block(raw.removeprefix(b"\xef\xbb\xbf"))
    reading.take(block)
    if not _KNOWN_FIELDS & block.fields.keys():
        reading.note("no_headers", fatal=True)
    body = raw.removeprefix(b"\xef\xbb\xbf")[block.end :]
    _read_entity(block, body, (0, 0), "text/plain", reading)
    return _assemble(block, reading, len(raw))
