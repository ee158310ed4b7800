"""Questions and answers in plain sentences for the officer: what a question says beyond the base one, and what an answer lets happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from addin_backend.model.decision import SEVERITY, Action, Texts

Assignment = tuple[tuple[str, Any], ...]  # (place, value) for every value that differs from the base question, sorted
CLASSES = "message.classes"
VERDICT = "recipients.*.transport.verdict"

CLASS_WORDS: Mapping[str, Texts] = {
    "ordinary": Texts(da="almindelige oplysninger", en="ordinary information"),
    "confidential": Texts(da="fortrolige oplysninger", en="confidential information"),
    "cpr": Texts(da="CPR-nummer", en="CPR number"),
    "criminal": Texts(da="strafbare forhold", en="criminal matters"),
    "special_category": Texts(da="følsomme oplysninger", en="sensitive information"),
    "unread": Texts(da="privat mail", en="private mail"),
    "unknown": Texts(da="indhold, der ikke kunne læses", en="content that could not be read"),
}
_VERDICT_WORDS: Mapping[str, Texts] = {
    "register": Texts(da="domæner i registret over partnere", en="domains in the register of partners"),
    "dane": Texts(da="domæner med DANE", en="domains with DANE"),
    "mta_sts_enforce": Texts(da="domæner med MTA-STS enforce", en="domains with MTA-STS enforce"),
    "dane_partial": Texts(da="domæner med DANE på nogle servere", en="domains with DANE on some servers"),
    "authenticated_now": Texts(da="domæner, der kun har et gyldigt certifikat lige nu", en="authenticated-only domains"),
    "encrypted_now": Texts(da="domæner, der kun krypterer lige nu", en="encrypted-only domains"),
    "legacy_tls": Texts(da="domæner med forældet kryptering", en="domains with outdated encryption"),
    "plaintext": Texts(da="domæner uden kryptering", en="domains without encryption"),
    "refuses": Texts(da="domæner, der ikke tager imod mail", en="domains that take no mail"),
    "contradicted": Texts(da="domæner, hvis løfte er modsagt", en="domains whose promise is contradicted"),
    "unknown": Texts(da="domæner, vi intet ved om", en="domains of which nothing is known"),
}
_PLACE_WORDS: Mapping[str, Texts] = {
    "channels.tls": Texts(da="vi kan bruge sikker forbindelse", en="secure connection available"),
    "channels.smime": Texts(da="vi kan bruge certifikater", en="certificates available"),
    "channels.portal": Texts(da="vi kan bruge sikker side", en="portal available"),
    "channels.digital_post": Texts(da="vi kan bruge Digital Post", en="Digital Post available"),
    "today": Texts(da="dato", en="date"),
    "organisation.kind": Texts(da="organisation", en="organisation"),
    "message.unreadable_parts": Texts(da="dele, der ikke kunne læses", en="parts that could not be read"),
    "message.secure_requested": Texts(da="Send sikkert valgt", en="Send securely chosen"),
    "message.readable": Texts(da="mailen kunne læses", en="the mail could be read"),
    "message.subject_sensitive": Texts(da="følsomt emne", en="sensitive subject"),
    "recipients.*.internal": Texts(da="egen modtager", en="internal recipient"),
    "recipients.*.country": Texts(da="land", en="country"),
    "recipients.*.country_strength": Texts(da="landet er", en="the country is"),
    "recipients.*.role": Texts(da="modtagerens rolle", en="recipient's role"),
    "recipients.*.certificate": Texts(da="certifikat", en="certificate"),
    "recipients.*.basis.kind": Texts(da="grundlag", en="basis"),
    "recipients.*.free_mail": Texts(da="privat maildomæne", en="free mail"),
    "recipients.*.transport.enforcement": Texts(da="tvungen forbindelse", en="enforcement"),
}
_ACTIONS = {
    Action.ALLOW: Texts(da="tillad", en="allow"),
    Action.PROTECT: Texts(da="beskyt", en="protect"),
    Action.CONFIRM: Texts(da="bekræft", en="confirm"),
    Action.BLOCK: Texts(da="bloker", en="block"),
}
_WAYS = {
    "tls": Texts(da="med sikker forbindelse", en="by secure connection"),
    "smime": Texts(da="med certifikat", en="by certificate"),
    "portal": Texts(da="via sikker side", en="by portal"),
    "digital_post": Texts(da="via Digital Post", en="by Digital Post"),
}
_FLAGS = {True: Texts(da="ja", en="yes"), False: Texts(da="nej", en="no")}


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every value with its place; lists of plain values are one value, other lists one place per item with ``*`` for its number."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from leaves(item, (*path, "*"))
    else:
        yield ".".join(path), value


def assignment(question: Mapping[str, Any], base: Mapping[str, Any]) -> Assignment:
    """What the question says that the base question does not, for one recipient; ids stay out."""
    known = dict(leaves(base))
    found = {place: value for place, value in leaves(question) if not place.endswith(".id") and known.get(place) != value}
    return tuple(sorted(found.items()))


def _value(value: Any) -> Texts:
    if isinstance(value, bool):
        return _FLAGS[value]
    written = ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
    return Texts(da=written, en=written)


def _joined(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def subject(classes: Sequence[str], said: Assignment) -> Texts:
    """ "CPR-nummer til domæner uden kryptering (land: IN)". ``said`` is without the classes."""
    found = [CLASS_WORDS.get(item, Texts(da=item, en=item)) for item in classes]
    if len(found) >= len(CLASS_WORDS):
        found = [Texts(da="alt indhold", en="all content")]
    da, en = _joined([item.da for item in found], "og"), _joined([item.en for item in found], "and")
    others = dict(said)
    verdict = others.pop(VERDICT, None)
    if verdict is not None:
        word = _VERDICT_WORDS.get(verdict, Texts(da=str(verdict), en=str(verdict)))
        da, en = f"{da} til {word.da}", f"{en} to {word.en}"
    if others:
        named = [(_PLACE_WORDS.get(place, Texts(da=place, en=place)), _value(value)) for place, value in others.items()]
        da += f" ({'; '.join(f'{place.da}: {value.da}' for place, value in named)})"
        en += f" ({'; '.join(f'{place.en}: {value.en}' for place, value in named)})"
    return Texts(da=da[:1].upper() + da[1:], en=en[:1].upper() + en[1:])


Outcome = tuple[str, tuple[str, ...]]


def outcome(answer: Mapping[str, Any]) -> Outcome:
    """What an answer lets happen: the action, and the protections that are chosen."""
    return answer["action"], tuple(sorted({item["protection"] for item in answer["recipients"]}))


def outcome_words(found: Outcome) -> Texts:
    """ "beskyt via sikker side"."""
    action, protections = found
    word = _ACTIONS[Action(action)]
    ways = [_WAYS[item] for item in protections if item in _WAYS]
    if action == "block" or not ways:
        return word
    return Texts(da=f"{word.da} {_joined([way.da for way in ways], 'og')}", en=f"{word.en} {_joined([way.en for way in ways], 'and')}")


def change(classes: Sequence[str], said: Assignment, old: Outcome, new: Outcome) -> Texts:
    """ "CPR-nummer til domæner uden kryptering: bloker → beskyt via sikker side"."""
    what, before, after = subject(classes, said), outcome_words(old), outcome_words(new)
    return Texts(da=f"{what.da}: {before.da} → {after.da}", en=f"{what.en}: {before.en} → {after.en}")


def severity(found: Outcome) -> int:
    """How strict an outcome is, to put what became milder first."""
    return SEVERITY[Action(found[0])]


def without(said: Assignment, places: Iterable[str]) -> Assignment:
    """The assignment without some places."""
    left_out = set(places)
    return tuple(item for item in said if item[0] not in left_out)
