"""What the words around ten digits say: a CPR number, a number of something else, or nothing. Points, each with its reason.

The word that governs a number is the nearest one before it: "sag 123 om Bo Madsen, 040574-1235" speaks of Bo, "Policenr. er 040574-1235"
of a policy. A number that stands beside another one ("… og ikke 040574-1236") is of the same kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from addin_backend.evidence.content.cpr_neighbours import is_list_of_things
from addin_backend.evidence.content.cpr_words import DOSSIER, KEYWORD, LABEL, MANY, OTHER
from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import Link, has_first_name, has_name, link_in, words_in
from addin_backend.model.evidence import Location

NEAR, FAR = 60, 300  # characters before a number in which a label or a keyword counts
HEADER_LINES = 40  # of a table, above a number, in which its head is looked for
BESIDE_A_PERSON = 22  # points for a person in the same line
NEARBY = 11  # for a person in the lines around
LEFT = 110  # characters before a number in which the governing word is looked for

_CPR_LIKE = re.compile(
    r"(?:cpr|person|fødsel|sygesikring|sundhedskort|gult? kort|gule kort|yellow card|løbenr|løbenummer|erstatning|civil|ssn|social"
    r"|danish|national)"
)
_RECORD = re.compile(  # "blodprøve fra 0405741235": what is kept of a person
    r"(?:prøven?|prøvesvar\w*|henvisning\w*|recept\w*|journal\w*|attest\w*|løn\w*|scanning\w*|fuldmagt\w*|samtykke\w*|prescription|referral"
    r"|patient\w*|sygemelding\w*|indlæggelse\w*|oplysninger\w*|data)\s(?:på|for|fra|til|om|of|from)\s$"
)
_IS = re.compile(
    r"\b(?:jeg(?: selv)?|hun|han|he|she|i|vedkommende) (?:er|is|am|har|has|hedder)(?: født)?[\s:]*$"
)  # "og jeg selv er 0405741235"
_NOUN = re.compile(  # a noun that says which one it is
    r"(?:([a-zæøå][a-zæøå'-]{2,}) (?:nr\.?|no\.?|nummer|number)|([a-zæøå]{3,}(?:en|erne|ene))|(?<=the )([a-z]{3,})"
    r"|(?<=[a-z] )([a-zæøå]+-?id))[ :]{1,2}$"
)
_NO_NOUN = frozenset("the and mit hans hendes dit deres vores our his her their your its det den some any with personligt nye new".split())
_PURPOSE = re.compile(r"\b(?:nr\.?|nummer|numre|number|oplysninger\w*|data|details)(?: \w+)? (?:til|for|to)(?: the)? $")
_NUMBERED = re.compile(r"\b(?:nummer|nr\.?|number|no\.)[\s:]*$")
_OWNER = re.compile(
    r"[\s:]*(?:for|fra|of|til|to|på|from|hos|tilhører|belongs to)[\s:]*"
)  # "prøve fra 040574-1235": the number stands for a person
_BARE_ID = re.compile(r"(?<![\w&?-])(?:id|identity|ident)(?:_\w+)?\s?[=:]\s?$")
_PUT_ON = re.compile(r"\b(?:på|til|on|onto|to|into)(?: the| our| vores)? $")
_PAID = re.compile(r"betaling|payment|faktura|invoice|regning|kvittering|receipt|ordre|order")
_OWN_NUMBER = re.compile(  # somebody's number, without a word for its kind
    r"(?:mit|hendes|hans|dit|deres|my|her|his|your|sønnens|datterens|personlige?|administrative|midlertidige?|personal|tildelte?"
    r"|nye)\s(?:nr\.?|nummer|number|id)(?:\s(?:er|is|was|var|now|nu))?[\s:]*$"
)
_LOOSE = re.compile(r"patient|journal|borger|(?<![a-zæøå])(?:sags?|case|ref|reference|(?<!-)id)(?![a-zæøå]*-?id)")
_ABBREVIATION = re.compile(r"(?<![A-Za-zÆØÅæøå-])(?!CPR|PNR|DK|PT|SSN|HR|FRU|MR|MRS|MS)[A-ZÆØÅ]{2,5}[ :.#-]{1,2}$")  # "FOB 120470-2221"
_SAME_KIND = re.compile(  # "the old one, 210767-3566": the kind of the number before
    r"\b(?:(?:den|det|de) (?:gamle|anden|andet|andre|nye|forrige|første|næste|forkerte|tidligere|sidste)"
    r"|the (?:old|other|previous|new|first|second|next|last|wrong) ones?|den (?:gamla|andra|nya)"
    r"|d(?:ie|er|as) (?:alte|andere|neue))[\s,:(]*$"
)
_SAID = re.compile(  # "120683-4417 is the asset tag of", "… er nummeret på printeren"
    r"[\s\"']*(?:er|is|var|was)\s(?:(?:bare |just )?(?:the|vores|our|jeres|your|deres|their|et|en|an?|asset"
    r"|nummeret på|nummeret til|koden til|numbers? o[fn])\s){0,3}"
)
_AFTER = re.compile(r"[\s\"'*]*\(([^)\d]{3,40})\)")
_CONNECTIVE = re.compile(
    r"[\s:.#=(\[\"'*>,-]*(?:(?:er|is|was|med|with|nu|now|har|hedder|lyder|på|on|fået|fik|got|som|under|ved|the|a|nr|no|nummer|number|og|and|id|den"
    r"|vores|our|jeres|your|ny|nye|new|ikke|not|men|but|to|numbers|numre|such|as|som|like)\b[\s:.#=(\[\"'*,-]*){0,4}[a-z]{0,3}[-/]?$"
)
_PERSONS = frozenset(
    """
    født born dob pt pat kunden medarbejderen forsikrede navn name eleven client skadelidte applicant medlemmet member policyholder
    ægtefælle spouse claimant afdøde deceased mor far moderen faderen mother father lejeren vedkommende parterne tiltalte sigtede
    sagsøgte nyfødt nyfødte manden kvinden drengen pigen han hun ham hende hans hendes he she him mr mrs ms hr fru begunstiget samlever
    bisidder medejer låntager skyldner kontohaver indehaver rejsende employee worker pupil student members medlemmer børnene børn kunder
    patienter ejerne parent parents elever borgere person persone personen kids children son daughter wife husband kone mand widow enke
    twin twins resident joiner joiners colleague trainee lærling
    pupils students patients residents citizens clients tenants employees customers colleagues
    """.split()
)
_PERSON_STEMS = tuple(
    """
    patient borger forsikringstager barn klient ansøger søn datter forældre beboer værge fuldmagt vidne baby arving passager medlemmer
    køber sælger ejer buyer seller brudepar ægtepar spædbarn tvilling kollega nyansat ansat praktikant lærling
    """.split()
)
_PERSON_SHORT = re.compile(r"(?:f\.(?<![a-zæøå]..)|d\.o\.b(?<![a-zæøå].{5})|new hire(?<![a-zæøå].{8}))(?![a-zæøå])")
_SMALL_WORD = re.compile(r"[a-zæøå]+")
_NUMBER = re.compile(r"\d[\d ./-]{3,}\d")
GLUED = re.compile(r"[=&#/\\@%]|\?\w|-?[A-Za-z]|-\d|\.[a-z]+\.[a-z]")
_PLACE = re.compile(r"[=&?#/\\_@+%<>]$|[a-z]-?$|\d[.,:/-]?$")
_TAGGED = re.compile(r"(?<![\w&?-])id(?:_\w+)?=$|<(?:id|pt|pid|person|patient|borger|nr|nummer|number)>$")  # an element of XML
_LAST_FOUR = re.compile(r"(?:sidste fire|fire sidste|sidste 4|slutter|ender|slutningen|efter stregen|last four|ending|løbenummer)")


@dataclass(frozen=True, slots=True)
class Context:
    """Points for the words around a number; ``labelled``: they call it a CPR number; ``other``: they call it something else."""

    points: int
    labelled: bool
    other: bool
    reason: str


def is_labelled(before: str) -> bool:
    """Whether the words right before call the number a CPR number."""
    return LABEL.search(before[-NEAR:]) is not None


def has_person_word(folded: str) -> bool:
    """Whether a word for a person stands in the text (in lower case)."""
    words = _SMALL_WORD.findall(folded)
    return (
        not _PERSONS.isdisjoint(words) or any(word.startswith(_PERSON_STEMS) for word in words) or _PERSON_SHORT.search(folded) is not None
    )


def _is_person(folded: str, text: str) -> bool:
    if has_person_word(folded):
        return True
    words = words_in(text)
    return has_name(" " + text, words) or link_in(text, words) is Link.PERSON


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _without_twins(left: str) -> str:
    """``left`` without long numbers right before its end that are joined to the next one: "1235 og ikke 1236" is one list."""
    while True:
        found = _last(_NUMBER, left)
        if (
            found is None
            or len(re.sub(r"\D", "", found.group())) < (9 if "\n" in left[found.end() :] else 8)  # a phone number and the next line
            or not re.fullmatch(
                r"[\s,;/()&-]*(?:(?:og|and|samt|ikke|not|men|but|eller|or|to|til|plus|fx|hhv\.?|henholdsvis)\b[\s,;]*){0,3}",
                left[found.end() :],
            )
        ):
            return left
        left = left[: found.start()]


def _follows_a_thing(before: str) -> bool:
    """Whether the words before speak of the number of a thing and of no CPR number."""
    return OTHER.search(before) is not None and not KEYWORD.search(before)


def _governing(passage: Passage, start: int, begin: int) -> tuple[int, str]:
    """(points, reason) of the nearest word before the number that says what numbers stand here."""
    left = _without_twins(passage.folded[begin:start])
    if _SAME_KIND.search(left) and _follows_a_thing(passage.folded[max(0, begin - LEFT) : start]):
        return -65, "called another kind of number"
    original = passage.text[begin : begin + len(left)]
    if _IS.search(left):
        return BESIDE_A_PERSON, ""
    keyword, other = _last(KEYWORD, left), None
    for found in OTHER.finditer(left):
        if not _CPR_LIKE.match(found.group()) and not (keyword and found.start() < keyword.end() <= found.end() + 8):
            other = found
    if keyword and (other is None or other.end() <= keyword.end() + 4):
        return (60 if len(left) - keyword.end() < 25 else 45), "called a CPR number"
    if other is None:
        return (-42, "called another kind of number") if _ABBREVIATION.search(original) else (0, "")
    between = left[other.end() :]
    if _OWNER.fullmatch(between) or _OWN_NUMBER.search(left):
        return (-25 if _PAID.search(other.group()) else 0), ""
    if passage.location is Location.ATTACHMENT_NAME and not re.search(
        r"(?:nr|nummer|no|id)\.?$|ordre|faktura|sag|invoice|order|case|police", other.group()
    ):
        return 0, ""
    if "\n" in between and _PUT_ON.search(left[: other.start()]) and not MANY.search(other.group()):  # "skal på policen", and a line below
        return 0, ""
    dossier = DOSSIER.fullmatch(other.group()) is not None
    if dossier and _PURPOSE.search(left[: other.start()]):  # "mit nummer til kontrakten: …"
        return 0, ""
    if _CONNECTIVE.fullmatch(between):
        return -65, "called another kind of number"
    if dossier:
        return 0, ""
    if MANY.search(other.group()) and re.match(r"[^\d\n:]{0,20}:", between):  # "startnumre: Anna 1206834417, Bo …"
        return -65, "called another kind of number"
    if _is_person(between, original[other.end() :]):
        pronoun_only = _NUMBERED.search(between) and not has_name(" " + original[other.end() :])
        return (-42, "called another kind of number") if pronoun_only and not _CPR_LIKE.search(between) else (0, "")
    if had := _NUMBER.search(between):  # the label had its number already
        return (0 if "\n" in between[had.end() :] else -12), ""
    return -42 if len(between) < 45 else -25, "called another kind of number"


def _is_loose(passage: Passage, begin: int, span: tuple[int, int]) -> bool:
    """Whether the label is one that people also put before a person's number, and the person is there."""
    start, end = span
    label = _LOOSE.search(passage.folded, begin, start)
    return label is not None and (
        label.group() in {"patient", "borger", "journal"} or has_first_name(passage.text[start : end + 40].split("\n")[0])
    )


