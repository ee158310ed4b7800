"""Is a person near: a name, a pronoun, a role, a relation. A sensitive word counts only when it is about someone."""

from __future__ import annotations

import re
from enum import IntEnum

_ROLES = """
    borger patient medarbejder elev klient ansøger lejer beboer skyldner konsulent chauffør lærer kandidat student dreng mand
    kasserer pædagog mægler direktør formand leder sygeplejerske bruger deltager kursist praktikant vikar gæst kontaktperson
    debitor låntager forsikringstager mentor
    """.split()
_THIRD = frozenset(
    """
    han hun ham hende hans hendes vedkommende he she him his hers himself herself kollega kollegaen kollegas kollegaens kunden
    kundens pigen pigens kvinden kvindens moren morens faderen moderen faren farens sønnen sønnens datteren datterens parret
    parrets familien familiens forældrene forældrenes ægteparret drengen drengens personen personens barnet barnets medlemmet
    medlemmets skadelidte skadelidtes tilskadekomne sagsøgte tiltalte domfældte forsikrede forsikredes afdøde afdødes ansatte
    hustruen konen manden enken klienten claimant defendant deceased
    """.split()
) | {role + end for role in _ROLES for end in ("en", "ens", "n", "ns")}
_ROLE_WORDS = (
    "kollega medarbejder kunde borger klient patient elev beboer ansat".split(),
    """
    patient employee client claimant applicant tenant pupil student defendant insured deceased candidate nurse teacher driver resident
    policyholder colleague trainee worker child boy girl man woman family couple guest
    """.split(),
)
_ROLE = re.compile(
    rf"\b(?:(?:en|min|vores|ny|nye|den ansatte) (?:{'|'.join(_ROLE_WORDS[0])})"
    rf"|(?:the|our|your|my|this|a|new)[ ](?:\w+[ ])?(?:{'|'.join(_ROLE_WORDS[1])}))(?:'s)?\b",
    re.IGNORECASE,
)
_OWNED = frozenset("en min mit mine din dit dine vores deres sin sit my your our their the a this ny nye den new".split())
_TOKEN = re.compile(r"[^\W\d_]+")
_ENGLISH = re.compile(  # "her" is "here" in Danish
    r"\b(?:the|and|of|has|been|was|will|is|to|with|that|are)\b", re.IGNORECASE
)
_RELATIVES = """
    mor mors far fars søster bror søn søns datter datters barn barns børn kone kones mand mands kæreste ægtefælle samlever eks eksmand
    ekskone svigermor svigerfar nevø niece onkel tante moster faster farmor mormor morfar farfar barnebarn nabo kollega ven veninde
    chef leder klient kunde patient elev medarbejder mother mum mom father dad sister brother son daughter child kid kids children wife
    husband spouse partner girlfriend boyfriend uncle aunt grandmother grandfather neighbour neighbor friend boss manager
    """.split()
_RELATION = re.compile(
    rf"\b(?:min|mit|mine|din|dit|dine|vores|deres|sin|sit|my|your|our|their)[ ](?:\w+[ ])?(?:{'|'.join(_RELATIVES)})s?\b",
    re.IGNORECASE,
)
_SOMEBODY = frozenset([*_RELATIVES, *(word + "s" for word in _RELATIVES), *_ROLE_WORDS[0], *_ROLE_WORDS[1]])
_SELF = frozenset("jeg mig min mit mine du dig din dit dine me my your you".split())
_I = re.compile(r"I(?<!\w.)(?:'(?:m|ve|d)| (?:am|have|had|was|got|take|suffer|feel|need|can|cannot|will|do|did|would|still))\b")
# Each pattern begins with one set of characters, which the engine looks for fast; what must not stand before is asked after it.
_NAME = re.compile(
    r"[A-ZÆØÅÄÖ](?<![\w.@/-].)[a-zæøåäöüé]{1,20}(?:-[A-ZÆØÅ][a-zæøåé]+)?(?:[ _][A-ZÆØÅÄÖ](?:[a-zæøåäöüé'-]{1,20}|\.)){1,4}(?![\w])"
)
_SINGLE = re.compile(r"[A-ZÆØÅÄÖ](?<![\w.@/-].)[a-zæøåäöüé]{1,15}\b")
_TITLE = re.compile(r"[MHFDmhf](?<!\w.)(?:rs?|s|iss|ru|rk)\.? [A-ZÆØÅ][a-zæøå]+")
_TITLES = frozenset(letter + end for letter in "mhfd" for end in ("r", "rs", "s", "iss", "ru", "rk"))
_INITIALS = re.compile(r"[A-ZÆØÅ](?<![\w.].)\.\s?[A-ZÆØÅ](?:\.|[a-zæøåé]{2,15}\b)")

