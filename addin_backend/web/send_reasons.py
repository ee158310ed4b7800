"""Why a mail was not sent, said to the person who sent it: one sentence, and what to do. (web/send_words.py says it to officers.)"""

from __future__ import annotations

from dataclasses import dataclass

from addin_backend.model.decision import Texts


@dataclass(frozen=True, slots=True)
class Reason:
    """``why`` is a sentence; ``next_step`` another."""

    why: Texts
    next_step: Texts


_AGAIN = Texts(da="Prøv igen om lidt.", en="Try again shortly.")
_CHECK = Texts(da="Tjek mailen igen, og send den.", en="Check the mail again and send it.")
_ADMINISTRATOR = Texts(da="Bed din administrator om at se på det.", en="Ask your administrator to look at it.")
_SIGN_IN = Reason(Texts(da="Exchange godtager ikke vores login.", en="Exchange does not accept our sign-in."), _ADMINISTRATOR)

REASONS = {
    "unavailable": Reason(Texts(da="Exchange kunne ikke tage imod den lige nu.", en="Exchange could not take it right now."), _AGAIN),
    "outcome_unknown": Reason(Texts(da="Exchange svarede ikke klart.", en="Exchange gave no clear answer."), _AGAIN),
    "conflict": Reason(
        Texts(da="Kladden blev ændret, mens mailen blev sendt.", en="The draft was changed while the mail was being sent."), _CHECK
    ),
    "not_found": Reason(Texts(da="Kladden blev flyttet eller slettet.", en="The draft was moved or deleted."), _CHECK),
    "not_yours": Reason(
        Texts(da="Exchange giver os ikke adgang til postkassen.", en="Exchange does not let us into the mailbox."), _ADMINISTRATOR
    ),
    "sender_refused": Reason(
        Texts(da="Exchange lader os ikke sende fra denne adresse.", en="Exchange does not let us send from this address."), _ADMINISTRATOR
    ),
    "sign_in_refused": _SIGN_IN,
    "wrong_audience": _SIGN_IN,
    "mailbox_full": Reason(
        Texts(
            da="Din postkasse er fuld eller har sendt alt, hvad den må for nu.",
            en="Your mailbox is full, or has sent all that it may for now.",
        ),
        Texts(da="Slet noget stort, og prøv igen.", en="Delete something large and try again."),
    ),
    "too_large": Reason(
        Texts(da="Beskyttet er den større, end Exchange tager imod.", en="Protected, it is larger than Exchange takes."),
        Texts(da="Fjern den største vedhæftning, eller gør den mindre.", en="Remove the largest attachment, or make it smaller."),
    ),
    "bad_input": Reason(
        Texts(da="Exchange kunne ikke læse mailen.", en="Exchange could not read the mail."),
        Texts(da="Skriv den i en ny mail, og prøv igen.", en="Write it in a new mail and try again."),
    ),
    "draft_unreadable": Reason(
        Texts(da="Exchange kunne ikke give os hele kladden.", en="Exchange could not give us all of the draft."), _AGAIN
    ),
    "not_sealed": Reason(
        Texts(da="Den kunne ikke krypteres.", en="It could not be encrypted."),
        Texts(da="Bed modtageren om et nyt certifikat.", en="Ask the recipient for a new certificate."),
    ),
    "expired": Reason(Texts(da="Tjenesten var væk for længe.", en="The service was away for too long."), _CHECK),
    "stopped": Reason(Texts(da="Afsendelsen blev standset.", en="The send was stopped."), _CHECK),
    "log_broken": Reason(
        Texts(da="Tjenesten sender intet lige nu.", en="The service sends nothing right now."),
        Texts(da="En administrator skal se på logbogen først.", en="An administrator must look at the log first."),
    ),
}
UNFORESEEN = Reason(Texts(da="Der skete en fejl, som vi ikke havde forudset.", en="Something went wrong that we had not foreseen."), _AGAIN)


def reason_for(code: str) -> Reason:
    """The sentence for an error's code; one that has none is not given a wrong one."""
    return REASONS.get(code, UNFORESEEN)
