"""The words of the pages for a send: how it went, how a copy is protected, what is left, and what a person can do."""

from __future__ import annotations

from addin_backend.model.decision import Texts
from addin_backend.model.sending import Act

STATES = {
    "decided": Texts(da="Besluttet, ikke begyndt", en="Decided, not begun"),
    "sealed": Texts(da="Krypteret, ikke sendt", en="Sealed, not sent"),
    "sending": Texts(da="Er ved at blive sendt", en="Being sent"),
    "sent": Texts(da="Sendt", en="Sent"),
    "not_sent": Texts(da="Ikke sendt", en="Not sent"),
    "partly_sent": Texts(da="Delvist sendt", en="Partly sent"),
    "uncertain": Texts(da="Uvist, om den er sendt", en="Not known whether it was sent"),
}
FATES = {
    "delayed": Texts(da="venter på at komme frem", en="waits to be delivered"),
    "not_delivered": Texts(da="ikke kommet frem", en="not delivered"),
}
PROTECTIONS = {
    "plain": Texts(da="almindelig mail", en="ordinary mail"),
    "tls": Texts(da="sikker forbindelse", en="secure connection"),
    "smime": Texts(da="krypteret mail", en="encrypted mail"),
    "portal": Texts(da="sikker side", en="secure page"),
    "digital_post": Texts(da="Digital Post", en="Digital Post"),
    "none": Texts(da="ingen vej", en="no way"),
}
WAITS = {
    "waiting": Texts(da="venter på en sikker forbindelse", en="waits for a secure connection"),
    "asked": Texts(da="skal trækkes tilbage", en="to be withdrawn"),
    "handed_over": Texts(
        da="skal trækkes tilbage af den, der passer mailserveren", en="to be withdrawn by whoever looks after the mail relay"
    ),
    "not_withdrawn": Texts(
        da="kunne ikke trækkes tilbage; sikker side er ikke sendt", en="could not be withdrawn; no secure page has been sent"
    ),
    "sending": Texts(da="når ikke frem; sendes som sikker side", en="will not arrive; being sent as a secure page"),
    "sent": Texts(da="nåede ikke frem; sendt som sikker side", en="did not arrive; sent as a secure page"),
    "not_sent": Texts(
        da="nåede ikke frem og er ikke sendt som sikker side: modtageren har intet fået",
        en="did not arrive and has not been sent as a secure page: the recipient has got nothing",
    ),
    "void": Texts(da="kom frem, før den blev trukket tilbage", en="arrived before it was withdrawn"),
    "delivered": Texts(da="ventede, og er kommet frem", en="waited, and has arrived"),
    "withdrawn": Texts(da="taget ud af køen; ingen har bedt om sikker side", en="taken out of the queue; nobody asked for the secure page"),
    "failed": Texts(da="kom ikke frem; ingen har bedt om sikker side", en="did not arrive; nobody asked for the secure page"),
    "both": Texts(
        da="sendt som sikker side, og den første er også meldt kommet frem",
        en="sent as a secure page, and the first is reported as arrived, too",
    ),
}
ACTS = {
    Act.WAS_SENT: Texts(da="Den er sendt", en="It was sent"),
    Act.SEND_AGAIN: Texts(da="Den er ikke sendt: send igen", en="It was not sent: send again"),
    Act.GIVE_BACK: Texts(da="Giv kladden tilbage", en="Give the draft back"),
    Act.CANCEL: Texts(da="Annuller", en="Cancel"),
    Act.LOOK_AGAIN: Texts(da="Se efter igen", en="Look again"),
}
CONSEQUENCES = {
    Act.WAS_SENT: Texts(
        da="Du siger, at mailen er kommet frem. Kladden fjernes, og afsendelsen regnes for sendt. Vi ser efter først.",
        en="You say that the mail arrived. The draft is removed and the send counts as sent. We look first.",
    ),
    Act.SEND_AGAIN: Texts(
        da="Vi ser efter en gang til, og mailen tjekkes på ny. Kun det, der med sikkerhed ikke er sendt, bliver sendt.",
        en="We look once more and the mail is checked anew. Only what has certainly not been sent is sent.",
    ),
    Act.GIVE_BACK: Texts(
        da="Du siger, at mailen ikke er sendt. Afsenderen får sin kladde tilbage med de modtagere, der mangler.",
        en="You say that the mail was not sent. The sender gets the draft back, with the recipients who are missing.",
    ),
    Act.CANCEL: Texts(
        da="Der sendes ikke mere. Det, der allerede er sendt, kan ikke kaldes tilbage herfra.",
        en="Nothing more is sent. What has been sent already cannot be called back from here.",
    ),
    Act.LOOK_AGAIN: Texts(
        da="Vi ser efter i postkassen, om mailen er sendt. Intet sendes.",
        en="We look in the mailbox whether the mail was sent. Nothing is sent.",
    ),
}
LEFT = {
    "look": Texts(da="se efter, om den er sendt", en="look whether it was sent"),
    "record": Texts(da="skrive udfaldet i logbogen", en="write the outcome to the log"),
    "copy": Texts(da="lægge kopien i Sendt post", en="put the copy into Sent Items"),
    "draft": Texts(da="rydde op i kladden", en="tidy up the draft"),
    "late": Texts(
        da="se efter, om der sent er kommet en kopi mere i kladderne", en="look whether one more copy has come among the drafts late"
    ),
    "discard": Texts(da="fjerne kopier, der ikke blev sendt", en="remove copies that were not sent"),
    "content": Texts(da="slette det gemte indhold", en="delete the kept content"),
}
REASONS = {
    "unavailable": Texts(da="Exchange eller databasen svarede ikke", en="Exchange or the database did not answer"),
    "outcome_unknown": Texts(da="Exchange svarede ikke klart", en="Exchange gave no clear answer"),
    "expired": Texts(da="Tjenesten var nede, og afgørelsen blev for gammel", en="The service was down and the decision became too old"),
    "not_by_page": Texts(da="Reglerne vil ikke sende den som sikker side", en="The rules would not send it as a secure page"),
    "stopped": Texts(da="Standset af en person", en="Stopped by a person"),
    "conflict": Texts(da="Kladden blev ændret efter tjekket", en="The draft was changed after the check"),
    "not_found": Texts(da="Kladden findes ikke mere", en="The draft is gone"),
    "not_yours": Texts(da="Ingen adgang til postkassen", en="No access to the mailbox"),
    "sender_refused": Texts(da="Exchange lader os ikke sende fra adressen", en="Exchange does not let us send from the address"),
    "sign_in_refused": Texts(da="Exchange godtager ikke vores login", en="Exchange does not accept our sign-in"),
    "wrong_audience": Texts(da="Tokenet var til en anden tjeneste", en="The token was for another service"),
    "draft_unreadable": Texts(da="Exchange gav ikke hele kladden", en="Exchange did not give all of the draft"),
    "mailbox_full": Texts(da="Postkassen er fuld eller har sendt for meget", en="The mailbox is full or has sent too much"),
    "too_large": Texts(da="Mailen er for stor", en="The mail is too large"),
    "bad_input": Texts(da="Exchange kunne ikke læse mailen", en="Exchange could not read the mail"),
    "internal_error": Texts(da="En fejl, som ikke var forudset", en="An error that was not foreseen"),
    "not_sealed": Texts(da="Mailen kunne ikke krypteres", en="The mail could not be encrypted"),
    "log_broken": Texts(da="Logbogen kan ikke bevises", en="The log does not verify"),
}


def reason_of(code: str) -> Texts:
    """Why, in words; an error that has none is named by its code."""
    return REASONS.get(code, Texts(da=code, en=code))
