# METADATA
# title: Dispensationer
# description: A written, time-limited exception that two people stand behind lifts a finding for one domain and some classes.
# authors:
#   - name: Compliance
package sendsecurely.dispensation

assessed contains id if {
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.classes_known
	some recipient in input.recipients
	is_string(recipient.domain)
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
	some entry in _in_force
	some recipient in input.recipients
	recipient.domain == entry.domain
	[recipient.id, entry.code] in _liftable
	params := {"id": entry.id, "lifts": entry.code}
	finding := {"code": "DI-01", "effect": "note", "recipient": recipient.id, "params": params}
}

_in_force contains entry if {
	some entry in data.registers.dispensations.entries
	entry.domain != "none"
	entry.asked_by != entry.approved_by
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

_liftable contains [finding.recipient, finding.code] if {
	some finding in ((data.sendsecurely.content.findings | data.sendsecurely.transport.findings) | data.sendsecurely.transfer.findings)
	finding.effect != "note"
	not finding.code in _never_lifted
}

# A permission makes no server answer and no certificate appear, and what the sender asked for stands. The findings of
# the concerns that are not looked at above (evidence, recipients, decision) can never be lifted.
_never_lifted := {"TR-02", "TR-04", "TR-05", "TR-06", "TR-07", "CO-07"}
