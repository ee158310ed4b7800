"""Certificates from a folder: the embedded ``CertificateStore``. Each file holds one or more certificates as PEM, or one as DER.

A file named after an address (``anna@partner.example.pem``) is meant for that address; all others count for the addresses that their
certificates name. Certificates of authorities may lie beside them. What is trusted stands in one file of its own.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from addin_backend.model.evidence import CertificateState

SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
MAX_FILE_BYTES = 256 * 1024  # a certificate is 1-3 kB; a longer file is something else

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_BEST_FIRST = (
    CertificateState.USABLE,
    CertificateState.EXPIRED,
    CertificateState.UNTRUSTED,
    CertificateState.UNSUITABLE,
    CertificateState.NONE,
)


class Judge(Protocol):
    """``evidence.certificates.judge``, handed in by bootstrap: the folder knows files, not law."""

    def __call__(
        self, der: bytes, address: str, *, roots: tuple[bytes, ...], intermediates: tuple[bytes, ...], at: datetime
    ) -> CertificateState:
        """What ``der`` is worth for ``address``."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """What the files held when they were last read."""

    stamp: tuple[tuple[str, int, int], ...]
    by_address: dict[str, tuple[bytes, ...]]
    everything: tuple[bytes, ...]
    roots: tuple[bytes, ...]


def read_file(raw: bytes) -> tuple[bytes, ...]:
    """The certificates in a file as DER; nothing when it holds none."""
    if b"-----BEGIN" not in raw:
        return (raw,) if raw[:1] == b"\x30" else ()
    found = []
    for match in _PEM.finditer(raw):
        try:
            found.append(base64.b64decode(match.group(1)))
        except binascii.Error:
            continue  # a damaged block is no certificate; the state of its address then says so
    return tuple(found)


class CertificateFolder:
    """``CertificateStore`` over ``folder`` and the file ``roots``; reads again when a file came, went or changed. Thread-safe."""

    def __init__(
        self,
        folder: Path,
        roots: Path,
        *,
        judge: Judge,
        addresses: Callable[[bytes], frozenset[str]],
        normal_address: Callable[[str], str],
    ) -> None:
        self._folder = folder
        self._roots = roots
        self._judge = judge
        self._addresses = addresses
        self._normal = normal_address
        self._lock = threading.Lock()
        self._held: _Held | None = None

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())

    def _stamp(self) -> tuple[tuple[str, int, int], ...]:
        stamp = []
        for path in [*self._files(), self._roots]:
            try:
                seen = path.stat()
            except OSError:
                continue  # gone meanwhile; the next look sees it
            stamp.append((path.name, seen.st_mtime_ns, seen.st_size))
        return tuple(stamp)

    @staticmethod
    def _content(path: Path) -> tuple[bytes, ...]:
        try:
            return read_file(path.read_bytes()) if path.stat().st_size <= MAX_FILE_BYTES else ()
        except OSError:
            return ()

    def _read(self, stamp: tuple[tuple[str, int, int], ...]) -> _Held:
        by_address: dict[str, list[bytes]] = {}
        everything: list[bytes] = []
        for path in self._files():
            ders = self._content(path)
            everything += ders
            for index, der in enumerate(ders):
                named = set(self._addresses(der)) | ({self._normal(path.stem)} if index == 0 and "@" in path.stem else set())
                for address in named - {""}:
                    by_address.setdefault(address, []).append(der)
        held = {address: tuple(dict.fromkeys(ders)) for address, ders in by_address.items()}
        return _Held(stamp, held, tuple(dict.fromkeys(everything)), self._content(self._roots))

    def _current(self) -> _Held:
        with self._lock:
            stamp = self._stamp()
            if self._held is None or self._held.stamp != stamp:
                self._held = self._read(stamp)
            return self._held

    def _judged(self, address: str, at: datetime) -> tuple[CertificateState, bytes | None]:
        held = self._current()
        best: tuple[CertificateState, bytes | None] = (CertificateState.NONE, None)
        for der in held.by_address.get(self._normal(address), ()):
            state = self._judge(der, address, roots=held.roots, intermediates=held.everything, at=at)
            if _BEST_FIRST.index(state) < _BEST_FIRST.index(best[0]):
                best = (state, der)
        return best

    def state(self, address: str, at: datetime) -> CertificateState:
        """The best that any certificate held for ``address`` is at ``at``."""
        return self._judged(address, at)[0]

    def certificate(self, address: str, at: datetime) -> bytes | None:
        """DER of a usable certificate for ``address``, or None."""
        state, der = self._judged(address, at)
        return der if state is CertificateState.USABLE else None
