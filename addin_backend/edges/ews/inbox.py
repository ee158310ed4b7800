"""The Inbox over EWS: what came since a state, told by class and by two headers. No mail is opened here (SyncFolderItems)."""

from __future__ import annotations

from typing import Any

from exchangelib.util import TNS

from addin_backend.edges.ews import properties
from addin_backend.edges.ews.folders import INBOX, distinguished
from addin_backend.edges.ews.requests import Requests
from addin_backend.edges.ews.sent_items import named_properties
from addin_backend.model.delivery import Arrived, ArrivedPage


def page(requests: Requests, mailbox: str, state: str, most: int) -> ArrivedPage:
    """One page. Raises NotFound for a state that Exchange does not know any more."""
    fields = ("item_class", "size", properties.FAILED, properties.IS_REPORT)
    changes, after, last = requests.changes(distinguished(INBOX, mailbox), state, fields, most)
    new = [change[0] for change in changes if change.tag in (f"{{{TNS}}}Create", f"{{{TNS}}}Update")]
    return ArrivedPage(entries=tuple(_entry(item) for item in new), state=after, more=not last)


def _entry(item: Any) -> Arrived:
    headers = named_properties(item)
    return Arrived(
        item_id=item.find(f"{{{TNS}}}ItemId").get("Id"),
        item_class=item.findtext(f"{{{TNS}}}ItemClass") or "",
        failed=headers.get(properties.FailedRecipients.property_name.lower(), ""),
        is_report=bool(headers.get(properties.IsReport.property_name.lower(), "")),
        size=int(item.findtext(f"{{{TNS}}}Size") or 0),
    )
