"""What was found, in words for the sender: kinds, counts and places, never the value.

Nobody is told an inference about a person: what points to belief, origin, union, politics or love is called private matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from addin_backend.model.decision import ContentKind, Texts
from addin_backend.model.evidence import ContentEvidence, ContentHit, Location, SensitivityClass

PRIVATE = frozenset({"religion", "ethnicity", "union", "politics", "sex_life"})  # GDPR Art. 9(1)
_NAMED = 3  # attachments that are named; more are counted

_ORDER = (SensitivityClass.CPR, SensitivityClass.SPECIAL_CATEGORY, SensitivityClass.CRIMINAL, SensitivityClass.CONFIDENTIAL)
_BY_CLASS = {
    SensitivityClass.CPR: Texts(da="CPR-nummer", en="CPR number"),
    SensitivityClass.SPECIAL_CATEGORY: Texts(da="følsomme oplysninger", en="sensitive information"),
    SensitivityClass.CRIMINAL: Texts(da="oplysninger om strafbare forhold", en="information on criminal matters"),
    SensitivityClass.CONFIDENTIAL: Texts(da="fortrolige oplysninger", en="confidential information"),
}
_BY_CATEGORY = {
    "health": Texts(da="oplysninger om helbred", en="information on health"),
    "private": Texts(da="private forhold", en="private matters"),
    "income": Texts(da="oplysninger om løn eller indkomst", en="information on pay or income"),
    "debt": Texts(da="oplysninger om gæld", en="information on debt"),
    "family": Texts(da="oplysninger om familieforhold", en="information on family matters"),
    "employment": Texts(da="oplysninger om et ansættelsesforhold", en="information on an employment"),
    "grades": Texts(da="karakterer", en="grades"),
    "password": Texts(da="en adgangskode", en="a password"),
    "bank_account": Texts(da="et kontonummer", en="an account number"),
    "payment_card": Texts(da="et kortnummer", en="a card number"),
    "passport": Texts(da="et pasnummer", en="a passport number"),
    "identity_paper": Texts(da="oplysninger fra pas, kørekort eller andet id", en="details of a passport, driving licence or other ID"),
    "norwegian_id": Texts(da="et norsk fødselsnummer", en="a Norwegian national identity number"),
    "swedish_id": Texts(da="et svensk personnummer", en="a Swedish personal identity number"),
    "german_tax_id": Texts(da="et tysk skattenummer", en="a German tax number"),
    "german_pension_id": Texts(da="et tysk pensionsnummer", en="a German pension insurance number"),
}
_PLACES = {
    Location.SUBJECT: Texts(da="i emnet", en="in the subject"),
    Location.BODY: Texts(da="i teksten", en="in the text"),
    Location.QUOTED: Texts(da="i de tidligere mails nedenfor", en="in the earlier mails below"),
    Location.SIGNATURE: Texts(da="i signaturen", en="in the signature"),
}


def _kind(hit: ContentHit) -> str:
    if hit.category in PRIVATE:
        return "private"
    return hit.category if hit.category in _BY_CATEGORY else hit.sensitivity.value


def _attached(names: Sequence[str]) -> Texts:
    listed = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return Texts(da=f"i {listed}", en=f"in {listed}")


def _where(hits: Sequence[ContentHit], names: Sequence[str]) -> list[Texts]:
    """The places, in the order of the mail; attachments by name."""
    inside = [place for location, place in _PLACES.items() if any(hit.location is location for hit in hits)]
    parts = sorted({hit.part for hit in hits if 0 <= hit.part < len(names)})
    return inside + ([_attached([names[part] for part in parts])] if parts else [])


def _texts(kind: str, hits: Sequence[ContentHit], names: Sequence[str]) -> Texts:
    words = _BY_CATEGORY.get(kind) or _BY_CLASS[hits[0].sensitivity]
    places = _where(hits, names)
    count = len({(hit.location, hit.part, hit.start) for hit in hits})
    number = f"{count} " if kind == SensitivityClass.CPR.value else ""
    plural = "s" if kind == SensitivityClass.CPR.value and count > 1 else ""
    danish = "CPR-numre" if plural else words.da
    return Texts(
        da=" ".join([f"{number}{danish}", " og ".join(item.da for item in places)]).strip(),
        en=" ".join([f"{number}{words.en}{plural}", " and ".join(item.en for item in places)]).strip(),
    )


def kinds(content: ContentEvidence, names: Sequence[str]) -> tuple[ContentKind, ...]:
    """One line a kind, the most protected class first. ``names`` are the attachments', which the sender knows."""
    found: dict[str, list[ContentHit]] = defaultdict(list)
    for hit in sorted(content.hits, key=lambda item: _ORDER.index(item.sensitivity) if item.sensitivity in _ORDER else len(_ORDER)):
        if hit.sensitivity in _BY_CLASS:
            found[_kind(hit)].append(hit)
    return tuple(
        ContentKind(kind=kind, count=len({(hit.location, hit.part, hit.start) for hit in hits}), texts=_texts(kind, hits, names))
        for kind, hits in found.items()
    )
