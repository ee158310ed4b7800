"""Where one text of a mail ends with digits and the next begins with some: a number may be cut in two between them.

Between the body and the first attachment, between two parts, and between the names of two files ("CPR 040574.pdf", "1235.pdf"). What stands
on both sides of a seam behind a CPR label is read as one short text; it has no place of its own that could be masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePath

from addin_backend.evidence.content.passage import Passage, make_passage
from addin_backend.model.evidence import Location

REACH = 80  # characters read on either side
MOST = 500  # seams of one mail
_ENDS, _BEGINS = re.compile(r"[0-9][\s./_-]*$"), re.compile(r"[\s./_-]*[0-9]")

_LABEL = re.compile(r"cpr|person\s?-?(?:nummer|nr)|personal number|fødselsn|sygesikring|civil reg|pnr", re.IGNORECASE)


def _joined(first: str, second: str) -> str:
    before, after = first[-REACH:], second[:REACH]
    cut = _ENDS.search(before) and _BEGINS.match(after) and _LABEL.search(before)
    return before.rstrip() + " " + after.lstrip() if cut else ""


def seams(passages: Sequence[Passage], part: int) -> list[Passage]:
    """The seams of a mail's texts, as texts of the part behind its last."""
    texts = [passage.text for passage in passages[1:] if passage.location is not Location.ATTACHMENT_NAME]
    names = [PurePath(passage.text).stem for passage in passages if passage.location is Location.ATTACHMENT_NAME]
    pairs = [*pairwise(texts), *pairwise(names)][:MOST]
    found = (_joined(first, second) for first, second in pairs)
    return [make_passage(text, Location.ATTACHMENT, part) for text in found if text]
