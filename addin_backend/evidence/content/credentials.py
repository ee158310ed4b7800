"""Passwords and codes that stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.model.evidence import SensitivityClass

_SECRET = re.compile(
    r"(?<![a-zæøå])(?:adgangskode(?:n)?|password(?:et)?|kodeord(?:et)?|løsen|passphrase|pin-?kode(?:n)?|pin(?: code)?|cvv|cvc)"
    r"(?:[ ](?:til|for|to)[ ][^\n:]{1,40}?)?[ ]?(?::|=|[ ]er:?[ ]|[ ]is:?[ ])[ ]?[\"'«]?([^\s\"'»]{3,64})",
)
_BARE = re.compile(  # "temporary password Falcon-77", "pass: Winter!2026": a word with letters and digits or signs in it
    r"(?<![a-zæøå])(?:adgangskode(?:n)?|password(?:et)?|kodeord(?:et)?|koden|pass|pw|pwd|login)[ ]?[:=]?[ ]"
    r"[\"'«]?((?=[^\s]{0,40}[a-zæøå])(?=[^\s]{0,40}\d)[^\s\"'»@/]{6,40})"
)
_TRIGGERS = ("adgangskode", "password", "kodeord", "løsen", "passphrase", "pin", "cvv", "cvc", "koden", "pass", "pw", "login")
_NO_SECRET = frozenset(
    """
    ikke not udløbet expired nulstillet reset ændret changed forkert wrong your dit din det den blevet sendt sent mindst minimum
    krævet required a an the en et i in vigtig vigtigt stadig still aldrig never også samme same being been nu now om kun only
    skal must to at updated opdateret udløber låst locked about her here hemmelig personlig personligt personal strong stærk
    stærkt for med with used brugt *** xxx xxxx ****
    """.split()
)


def recognise(passage: Passage) -> Iterator[Hit]:
    """Every password in the passage."""
    found = {match.start(1): match for pattern in (_BARE, _SECRET) for match in matches(passage, _TRIGGERS, pattern, lines=True)}
    for _, match in sorted(found.items()):
        word = match[1].strip(".,;:!?()").lower()
        if word and word not in _NO_SECRET and not set(word) <= set("x*.•-_") and not word.startswith(("http", "<")):
            yield Hit(
                "credentials",
                SensitivityClass.CONFIDENTIAL,
                "password",
                match.start(1),
                match.start(1) + len(match[1].rstrip(".,;:?)")),
                75,
                "password in the text",
                identifier=True,
            )
