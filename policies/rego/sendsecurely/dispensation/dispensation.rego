# METADATA
# title: Dispensationer
# description: >-
#   A written, time-limited exception that two people stand behind lifts a finding for some senders, recipients and classes. Whether
#   sender and recipient fit is found out beforehand; here the entry itself is judged.
# authors:
#   - name: Compliance
package sendsecurely.dispensation

assessed contains id if {
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.classes_known
	some recipient in input.recipients
	is_array(recipient.dispensations)
	id := recipient.id
}

# METADATA
# title: Dispensation i brug
# description: The finding that the dispensation names is set aside for this recipient today.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(2)
# custom:
#   code: DI-01
#   effect: note
#   title: {da: "Der er en tidsbegrænset tilladelse", en: "There is a time-limited permission"}
#   explanation:
#     da: >-
#       Der er givet en tidsbegrænset tilladelse til at sende til {domain}. Det er en dispensation fra reglen {lifts}, og den har nummer
#       {id}.
#     en: "A time-limited permission to send to {domain} has been given. It is a dispensation from rule {lifts}, and its number is {id}."
#   way_out: {da: "Du skal ikke gøre noget.", en: "There is nothing you need to do."}
#   law: "GDPR Art. 5(2); Art. 24"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	some [id, entry, match] in _in_force
	_uses_left(entry, match)
	_stood_behind(entry)
	[id, entry.code] in _liftable
	params := {"id": entry.id, "lifts": entry.code}
	finding := {"code": "DI-01", "effect": "note", "recipient": id, "params": params}
}

# METADATA
# title: Dispensationen er brugt op
# description: The dispensation has been used as often as it may be; it stops by itself.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(2)
# custom:
#   code: DI-02
#   effect: note
#   title: {da: "Tilladelsen er brugt op", en: "The permission is used up"}
#   explanation:
#     da: "Den tidsbegrænsede tilladelse {id} til {domain} er brugt op, eller vi ved ikke, hvor tit den er brugt. Den tæller ikke."
#     en: "The time-limited permission {id} for {domain} is used up, or how often it was used is not known. It does not count."
#   way_out: {da: "Bed om en ny tilladelse.", en: "Ask for a new permission."}
#   law: "GDPR Art. 5(2); Art. 24"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some [id, entry, match] in _in_force
	not _uses_left(entry, match)
	[id, entry.code] in _liftable
	finding := {"code": "DI-02", "effect": "note", "recipient": id, "params": {"id": entry.id}}
}

# [recipient's id, entry, what the question says about its use]. The register is looked through only when a mail names an entry.
_in_force contains [recipient.id, entry, match] if {
	some recipient in _recipients_with_one
	some match in recipient.dispensations
	some entry in data.registers.dispensations.entries
	entry.id == match.id
	entry.domain == recipient.domain
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.is_day(entry.valid_from)
	data.sendsecurely.lib.is_day(entry.valid_to)
	entry.valid_from <= input.today
	entry.valid_to >= input.today
	data.sendsecurely.lib.classes_known
	every class in input.message.classes {
		class in entry.classes
	}
}

_recipients_with_one := [recipient |
	some recipient in input.recipients
	count(recipient.dispensations) > 0
]

# 0 in the register: as often as needed.
_uses_left(entry, _) if object.get(entry, "max_uses", 0) == 0

_uses_left(_, match) if match.state == "not_asked"

_uses_left(entry, match) if {
	match.state == "counted"
	match.used < entry.max_uses
}

_stood_behind(entry) if _approved(entry)

_stood_behind(entry) if _emergency_running(entry)

_approved(entry) if {
	entry.approved_by != ""
	entry.asked_by != entry.approved_by
}

_liftable contains [finding.recipient, finding.code] if {
	count(_in_force) > 0
	some finding in _others
	finding.effect != "note"
	not finding.code in _never_lifted
}

_others contains finding if some finding in data.sendsecurely.content.findings

_others contains finding if some finding in data.sendsecurely.transport.findings

_others contains finding if some finding in data.sendsecurely.transfer.findings

_others contains finding if some finding in data.sendsecurely.digital_post.findings

# A permission makes no server answer, no certificate appear and no way wider, and what the sender asked for stands. The findings of
# the concerns that are not looked at above (evidence, recipients, decision) can never be lifted.
_never_lifted := {"TR-02", "TR-04", "TR-05", "TR-06", "TR-07", "CO-07", "CO-14"}
