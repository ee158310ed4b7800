package sendsecurely.transfer

# METADATA
# title: Adgang fra et land uden for EU/EØS
# description: Another company reads the recipient's mail from a third country, and no ground for that country holds.
# related_resources:
#   - ref: https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-052021-interplay-between-application-article-3_en
#     description: EDPB Guidelines 05/2021, remote access from a third country
# custom:
#   code: TF-06
#   effect: block
#   title: {da: "Mailen kan læses fra et land uden for EU/EØS", en: "The mail can be read from outside the EU/EEA"}
#   explanation:
#     da: "Mailen er ikke sendt. En anden virksomhed læser post til {recipient} fra et land uden for EU/EØS, og der mangler et grundlag."
#     en: "The mail has not been sent. Another company reads mail to {recipient} from outside the EU/EEA, and a ground is missing."
#   way_out:
#     da: "Bed om at få grundlaget registreret, eller fjern oplysningerne."
#     en: "Ask for the ground to be registered, or remove the information."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _read_from_afar
	not _ground_for(recipient)
	params := _needed(recipient, recipient.remote_access.country)
	finding := {"code": "TF-06", "effect": "block", "recipient": recipient.id, "params": params}
}

# METADATA
# title: Adgang fra et land uden for EU/EØS, almindelige oplysninger
# description: Another company reads the recipient's mail from a third country without a ground; the content is ordinary.
# related_resources:
#   - ref: https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-052021-interplay-between-application-article-3_en
#     description: EDPB Guidelines 05/2021, remote access from a third country
# custom:
#   code: TF-07
#   effect: confirm
#   title: {da: "Handler mailen om nogen, og hvem kan læse den?", en: "Is the mail about anyone, and who can read it?"}
#   explanation:
#     da: "Et andet firma kan læse post til {recipient} fra et land uden for EU/EØS, og der er intet grundlag."
#     en: "Another firm can read mail to {recipient} from outside the EU/EEA, and there is no ground."
#   way_out:
#     da: "Sig ja til, at den ikke handler om nogen, eller bed om at få et grundlag."
#     en: "Confirm that it is about nobody, or ask for a ground."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not data.sendsecurely.lib.protected_content
	some recipient in _read_from_afar
	not _ground_for(recipient)
	finding := {"code": "TF-07", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# Own staff who read from abroad are no transfer; the security rules still apply.
_read_from_afar := [recipient |
	some recipient in _organisations
	not _read_where_delivered(recipient)
	not _access_from_safe_country(recipient)
]

_read_where_delivered(recipient) if recipient.remote_access.by in {"none", "own_staff", "not_asked"}

_access_from_safe_country(recipient) if recipient.remote_access.country in data.registers.countries.eea

_access_from_safe_country(recipient) if recipient.remote_access.country in _adequate

_ground_for(recipient) if {
	recipient.basis.kind in _basis_kinds
	recipient.basis.country == recipient.remote_access.country
	count(_shortfalls(recipient)) == 0
}
