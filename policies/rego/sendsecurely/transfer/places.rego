package sendsecurely.transfer

_organisations := [recipient |
	some recipient in data.sendsecurely.lib.external
	not _no_transfer(recipient)
]

# Not firmly inside the EEA or a country with a decision: only these are looked at any further.
_uncertain := [recipient |
	some recipient in _organisations
	not _firm(recipient)
]

_third_country := [recipient |
	some recipient in _uncertain
	_country_known(recipient)
	not _in_eea(recipient)
	not _in_adequate_country(recipient)
]

# The entry of the register that would be needed.
_needed(recipient, country) := {"country": country, "needed": {
	"domain": recipient.domain,
	"country": country,
	"classes": sort([class | some class in input.message.classes]),
}}

# Helpers, because OPA gives up the whole rule when a key is missing inside `not … in …`.
_no_transfer(recipient) if recipient.role in {"private_person", "own_employee"}

_in_eea(recipient) if recipient.country in data.registers.countries.eea

_in_adequate_country(recipient) if recipient.country in _adequate

_third_country_ids contains id if {
	some recipient in _third_country
	id := recipient.id
}

_adequate contains country if {
	some decision in _decisions_in_force
	decision.needs_entry == false
	country := decision.country
}

_firm(recipient) if {
	_in_eea(recipient)
	recipient.country_strength == "registered"
}

# A presumption from the name of the domain falls when the network points elsewhere.
_firm(recipient) if {
	_in_eea(recipient)
	recipient.country_strength == "presumed"
	_network_agrees(recipient.transport.network_country)
}

_firm(recipient) if {
	_in_adequate_country(recipient)
	recipient.country_strength == "registered"
}

_network_agrees(country) if country in {"unknown", "not_asked"}

_network_agrees(country) if country in data.registers.countries.eea

_country_known(recipient) if {
	recipient.country in data.registers.countries.known
	recipient.country_strength in {"registered", "presumed", "flagged"}
}

_country_word(recipient) if recipient.country == "unknown"

_country_word(recipient) if recipient.country in data.registers.countries.known
