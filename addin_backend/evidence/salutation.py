"""Whom the opening line greets, compared with the recipients' names: a mail to one Anders that begins "Kære Bente" is often a slip.

Few false alarms: group greetings, role mailboxes and addresses without a name say nothing; nicknames, one slip of the hand and a first
name for a whole one are a match. Only the new text is read. Nothing of it leaves this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from addin_backend.evidence.near import one_slip
from addin_backend.model.facts import Salutation
from addin_backend.model.message import Recipient

OPENING_LINES = 3  # lines with text among which the greeting stands; some write a heading first
MAX_LINE = 90  # characters; a longer line is prose

_GREETING = re.compile(
    r"[\s*_>\"'“”»«]*(?:kære|kæreste|hejsa|hejhej|hejj?|halløj|hallo|goddag|godmorgen|godaften|god\s+(?:dag|morgen|formiddag|eftermiddag"
    r"|aften|weekend)|dav|dear|hi|hello|hey|good\s+(?:morning|afternoon|evening|day)|greetings|til|to|att\.?)(?:\s+igen|\s+again)?"
    r"(?![\w@])[ \t,:]*(.{0,90})$",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:,|;|&|\+|/|\bog\b|\bsamt\b|\band\b|\bmed\b)\s*", re.IGNORECASE)
_END = re.compile(r"[.!?:–—()\[\]<>\n]|\s-\s")
_TITLE_DOTS = re.compile(r"\b(hr|fr|frk|dr|mr|mrs|ms|prof|adv|att)\.", re.IGNORECASE)
_TITLES = frozenset(
    "hr fru fr frk frøken herr dr doktor prof professor mr mrs ms miss mx adv advokat advokatfuldmægtig direktør borgmester læge "
    "overlæge lektor kollega ven veninde søde min mine vores my our attorney doctor".split()
)
_GROUP = frozenset(
    "alle alle sammen allesammen all everyone everybody team teams teamet begge both jer i folk folkens venner kolleger kollegaer "
    "kollegerne kunde kunder kunden customer client medlem medlemmer members member borger borgere forældre friends colleagues gruppe "
    "gruppen group afdeling afdelingen department support kundeservice modtager modtagere recipient sir madam madame damer herrer ladies "
    "gentlemen guys du dig there you firma partner partnere samarbejdspartner samarbejdspartnere nabo naboer ansøger ansøgere deltager "
    "deltagere hr personale bestyrelse bestyrelsen ledelse ledelsen udvalg udvalget hele to tre fire two three rette vedkommende whom "
    "hiring manager hold holdet redaktion redaktionen kreditor leverandør leverandører receptionen reception".split()
)
_ROLE = frozenset(
    "info kontakt contact sekretariat sekretariatet sekretær mail post postkasse post1 hovedpostkasse support service kundeservice "
    "helpdesk hello hej hr job jobs salg sales faktura invoice bogholderi regnskab oekonomi økonomi finance accounts admin "
    "administration kontor office reception receptionen booking ordre order presse press marketing it drift skade skader claims "
    "kommunen kommune borgerservice skole legal jura gdpr dpo privacy databeskyttelse assistent assistant pa team afdeling "
    "afdelingen forsikring pension direktion ledelse bestyrelse noreply webmaster postmaster lon løn payroll klinik laege laegehus "
    "tandlaege advokat advokater kontoret teamet police policen".split()
)
_NICKNAMES = tuple(
    frozenset(group.split())
    for group in (
        "william bill will billy liam willy", "robert bob rob bobby robbie", "richard dick rick rich", "michael mike mick mikael",
        "elizabeth elisabeth liz lisa lis beth betty lise lisbeth else elsebeth", "katherine catherine kate kathy katie cathy kit",
        "margaret maggie meg peggy margrethe grethe", "james jim jimmy jamie", "john jack johnny jon", "thomas tom tommy tommi",
        "joseph joe joey", "edward ed eddie ted", "anthony tony anton", "charles charlie chuck", "daniel dan danny",
        "alexander alex sander sasha", "alexandra alex sandra", "christian chris kris kristian", "christopher chris kristoffer stoffer",
        "christina tina stina kristina", "nicholas nick nicolai nicklas niklas nikolaj", "benjamin ben benny", "samuel sam sammy",
        "lars lasse", "hans hasse", "niels nis", "peter per peder", "jens jes", "jørgen jørn", "susanne sanne sus", "birgitte gitte",
        "henriette jette", "marianne mie anne", "maria mie marie mia", "anne ann anna ane annie", "camilla milla", "caroline line",
        "karoline line", "pernille nille", "frederik frede fritz", "ole olaf oluf", "kasper casper", "carsten karsten", "claus klaus",
        "sofie sophie sofia", "mathias matias matthias", "philip filip phillip", "rebecca rebekka becky", "jesper jeppe",
        "steen sten", "poul paul palle", "bent bendt", "johannes johs hannes", "kirsten kis", "inger inge", "patrick patrik pat",
        "david dave", "andrew andy drew anders", "gregory greg", "steven stephen steve stefan", "matthew matt", "timothy tim",
        "jennifer jenny jen", "jessica jess", "deborah debbie", "patricia pat patty trish", "victoria vicky vicki", "abigail abby",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Names:
    """What is known of how a recipient is called, folded: single words, and the local part without its separators."""

    words: frozenset[str]
    joined: str
    role: bool

    @property
    def silent(self) -> bool:
        """Whether nothing can be said about the name."""
        return self.role or not any(len(word) > 1 for word in self.words)


def _fold(text: str) -> str:
    spelled = text.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa").replace("ß", "ss")
    return "".join(char for char in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(char))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w]+|_|\d+", text) if word]


def _names_of(recipient: Recipient) -> _Names:
    local = recipient.address.rpartition("@")[0].split("+")[0]
    parts = _words(local)
    shown = [] if "@" in recipient.display_name else _words(re.sub(r"\(.*?\)", " ", recipient.display_name))
    role = any(_fold(word) in _FOLDED_ROLES for word in parts) or (not shown and _fold("".join(parts)) in _FOLDED_ROLES)
    words = frozenset(_fold(word) for word in (*parts, *shown))
    return _Names(words, _fold("".join(parts)), role)


def _same(greeted: str, names: _Names) -> bool:
    """Whether a greeted word fits a recipient."""
    if (
        greeted in names.words
        or (len(greeted) >= 2 and names.joined.startswith(greeted))
        or (len(greeted) >= 4 and greeted in names.joined)
    ):
        return True
    if any(greeted in group and names.words & group for group in _FOLDED_NICKNAMES):
        return True
    for word in names.words:
        shorter, longer = sorted((greeted, word), key=len)
        if len(shorter) >= 3 and longer.startswith(shorter):
            return True
        if len(shorter) >= 4 and one_slip(shorter, longer):
            return True
    return False


def _initials(greeted: Sequence[str], names: _Names) -> bool:
    """bm@ for Bo Madsen: an address of initials fits every name that begins like it."""
    return not any(len(word) > 3 for word in names.words) and any(word.startswith(greeted[0][:1]) for word in names.words)


def _fits(greeted: Sequence[str], names: _Names) -> bool:
    if _initials(greeted, names):
        return True
    hits = [_same(word, names) for word in greeted]
    if all(hits):
        return True
    known_names = [word for word in names.words if len(word) > 1]
    return hits[0] and len(known_names) < 2  # the address tells one name only, and that one fits


def _is_name(words: Sequence[str]) -> bool:
    """One to four words, each with a capital or written as names are: not a piece of a sentence."""
    return 0 < len(words) <= 4 and all(word[:1].isupper() or word in {"af", "de", "la", "van", "von", "den", "der"} for word in words)


def _greeted(line: str) -> list[list[str]]:
    """The names that a greeting line names, each as its words; nothing for a group."""
    rest = _TITLE_DOTS.sub(r"\1", line)
    rest = _END.split(rest, maxsplit=1)[0].strip(" \t,*_\"'“”»«")
    found: list[list[str]] = []
    for piece in _SPLIT.split(rest):
        words = [word for word in re.split(r"[\s.]+", piece) if word]
        if words and all(word.casefold() in _GROUP | _TITLES for word in words):
            continue
        if any(word.casefold() in _GROUP - _TITLES for word in words[:2]):
            return found
        names = [word for word in words if word.casefold() not in _TITLES]
        if found and not _is_name(names):
            break  # "Hej Anna, tak for sidst"
        lower_case = len(names) == 1 and len(_words(rest)) == 1 and names[0].isalpha()  # "hej anna"
        if not _is_name(names) and not lower_case:
            break
        found.append([_fold(part) for name in names for part in _words(name)])
    return [words for words in found if words]


def _opening(text: str) -> str | None:
    """What follows the greeting word, or None when the mail does not begin with one."""
    seen = 0
    for line in text[:4000].splitlines():
        if not line.strip():
            continue
        found = _GREETING.match(line) if len(line) <= MAX_LINE else None
        if found:
            return found[1]
        seen += 1
        if seen == OPENING_LINES:
            return None
    return None


def salutation_of(new_text: str, recipients: Iterable[Recipient]) -> Salutation:
    """`names_someone_else` when the greeting names a person whom none of the recipients can be; `none` when it tells nothing."""
    rest = _opening(new_text)
    greeted = _greeted(rest) if rest else []
    if not greeted:
        return Salutation.NONE
    known = [_names_of(item) for item in recipients]
    unmatched = [words for words in greeted if not any(_fits(words, names) for names in known)]
    if not unmatched:
        return Salutation.MATCHES
    if not known or any(names.silent for names in known):
        return Salutation.NONE
    return Salutation.NAMES_SOMEONE_ELSE


_FOLDED_ROLES = frozenset(_fold(word) for word in _ROLE)
_FOLDED_NICKNAMES = tuple(frozenset(_fold(word) for word in group) for group in _NICKNAMES)
