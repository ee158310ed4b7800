"""One JSON object per line, also for readers that take more than a line feed for a line's end."""

from __future__ import annotations

from typing import Any

import msgspec

# Legal in JSON strings, and line ends for Unicode (UAX #14) and for many readers of lines: a mail must not be able to forge a line.
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def json_line(value: Any) -> str:
    """``value`` as JSON on one line, without its end."""
    return msgspec.json.encode(value).decode().translate(_LINE_ENDS)
