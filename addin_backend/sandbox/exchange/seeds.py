"""The employees of the sample organisation, each with a mailbox."""

from __future__ import annotations

from addin_backend.sandbox.exchange import folders
from addin_backend.sandbox.exchange.context import Call, Switches
from addin_backend.sandbox.exchange.store import Store

OWN_DOMAINS = frozenset({"nordlys.example"})
EMPLOYEES = (
    ("Mette Holm", "mette.holm@nordlys.example"),
    ("Jonas Friis", "jonas.friis@nordlys.example"),
    ("Karin Bach", "karin.bach@nordlys.example"),
)

SHARED = (("Kontakt", "kontakt@nordlys.example"),)
# Who may send as a mailbox that is not their own (Send As); a shared mailbox belongs to nobody.
DELEGATES = {"kontakt@nordlys.example": frozenset({"mette.holm@nordlys.example", "karin.bach@nordlys.example"})}


def plant(store: Store, switches: Switches) -> None:
    """Create the mailboxes with their well-known folders; what exists stays."""
    with store.transaction():
        for display_name, address in (*EMPLOYEES, *SHARED):
            store.add_mailbox(address, display_name)
            folders.create_well_known(Call(store=store, mailbox=address, switches=switches))