_FIRST_NAMES = frozenset(
    """
    abdul adam adrian agnes agnete ahmed aisha alan albert alberte alex alexander alfred ali alice allan alma amal amalie amanda amina
    amira anders andrea andreas andrew ane anette angela anita anja ann anna anna-marie anne annette annika anthony anton arne arthur
    asbjørn asger asta astrid august aya ayse barbara beate benjamin bent bente berit bertil bill birgit birgitte birte birthe bjarne
    bjørn bo bo-erik bodil boris brian britta brittany bruno camilla carina carl carla caroline carsten cathrine cecilie charles
    charlotte cheryl chloe chris christian christina christine christoffer cindy claire clara claus connie conny dag dagmar daisy dan
    daniel david deepa dennis ditte doris dorrit dorte dorthe ebbe edith edward eigil einar ejner elena elias elin eline elisabeth ella
    ellen ellie elly else else-marie elsebeth elvira emil emilie emily emma emrah emre enrico erik ernst esben eskil esther eva fatima
    fatma filip finn flemming florian frands frank fred frederik frederikke freja frida gabriel george gerda gert gitte gorm grace
    grace-ann gregers grethe gudrun gunhild gunnar gustav halfdan hamza hanna hannah hanne hannibal hans harald harry hassan heidi
    heinrich helen helena helene helge helle henning henrik herdis hjalmar holger hope hugo hussein ian ib ibrahim ida ilse inga inge
    ingeborg ingelise inger inger-lise ingrid irene isabella ismail ivan jack jacob jakob jamal james jan jane janne jasmin jason jean
    jeanette jeanne jennifer jenny jens jeppe jeremy jesper jessica jette jill jim jimmy joan joe johan johanne john johnny jon jonas
    jonathan jonna josef josefine joseph julia julian julie justin jytte jørgen jørn kaj kamilla karen karin karina karl karl-erik karla
    karoline karsten kasper katarina kathrine katja katrine keld kemal kennet kenneth kevin khadija kim kirsten kirstin kirstine kjeld
    klara klaus klavs knud kresten kristian kristina kristine kristoffer kurt laila lars lasse laura laurits laust layla leif leila lena
    lene leo leonora lilian lillian lillith linda line linnea lis lisa lisbeth lise lissi liv liva lizzie lone lotta lotte louis louise
    lucas lucia lucy ludvig luis luna lykke lærke mads magda magnus maja malene malik malou malthe marc marcus maren margit margrethe
    maria mariam marianne marie marina marius mark marlene marta martha martin mary mathias mathilde matilde matthew max may maya meera
    melissa merete merle mette mia michael michelle mie mikael mike mikkel mille minna mira mogens mohamed mohammad mohammed mona monica
    monika morten muhammed mustafa nadia nadja naja nanna natasha nathan nete nicholas nick nicklas nicolai nicole niels nigel nikita
    niklas nikolaj nikoline nina noah noor nora ole olga oline oliver olivia omar oscar oskar otto ove palle pamela patricia patrick
    paul paula paw peder pelle per per-erik pernille peter philip pia poul poul-erik preben priya rachel rasmus ravi rebecca regina rene
    rené richard rie rikke rita robert roger rolf ronja rosa rose ruben rudi rune ruth ryan sally sam samantha samir samuel sandra sanne
    sara sarah sarina saxo sebastian selma shirin signe sigrid sigurd silas sille simon simone simran sofia sofie solveig sonja sonny
    sophie steen stefan steffen stella sten stephen steve steven stig stine storm sune sunniva susan susanne sven svend svenning søren
    søs søs-marie tage tamara tanja taylor tenna teresa thea theodor thomas thor thorkild thyra tilde tim tina tine tobias toke tom
    tommy tony tor torben torsten tove trine troels uffe ulf ulla ulrik ursula vagn valdemar vanessa vera verner vibeke victor victoria
    viggo viktor vilhelm vivi vivian walter wilhelm will william willy winnie xenia yasir yasmin yusuf yvonne zahra zainab zara zeynep
    åge åse ørjan
    """.split()
)
_ALSO_WORDS = frozenset("storm jean dan sten hans will may mark grace hope per max bill rose dag kim jack frank lykke".split())
_CALLED = frozenset(name.capitalize() + end for name in _FIRST_NAMES - _ALSO_WORDS for end in ("", "s"))
_NOT_A_NAME = frozenset(
    """
    aps as kommune region bank forsikring forsikringer hospital universitet skole gymnasium ministerium styrelse styrelsen a/s
    group ltd inc gmbh danmark denmark pension liv holding foreningen forening fond fonden klinik klinikken apotek vej gade allé
    street road insurance university company service center centret afdeling afdelingen team støtte kære hej dear hello hi best
    kind venlig med att vedr vedrørende subject emne januar februar marts april maj juni juli august september oktober november
    december january february march june july october monday tuesday wednesday thursday friday mandag tirsdag onsdag torsdag
    fredag lørdag søndag the this den det de der vi bekæmpelse politi politiet retten røde kors microsoft teams office excel
    google outlook
    """.split()
)


