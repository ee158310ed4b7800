"""The two written forms of an Exchange item id: EWS uses base64, Graph and Office.js base64url (Office.js, convertToEwsId).

We keep the EWS form everywhere, so that one draft has one id whichever transport its mailbox is on.
"""

from __future__ import annotations

_TO_REST = str.maketrans({"/": "-", "+": "_"})
_TO_EWS = str.maketrans({"-": "/", "_": "+"})


def rest_id(item_id: str) -> str:
    """The id as Graph takes it; one that is in that form already stays."""
    return item_id.translate(_TO_REST)


def ews_id(item_id: str) -> str:
    """The id as EWS takes it; one that is in that form already stays."""
    return item_id.translate(_TO_EWS)
