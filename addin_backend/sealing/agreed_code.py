"""A code that two people agreed on: how it is compared, what is refused, and the digest that is kept of it (scrypt, RFC 7914)."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import unicodedata
from collections.abc import Callable

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SHORTEST, LONGEST = 8, 64  # characters that count
_LOG_N, _R, _P = 15, 8, 1  # 32 MiB for each guess; the digest is sealed as well, and the secure page counts attempts
_SALT_BYTES, _KEY_BYTES = 16, 32
_FORM = re.compile(r"\$scrypt\$ln=15,r=8,p=1\$(?P<salt>[A-Za-z0-9+/]{22})\$(?P<key>[A-Za-z0-9+/]{43})")
_RUN = "01234567890123456789 98765432109876543210 abcdefghijklmnopqrstuvwxyzæøå qwertyuiopåasdfghjklæøzxcvbnm"


def heard(code: str) -> str:
    """What counts of a code that is said aloud: letters and digits, in lower case. So "Blå hest-42" and "blåhest42" are one code."""
    return "".join(item for item in unicodedata.normalize("NFKC", code).casefold() if item.isalnum())


def _identifier(code: str) -> bool:
    """Ten digits that begin with a day and a month: perhaps a CPR number, which is no secret."""
    return len(code) == 10 and code.isdigit() and 1 <= int(code[:2]) % 60 <= 31 and 1 <= int(code[2:4]) <= 12


def weakness(code: str) -> str:
    """Why a code cannot be used: ``short``, ``long``, ``easy``, ``identifier``, or "" when it can."""
    said = heard(code)
    if len(said) < SHORTEST:
        return "short"
    if len(said) > LONGEST or len(code) > 2 * LONGEST:
        return "long"
    if len(set(said)) < 4 or said in _RUN:
        return "easy"
    return "identifier" if _identifier(said) else ""


def _derived(code: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=2**_LOG_N, r=_R, p=_P).derive(heard(code).encode())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode("ascii")


def digested(code: str, random: Callable[[int], bytes] = os.urandom) -> str:
    """The digest that is kept, as ``$scrypt$ln=15,r=8,p=1$salt$key`` (base64 without padding)."""
    salt = random(_SALT_BYTES)
    return f"$scrypt$ln={_LOG_N},r={_R},p={_P}${_b64(salt)}${_b64(_derived(code, salt))}"


def matches(code: str, kept: str) -> bool:
    """Whether ``code`` is the one behind ``kept``; False for a digest of another form. Takes the same time for every code."""
    form = _FORM.fullmatch(kept)
    if form is None:
        return False
    try:
        salt, key = (base64.b64decode(form[name] + "=" * (-len(form[name]) % 4), validate=True) for name in ("salt", "key"))
    except binascii.Error:
        return False
    return hmac.compare_digest(_derived(code, salt), key)