def _is_id_beside_name(passage: Passage, begin: int, span: tuple[int, int]) -> bool:
    """Whether "id" alone is the label, and somebody is named in the line or right above ("member=Knud Faber;id=081055-0399")."""
    start, end = span
    line, stop = passage.line(start)
    row = passage.text[max(0, start - 140) : min(stop, end + 60)]
    bare = _BARE_ID.search(passage.folded, max(line, start - 20), start)
    return bare is not None and has_first_name(row.replace("=", " = ").replace(";", " ; "))


def _column_header(passage: Passage, line: int, place: int) -> str:
    """The head of the column of a table that ``place`` stands in: the cell of the first line above with as many cells."""
    text, header = passage.folded, ""
    column = text.count("\t", line, place)
    end = line - 1
    for _ in range(HEADER_LINES):
        if end <= 0:
            break
        start = text.rfind("\n", 0, end) + 1
        cells = text[start:end].split("\t")
        if len(cells) < 2:
            break
        header = cells[column].strip() if column < len(cells) else ""
        end = start - 1
    return header if not any(char.isdigit() for char in header) else ""


def _names_a_thing(rest: str) -> bool:
    """Whether the rest of a file's name, or what stands in brackets, speaks of a thing ("131147-0955 foelgeseddel.pdf")."""
    letters = rest.replace("ae", "æ").replace("oe", "ø").replace("aa", "å")
    return any(not DOSSIER.fullmatch(found.group()) for found in OTHER.finditer(letters))


