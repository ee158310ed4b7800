"""One base error: a stable code, a sentence for a person, and what to do next (both in Danish and English).

No message content, address or CPR number may stand in an error; where a place must be named, name the field or the file.
"""

from __future__ import annotations


class SendSecurelyError(Exception):
    """Base of every error that leaves a room.

    ``code``     stable, lower snake case; the HTTP answer, the log and the documentation use it.
    ``sentence`` what is the matter, for a person, in English; ``sentence_da`` the same in Danish.
    ``next_step`` what to do about it, likewise ``next_step_da``.
    ``status``   the HTTP status that fits.
    """

    code = "internal_error"
    status = 500
    sentence = "Something went wrong that we had not foreseen."
    sentence_da = "Der skete en fejl, som vi ikke havde forudset."
    next_step = "Try again shortly. Your draft is unchanged."
    next_step_da = "Prøv igen om lidt. Din kladde er uændret."

    def __init__(
        self,
        sentence: str | None = None,
        *,
        sentence_da: str | None = None,
        next_step: str | None = None,
        next_step_da: str | None = None,
        field: str | None = None,
    ) -> None:
        self.sentence = sentence or type(self).sentence
        self.sentence_da = sentence_da or type(self).sentence_da
        self.next_step = next_step or type(self).next_step
        self.next_step_da = next_step_da or type(self).next_step_da
        self.field = field
        super().__init__(f"{self.code}: {self.sentence}")


class BadInput(SendSecurelyError):
    """The caller sent something of the wrong form; ``field`` names the place (RFC 9110 §15.5.1)."""

    code = "bad_input"
    status = 400
    sentence = "The request does not have the form that this service reads."
    sentence_da = "Forespørgslen har ikke den form, som tjenesten læser."
    next_step = "Correct the field that is named and send the request again."
    next_step_da = "Ret det felt, der er nævnt, og send forespørgslen igen."


class TooLarge(SendSecurelyError):
    """The message is over the limit (RFC 9110 §15.5.14)."""

    code = "too_large"
    status = 413
    sentence = "The mail has not been sent: it is larger than the limit."
    sentence_da = "Mailen er ikke sendt: den er større end grænsen."
    next_step = "Remove the largest attachment, or make it smaller."
    next_step_da = "Fjern den største vedhæftning, eller gør den mindre."


class NotSignedIn(SendSecurelyError):
    """No valid sign-in came with the request."""

    code = "not_signed_in"
    status = 401
    sentence = "You are not signed in."
    sentence_da = "Du er ikke logget på."
    next_step = "Sign in again and repeat what you did."
    next_step_da = "Log på igen, og gentag det, du gjorde."


class NotYours(SendSecurelyError):
    """Signed in, but not for this mailbox or page."""

    code = "not_yours"
    status = 403
    sentence = "You do not have access to this mailbox."
    sentence_da = "Du har ikke adgang til denne postkasse."
    next_step = "Choose a mailbox that is yours, or ask for access."
    next_step_da = "Vælg en postkasse, der er din, eller bed om adgang."


class NotFound(SendSecurelyError):
    """What was asked for does not exist (any more)."""

    code = "not_found"
    status = 404
    sentence = "We could not find what you asked for."
    sentence_da = "Vi kunne ikke finde det, du bad om."
    next_step = "Open it again from Outlook."
    next_step_da = "Åbn det igen fra Outlook."


class Conflict(SendSecurelyError):
    """The same key with another content, or the draft changed meanwhile."""

    code = "conflict"
    status = 409
    sentence = "The mail has changed since it was checked."
    sentence_da = "Mailen er ændret, siden den blev tjekket."
    next_step = "Press the button again, so that the new version is checked."
    next_step_da = "Tryk på knappen igen, så den nye udgave bliver tjekket."


class Unavailable(SendSecurelyError):
    """A part that we need does not answer. Nothing has been sent; the draft is where it was."""

    code = "unavailable"
    status = 503
    sentence = "The mail has not been sent and your draft is unchanged. The service is not answering."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Tjenesten svarer ikke."
    next_step = "Try again shortly."
    next_step_da = "Prøv igen om lidt."


class OutcomeUnknown(SendSecurelyError):
    """A send was asked for and its outcome could not be learnt. Never retry blindly."""

    code = "outcome_unknown"
    status = 502
    sentence = "We do not yet know whether the mail was sent."
    sentence_da = "Vi ved endnu ikke, om mailen er sendt."
    next_step = "Do not send it again; you will be told here as soon as we know."
    next_step_da = "Send den ikke igen; du får besked her, så snart vi ved det."


