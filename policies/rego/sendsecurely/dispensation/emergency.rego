package sendsecurely.dispensation

# METADATA
# title: Nøddispensation venter på bekræftelse
# description: An emergency dispensation holds until the day on which a second person has to have confirmed it.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(2)
# custom:
#   code: DI-03
#   effect: note
#   title: {da: "Nødtilladelsen venter på en godkendelse", en: "The emergency permission awaits approval"}
#   explanation:
#     da: "Nødtilladelsen {id} er ikke godkendt af en anden endnu. Det skal ske senest {confirm_by}."
#     en: "The emergency permission {id} has not been approved by a second person yet. That has to happen by {confirm_by}."
#   way_out: {da: "Du skal ikke gøre noget.", en: "There is nothing you need to do."}
#   law: "GDPR Art. 5(2); Art. 24"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some [id, entry, match] in _in_force
	_uses_left(entry, match)
	_emergency_running(entry)
	[id, entry.code] in _liftable
	params := {"id": entry.id, "confirm_by": entry.confirm_by}
	finding := {"code": "DI-03", "effect": "note", "recipient": id, "params": params}
}

# METADATA
# title: Nøddispensation blev ikke bekræftet
# description: Nobody confirmed the emergency dispensation in time; it does not count any more, and that shows in the log.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(2)
# custom:
#   code: DI-04
#   effect: note
#   title: {da: "Nødtilladelsen er ikke godkendt i tide", en: "The emergency permission was not approved in time"}
#   explanation:
#     da: "Nødtilladelsen {id} skulle være godkendt senest {confirm_by}. Den tæller ikke mere, og det bliver skrevet i logbogen."
#     en: "The emergency permission {id} should have been approved by {confirm_by}. It counts no more, and that is written to the log."
#   way_out: {da: "Bed om en ny tilladelse.", en: "Ask for a new permission."}
#   law: "GDPR Art. 5(2); Art. 24"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some [id, entry, _] in _in_force
	entry.emergency == true
	not _stood_behind(entry)
	[id, entry.code] in _liftable
	params := {"id": entry.id, "confirm_by": entry.confirm_by}
	finding := {"code": "DI-04", "effect": "note", "recipient": id, "params": params}
}

_emergency_running(entry) if {
	entry.emergency == true
	not _approved(entry)
	data.sendsecurely.lib.is_day(entry.confirm_by)
	entry.confirm_by >= input.today
}
