package sendsecurely.recipients

# The checks of this file speak only together with protected content or a look-alike domain, and about an address they speak to the
# same sender once a quarter (`told`).

# METADATA
# title: Vores adresse, men ikke vores postkasse
# description: An address in our own domain that leads out of the house is treated as an outsider's.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: RC-05
#   effect: note
#   title: {da: "Adressen fører ud af huset", en: "The address leads out of the house"}
#   explanation:
#     da: "{recipient} ligger på vores domæne, men mailen bliver læst uden for huset, eller vi ved det ikke. Derfor beskytter vi den."
#     en: "{recipient} is in our domain, but the mail is read outside the house, or we do not know, so we protect it."
#   way_out: {da: "Vælg en kollegas egen adresse.", en: "Choose a colleague's own address."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-12-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _notable
	_at_our_domain(recipient)
	recipient.mailbox != "group_unexpanded"
	finding := {"code": "RC-05", "effect": "note", "recipient": recipient.id, "params": {"mailbox": recipient.mailbox}}
}

# METADATA
# title: Første mail til adressen
# description: Nobody in the organisation has written to this address before.
# related_resources:
#   - ref: https://www.datatilsynet.dk
#     description: Datatilsynet on mail to the right recipient
# custom:
#   code: RC-06
#   effect: confirm
#   title: {da: "Er det den rigtige modtager?", en: "Is it the right recipient?"}
#   explanation:
#     da: "Der er ikke før sendt mail til {recipient} herfra. Se efter, om adressen er rigtig."
#     en: "No mail has gone from here to {recipient} before. Check that the address is right."
#   way_out: {da: "Bekræft adressen, eller ret den.", en: "Confirm the address, or correct it."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	some recipient in _notable
	not _written_to_before(recipient)
	finding := _asks("RC-06", recipient)
}

# METADATA
# title: Domænet ligner et andet
# description: The domain looks like one that we know, or like our own, without being it.
# related_resources:
#   - ref: https://www.unicode.org/reports/tr39/
#     description: Unicode security mechanisms, confusables
# custom:
#   code: RC-07
#   effect: confirm
#   title: {da: "Er {domain} stavet rigtigt?", en: "Is {domain} spelled right?"}
#   explanation:
#     da: "{domain} ligner et domæne, vi kender, men er et andet. Se efter, om adressen er rigtig."
#     en: "{domain} looks like a domain that we know, but is another one. Check that the address is right."
#   way_out: {da: "Ret adressen, eller bekræft den.", en: "Correct the address, or confirm it."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some recipient in _notable
	not _no_look_alike(recipient)
	finding := _asks("RC-07", recipient)
}

_speaks if data.sendsecurely.lib.protected_content

_speaks if {
	some recipient in _notable
	not _no_look_alike(recipient)
}

# Those about whom there is anything to say; for a mail to people whom we know this list is empty, and nothing else is looked at.
_notable := [recipient |
	some recipient in data.sendsecurely.lib.external
	not _unremarkable(recipient)
]

_unremarkable(recipient) if {
	recipient.internal == false
	recipient.history in {"known", "not_asked"}
	recipient.look_alike in {"none", "not_asked"}
	recipient.free_mail == false
	recipient.no_reply == false
	recipient.added_by_reply in {"no", "not_asked"}
	recipient.mailbox in {"mailbox", "not_asked"}
}

# To and Cc are seen by everybody.
_in_sight := [recipient |
	some recipient in data.sendsecurely.lib.external
	not _hidden(recipient)
]

_hidden(recipient) if recipient.kind == "bcc"

_at_our_domain(recipient) if recipient.internal == true

_written_to_before(recipient) if recipient.history in {"known", "not_asked"}

_no_look_alike(recipient) if recipient.look_alike in {"none", "not_asked"}

_own_service(recipient) if recipient.free_mail == false

# Undefined, so that there is no finding, for what the sender has been told about this address this quarter.
_asks(code, recipient) := {"code": code, "effect": "confirm", "recipient": recipient.id, "params": {}} if {
	told := object.get(recipient, "told", [])
	not code in told
}

_all_told(code, recipients) if {
	every recipient in recipients {
		code in recipient.told
	}
}