class Link(IntEnum):
    """How firmly a text speaks of a person."""

    NONE = 0
    SELF = 1  # the writer or the addressee
    PERSON = 2  # somebody named, or third person, role or relation


def has_first_name(text: str) -> bool:
    """Whether a known first name stands in ``text``."""
    return not _CALLED.isdisjoint(_SINGLE.findall(text))


def has_name(text: str, words: frozenset[str] | None = None) -> bool:
    """Whether a person is named: a known first name, or two or more words in capitals that are no organisation.

    ``words`` are the distinct words of ``text`` in lower case where the caller has them already.
    """
    singles = _SINGLE.findall(text)
    if not _CALLED.isdisjoint(singles):
        return True
    if "." in text and _INITIALS.search(text):
        return True
    if (words is None or not words.isdisjoint(_TITLES)) and _TITLE.search(text):
        return True
    if not singles:
        return False
    for found in _NAME.finditer(text):
        parts = [word.lower().strip(".") for word in re.split(r"[ _]", found.group())]
        if parts[0].split("-")[0] in _FIRST_NAMES and parts[-1] not in _NOT_A_NAME:
            return True
        if not any(word in _NOT_A_NAME for word in parts) and found.start() > 0:
            return True
    return False


def words_in(text: str) -> frozenset[str]:
    """The distinct words of ``text`` in lower case."""
    return frozenset(_TOKEN.findall(text.lower()))


def link_in(text: str, words: frozenset[str] | None = None) -> Link:
    """The firmest link to a person in ``text``; ``words`` are its words where the caller has them already."""
    words = words_in(text) if words is None else words
    if not words.isdisjoint(_THIRD) or ("her" in words and _ENGLISH.search(text)):
        return Link.PERSON
    # Each relation and role ends with one of some words; a letter that is an i only when case is ignored could hide it.
    possible = not words.isdisjoint(_OWNED) and (not words.isdisjoint(_SOMEBODY) or "\u0131" in text or "\u0130" in text)
    if possible and (_RELATION.search(text) or _ROLE.search(text)):
        return Link.PERSON
    if has_name(text, words):
        return Link.PERSON
    return Link.SELF if not words.isdisjoint(_SELF) or _I.search(text) else Link.NONE
