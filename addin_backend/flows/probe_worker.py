"""Probes made elsewhere: clouds block port 25, so a small process somewhere else may ask, sign what it saw, and be believed for it.

The statement is a signed note (C2SP signed-note, Ed25519): a title, the asker's nonce, and the probe as JSON. The core checks name,
signature, nonce, host and time; anything else is an unknown result. It decides without a worker, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from addin_backend.accountability.notes import Signer, VerifierKey, open_note
from addin_backend.errors import BadInput, SendSecurelyError
from addin_backend.evidence.transport.chain import fingerprint
from addin_backend.evidence.transport.names import a_label
from addin_backend.model.transport import AddressProbe, HostProbe
from addin_backend.ports import HostProber

TITLE = "sendsecurely probe"
SKEW = timedelta(minutes=5)  # how far the worker's clock may be off, and how long it may take
MOST_ADDRESSES, LONGEST_NONCE = 16, 64
WORKER_BUDGET = 25.0  # seconds for one host


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the core asks of the worker."""

    host: str
    sni: str
    addresses: list[str]
    nonce: str


def _read(raw: bytes) -> Request:
    """Raises BadInput."""
    try:
        found = msgspec.json.decode(raw, type=Request)
    except msgspec.DecodeError:
        raise BadInput from None
    names = a_label(found.host) == found.host and a_label(found.sni) == found.sni
    if not names or not 0 < len(found.addresses) <= MOST_ADDRESSES or not found.nonce.isalnum() or len(found.nonce) > LONGEST_NONCE:
        raise BadInput
    return found


def answer(raw: bytes, prober: HostProber, signer: Signer) -> bytes:
    """The worker's side: probe, and sign. Raises BadInput for a request of another form."""
    asked = _read(raw)
    probe = prober.probe(asked.host, asked.sni, asked.addresses, WORKER_BUDGET)
    text = f"{TITLE}\n{asked.nonce}\n{msgspec.json.encode(probe).decode()}\n"
    return signer.sign_text(text).encode()


def _opened(statement: bytes, asked: Request, key: VerifierKey, at: datetime) -> HostProbe | None:
    """The probe in a statement, or None when it is not the worker's about this very request."""
    try:
        title, nonce, body = open_note(statement.decode(), key).removesuffix("\n").split("\n")
        probe = msgspec.json.decode(body, type=HostProbe)
    except (SendSecurelyError, UnicodeDecodeError, ValueError, msgspec.DecodeError):
        return None
    about = (title, nonce, probe.host, probe.sni) == (TITLE, asked.nonce, asked.host, asked.sni)
    named = {item for probed in probe.addresses for item in probed.chain}
    whole = named <= {fingerprint(der) for der in probe.certificates} and {item.address for item in probe.addresses} <= set(asked.addresses)
    return replace(probe, statement=statement) if about and whole and abs(probe.seen_at - at) <= SKEW else None


class SignedProber:
    """A HostProber over ``ask`` (the request's octets and seconds in, the statement's out; raises SendSecurelyError).

    ``new_nonce`` gives fresh words, ``clock`` the time.
    """

    def __init__(
        self, ask: Callable[[bytes, float], bytes], key: VerifierKey, clock: Callable[[], datetime], new_nonce: Callable[[], str]
    ) -> None:
        self._ask, self._key, self._clock, self._new_nonce = ask, key, clock, new_nonce

    def probe(self, host: str, sni: str, addresses: Sequence[str], deadline: float) -> HostProbe:
        """What the worker signed, or an unknown result with the reason."""
        at, asked = self._clock(), Request(host, sni, list(addresses)[:MOST_ADDRESSES], self._new_nonce())
        try:
            statement = self._ask(msgspec.json.encode(asked), deadline)
        except SendSecurelyError:
            return self._unknown(asked, at, "worker_unavailable")
        return _opened(statement, asked, self._key, self._clock()) or self._unknown(asked, at, "worker_not_believed")

    def _unknown(self, asked: Request, at: datetime, detail: str) -> HostProbe:
        return HostProbe(asked.host, asked.sni, at, tuple(AddressProbe(item, "unknown", detail) for item in asked.addresses))
