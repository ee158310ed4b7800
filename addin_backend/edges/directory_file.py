"""The organisation's directory from a file: JSON, address -> what stands behind it. For installations without Entra ID, and the demo.

{"entries": {"anna@firma.example": {"kind": "mailbox"}, "alle@firma.example": {"kind": "group", "members": ["anna@firma.example"]}}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from addin_backend.errors import BadRegister
from addin_backend.model.directory import DirectoryEntry

MAX_BYTES = 50_000_000


class _Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    entries: dict[str, DirectoryEntry]


def _refused(why: str, why_da: str, field: str | None = None) -> BadRegister:
    return BadRegister(
        f"The directory file cannot be used: {why}.", sentence_da=f"Filen med adresser kan ikke bruges: {why_da}.", field=field
    )


class FileDirectory:
    """``Directory`` over what a file says, read whole and strictly."""

    def __init__(self, entries: Mapping[str, DirectoryEntry]) -> None:
        self._entries = entries

    def entries(self, addresses: Sequence[str], budget: float) -> Mapping[str, DirectoryEntry]:
        """What stands behind each; an address that nobody has is left out."""
        return {address: self._entries[address] for address in addresses if address in self._entries}

    def addresses(self) -> tuple[str, ...]:
        """Every address that it knows, in lower case."""
        return tuple(self._entries)

    def sends_from(self, person: str) -> tuple[str, ...]:
        """The addresses that the person with this id may send from, by ``owners``: their own first, if any."""
        theirs = [(item.owners.index(person) > 0, address) for address, item in self._entries.items() if person in item.owners]
        return tuple(address for _, address in sorted(theirs, key=lambda pair: pair[0]))

    def own_address(self, person: str) -> str:
        """The person's own mailbox: the one whose ``owners`` begin with them; of several, the one that nobody else may send from. Else "".

        A delegated mailbox is nobody's own: whoever has only those has no address here.
        """
        first = {address: item.owners for address, item in self._entries.items() if item.owners[:1] == (person,)}
        alone = [address for address, owners in first.items() if len(owners) == 1]
        found = list(first) if len(first) == 1 else alone
        return found[0] if len(found) == 1 else ""


def read_directory(raw: bytes) -> FileDirectory:
    """The directory in ``raw``. Raises BadRegister that names the place; no address is quoted."""
    if len(raw) > MAX_BYTES:
        raise _refused("it is too large", "den er for stor")
    try:
        listed = msgspec.json.decode(raw, type=_Listed)
    except msgspec.ValidationError as error:
        what = str(error).split(" - at `")[0]
        raise _refused(what, what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refused("it is not JSON", "det er ikke JSON") from None
    entries: dict[str, DirectoryEntry] = {}
    for number, (address, entry) in enumerate(listed.entries.items()):
        for written in (address, *entry.members, *entry.forwards_to, *([entry.manager] if entry.manager else [])):
            if written.count("@") != 1 or written.strip() != written or written.startswith("@") or written.endswith("@"):
                raise _refused(f"entry {number} holds what is no address", f"post {number} har noget, der ikke er en adresse")
        if entries.setdefault(address.lower(), entry) is not entry:
            raise _refused(f"entry {number} stands there twice", f"post {number} står der to gange")
    return FileDirectory(entries)
