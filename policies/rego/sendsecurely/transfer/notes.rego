package sendsecurely.transfer

# METADATA
# title: Landeregistret er ikke tjekket for nylig
# description: A decision under Art. 45 can be suspended or repealed, so the register has to be checked again and again.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 45(5) and Art. 5(2)
# custom:
#   code: TF-08
#   effect: note
#   title: {da: "Listen over lande skal tjekkes", en: "The list of countries needs a check"}
#   explanation:
#     da: "Listen over lande uden for EU/EØS er ikke tjekket for nylig. Det bliver skrevet i logbogen."
#     en: "The list of countries outside the EU/EEA has not been checked lately. That is written to the log."
#   way_out: {da: "Du skal ikke gøre noget.", en: "There is nothing you need to do."}
#   law: "GDPR Art. 45(5); Art. 5(2)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not _register_fresh
	some recipient in _organisations
	not _in_eea(recipient)
	finding := {"code": "TF-08", "effect": "note", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Afgørelsen om landet er under opsyn
# description: The decision under Art. 45 that the transfer rests on is in force, but it is being contested.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 45
# custom:
#   code: TF-09
#   effect: note
#   title: {da: "Grundlaget for landet kan falde bort", en: "The ground for that country may fall away"}
#   explanation:
#     da: "EU's afgørelse om landet gælder i dag, men den er til prøve ved en domstol. Hav et andet grundlag parat til {domain}."
#     en: "The EU's decision about the country holds today, but a court is looking at it. Have another ground ready for {domain}."
#   way_out: {da: "Du skal ikke gøre noget.", en: "There is nothing you need to do."}
#   law: "GDPR Art. 45"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not data.sendsecurely.lib.private
	some recipient in _organisations
	recipient.country in _watched
	_rests_on_decision(recipient)
	finding := {"code": "TF-09", "effect": "note", "recipient": recipient.id, "params": {"country": recipient.country}}
}

# METADATA
# title: Grønland og Færøerne
# description: >-
#   Both belong to the Kingdom of Denmark and are outside the EU and the EEA. The Faroe Islands have an adequacy decision
#   (2010/146/EU), Greenland has none.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 44 and 45
# custom:
#   code: TF-10
#   effect: note
#   title: {da: "Grønland og Færøerne er uden for EU/EØS", en: "Greenland and the Faroe Islands are outside the EU/EEA"}
#   explanation:
#     da: "{recipient} er i Rigsfællesskabet, men uden for EU/EØS. EU har godkendt Færøerne. Til Grønland skal der være et andet grundlag."
#     en: "{recipient} is in the Kingdom of Denmark, but outside the EU/EEA. The EU has approved the Faroes; Greenland needs a ground."
#   way_out:
#     da: "Til Grønland: bed om at få et grundlag registreret."
#     en: "For Greenland: ask for a ground to be registered."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _organisations
	recipient.country in data.registers.countries.special
	finding := {"code": "TF-10", "effect": "note", "recipient": recipient.id, "params": {"country": recipient.country}}
}

# METADATA
# title: Hvem er modtageren?
# description: The rules of chapter V do not concern a private person; whether this is one, only the sender knows.
# related_resources:
#   - ref: https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-052021-interplay-between-application-article-3_en
#     description: EDPB Guidelines 05/2021
# custom:
#   code: TF-11
#   effect: confirm
#   title: {da: "Er modtageren en virksomhed eller en privatperson?", en: "Is the recipient a company or a private person?"}
#   explanation:
#     da: "{recipient} er i et land uden for EU/EØS. Reglerne er andre, når modtageren er en privatperson."
#     en: "{recipient} is in a country outside the EU/EEA. The rules differ when the recipient is a private person."
#   way_out: {da: "Svar på, hvem modtageren er. Svaret bliver gemt.", en: "Say who the recipient is. The answer is kept."}
#   law: "GDPR Art. 44"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not data.sendsecurely.lib.private
	some recipient in _third_country
	not _role_known(recipient)
	not _basis_recorded(recipient)
	finding := {"code": "TF-11", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Undtagelsen er ved at blive en vane
# description: Consent, public interest, vital interests and public registers must not become the rule; repeated use shows in the log.
# related_resources:
#   - ref: https://www.edpb.europa.eu/our-work-tools/our-documents/guidelines/guidelines-22018-derogations-article-49-under-regulation_en
#     description: EDPB Guidelines 2/2018
# custom:
#   code: TF-12
#   effect: note
#   title: {da: "Undtagelsen er brugt flere gange", en: "The exception has been used several times"}
#   explanation:
#     da: "Undtagelsen til {domain} er brugt {count} gange. Den må ikke blive reglen, så det bliver skrevet i logbogen."
#     en: "The exception for {domain} has been used {count} times. It must not become the rule, so that is written to the log."
#   way_out: {da: "Bed om at få et fast grundlag registreret.", en: "Ask for a lasting ground to be registered."}
#   law: "GDPR Art. 49"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not data.sendsecurely.lib.private
	some recipient in _third_country
	recipient.basis.kind in {"derogation_a", "derogation_d", "derogation_f", "derogation_g"}
	not _seldom(recipient)
	finding := {"code": "TF-12", "effect": "note", "recipient": recipient.id, "params": {"count": recipient.basis.uses.count}}
}

_register_fresh if input.registers.countries == "fresh"

_watched contains country if {
	some decision in _decisions_in_force
	decision.status == "watched"
	country := decision.country
}

_rests_on_decision(recipient) if recipient.country in _adequate

_rests_on_decision(recipient) if recipient.basis.kind == "adequacy"

_role_known(recipient) if recipient.role in {"organisation", "private_person", "own_employee"}

_seldom(recipient) if recipient.basis.uses.state == "not_asked"

_seldom(recipient) if {
	recipient.basis.uses.state == "counted"
	recipient.basis.uses.count < recipient.basis.uses.limit
}
