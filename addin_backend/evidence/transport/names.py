"""Is this a domain that could receive mail, and how is it written in DNS (A-labels, lower case, no final dot)."""

from __future__ import annotations

import ipaddress
import re

import idna

LONGEST = 253  # characters of a domain name without the final dot (RFC 1035 §2.3.4)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def is_address(name: str) -> bool:
    """Whether ``name`` is an IP address, in the brackets of RFC 5321 §4.1.3 or without them."""
    text = name.strip().removeprefix("[").removesuffix("]").rstrip(".")
    if text.lower().startswith("ipv6:"):
        text = text[5:]
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def a_label(name: str) -> str | None:
    """``name`` in lower-case A-labels (RFC 5890), or None when it is no domain name: an address, one label, a wrong character."""
    text = name.strip().removesuffix(".").lower()
    if not text or len(text) > LONGEST * 4 or is_address(text):
        return None
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return None
    labels = text.split(".")
    if len(text) > LONGEST or len(labels) < 2 or labels[-1].isdigit():
        return None
    return text if all(_LABEL.fullmatch(label) for label in labels) else None
