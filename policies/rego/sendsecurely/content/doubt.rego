package sendsecurely.content

# METADATA
# title: I tvivl krypterer vi
# description: What could not be read is treated as confidential.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: CO-05
#   effect: protect
#   title: {da: "En del af mailen kunne ikke læses", en: "A part of the mail could not be read"}
#   explanation:
#     da: "Vi kunne ikke læse hele mailen. Derfor behandles den som fortrolig og skal sendes sikkert til {recipient}."
#     en: "We could not read all of the mail, so it is treated as confidential and has to go securely to {recipient}."
#   way_out:
#     da: "Send sikkert, eller vedhæft filen uden lås og i et almindeligt format."
#     en: "Send securely, or attach the file unlocked and in a common format."
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	not _all_was_read
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-05", "unknown", recipient)
}

# METADATA
# title: Privat mail
# description: A mail marked private is not read; it may go out as it is.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(c)
# custom:
#   code: CO-06
#   effect: note
#   title: {da: "Mailen er mærket privat", en: "The mail is marked private"}
#   explanation:
#     da: "Mailen er mærket privat, så vi har ikke læst den."
#     en: "The mail is marked private, so we have not read it."
#   way_out:
#     da: "Er det en arbejdsmail, så fjern ordet Privat fra emnet."
#     en: "If it is about work, take the word Privat out of the subject."
#   law: "GDPR Art. 5(1)(c)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	"unread" in input.message.classes
	some recipient in data.sendsecurely.lib.external
	finding := {"code": "CO-06", "effect": "note", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Afsenderen har valgt Send sikkert
# description: The sender asked for it, so the mail never goes out unprotected.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: CO-07
#   effect: protect
#   title: {da: "Du har valgt at sende sikkert", en: "You chose to send securely"}
#   explanation:
#     da: "Du har valgt Send sikkert. Derfor går mailen ikke ubeskyttet til {recipient}."
#     en: "You chose Send securely, so the mail does not go unprotected to {recipient}."
#   way_out: {da: "Brug Send, hvis mailen må sendes som almindelig mail.", en: "Use Send if the mail may go as ordinary mail."}
#   law: "GDPR Art. 32"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	not _not_asked_for
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-07", "unknown", recipient)
}

_all_was_read if {
	data.sendsecurely.lib.classes_known
	every class in input.message.classes {
		class != "unknown"
	}
	input.message.unreadable_parts == 0
}

_not_asked_for if input.message.secure_requested == false
