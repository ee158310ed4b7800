"""What the words around ten digits say: a CPR number, a number of something else, or nothing. Points, each with its reason.

The word that governs a number is the nearest one before it: "sag 123 om Bo Madsen, 040574-1235" speaks of Bo, "Policenr. er 040574-1235"
of a policy. A number that stands beside another one ("… og ikke 040574-1236") is of the same kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from addin_backend.evidence.content.passage import Passage
from addin_backend.evidence.content.person import Link, has_first_name, has_name, link_in, words_in
from addin_backend.model.evidence import Location

NEAR, FAR = 60, 300  # characters before a number in which a label or a keyword counts
HEADER_LINES = 40  # of a table, above a number, in which its head is looked for
LEFT = 110  # characters before a number in which the governing word is looked for

KEYWORD = re.compile(
    r"(?<![a-zæøå])(?:pnr|e?cpr(?!\W{1,2}(?:and|og|training|kursus|course|session|cert|dummy|class|instruct|drill|dukke|øvelse|manikin"
    r"|skills))"
    r"|person(?:al)?\s?-?(?:nummer|numre|number|nr)|personnumre\w*|sygesikring(?:snummer|snr|sbevis)?|danish id|dansk id"
    r"|fødselsnummer|fødselsnr|fødsels- og personnummer|civil reg(?:istration|\.)|erstatningsnummer|erstatningsnr"
    r"|erstatnings-?personnummer"
    r"|national id(?:entification)?|social security|ssn|tax id|identifikationsnummer|identification number|person-?id|personligt id)"
    r"(?![a-zæøå]*(?:brev|bekend))",
)
LABEL = re.compile(
    r"(?:cpr|personnummer|personnr|personal number|fødselsnummer|sygesikring|civil reg(?:istration|\.)|erstatningsnummer"
    r"|erstatningspersonnummer"
    r"|(?<![a-z])ssn|danish id)[a-zæøå.]{0,8}[ \t]*(?:-?\s?(?:nr|nummer|numre|no|number)\b\.?)?[ \t]*"
    r"(?:(?:er|is|var|på|for|of|hedder|lyder)(?: (?:vist|nok|altså|jo|også|now|still|vistnok|på|stadig))?"
    r"|(?:på|for|of) \w+(?: \w+)? (?:er|is)|:|=|;|\(|,|/)?[ \t:=(\"'*>\[]*$"
)
# Words for the number of a thing: long ones also as the end of a compound ("supportsag"), short ones only alone.
_THING = (
    r"ordren?|order|faktura(?:en)?|invoice|bilag(?:et)?|sag(?:en)?|case|reference(?:n)?|kvittering(?:en)?|receipt|ticket|tracking"
    r"|track ?(?:&|and|og) ?trace"
    r"|pakken?|pakkelabel|parcel|shipment|consignment|forsendelsen?|policen?|policy|version(?:en)?|release|revision|serien?|serial"
    r"|batch|konto(?:en)?|account"
    r"|telefon|mobil|phone|vare(?:n)?|artikel|model|måler(?:en)?|meter|timestamp|tidsstempel|rekvisition(?:en)?|purchase order"
    r"|billet(?:ten)?|booking|reservation(?:en)?"
    r"|passcode|licens|license|skade(?:n)?|claim|anlæg(?:get)?|aftale|commit|kode(?:n)?|key|nøgle|nøglekort|adgangskort"
    r"|transaktion(?:en)?|transaction|fejl(?:en)?|error|kørsel|kørslen"
    r"|jobbet|chassis|stelnummer|matrikel|lejemål(?:et)?|projekt(?:et)?|project|udbud|tender|protokol|bestilling(?:en)?"
    r"|opgave(?:n)?|incident|hændelse(?:n)?|firmware|stregkode|barcode"
    r"|lokation|ejendom(?:men)?|postboks|container|trailer|gavekort|voucher|betaling|payment|kreditor|leverandør|supplier|vendor"
    r"|budget|afdeling|department|lokale|mandat|token"
    r"|seddel|sedlen|label|anmeldelse|genstand|maskine|machine|asset|inventar|enhed(?:en)?|device|pumpe|printer|terminal|sensor"
    r"|edition|kampagne|tilbud|quote|nummerplade|dør"
    r"|løbenummer|sekvens|sequence|parti|regning(?:en)?|bill|apparat|elevator|kopimaskine|skærm|server|router|opgavenr|patch"
    r"|instrument|vogn(?:en)?|pallen?|kollo|kolli|gtin|register"
)
_SHORT = (
    r"ref|po|id|sn|kto|s/n|rma|sku|ean|gln|cvr|vat|kl|isbn|issn|imei|fik|giro|iban|lot|trace|build|run|step|job|log|item|tlf|tel|fax"
    r"|reg|stel|code|din|iso|cas|rekv|fakt|ordre"
    r"|varenr|lejl|boks|bygning|fly|flight|tog|rute|hold|event|prøve|sample|glas|rør|dok|doc|document|dokument|journal|sending"
    r"|change|task|matter|permit|chip|type|besked-?id|møde-?id|meeting id|p-?nummer|se-?nr"
)
_ROLES = (
    r"kunde|customer|medarbejder|employee|medlem|medlems|member|elev|student|patient|borger|bruger|user|lejer|tenant|debitor|klient|client"
    r"|personale|staff|løn"
)
_NUMBERS = r"nr|nummer|nummeret|numre|numrene|number|numbers|no|id|id'et|koden?"
OTHER = re.compile(
    rf"(?<![a-zæøå])(?:[a-zæøå]{{0,22}}?(?:{_THING})(?:s|e|er|en|et|n|ens|ets|erne)?(?:-?[ ]?(?:{_NUMBERS}))?"
    rf"|(?:{_SHORT})(?:-?[ ]?(?:{_NUMBERS}))?|[a-zæøå]{{0,12}}?(?:{_ROLES})-?[ ]?(?:{_NUMBERS}|kort)"
    r"|(?!person|fødsels|erstatnings|cpr)[a-zæøå]{3,22}?-?(?:nr|nummer|nummeret|numre|numrene)|j\.?[ ]?nr"
    r"|(?!personal|danish|insurance|security|civil|registration|id|cpr|her|his|my|your|the|their|own|new|temporary)[a-z]{4,16} number"
    r"|ordrebekræftelse|bekræftelse|confirmation|part|application|docket|folder|mappen?|kartotek|arkiv\w*|file|record|chip|stand|slot|gate|sektion|kapitel|paragraf|karnov|fob|ufr)"
    r"(?![a-zæøå])\.?"
)
_CPR_LIKE = re.compile(r"(?:cpr|person|fødsel|sygesikring|erstatning|civil|ssn|social|danish|national)")
_OWNER = re.compile(
    r"[\s:]*(?:for|fra|of|til|to|på|from|hos|tilhører|belongs to)[\s:]*"
)  # "prøve fra 040574-1235": the number stands for a person
_PAID = re.compile(r"betaling|payment|faktura|invoice|regning|kvittering|receipt|ordre|order")
_OWN_NUMBER = re.compile(  # somebody's number, without a word for its kind
    r"(?:mit|hendes|hans|dit|deres|my|her|his|your|sønnens|datterens|personlige?|administrative|midlertidige?|personal|tildelte?"
    r"|nye)\s(?:nr\.?|nummer|number|id)(?:\s(?:er|is|was|var|now|nu))?[\s:]*$"
)
_LOOSE = re.compile(r"patient|journal|borger|(?<![a-zæøå])(?:sags?|case|ref|reference|(?<!-)id)(?![a-zæøå]*-?id)")
_ABBREVIATION = re.compile(r"(?<![A-ZÆØÅ-])(?!CPR|PNR|DK|PT|SSN|HR|FRU|MR|MRS|MS)[A-ZÆØÅ]{2,5}[ :.#-]{1,2}$")  # "FOB 120470-2221"
_AFTER = re.compile(r"[\s\"'*]*\(([^)\d]{3,40})\)")
_CONNECTIVE = re.compile(
    r"[\s:.#=(\[\"'*>,-]*(?:(?:er|is|was|med|with|nu|now|har|hedder|lyder|på|som|under|ved|the|a|nr|no|nummer|number|og|and|id|den"
    r"|vores|our|jeres|your|ny|nye|new|ikke|not|men|but|to)\b[\s:.#=(\[\"'*,-]*){0,4}[a-z]{0,3}[-/]?$"
)
_PERSONS = frozenset(
    """
    født born dob pt pat kunden medarbejderen forsikrede navn name eleven client skadelidte applicant medlemmet member policyholder
    ægtefælle spouse claimant afdøde deceased mor far moderen faderen mother father lejeren vedkommende parterne tiltalte sigtede
    sagsøgte nyfødt nyfødte manden kvinden drengen pigen han hun ham hende hans hendes he she him mr mrs ms hr fru begunstiget samlever
    bisidder medejer låntager skyldner kontohaver indehaver rejsende employee worker pupil student members medlemmer børnene børn kunder
    patienter ejerne parent parents elever borgere person persone personen kids children son daughter wife husband kone mand widow enke
    twin twins resident joiner joiners colleague trainee lærling
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
            or len(re.sub(r"\D", "", found.group())) < 8
            or not re.fullmatch(
                r"[\s,;/()&-]*(?:(?:og|and|samt|ikke|not|men|but|eller|or|to|til|plus|fx|hhv\.?|henholdsvis)\b[\s,;]*){0,3}",
                left[found.end() :],
            )
        ):
            return left
        left = left[: found.start()]


