package sendsecurely.transfer

# METADATA
# title: Grundlaget holder ikke
# description: Protected content to an organisation in a third country whose recorded ground does not hold today.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 45, 46 and 49
#   - ref: https://www.edpb.europa.eu/our-work-tools/our-documents/recommendations/recommendations-022020-european-essential-guarantees_en
#     description: EDPB Recommendations 02/2020
# custom:
#   code: TF-04
#   effect: block
#   title: {da: "Grundlaget for at sende til landet gælder ikke her", en: "The ground for sending to that country does not hold here"}
#   explanation:
#     da: >-
#       Mailen er ikke sendt. {recipient} er i et land uden for EU/EØS, og det registrerede grundlag gælder ikke i dag eller ikke for
#       oplysningerne i mailen.
#     en: >-
#       The mail has not been sent. {recipient} is outside the EU/EEA, and the registered ground does not hold today or not for this
#       information.
#   way_out:
#     da: "Bed om at få grundlaget fornyet eller udvidet, eller fjern oplysningerne."
#     en: "Ask for the ground to be renewed or extended, or remove the information."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	data.sendsecurely.lib.protected_content
	some recipient in _third_country
	_basis_recorded(recipient)
	reason := _shortfalls(recipient)[0]
	finding := {"code": "TF-04", "effect": "block", "recipient": recipient.id, "params": {"reason": reason, "basis": recipient.basis.kind}}
}

# METADATA
# title: Grundlaget holder ikke, almindelige oplysninger
# description: Ordinary content to an organisation in a third country whose recorded ground does not hold today.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 45, 46 and 49
# custom:
#   code: TF-05
#   effect: confirm
#   title: {da: "Handler mailen til det land om nogen?", en: "Is the mail to that country about anyone?"}
#   explanation:
#     da: "{recipient} er i et land uden for EU/EØS. Vores grundlag gælder ikke i dag, eller ikke for det her."
#     en: "{recipient} is in a country outside the EU/EEA. Our ground does not hold today, or not for this."
#   way_out:
#     da: "Sig ja til, at den ikke handler om nogen, eller bed om at få et nyt grundlag."
#     en: "Confirm that it is about nobody, or ask for a new ground."
#   law: "GDPR Art. 44-46, 49"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	not data.sendsecurely.lib.protected_content
	some recipient in _third_country
	_basis_recorded(recipient)
	reason := _shortfalls(recipient)[0]
	finding := {"code": "TF-05", "effect": "confirm", "recipient": recipient.id, "params": {"reason": reason, "basis": recipient.basis.kind}}
}

_basis_recorded(recipient) if {
	recipient.basis.kind in _basis_kinds
	recipient.basis.country == recipient.country
}

_basis_kinds := {
	"adequacy",
	"public_bodies_instrument",
	"binding_corporate_rules",
	"standard_contractual_clauses",
	"code_of_conduct",
	"certification",
	"derogation_a",
	"derogation_b",
	"derogation_c",
	"derogation_d",
	"derogation_e",
	"derogation_f",
	"derogation_g",
	"compelling_interests",
}

_basis_complete(basis) if {
	basis.kind in (_basis_kinds | {"none"})
	basis.module in {"none", "1", "2", "3", "4"}
	is_boolean(basis.guarantees_met)
	is_string(basis.valid_to)
	is_array(basis.classes)
}

_decisions_in_force contains decision if {
	some decision in data.registers.countries.adequacy
	decision.status in {"in_force", "watched"}
	_still_valid(decision.valid_to)
}

# The Data Privacy Framework: HR data and other data are certified apart.
_certified_by_kind contains country if {
	some decision in data.registers.countries.adequacy
	decision.limited_to == "listed"
	country := decision.country
}

_still_valid(valid_to) if is_null(valid_to)

_still_valid(valid_to) if {
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.is_day(valid_to)
	valid_to >= input.today
}
