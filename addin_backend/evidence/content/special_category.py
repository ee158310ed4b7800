"""Art. 9 categories that a list of words misses: verbs of illness and care, a same-sex spouse, a party or a union one belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from addin_backend.evidence.content import damper
from addin_backend.evidence.content.hit import Hit
from addin_backend.evidence.content.passage import Passage, matches
from addin_backend.evidence.content.person import Link, link_in
from addin_backend.evidence.content.prose import ACCEPT, DOUBT, TRIED
from addin_backend.model.evidence import Location, SensitivityClass

_LINKED = {Link.NONE: 0, Link.SELF: 28, Link.PERSON: 38}
_MEN = "han|hans|he|his|peter|lars|jens|søren|thomas|morten|michael|henrik|anders|martin|jonas|mads|rasmus|kasper|christian|jakob|john"


@dataclass(frozen=True, slots=True)
class _Statement:
    """A pattern in lower case, read only in sentences that hold one of ``triggers``; ``base`` is its score without a person."""

    category: str
    base: int
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


_OFFICE = re.compile(r"formand|forkvinde|kasserer|branch")
_UNIONS = (
    r"(?:3f|hk|foa|dsr|dlf|ida|djøf|prosa|bupl|krifa|nnf|dansk metal|(?:dansk )?el-forbundet|el-forbund|dansk sygeplejeråd"
    r"|danmarks lærerforening|lærerforeningens?|lærerkredsens?"
    r"|finansforbundet|socialpædagogerne|blik og rør|business danmark|det faglige hus"
    r"|fødevareforbundet|journalistforbund\w*|lægeforeningen|yngre læger|fagforening\w*|fagforbund\w*|unionen|kommunal|verdi"
    r"|(?:the |a |our )?(?:trade )?union|unite|unison|gmb|rcn|nasuwt|ucu|usdaw|rmt|ucatt|pcs|aslef)"
)
_PARTIES = (
    r"(?:socialdemokrat\w*|venstre|konservative|enhedslisten|dansk folkeparti\w*|liberal alliance|radikale|alternativet|sf|ssu|vu|dsu"
    r"|moderaterne|nye borgerlige|danmarksdemokraterne|partiforening\w*|vælgerforening\w*|partiet"
    r"|labour(?: party)?|tor(?:y|ies)|conservatives?(?: party)?|democrats?|republicans?"
    r"|greens?|green party|lib dems?|snp|swp|reform uk|ukip|plaid cymru)"
)
_STATEMENTS = (
    _Statement(
        "health",
        30,
        tuple("konstateret diagnos suffer lider behandling treated blodprop opereret indlagt hospital undergoing recovering".split()),
        re.compile(
            r"\b(?:har fået konstateret|er diagnosticeret med|fået stillet diagnosen|diagnosed with|suffers? from|lider af"
            r"|er i behandling (?:for|hos)|being treated for|har fået en blodprop|(?:skal|er blevet|blev) opereret|indlagt på|indlagt med"
            r"|admitted to (?:the )?hospital|undergoing (?:surgery|treatment|chemo\w*)|recovering from)\b"
        ),
    ),
    _Statement(
        "health",
        25,
        ("syg", "fravær", "væk", "off", "sick", "absent"),
        re.compile(
            r"\b(?:sygemeldt|syg|fraværende|væk|off (?:sick|work)|signed off|on sick leave|absent|sick leave)\b[^\n.]{0,25}"
            r"\b(?:med|pga\.?|på grund af|grundet|efter|with|due to|because of|after)\b(?! (?:den|det|the) \d)"
        ),
    ),
    _Statement(
        "health",
        30,
        ("bræk", "forstuv", "slået", "broken", "fractured", "sprained"),
        re.compile(
            r"\b(?:brækket|forstuvet|slået|broken|fractured|sprained)\w* (?:\w+ )?"
            r"(?:arm\w*|ben\w*|fod\w*|hånd\w*|ryg\w*|ankel\w*|skulder\w*"
            r"|hofte\w*|leg|foot|hand|wrist|hip|back|collarbone|ribs?)\b"
        ),
    ),
    _Statement(
        "health",
        25,
        ("ondt i", "smerter", "pain"),
        re.compile(r"\bondt i (?:ryggen|hovedet|knæet|skulderen|hoften|maven|nakken)\b|\b(?:smerter|pain) (?:i|in) (?:\w+ )?\w+"),
    ),
    _Statement(
        "health",
        22,
        ("gravid", "pregnan", "abort", "miscarriage"),
        re.compile(
            r"\b(?:er|blevet|was|is) gravid\w*|\bpregnan(?:t|cy)\b[^\n.]{0,40}\b(?:complicat\w*|bleed\w*|nausea|bed ?rest)"
            r"|\bgraviditet\w*[^\n.]{0,40}(?:komplik\w*|kvalme|blød\w*|aflast\w*)|\b(?:abort|spontan abort|miscarriage)\b"
        ),
    ),
    _Statement(
        "sex_life",
        35,
        ("mand", "kone", "hustru", "husband", "wife", "boyfriend", "girlfriend"),
        re.compile(
            rf"\b(?:{_MEN}) (?:og |and )?(?:hans|his) (?:mand|ægtemand|husband|boyfriend)\b"
            r"|\b(?:hendes|her) (?:kone|hustru|wife|girlfriend)\b|\b(?:hans|his) (?:mand|ægtemand|husband)\b"
        ),
    ),
    _Statement(
        "union",
        35,
        (
            "medlem",
            "meld",
            "tillids",
            "formand",
            "forkvinde",
            "kasserer",
            "branch",
            "member",
            "steward",
            "organiser",
            "join",
            "indmeld",
            "udmeld",
            "rep",
        ),
        re.compile(
            r"\b(?:medlem(?:skab)? (?:af|i|hos)|er med i|meld\w* (?:\w+ ){0,3}(?:ind|ud)(?: i| af| hos)?|(?:ind|ud)meld\w* (?:i|af|hos)"
            r"|organiseret i|tillids(?:repræsentant|mand|kvinde)\w* (?:for|fra|i)|member of|membership of|joined|left|shop steward"
            r""
            r"|(?:kreds|lokal|afdelings|bestyrelses)?(?:formand|forkvinde|kasserer) (?:for|i)"
            r"|branch (?:secretary|chair) (?:of|for)|steward (?:for|of|with)|rep (?:for|from)|fællestillidsrepræsentant)\b[^\n.]{0,40}"
            rf"\b{_UNIONS}\b|\b{_UNIONS} (?:member|rep|steward|medlem)\w*\b"
        ),
    ),
    _Statement(
        "politics",
        35,
        (
            "medlem",
            "meld",
            "stem",
            "kandid",
            "opstil",
            "valgt",
            "mærke",
            "løbesed",
            "member",
            "vote",
            "candid",
            "stand",
            "canvass",
            "join",
            "elected",
        ),
        re.compile(
            r"\b(?:medlem(?:mer)? af|stem\w+ på|kandid\w+ for|opstillet for|spidskandidat for|partimedlem i|valgt ind for|går over til"
            r"|meld\w* (?:\w+ ){0,2}(?:ind|ud) (?:i|af)|member of|vot(?:es?|ed|ing) for|candidate for|stand\w* for|canvass\w* for"
            r"|elected for|joined)\b"
            rf"[^\n.]{{0,30}}\b(?:{_PARTIES}|party)\b|\b{_PARTIES}[- ](?:mærke\w*|plakat\w*|medlem\w*|members?)\b"
        ),
    ),
    _Statement(
        "religion",
        35,
        tuple(
            "døbt konfirm nadver altergang kommunion communion mass moské mosque bøn prayer ramadan eid rosh hashanah yom kippur "
            "shabbat sabbat hijab tørklæde konverter converted kirke church sabbath diwali synagog tempel temple bederum".split()
        ),
        re.compile(
            r"\b(?:er|blev|blevet|been|was) (?:netop |just )?(?:døbt|konverteret|konfirmeret|baptised|baptized|converted|confirmed)\b"
            r"|\b(?:går|kommer|gik|goes|go|went|attends?) (?:\w+ ){0,3}(?:til nadver|til altergang|i moské\w*|i kirke"
            r"|i synagoge\w*|til fredagsbøn"
            r"|to mass|to church|to (?:the )?mosque|to (?:the )?synagogue|to (?:the )?temple|friday prayers?)"
            r"|\b(?:holde|fejre|fejrer|holder|observe|observes|observing|celebrat\w+|for|under|during) (?:\w+ )?"
            r"(?:eid|ramadan|rosh hashanah|yom kippur"
            r"|shabbat|sabbath|sabbatten|diwali|vesak|hanukkah|pesach|passover)\b"
        ),
    ),
    _Statement(
        "health",
        30,
        tuple(
            "kemo strålebehandling dialyse insulin antidepressiv ritalin metformin warfarin sertralin prozac methadon metadon chemo".split()
        ),
        re.compile(
            r"\b(?:kemo\w*|strålebehandling\w*|dialyse\w*|insulin\w*|antidepressiv\w*"
            r"|ritalin|metformin|warfarin|sertralin|prozac|methadon|metadon"
            r"|chemo(?:therapy)?)\b"
        ),
    ),
)


def _is_signed(passage: Passage, item: _Statement, match: re.Match[str]) -> bool:
    """Whether it stands below a name, in a signature or in the mail's last line: the party, or the union that one chairs, is the one of
    who signs. A shop steward's line is a role at work.
    """
    if item.category != "politics" and not (item.category == "union" and _OFFICE.search(match.group())):
        return False
    last = passage.location is Location.BODY and not passage.text[passage.sentence(match.start(), match.end())[1] :].strip()
    return last or passage.location_at(match.start()) is Location.SIGNATURE


def recognise(passage: Passage) -> Iterator[Hit]:
    """Art. 9 statements about a person in the passage."""
    why = "statement of a special category about a person"
    for item in _STATEMENTS:
        for number, match in enumerate(matches(passage, item.triggers, item.pattern)):
            if number >= TRIED:
                yield Hit("special_category", SensitivityClass.SPECIAL_CATEGORY, item.category, match.start(), match.end(), DOUBT, why)
                break
            start, end = passage.sentence(match.start(), match.end())
            sentence = passage.folded[start:end]
            link = Link.PERSON if _is_signed(passage, item, match) else link_in(passage.text[start:end])
            score = item.base + _LINKED[link] - (25 if damper.is_general(sentence) else 0)
            if score < ACCEPT or damper.denies_content(passage.folded[start : match.start()]) or damper.is_made_up(sentence):
                continue
            yield Hit("special_category", SensitivityClass.SPECIAL_CATEGORY, item.category, match.start(), match.end(), score, why)
