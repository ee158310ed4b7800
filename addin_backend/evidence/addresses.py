"""Recipients normalised: what is typed or stands in a header becomes addresses that compare, with A-label domains. Nothing here raises.

Sources: RFC 5322 §3.4 (address lists, groups, comments), RFC 5321 §4.1.3 (address literals), RFC 5890 and UTS #46 (domains), RFC 6531.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import idna

from addin_backend.evidence.headers import decode_words
from addin_backend.model.message import Recipient, RecipientKind

MAX_LOCAL_OCTETS = 64  # RFC 5321 §4.5.3.1.1
MAX_DOMAIN_CHARS = 253

_DOT_ATOM = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+(?:\.[^\s\x00-\x20\x7f()<>\[\]:;@\\,.\"]+)*")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+"')
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAILBOX = re.compile(r"([^<>]*)<([^<>]*)>\s*")
_ANGLE = re.compile(r'<((?:"(?:[^"\\]|\\.)*+"|[^<>",;])*+)>')
_PLAIN = re.compile(r'[^",;:<>()\[\]\\]+')
_LITERAL = re.compile(r"\[[^\[\]\\\s,;<>]*+\]")
_ROUTE = re.compile(r"(?:@[^:]*):")


def _a_labels(domain: str) -> str:
    """``domain`` in lower-case A-labels, or "" when it is not a domain name."""
    bare = domain.strip()
    bare = bare[:-1] if bare.endswith(".") else bare
    if len(bare) > MAX_DOMAIN_CHARS:
        return ""
    if not bare.isascii() or "xn--" in bare.lower():
        try:
            bare = idna.encode(bare, uts46=True, transitional=False).decode("ascii")
        except (UnicodeError, ValueError, IndexError):
            return ""
        bare = bare.removesuffix(".")
    bare = bare.lower()
    return bare if len(bare) <= MAX_DOMAIN_CHARS and _DOMAIN.fullmatch(bare) else ""


def _literal(domain: str) -> str:
    """A domain literal in its canonical form, brackets kept, or "" when it is none (RFC 5321 §4.1.3)."""
    inner = domain[1:-1].strip()
    try:
        if inner[:5].lower() == "ipv6:":
            return f"[IPv6:{ipaddress.IPv6Address(inner[5:]).compressed}]"
        return f"[{ipaddress.IPv4Address(inner)}]"
    except ValueError:
        return ""


def _local(text: str) -> str:
    """A local part as it is compared: quotes that are not needed are taken off. "" when it is none."""
    if _QUOTED.fullmatch(text):
        inner = re.sub(r"\\(.)", r"\1", text[1:-1])
        text = inner if _DOT_ATOM.fullmatch(inner) else '"' + re.sub(r'(["\\])', r"\\\1", inner) + '"'
    elif not _DOT_ATOM.fullmatch(text):
        return ""
    return text if len(text.encode("utf-8", "replace")) <= MAX_LOCAL_OCTETS and text != '""' else ""


def _spoken(name: str) -> str:
    """A display name for people: encoded words decoded, control characters and line breaks out, blanks joined."""
    text = decode_words(name)[0]
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def normalise(address: str, kind: RecipientKind, display_name: str = "") -> Recipient:
    """One recipient from ``address`` ("anna@firma.example" or "Anna <anna@firma.example>"). Idempotent on the address.

    What is no address keeps its text and has ``valid=False``.
    """
    text = address.strip()
    boxed = _MAILBOX.fullmatch(text)
    if boxed and boxed[2].strip():
        text, display_name = boxed[2].strip(), display_name or boxed[1].strip().strip('"')
    name = _spoken(display_name)
    local, at, domain = text.rpartition("@")
    known = _local(local.strip()) if at else ""
    domain = domain.strip()
    if known and domain.startswith("[") and domain.endswith("]"):
        literal = _literal(domain)
        if literal:
            return Recipient(address=f"{known}@{literal}", domain="", kind=kind, display_name=name, literal=True)
    elif known:
        labels = _a_labels(domain)
        if labels:
            return Recipient(address=f"{known}@{labels}", domain=labels, kind=kind, display_name=name)
    return Recipient(address=text, domain="", kind=kind, display_name=name, valid=False)


@dataclass(slots=True)
class _Entry:
    """One member of an address list while it is read."""

    phrase: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: str | None = None
    at: bool = False

    def flush(self) -> tuple[str, str] | None:
        """(address, display name), or None for an empty place; leaves the entry empty."""
        phrase, comment, angle = "".join(self.phrase).strip(), " ".join(self.comment).strip(), self.angle
        self.phrase, self.comment, self.angle, self.at = [], [], None, False
        if angle is not None:
            address = _ROUTE.sub("", angle.strip(), count=1) if angle.strip().startswith("@") else angle.strip()
            return (address or f"{phrase} <>", _unquoted(phrase) or comment)
        address = phrase.strip("<> \t\r\n")
        return (address, comment) if address else None


def _unquoted(phrase: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found.group()[1:-1]), phrase)


def _comment_end(value: str, start: int) -> int:
    """The place after the comment that opens at ``start``, or -1 when it is never closed. Comments nest (RFC 5322 §3.2.2)."""
    depth, position = 0, start
    for found in re.compile(r"\\.|[()]", re.DOTALL).finditer(value, start):
        position = found.end()
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return position
    return -1


def _members(value: str) -> Iterator[tuple[str, str]]:
    """(address, display name) of every member of an address list; groups are expanded. Linear, and no text with an address is lost."""
    entry, position, quotes, comments = _Entry(), 0, True, True
    while position < len(value):
        char, match = value[position], None
        if char == '"' and quotes:
            match = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL).match(value, position)
            quotes = match is not None  # one that is never closed is read as text, and so are all after it
        elif char == "(" and comments:
            end = _comment_end(value, position)
            comments = end > 0
            if comments:
                entry.comment.append(value[position + 1 : end - 1])
                position = end
                continue
        elif char == "<":
            match = _ANGLE.match(value, position)
            if match:
                if entry.angle is not None and (done := entry.flush()):
                    yield done  # a comma is missing
                entry.angle, position = match[1], match.end()
                continue
        elif char == "[":
            match = _LITERAL.match(value, position)
        else:
            match = _PLAIN.match(value, position)
        text = match.group() if match else char
        position += len(text)
        if text in {",", ";"}:
            if done := entry.flush():
                yield done
        elif text == ":" and entry.angle is None and not entry.at:
            entry.phrase = []  # the name of a group
        else:
            if entry.angle is not None and "@" in text and (done := entry.flush()):
                yield done
            entry.phrase.append(text)
            entry.at = entry.at or "@" in text
    if done := entry.flush():
        yield done


def parse_header(value: str, kind: RecipientKind) -> tuple[Recipient, ...]:
    """The recipients of a To, Cc or Bcc field as it stands in the header (unfolded, encoded words not yet decoded).

    Groups are expanded; ``undisclosed-recipients:;`` gives none. Of two equal addresses the first stays.
    """
    found: dict[str, Recipient] = {}
    for address, name in _members(value):
        recipient = normalise(address, kind, name)
        found.setdefault(recipient.address.lower(), recipient)
    return tuple(found.values())