class BadRegister(SendSecurelyError):
    """A register, a rule or a setting is not usable; the sentence names file and entry."""

    code = "bad_register"
    sentence = "A register cannot be used."
    sentence_da = "Et register kan ikke bruges."
    next_step = "Correct the entry that is named and start again."
    next_step_da = "Ret den post, der er nævnt, og start igen."


class NotSealed(SendSecurelyError):
    """The message could not be sealed for a recipient; nothing has been sent to that recipient."""

    code = "not_sealed"
    sentence = "The mail could not be encrypted."
    sentence_da = "Mailen kunne ikke krypteres."
    next_step = "Choose the secure page for this recipient, or ask for a new certificate."
    next_step_da = "Vælg sikker side til denne modtager, eller bed om et nyt certifikat."


class NotOpened(SendSecurelyError):
    """A sealed message could not be opened, or its signature does not match its content."""

    code = "not_opened"
    status = 422
    sentence = "The message could not be opened."
    sentence_da = "Meddelelsen kunne ikke åbnes."
    next_step = "Check that key and certificate belong to the recipient of the message."
    next_step_da = "Se efter, at nøgle og certifikat hører til meddelelsens modtager."


class LogBroken(SendSecurelyError):
    """The accountability log does not verify; nothing may be appended or sent until it is looked into."""

    code = "log_broken"
    status = 503
    sentence = "The log does not verify."
    sentence_da = "Logbogen kan ikke bevises."
    next_step = "Nothing is sent until an administrator has looked into it. Your draft is unchanged."
    next_step_da = "Intet bliver sendt, før en administrator har set på det. Din kladde er uændret."


# --- what Exchange says on either transport, in the same words -----------------------------------------------------------


class SignInRefused(Unavailable):
    """Exchange does not take our own sign-in: not the sender's fault, and nothing has happened."""

    code = "sign_in_refused"
    sentence = "The mail has not been sent and your draft is unchanged. Exchange does not accept our sign-in."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Exchange godtager ikke vores login."
    next_step = "Ask your administrator to look at the service's access to Exchange."
    next_step_da = "Bed din administrator om at se på tjenestens adgang til Exchange."


class WrongAudience(SignInRefused):
    """The token is for another API: Graph and Exchange each want their own. The sender is told the same; officers' pages say which."""

    code = "wrong_audience"


class MailboxFull(Unavailable):
    """The sender's mailbox, or what it may send in a day, is used up."""

    code = "mailbox_full"
    sentence = "The mail has not been sent and your draft is unchanged. Your mailbox is full, or has sent all that it may for now."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Din postkasse er fuld eller har sendt alt, hvad den må for nu."
    next_step = "Delete something large and try again, or ask your administrator."
    next_step_da = "Slet noget stort, og prøv igen, eller spørg din administrator."


class DraftUnreadable(Unavailable):
    """What Exchange gave for the draft is no mail; its label, thread and receipts cannot be known, so it is not sent without them."""

    code = "draft_unreadable"
    sentence = "The mail has not been sent and your draft is unchanged. Exchange could not give us all of the draft."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Exchange kunne ikke give os hele kladden."
    next_step = "Try again shortly. If it goes on, copy the text to a new mail."
    next_step_da = "Prøv igen om lidt. Bliver det ved, så kopiér teksten til en ny mail."


class SenderRefused(NotYours):
    """Exchange does not let us send from this address (Send As)."""

    code = "sender_refused"
    sentence = "The mail has not been sent and your draft is unchanged. Exchange does not let us send from this address."
    sentence_da = "Mailen er ikke sendt, og din kladde er uændret. Exchange lader os ikke sende fra denne adresse."
    next_step = "Ask your administrator to look at who may send from it."
    next_step_da = "Bed din administrator om at se på, hvem der må sende fra den."


def closed_to_us() -> NotYours:
    """Exchange does not let us into the sender's mailbox; whether the sender may was asked before."""
    return NotYours(
        "The mail has not been sent and your draft is unchanged. Exchange does not let us into the mailbox.",
        sentence_da="Mailen er ikke sendt, og din kladde er uændret. Exchange giver os ikke adgang til postkassen.",
        next_step="Ask your administrator to look at the access.",
        next_step_da="Bed din administrator om at se på adgangen.",
    )


def too_large_for_exchange() -> TooLarge:
    """Over what Exchange takes. The secure page is a way out: its notification is small."""
    return TooLarge(
        "The mail has not been sent: sealed, it is larger than Exchange takes from us.",
        sentence_da="Mailen er ikke sendt: krypteret er den større, end Exchange tager imod fra os.",
        next_step="Send it through the secure page, or make the largest attachment smaller.",
        next_step_da="Send den via sikker side, eller gør den største vedhæftning mindre.",
    )
