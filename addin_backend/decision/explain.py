"""Words for an answer. Texts stand in the METADATA of the rules; those for a missing answer stand here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from addin_backend.model.decision import Action, Answer, Effect, Finding, Protection, RawFinding, RecipientDecision, Texts
from addin_backend.model.evidence import Evidence

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class RuleText:
    """The words of one code. ``explanation`` and ``way_out`` may hold placeholders: {recipient}, {domain}, {country}, params."""

    title: Texts
    explanation: Texts
    way_out: Texts
    law: str


FAILURE_CODES = {
    "timeout": "EN-01",
    "crash": "EN-02",
    "unavailable": "EN-03",
    "undefined": "EN-04",
    "malformed": "EN-05",
    "eval": "EN-06",
    "compile": "EN-07",
}
TOO_MANY = "EN-08"
_LAW = "GDPR Art. 32; Art. 5(1)(f)"
_NOT_SENT = Texts(
    da="Mailen er ikke sendt, og din kladde er uændret. {why}", en="The mail has not been sent and your draft is unchanged. {why}"
)
_AGAIN = Texts(da="Prøv igen om lidt.", en="Try again shortly.")


def _failure(why_da: str, why_en: str, next_step: Texts = _AGAIN) -> RuleText:
    explanation = Texts(da=_NOT_SENT.da.replace("{why}", why_da), en=_NOT_SENT.en.replace("{why}", why_en))
    return RuleText(
        title=Texts(da="Mailen kunne ikke tjekkes", en="The mail could not be checked"),
        explanation=explanation,
        way_out=next_step,
        law=_LAW,
    )


FAILURE_TEXTS: Mapping[str, RuleText] = {
    "EN-01": _failure("Tjekket tog for lang tid.", "The check took too long."),
    "EN-02": _failure("Tjekket gik i stå.", "The check stopped."),
    "EN-03": _failure("Tjenesten svarer ikke.", "The service is not answering."),
    "EN-04": _failure("Reglerne gav intet svar.", "The rules gave no answer."),
    "EN-05": _failure("Reglerne gav et svar, vi ikke kan læse.", "The rules gave an answer that we cannot read."),
    "EN-06": _failure("Der er en fejl i reglerne.", "There is a fault in the rules."),
    "EN-07": _failure("Reglerne kunne ikke indlæses.", "The rules could not be loaded."),
    "EN-08": _failure(
        "Den har flere end 500 modtagere.",
        "It has more than 500 recipients.",
        Texts(da="Del modtagerne op i flere mails.", en="Split the recipients over several mails."),
    ),
}


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Only known placeholders are filled; the text of a value is never read as a template."""
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), text)


def _values(finding: RawFinding, address: str, evidence: Evidence, index: int | None) -> dict[str, str]:
    values = {name: str(value) for name, value in finding.params.items() if isinstance(value, str | int) and not isinstance(value, bool)}
    values["recipient"] = address or "-"
    if index is not None:
        values["domain"] = evidence.recipients[index].domain or address
        values["country"] = evidence.recipients[index].country
    return values


_SILENT = frozenset({"dns_timeout", "dns_error"})
NO_DNS = "EN-09"


def notes(evidence: Evidence) -> tuple[Finding, ...]:
    """What the person should know though it decides nothing: a domain about which the network gave no answer."""
    text = Texts(
        da="Vi fik ikke svar om modtagerens mailserver. Derfor regner vi ikke forbindelsen for sikker.",
        en="We got no answer about the recipient's mail server, so we do not count the connection as secure.",
    )
    title = Texts(da="Intet svar om modtagerens mailserver", en="No answer about the recipient's mail server")
    return tuple(
        Finding(code=NO_DNS, effect=Effect.NOTE, recipient=item.address, params={}, title=title, texts=text, law=_LAW)
        for item in evidence.recipients
        if not item.internal and _SILENT.intersection(item.transport.reasons)
    )


UNREAD_PART = "CO-05"
_NAMED = 3  # attachments that are named; more are counted
_WHY = {
    "encrypted": Texts(da="fordi den er låst", en="because it is locked"),
    "damaged": Texts(da="fordi den er beskadiget", en="because it is damaged"),
    "too_large": Texts(da="fordi den er for stor", en="because it is too large"),
    "empty": Texts(da="fordi der ikke er tekst i den", en="because there is no text in it"),
    "too_many": Texts(da="fordi der er for mange filer i den", en="because there are too many files in it"),
    "too_slow": Texts(da="fordi det tog for lang tid", en="because it took too long"),
    "picture": Texts(da="fordi der er et billede i den, som vi ikke kan læse", en="because there is a picture in it that we cannot read"),
    "failed": Texts(da="fordi læsningen gik galt hos os", en="because reading it went wrong on our side"),
    "unparsable": Texts(da="fordi programmer kan vise den på flere måder", en="because programs may show it in different ways"),
    "unknown_type": Texts(da="fordi vi ikke kan læse den slags filer", en="because we cannot read files of that kind"),
}


