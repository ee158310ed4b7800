# METADATA
# title: Lande uden for EU/EØS
# description: >-
#   A transfer to another organisation outside the EEA needs an adequacy decision or a recorded ground (GDPR chapter V).
#   A private person and one's own travelling employee are no transfer (EDPB Guidelines 05/2021).
# authors:
#   - name: Compliance
package sendsecurely.transfer

assessed contains id if some id in data.sendsecurely.lib.internal_ids

assessed contains id if {
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.classes_known
	input.organisation.kind in {"private", "public"}
	some recipient in data.sendsecurely.lib.external
	recipient.role in {"organisation", "private_person", "own_employee", "unknown"}
	recipient.country_strength in {"registered", "presumed", "flagged", "unknown"}
	_country_word(recipient)
	_basis_complete(recipient.basis)
	id := recipient.id
}

# METADATA
# title: Land uden for EU/EØS, intet grundlag
# description: Protected content to an organisation in a third country for which no ground is recorded.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 44-49
# custom:
#   code: TF-01
#   effect: block
#   title: {da: "Modtageren er uden for EU/EØS", en: "The recipient is outside the EU/EEA"}
#   explanation:
#     da: >-
#       Mailen er ikke sendt. {recipient} er i et land uden for EU/EØS, og der er ikke registreret et grundlag for at sende oplysningerne
#       dertil.
#     en: >-
#       The mail has not been sent. {recipient} is in a country outside the EU/EEA, and no ground for sending the information there is
#       registered.
#   way_out:
#     da: "Bed om at få grundlaget registreret, eller fjern oplysningerne."
#     en: "Ask for the ground to be registered, or remove the information."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _third_country
	not _basis_recorded(recipient)
	finding := {"code": "TF-01", "effect": "block", "recipient": recipient.id, "params": _needed(recipient, recipient.country)}
}

# METADATA
# title: Land uden for EU/EØS, intet grundlag, almindelige oplysninger
# description: Ordinary content to an organisation in a third country for which no ground is recorded.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 44-49
# custom:
#   code: TF-02
#   effect: confirm
#   title: {da: "Handler mailen om nogen?", en: "Is the mail about anyone?"}
#   explanation:
#     da: "{recipient} er i et land uden for EU/EØS. Vi har ikke noget grundlag for at sende noget om andre dertil."
#     en: "{recipient} is in a country outside the EU/EEA. We have no ground for sending things about others there."
#   way_out:
#     da: "Sig ja til, at den ikke handler om nogen, eller bed om at få et grundlag."
#     en: "Confirm that it is about nobody, or ask for a ground."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	not data.sendsecurely.lib.protected_content
	some recipient in _third_country
	not _basis_recorded(recipient)
	finding := {"code": "TF-02", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Landet er ikke kendt
# description: Protected content to an organisation whose country is unknown, or known only by a hint.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 44
# custom:
#   code: TF-03
#   effect: confirm
#   title:
#     da: "Hvem er modtageren, og i hvilket land læses mailen?"
#     en: "Who is the recipient, and in which country will the mail be read?"
#   explanation:
#     da: "Vi ved ikke sikkert, i hvilket land {recipient} læser mailen. Bekræft kun, hvis du kender både modtageren og landet."
#     en: "We do not know for certain in which country {recipient} reads the mail. Confirm only if you know both recipient and country."
#   way_out:
#     da: "Bekræft modtageren og landet, eller bed om at få {domain} registreret."
#     en: "Confirm the recipient and the country, or ask for {domain} to be registered."
#   law: "GDPR Art. 44"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _uncertain
	not recipient.id in _third_country_ids
	finding := {"code": "TF-03", "effect": "confirm", "recipient": recipient.id, "params": {}}
}
