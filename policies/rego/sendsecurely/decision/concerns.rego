package sendsecurely.decision

_concerns := {"content", "dispensation", "evidence", "recipients", "transfer", "transport"}

_assessed contains [id, "content"] if some id in data.sendsecurely.content.assessed

_assessed contains [id, "dispensation"] if some id in data.sendsecurely.dispensation.assessed

_assessed contains [id, "evidence"] if some id in data.sendsecurely.evidence.assessed

_assessed contains [id, "recipients"] if some id in data.sendsecurely.recipients.assessed

_assessed contains [id, "transfer"] if some id in data.sendsecurely.transfer.assessed

_assessed contains [id, "transport"] if some id in data.sendsecurely.transport.assessed

_found contains finding if some finding in data.sendsecurely.evidence.findings

# A message that could not be read is blocked by that alone: what the other concerns say about it would be guesses.
_found contains finding if {
	not _unread
	some finding in _of_the_others
}

_unread if input.message.readable == false

_of_the_others contains finding if some finding in data.sendsecurely.content.findings

_of_the_others contains finding if some finding in data.sendsecurely.recipients.findings

_of_the_others contains finding if some finding in data.sendsecurely.transfer.findings

_of_the_others contains finding if some finding in data.sendsecurely.transport.findings

_of_the_others contains finding if some finding in data.sendsecurely.dispensation.findings

# What a dispensation in force sets aside, per recipient.
_lifted contains [finding.recipient, finding.params.lifts] if some finding in data.sendsecurely.dispensation.findings

_confirmed contains [id, code] if {
	some recipient in input.recipients
	id := recipient.id
	some code in recipient.confirmed
}

# The findings that count: without those that are lifted, and with a confirmed question as a note.
_settled contains finding if {
	some finding in _remaining
	not _answered(finding)
}

_settled contains finding if {
	some asked in _remaining
	_answered(asked)
	finding := object.union(asked, {"effect": "note"})
}

_remaining contains finding if {
	some finding in _found
	not [finding.recipient, finding.code] in _lifted
}

_answered(finding) if {
	finding.effect == "confirm"
	[finding.recipient, finding.code] in _confirmed
}
