package sendsecurely.decision

# From the mildest to the safest for someone of whom we know nothing.
_order := ["plain", "tls", "smime", "portal"]

# The protections that no finding rules out, mildest first.
_ways[id] := ways if {
	some id in _ids
	excluded := _excluded_by[id]
	ways := [way |
		some way in _order
		not way in excluded
	]
}

# Whole collections by recipient: read through these names, OPA works each one out once and not once per recipient.
_excluded_by := _excluded # regal ignore:pointless-reassignment

_severities_by := _severities # regal ignore:pointless-reassignment

_codes_by := _codes # regal ignore:pointless-reassignment

_ways_by := _ways # regal ignore:pointless-reassignment

# An entry for everyone, so that both engines know the collection even when nothing is ruled out.
_excluded[id] contains "none" if some id in _ids

_excluded[id] contains way if {
	some finding in _settled
	finding.effect == "protect"
	some id in object.get(_everyone, finding.recipient, {finding.recipient})
	some way in object.get(finding.params, "excludes", _order)
}

# Positions in _actions: what each recipient's findings, and the way chosen, ask for.
_severities[id] contains 0 if some id in _ids

_severities[id] contains 1 if {
	some id, ways in _ways_by
	ways[0] != "plain"
}

# A word that is not known counts as a block.
_severities[id] contains severity if {
	some finding in _all
	severity := object.get(_severity_of, finding.effect, 3)
	severity > 0
	some id in object.get(_everyone, finding.recipient, {finding.recipient})
}

_severity_of := {"note": 0, "protect": 0, "confirm": 2}

_codes[id] contains finding.code if {
	some finding in _all
	some id in object.get(_everyone, finding.recipient, {finding.recipient})
}

# A finding about "" is about everyone.
_everyone := {"": _ids}

_lines := [line |
	some recipient in input.recipients
	id := recipient.id
	severity := max(_severities_by[id])
	line := {
		"id": id,
		"action": _actions[severity],
		"protection": _protection(id, severity),
		"codes": sort({code | some code in _codes_by[id]}),
	}
]

_protection(_, 3) := "none"

_protection(id, severity) := _ways_by[id][0] if severity < 3
