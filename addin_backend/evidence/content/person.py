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
_ROLE = re.compile(
    r"\b(?:(?:en|min|vores|ny|nye|den ansatte) (?:kollega|medarbejder|kunde|borger|klient|patient|elev|beboer|ansat)"
    r"|(?:the|our|your|my|this|a|new)[ ](?:\w+[ ])?(?:patient|employee|client|claimant|applicant|tenant|pupil|student|defendant|insured"
    r"|deceased|"
    r"candidate|nurse|teacher|driver|resident|policyholder|colleague|trainee|worker|child|boy|girl|man|woman|family|couple"
    r"|guest))(?:'s)?\b",
    re.IGNORECASE,
)
_OWNED = frozenset("en min mit mine din dit dine vores deres sin sit my your our their the a this ny nye den new".split())
_TOKEN = re.compile(r"[^\W\d_]+")
_ENGLISH = re.compile(  # "her" is "here" in Danish
    r"\b(?:the|and|of|has|been|was|will|is|to|with|that|are)\b", re.IGNORECASE
)
_RELATION = re.compile(
    r"\b(?:min|mit|mine|din|dit|dine|vores|deres|sin|sit|my|your|our|their)[ ](?:\w+[ ])?"
    r"(?:mor|mors|far|fars|søster|bror|søn|søns|datter|datters|barn|barns|børn|kone|kones|mand|mands|kæreste|ægtefælle|samlever|eks"
    r"|eksmand|"
    r"ekskone|svigermor|svigerfar|nevø|niece|onkel|tante|moster|faster|farmor|mormor|morfar|farfar|barnebarn|nabo|kollega|ven|veninde"
    r"|chef|leder|klient|kunde|patient|elev|medarbejder|"
    r"mother|mum|mom|father|dad|sister|brother|son|daughter|child|kid|kids|children|wife|husband|spouse|partner|girlfriend|boyfriend"
    r"|uncle|aunt|"
    r"grandmother|grandfather|neighbour|neighbor|friend|boss|manager)s?\b",
    re.IGNORECASE,
)
_SELF = frozenset("jeg mig min mit mine du dig din dit dine me my your you".split())
_I = re.compile(r"\bI(?:'(?:m|ve|d)| (?:am|have|had|was|got|take|suffer|feel|need|can|cannot|will|do|did|would|still|was))\b")
# Each pattern begins with one set of characters, which the engine looks for fast; what must not stand before is asked after it.
_NAME = re.compile(
    r"[A-ZÆØÅÄÖ](?<![\w.@/-].)[a-zæøåäöüé]{1,20}(?:-[A-ZÆØÅ][a-zæøåé]+)?(?:[ _][A-ZÆØÅÄÖ](?:[a-zæøåäöüé'-]{1,20}|\.)){1,4}(?![\w])"
)
_SINGLE = re.compile(r"[A-ZÆØÅÄÖ](?<![\w.@/-].)[a-zæøåäöüé]{1,15}\b")
_TITLE = re.compile(r"\b(?:[Mm]rs?|Ms|Miss|[Hh]r|[Ff]ru|[Ff]rk|Dr)\.? [A-ZÆØÅ][a-zæøå]+")
_INITIALS = re.compile(r"[A-ZÆØÅ](?<![\w.].)\.\s?[A-ZÆØÅ](?:\.|[a-zæøåé]{2,15}\b)")

