package sendsecurely.recipients

# METADATA
# title: Mange domæner kan se hinanden
# description: So many different outsiders stand in To and Cc that they had better stand in Bcc.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(c) and (f)
# custom:
#   code: RC-08
#   effect: confirm
#   title: {da: "Må de alle se hinanden?", en: "May they all see each other?"}
#   explanation:
#     da: "Mailen går til {domains} domæner, og alle kan se, hvem der ellers får den."
#     en: "The mail goes to {domains} domains, and all can see who else gets it."
#   way_out:
#     da: "Flyt dem til Bcc, eller sig ja til, at de må se det."
#     en: "Move them to Bcc, or confirm that they may."
#   law: "GDPR Art. 5(1)(c); Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	domains := count({domain | some recipient in _in_sight; domain := object.get(recipient, "domain", recipient.id)})
	domains >= data.registers.parameters.recipients.many_domains
	not _all_told("RC-08", _in_sight)
	finding := {"code": "RC-08", "effect": "confirm", "recipient": "", "params": {"domains": domains}}
}

# METADATA
# title: Adresse hos en gratis mailtjeneste
# description: Anybody can make an address there that looks right.
# related_resources:
#   - ref: https://www.datatilsynet.dk
#     description: Datatilsynet on mail to the right recipient
# custom:
#   code: RC-09
#   effect: confirm
#   title: {da: "Er den private adresse rigtig?", en: "Is the private address right?"}
#   explanation:
#     da: "{recipient} ligger hos en gratis mailtjeneste, hvor alle kan oprette en adresse. Se efter, om den er rigtig."
#     en: "{recipient} is with a free mail service, where anybody can make an address. Check that it is right."
#   way_out: {da: "Bekræft adressen, eller ret den.", en: "Confirm the address, or correct it."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	some recipient in _notable
	not _own_service(recipient)
	finding := _asks("RC-09", recipient)
}
