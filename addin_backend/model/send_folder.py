"""The folder *Send sikkert*, which any mail program can put a draft into, and the folder that sealed copies are kept in."""

from __future__ import annotations

import msgspec

from addin_backend.model.disarmed import Pair

SEND_FOLDER = "Send sikkert"
SEALED_COPIES = "Krypterede kopier"  # "Encrypted copies"
DRAFTS, INBOX = "drafts", "inbox"


def kept_in(save_to: str) -> tuple[str, ...]:
    """The folders in which a sent copy may stand, the first for new ones. Sealed copies were kept under the name SEND_FOLDER before."""
    return (SEALED_COPIES, SEND_FOLDER) if save_to == SEND_FOLDER else (save_to,)


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the folder as a list shows it. ``marker`` is ours, "" on what somebody else put there."""

    item_id: str
    change_key: str
    is_draft: bool
    marker: str = ""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it lies there: its recipients by kind (to, cc, bcc), and whether a send has taken them aside already."""

    item_id: str
    change_key: str
    people: dict[str, list[Pair]]
    disarmed: bool
    mime: bytes
