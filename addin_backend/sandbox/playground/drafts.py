"""The ready-made drafts. Every person, company and number in them is invented."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from addin_backend.sandbox.playground.attached import archive_with_letter, locked_pdf

METTE = "mette.holm@nordlys.example"
KARIN = "karin.bach@nordlys.example"

SALARIES = """Navn;Stilling;Månedsløn;Pensionsprocent
Mette Holm;Forsikringsmægler;46.250 kr.;12
Jonas Friis;Skadekonsulent;41.900 kr.;12
Karin Bach;Compliance officer;52.400 kr.;15
Sofie Lindgaard;Elev;15.750 kr.;0
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A draft to start from. ``title`` is the button; ``note`` says what it shows. The mail itself is Danish in both languages."""

    key: str
    title: dict[str, str]
    note: dict[str, str]
    to: tuple[tuple[str, str], ...]
    subject: str
    body: str
    cc: tuple[tuple[str, str], ...] = ()
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    sender: str = METTE


SAMPLES: tuple[Sample, ...] = (
    Sample(
        key="lunch",
        title={"da": "Frokost", "en": "Lunch"},
        note={"da": "En helt almindelig mail", "en": "An ordinary mail"},
        to=(("Lise", "lise@cafehavnen.example"),),
        subject="Bord til fire på torsdag",
        body=("Hej Lise\n\nHar I et bord til fire på torsdag klokken 12? Vi vil gerne sidde ved vinduet.\n\nMange hilsner\nMette\n"),
    ),
    Sample(
        key="cpr",
        title={"da": "CPR-nummer", "en": "CPR number"},
        note={"da": "Til en privat adresse", "en": "To a private address"},
        to=(("Bo Madsen", "bo.madsen@postkasse.example"),),
        subject="Din ulykkesforsikring",
        body=(
            "Kære Bo\n\n"
            "Tak for snakken i dag. Jeg har oprettet din ulykkesforsikring fra den 1. december.\n\n"
            "Vil du bekræfte, at oplysningerne er rigtige?\n"
            "Navn: Bo Madsen\n"
            "CPR-nummer: 010190-1234\n"
            "Adresse: Engvej 7, 5000 Odense C\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
    ),
    Sample(
        key="health",
        title={"da": "Helbred", "en": "Health"},
        note={"da": "Til en kendt partner", "en": "To a known partner"},
        to=(("Anna Lund", "anna.lund@fynskpension.example"),),
        subject="Sag 4471: udbetaling ved tab af erhvervsevne",
        body=(
            "Hej Anna\n\n"
            "Bo Madsen har været sygemeldt siden august. Ifølge speciallægen har han diagnosen svær depression og er i medicinsk "
            "behandling hos en psykiater, og han forventes ikke at kunne vende tilbage til arbejdet før til foråret.\n\n"
            "Vil du vurdere, om han er berettiget til udbetaling?\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
    ),
    Sample(
        key="salaries",
        title={"da": "Lønliste", "en": "Salary list"},
        note={"da": "Tre modtagere på tre måder", "en": "Three recipients, three ways"},
        to=(
            ("Anna Lund", "anna.lund@fynskpension.example"),
            ("Peter Skov", "peter.skov@skovadvokat.example"),
            ("Bo Madsen", "bo.madsen@postkasse.example"),
        ),
        subject="Lønliste til pensionsordningen",
        body=(
            "Hej alle tre\n\n"
            "Her er medarbejdernes løn og pensionsprocent, som I skal bruge til den nye pensionsordning. Se den vedhæftede lønliste.\n\n"
            "Sig til, hvis der er noget, der ikke stemmer.\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
        attachments=(("lønliste.csv", "text/csv", SALARIES.encode("utf-8")),),
    ),
    Sample(
        key="third_country",
        title={"da": "Uden for EU", "en": "Outside the EU"},
        note={"da": "Kundedata til Indien", "en": "Customer data to India"},
        to=(("Ravi Kumar", "ravi.kumar@mumbaiclaims.example"),),
        cc=(("Karin Bach", KARIN),),
        subject="Anmodning om vurdering af erstatning",
        body=(
            "Hej Ravi\n\n"
            "Vil I beregne erstatningen for vores kunde Bo Madsen? Hans årsindkomst var 512.000 kr. før skat sidste år, "
            "og han har en gæld til banken på 238.000 kr.\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
    ),
    Sample(
        key="prose",
        title={"da": "Helbred uden fagord", "en": "Health in plain words"},
        note={"da": "Ingen af ordene er sygdomme", "en": "None of the words is an illness"},
        to=(("Bo Madsen", "bo.madsen@postkasse.example"),),
        subject="Nyt tidspunkt for besigtigelsen",
        body=(
            "Kære Bo\n\n"
            "Tak for snakken om Karen i går. Hun kan stadig ikke komme op ad trappen selv, og hun vågner flere gange om natten og er bange "
            "for at falde igen. Hendes mand hjælper hende i bad om morgenen.\n\n"
            "Skal vi udsætte besigtigelsen til marts?\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
    ),
    Sample(
        key="archive",
        title={"da": "Dokument i en zip", "en": "Document in a zip"},
        note={"da": "CPR-nummer inde i en fil", "en": "A CPR number inside a file"},
        to=(("Bo Madsen", "bo.madsen@postkasse.example"),),
        subject="Fuldmagten, som vi talte om",
        body=(
            "Kære Bo\n\nHer er fuldmagten, som vi talte om. Læs den igennem, og sig til, hvis noget skal rettes.\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
        attachments=(("fuldmagt.zip", "application/zip", archive_with_letter()),),
    ),
    Sample(
        key="locked",
        title={"da": "Låst PDF", "en": "Locked PDF"},
        note={"da": "En fil, vi ikke kan læse", "en": "A file that we cannot read"},
        to=(("Bo Madsen", "bo.madsen@postkasse.example"),),
        subject="Papirerne fra i går",
        body=(
            "Kære Bo\n\nHer er papirerne fra i går. Ring til mig, hvis de ikke kan åbnes.\n\n"
            "Venlig hilsen\nMette Holm\nNordlys Forsikringsmægler A/S\n"
        ),
        attachments=(("papirer.pdf", "application/pdf", locked_pdf()),),
    ),
)


def _people(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "address": address} for name, address in pairs]


def sample_view(sample: Sample, language: str) -> dict[str, object]:
    """A ready-made draft as the page reads it: the API's DRAFT with a key and a title."""
    attachments = [
        {"name": name, "media_type": media_type, "base64": base64.b64encode(content).decode(), "inline": False, "content_id": ""}
        for name, media_type, content in sample.attachments
    ]
    return {
        "key": sample.key,
        "title": sample.title[language],
        "note": sample.note[language],
        "draft": {
            "item_id": None,
            "from": sample.sender,
            "to": _people(sample.to),
            "cc": _people(sample.cc),
            "bcc": [],
            "subject": sample.subject,
            "body": sample.body,
            "body_format": "plain",
            "attachments": attachments,
            "importance": "normal",
        },
    }
