package sendsecurely.decision

_concerns := {"content", "digital_post", "dispensation", "evidence", "recipients", "transfer", "transport"}

# Whom every concern has judged. A concern that is missing or gives nothing keeps everyone out; the names are those of _concerns.
_judged contains id if {
	some id in data.sendsecurely.content.assessed
	id in data.sendsecurely.digital_post.assessed
	id in data.sendsecurely.dispensation.assessed
	id in data.sendsecurely.evidence.assessed
	id in data.sendsecurely.recipients.assessed
	id in data.sendsecurely.transfer.assessed
	id in data.sendsecurely.transport.assessed
}

# Which concern is missing: worked out only for those who are not judged.
_assessed contains [id, "content"] if some id in data.sendsecurely.content.assessed

_assessed contains [id, "digital_post"] if some id in data.sendsecurely.digital_post.assessed

_assessed contains [id, "dispensation"] if some id in data.sendsecurely.dispensation.assessed

_assessed contains [id, "evidence"] if some id in data.sendsecurely.evidence.assessed

_assessed contains [id, "recipients"] if some id in data.sendsecurely.recipients.assessed

_assessed contains [id, "transfer"] if some id in data.sendsecurely.transfer.assessed

_assessed contains [id, "transport"] if some id in data.sendsecurely.transport.assessed

# A message that could not be read is blocked by that alone: what the other concerns say about it would be guesses.
_found := data.sendsecurely.evidence.findings if _unread

_found := data.sendsecurely.evidence.findings | _of_the_others if not _unread

_unread if input.message.readable == false

# Sets are joined whole: a set that is not there leaves no answer, and no answer is a block.
_of_the_others := (data.sendsecurely.content.findings | data.sendsecurely.recipients.findings) | _of_the_way

_of_the_way := (data.sendsecurely.transfer.findings | data.sendsecurely.transport.findings) | _of_the_rest

_of_the_rest := data.sendsecurely.digital_post.findings | data.sendsecurely.dispensation.findings

# The findings that count: without those that are lifted, and with each question as its answer makes it.
_settled := (_remaining - _questions) | _weighed

_remaining := _found - _lifted

# What a dispensation in force sets aside.
_lifted contains finding if {
	some permission in data.sendsecurely.dispensation.findings
	lifts := permission.params.lifts
	some finding in _found
	finding.recipient == permission.recipient
	finding.code == lifts
}
