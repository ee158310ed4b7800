package sendsecurely.decision

# What the sender is asked, and what an answer does to it. An officer sets for each question whether a sender may answer it at all, and
# whether the answer takes a reason (registers/parameters).

_questions contains finding if {
	some finding in _remaining
	finding.effect == "confirm"
}

# Answered: it stays as a note.
_weighed contains finding if {
	some asked in _questions
	_answered(asked)
	finding := object.union(asked, {"effect": "note"})
}

# Nobody may answer it: it is a block.
_weighed contains finding if {
	some asked in _questions
	asked.code in _not_to_override
	finding := object.union(asked, {"effect": "block", "params": {"override": "never"}})
}

# Open, and the answer takes a reason.
_weighed contains finding if {
	some asked in _questions
	not _answered(asked)
	asked.code in _with_reason
	not asked.code in _not_to_override
	finding := object.union(asked, {"params": {"reason": "required"}})
}

# Open.
_weighed contains asked if {
	some asked in _questions
	not _answered(asked)
	not asked.code in _with_reason
	not asked.code in _not_to_override
}

_answered(asked) if {
	not asked.code in _not_to_override
	_said(asked, _confirmed)
	_reason_enough(asked)
}

_reason_enough(asked) if not asked.code in _with_reason

_reason_enough(asked) if _said(asked, _justified)

# A question about the whole mail is answered when it is answered for everyone.
_said(asked, answers) if {
	asked.recipient != ""
	[asked.recipient, asked.code] in answers
}

_said(asked, answers) if {
	asked.recipient == ""
	every id in _ids {
		[id, asked.code] in answers
	}
}

_confirmed contains [recipient.id, code] if {
	some recipient in input.recipients
	some code in recipient.confirmed
}

_justified contains [recipient.id, code] if {
	some recipient in input.recipients
	some code in recipient.justified
}

_not_to_override contains rule.code if {
	some rule in data.registers.parameters.answers
	rule.override == false
}

_with_reason contains rule.code if {
	some rule in data.registers.parameters.answers
	rule.reason == "required"
}