def _is_called_a_thing_behind(folded: str, end: int) -> bool:
    """Whether it is said behind the number what it is of: in brackets, or "… is the asset tag of"."""
    said = _SAID.match(folded, end)
    if said and (thing := OTHER.match(folded, said.end())) and not (_CPR_LIKE.match(thing.group()) or DOSSIER.fullmatch(thing.group())):
        return True
    after = _AFTER.match(folded, end)
    return after is not None and _names_a_thing(after[1]) and not _CPR_LIKE.search(after[1])


def is_named_by_a_noun(passage: Passage, start: int) -> bool:
    """Whether the word right before the number is one that names a thing: none for a person, no name, none of the small words."""
    line, _ = passage.line(start)
    found = _NOUN.search(passage.folded, max(line, start - NEAR), start)
    word = found.group(number := found.lastindex or 0) if found else ""
    if not found or word in _NO_NOUN or has_person_word(word):
        return False
    begin = max(line, found.start(number) - 40)
    words = passage.text[begin : found.end(number)]
    if not passage.text[found.start(number)].isupper():
        return True
    return not has_first_name(words) and not has_name(" " + words)


def judge(passage: Passage, span: tuple[int, int], *, keyed: bool, checked: bool) -> Context:
    """The context of the number at ``span``. ``keyed``: the text has a keyword somewhere at all; ``checked``: modulus 11 holds."""
    start, end = span
    text, folded = passage.text, passage.folded
    line, line_end = passage.line(start)
    before = folded[max(line, start - NEAR) : start]
    if keyed and is_labelled(before):
        return Context(60, True, False, "called a CPR number")
    begin, stop = passage.sentence(start, end)
    begin = max(begin, start - LEFT)
    if not text[begin:start].strip(" \t\n\"'-*•(") and begin:
        begin = max(passage.line(max(0, begin - 1))[0], begin - LEFT)  # the label stands on the line above
    points, reason = _governing(passage, start, begin)
    header = _column_header(passage, line, start) if "\t" in text[line:line_end] else ""
    if (header and not KEYWORD.search(header) and OTHER.search(header)) or (not reason and is_list_of_things(passage, start)):
        points, reason = -65, "called another kind of number"
    in_name = passage.location is Location.ATTACHMENT_NAME
    if (in_name and not reason and _names_a_thing(folded[end:])) or _is_called_a_thing_behind(folded, end):
        points, reason = -65, "called another kind of number"
    if points < 0 and (checked or "-" in text[start:end]) and _is_id_beside_name(passage, begin, (start, end)):
        points, reason = 0, ""
    if points < 0 and checked and _is_loose(passage, begin, (start, end)):
        points, reason = 0, ""  # a case is often called by the number of its person
    if not reason and _RECORD.search(before):
        points += BESIDE_A_PERSON
    row = slice(max(min(line, begin), start - 140), min(max(line_end, end), end + 120))
    if _is_person(folded[row], text[row]):
        points += BESIDE_A_PERSON
    else:
        around = slice(max(0, begin - 130), min(len(text), stop + 130))
        points += NEARBY if _is_person(folded[around], text[around]) else 0
    if (_PLACE.search(before[-3:]) and not _TAGGED.search(before)) or GLUED.match(text, end):
        points -= 45
    if keyed and points > -40 and reason != "called a CPR number":
        if KEYWORD.search(folded, end, min(stop, end + 40)):
            points += 40
        elif KEYWORD.search(folded, max(0, start - FAR), end + 100):
            points += 15 if reason else 25
    return Context(points, reason == "called a CPR number" and points >= 45, reason == "called another kind of number", reason)


def last_four(passage: Passage, start: int, end: int) -> bool:
    """Whether the words around four digits say that they end a CPR number."""
    return _LAST_FOUR.search(passage.folded, max(0, start - 40), end + 40) is not None
