"""Numbers that are shown in another order than they stand in: by style sheets, or by characters that turn the direction of writing.

A reader of the mail sees "040574-1235" where the source says "5321-475040" or "1235 - 040574". Which it is, only a browser could tell, so
where a mail turns anything round at all, each long number behind a CPR label is read in those two ways too.
"""

from __future__ import annotations

import re

LABEL_REACH = 80  # characters before a number in which its label may stand
MOST = 500  # numbers of one text
TURNING = "\u202e\u202d\u2066\u2067\u2068"  # UAX #9: overrides and isolates
STYLES = re.compile(
    r"row-reverse|column-reverse|wrap-reverse|(?<![\w-])order\s*:\s*[-+]?\d|direction\s*:\s*rtl|bidi-override|isolate-override"
    r"|float\s*:\s*right|writing-mode|(?<![\w-])dir\s*=\s*[\"']?\s*rtl|rotate(?:y|3d)?\s*\(|scalex\s*\(\s*-",
    re.IGNORECASE,
)
_LABEL = re.compile(r"cpr|person\s?-?(?:nummer|nr)|personal number|fødselsn|sygesikring|civil reg|pnr", re.IGNORECASE)
_RUN = re.compile(r"\d[\d\s./_\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\u2010-\u2015-]{8,60}\d")
_GROUP = re.compile(r"\d+")


def turned(text: str) -> str:
    """Each number of ten digits or so behind a CPR label, backwards and with its groups in the opposite order; "" when there is none."""
    found = []
    for run in _RUN.finditer(text):
        before = text[max(0, run.start() - LABEL_REACH) : run.start()]
        digits = sum(map(str.isdigit, run.group()))
        if not 10 <= digits <= 12 or not _LABEL.search(before):
            continue
        groups = _GROUP.findall(run.group())
        found += [f"CPR {run.group()[::-1]}", f"CPR {'-'.join(reversed(groups))}"]
        if len(found) >= 2 * MOST:
            break
    return "\n".join(found)


def is_turned(source: str) -> bool:
    """Whether anything in the source of a mail turns round what is shown."""
    return (not source.isascii() and any(char in source for char in TURNING)) or STYLES.search(source) is not None