def _governing(passage: Passage, start: int, begin: int) -> tuple[int, str]:
    """(points, reason) of the nearest word before the number that says what numbers stand here."""
    left = _without_twins(passage.folded[begin:start])
    original = passage.text[begin : begin + len(left)]
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
    if _CONNECTIVE.fullmatch(between):
        return -65, "called another kind of number"
    if _is_person(between, original[other.end() :]):
        return 0, ""
    if _NUMBER.search(between):  # the label had its number already
        return -12, ""
    return -42 if len(between) < 45 else -25, "called another kind of number"


def _is_loose(passage: Passage, begin: int, span: tuple[int, int]) -> bool:
    """Whether the label is one that people also put before a person's number, and the person is there."""
    start, end = span
    label = _LOOSE.search(passage.folded, begin, start)
    return label is not None and (
        label.group() in {"patient", "borger", "journal"} or has_first_name(passage.text[start : end + 40].split("\n")[0])
    )


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
    if (
        "\t" in text[line:line_end]
        and (header := _column_header(passage, line, start))
        and not KEYWORD.search(header)
        and OTHER.search(header)
    ):
        points, reason = -65, "called another kind of number"
    after = _AFTER.match(folded, end)
    if after and OTHER.search(after[1]) and not _CPR_LIKE.search(after[1]):
        points, reason = -65, "called another kind of number"
    if points < 0 and checked and _is_loose(passage, begin, (start, end)):
        points, reason = 0, ""  # a case is often called by the number of its person
    row = slice(max(min(line, begin), start - 140), min(max(line_end, end), end + 120))
    if _is_person(folded[row], text[row]):
        points += 22
    else:
        around = slice(max(0, begin - 130), min(len(text), stop + 130))
        points += 11 if _is_person(folded[around], text[around]) else 0
    if _PLACE.search(before[-3:]) or GLUED.match(text, end):
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
