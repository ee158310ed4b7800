# METADATA
# title: Afgørelsen
# description: >-
#   One answer per recipient: the first protection that no finding rules out, and the worst action that a finding asks for.
#   Passing takes that every concern has judged every recipient; whatever is missing is a block.
# authors:
#   - name: Compliance
package sendsecurely.decision

# METADATA
# title: Svaret
# description: What the backend asks for. Undefined means block.
# entrypoint: true
default answer := {
	"action": "block",
	"recipients": [],
	"findings": [{"code": "DE-02", "effect": "block", "recipient": "", "params": {"concern": "decision"}}],
}

answer := {"action": _actions[_worst], "recipients": _lines, "findings": _all} if {
	count(_lines) == count(input.recipients)
	count(_ids) == count(input.recipients)
	every finding in _all {
		finding.recipient in _addressable
	}
}

# METADATA
# title: Ingen sikker vej tilbage
# description: Every way of sending is ruled out for this recipient.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: DE-01
#   effect: block
#   title: {da: "Der er ingen sikker måde at sende på", en: "There is no secure way to send"}
#   explanation:
#     da: "Mailen er ikke sendt. Vi kan ikke nå {recipient} på en sikker måde."
#     en: "The mail has not been sent. {recipient} cannot be reached in a secure way."
#   way_out: {da: "Fjern oplysningerne, eller tag modtageren af.", en: "Remove the information, or remove the recipient."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	some id, ways in _ways
	count(ways) == 0
	finding := {"code": "DE-01", "effect": "block", "recipient": id, "params": {}}
}

# METADATA
# title: Ikke alt kunne vurderes
# description: A concern did not judge this recipient because something it needs is missing or unknown to it.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 24 and Art. 32
# custom:
#   code: DE-02
#   effect: block
#   title: {da: "Mailen kunne ikke vurderes", en: "The mail could not be judged"}
#   explanation:
#     da: "Mailen er ikke sendt, og din kladde er uændret. Vi mangler viden om {recipient} og kan derfor ikke vurdere mailen."
#     en: "The mail has not been sent and your draft is unchanged. Something about {recipient} is not known, so we cannot judge the mail."
#   way_out: {da: "Prøv igen om lidt, eller tag modtageren af.", en: "Try again shortly, or remove the recipient."}
#   law: "GDPR Art. 24; Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some id in _ids
	not id in _judged
	some concern in _concerns
	not [id, concern] in _assessed
	finding := {"code": "DE-02", "effect": "block", "recipient": id, "params": {"concern": concern}}
}

_all := _settled | findings

_actions := ["allow", "protect", "confirm", "block"]

# What a finding may be about: a recipient, or "" for the whole message.
_addressable := _ids | {""}

_ids contains id if {
	some recipient in input.recipients
	id := recipient.id
}

_worst := max(_all_severities)

# With nobody to send to, a block.
_all_severities contains 3 if count(_ids) == 0

_all_severities contains severity if {
	some id in _ids
	some severity in _severities_by[id]
}