def _unread(evidence: Evidence, names: Sequence[str]) -> Texts | None:
    """Which attachment could not be read, and why: the sender sees the names, nobody else does."""
    parts = [item for item in evidence.content.unreadable if 0 <= item.part < len(names)]
    if not parts:
        return None
    so = Texts(da="Derfor behandles mailen som fortrolig.", en="so the mail is treated as confidential.")
    if len(parts) == 1:
        why = _WHY.get(parts[0].reason, Texts(da="", en=""))
        name, inside = names[parts[0].part], parts[0].inside
        if inside and inside != name:
            da = f"Vi kunne ikke læse {inside} i vedhæftningen {name}{', ' + why.da if why.da else ''}. {so.da}"
            return Texts(da=da, en=f"We could not read {inside} in the attachment {name}{' ' + why.en if why.en else ''}, {so.en}")
        da = f"Vi kunne ikke læse vedhæftningen {name}{', ' + why.da if why.da else ''}. {so.da}"
        return Texts(da=da, en=f"We could not read the attachment {name}{' ' + why.en if why.en else ''}, {so.en}")
    listed = ", ".join(names[item.part] for item in parts[:_NAMED]) + (" …" if len(parts) > _NAMED else "")
    return Texts(
        da=f"Vi kunne ikke læse {len(parts)} vedhæftninger: {listed}. {so.da}",
        en=f"We could not read {len(parts)} attachments: {listed}, {so.en}",
    )


def findings(answer: Answer, evidence: Evidence, texts: Mapping[str, RuleText], names: Sequence[str] = ()) -> tuple[Finding, ...]:
    """The findings with addresses in place of ids and their words in both languages; ``names`` are the attachments'.

    A code without words is a defect: KeyError.
    """
    unread = _unread(evidence, names)
    found = []
    for raw in answer.findings:
        index = int(raw.recipient[1:]) if raw.recipient else None
        address = evidence.recipients[index].address if index is not None else ""
        words = texts[raw.code]
        values = _values(raw, address, evidence, index)
        found.append(
            Finding(
                code=raw.code,
                effect=raw.effect,
                recipient=address,
                params=raw.params,
                title=Texts(da=_fill(words.title.da, values), en=_fill(words.title.en, values)),
                texts=unread
                if unread and raw.code == UNREAD_PART
                else Texts(da=_fill(words.explanation.da, values), en=_fill(words.explanation.en, values)),
                law=words.law,
            )
        )
    return tuple(found)


_HOW = {
    Protection.TLS: Texts(da="sendes over en sikker forbindelse", en="goes over a secure connection"),
    Protection.SMIME: Texts(da="sendes krypteret", en="goes encrypted"),
    Protection.PORTAL: Texts(da="sendes via sikker side", en="goes through the secure page"),
}
_SENTENCES = {
    Protection.TLS: Texts(da="Mailen sendes over en sikker forbindelse.", en="The mail goes over a secure connection."),
    Protection.SMIME: Texts(da="Send mailen krypteret.", en="Send the mail encrypted."),
    Protection.PORTAL: Texts(da="Send mailen via sikker side.", en="Send the mail through the secure page."),
}
ALLOWED = Texts(da="Mailen kan sendes.", en="The mail can be sent.")
MIXED = Texts(
    da="Send mailen sikkert. Modtagerne får den på hver sin måde.", en="Send the mail securely. The recipients get it in different ways."
)


def headline(action: Action, recipients: tuple[RecipientDecision, ...], found: tuple[Finding, ...]) -> Texts:
    """What to do, in one line of at most 120 characters."""
    if action is Action.ALLOW:
        return ALLOWED
    if action in (Action.BLOCK, Action.CONFIRM):
        wanted = Effect.BLOCK if action is Action.BLOCK else Effect.CONFIRM
        title = next(item.title for item in found if item.effect is wanted)
        prefix = Texts(da="Mailen er ikke sendt: ", en="The mail has not been sent: ")
        return Texts(da=_short(prefix.da + _lower_first(title.da)), en=_short(prefix.en + _lower_first(title.en)))
    ways = {item.protection for item in recipients if item.protection in _SENTENCES}
    return _SENTENCES[next(iter(ways))] if len(ways) == 1 else MIXED


def _lower_first(text: str) -> str:
    """Lower the first letter of a title that follows a colon, unless it is an abbreviation or a name in capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _short(text: str) -> str:
    text = text if text.endswith(("?", "!")) else text.rstrip(".") + "."
    return text if len(text) <= 120 else text[:119].rstrip() + "…"
