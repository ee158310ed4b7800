"""How Exchange says no: a response code in an answer, or a SOAP fault."""

from __future__ import annotations


class EwsError(Exception):
    """An error that becomes a response message with ResponseClass Error. ``code`` is from the published list of codes."""

    def __init__(self, code: str, text: str) -> None:
        """``text`` is for the answer."""
        self.code = code
        self.text = text
        super().__init__(f"{code}: {text}")


class EwsFault(Exception):
    """An error that becomes a SOAP fault in an HTTP 500 answer. ``values`` go into its MessageXml."""

    def __init__(self, code: str, text: str, values: tuple[tuple[str, str], ...] = ()) -> None:
        """``text`` is for the answer."""
        self.code = code
        self.text = text
        self.values = values
        super().__init__(f"{code}: {text}")