_FIRST_NAMES = frozenset(
    """
    bo per max mark bill rose dag will grace hope may adam agnes ahmed aisha albert alberte alex alexander alfred ali alice alma amalie amanda amina amira anders andrea andreas
    andrew ane anja ann anna anne annette annika anton arne arthur asger asta astrid august aya ayse benjamin bente berit bertil
    birgit birgitte birthe bjarne bjørn bodil brian britta brittany camilla carl carla caroline cecilie charlotte chris christian
    christina christine christoffer claire claus clara connie dan daniel david deepa dennis ditte dorte dorthe ebbe eigil ejner
    elena elias eline elisabeth ella ellen ellie else elsebeth emil emilie emily emma emrah erik esben eskil esther eva fatima
    fatma filip frank fred frederik frederikke freja frida gert gitte grethe gunnar gustav hannah hanne hans harald harry hassan
    heidi helen helena helene helle henning henrik holger hussein ib ibrahim ida inga inge ingelise inger ingrid irene isabella
    jack jakob jacob james jan jane janne jan jasmin jean jens jeppe jesper jessica jette jim joan joe johan johanne john johnny
    jon jonas jonathan jørgen jørn josefine joseph julie julia jytte kaj kamilla karen karin karina karl karla karoline kasper
    katja katrine kasper kemal kenneth kevin khadija kim kirsten kirstine klara klaus knud kristian kristina kristine kurt lars
    lasse laura laust layla leila lena lene leo lilian lillian linda line lis lisa lisbeth lise liv liva lone lotte louis louise
    lucas lucy ludvig luna lykke mads maja magnus maja malene malik malou malthe marc marcus maria mariam marianne marie marina
    martha martin mary mathias mathilde matthew maya merete mette mia michael mie mikael mikkel mille minna mira mohammad mohamed
    mohammed mona monica morten muhammed mustafa nadia nadja nanna natasha nete nicholas nicolai nicole niels nikolaj nina noah
    noor nora ole olga olivia omar oscar oskar otto patricia patrick paul paula peder pelle peter pernille pia poul preben priya
    rachel rasmus ravi rebecca rikke rita robert rolf rosa rune ruth sam samir samuel sandra sara sarah sebastian signe silas
    sigurd simon simone sofia sofie sonja sophie stefan steen stella sten steven stig stine storm sune susan susanne svend sven
    søren søs tanja tenna teresa thea theodor thomas tilde tim tina tine tobias tom tommy tor torben tove trine troels ulla ulrik
    vagn vera vibeke victor victoria viggo vivi vivian walter william winnie xenia yasmin yusuf zahra zainab åge åse ørjan abdul
    adrian agnete alan allan amal anette angela anita anna-marie anthony arne asbjørn barbara bent beate birte birthe bo-erik
    boris bruno carina carsten cathrine charles cheryl chloe cindy conny daisy dagmar dorrit doris edith edward einar elin elly
    else-marie elvira emre enrico ernst finn flemming florian frands gabriel george gerda gorm grace-ann gregers gudrun gunhild
    halfdan hamza hanna hannibal heinrich helge herdis hjalmar hugo ian ilse inger-lise ingeborg ismail ivan jamal jason jeanette
    jeanne jennifer jenny jeremy jimmy jill jonna josef julian justin karl-erik karsten katarina kathrine keld kennet kirstin
    kjeld klavs kristoffer kresten laila laurits leif leonora lillith linnea lissi lizzie lotta lucia luis lærke magda malou
    margit margrethe marius marlene marta matilde maren meera melissa merle michelle mike mogens monika nathan naja nicklas niklas
    nikita nick nigel nikoline oline oliver ove palle pamela paw per-erik philip poul-erik regina rene rené richard rie roger
    ronja ruben rudi ryan sally samantha sanne sarina saxo selma shirin sigrid sigurd simran sille solveig sonny stephen steffen
    steve sunniva svenning søs-marie tamara taylor thor thorkild thyra tage toke tony torsten ursula ulf uffe valdemar vanessa
    verner viktor vilhelm wilhelm willy yasir yvonne zara zeynep
    """.split()
)
_ALSO_WORDS = frozenset("storm jean dan sten hans will may mark grace hope per max bill rose dag kim jack frank lykke".split())
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


def _is_first_name(word: str) -> bool:
    low = word.lower()
    return any(name in _FIRST_NAMES and name not in _ALSO_WORDS for name in (low, low.removesuffix("s")))


def has_name(text: str) -> bool:
    """Whether a person is named: a known first name, or two or more words in capitals that are no organisation."""
    singles = _SINGLE.findall(text)
    if any(_is_first_name(word) for word in singles):
        return True
    if ("." in text and _INITIALS.search(text)) or _TITLE.search(text):
        return True
    if not singles:
        return False
    for found in _NAME.finditer(text):
        words = [word.lower().strip(".") for word in re.split(r"[ _]", found.group())]
        if words[0].split("-")[0] in _FIRST_NAMES and words[-1] not in _NOT_A_NAME:
            return True
        if not any(word in _NOT_A_NAME for word in words) and found.start() > 0:
            return True
    return False


def link_in(text: str) -> Link:
    """The firmest link to a person in ``text``."""
    words = set(_TOKEN.findall(text.lower()))
    if not words.isdisjoint(_THIRD) or ("her" in words and _ENGLISH.search(text)):
        return Link.PERSON
    if not words.isdisjoint(_OWNED) and (_RELATION.search(text) or _ROLE.search(text)):
        return Link.PERSON
    if has_name(text):
        return Link.PERSON
    return Link.SELF if not words.isdisjoint(_SELF) or _I.search(text) else Link.NONE
