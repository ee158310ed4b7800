# METADATA
# title: Grundlaget
# description: The message could be taken apart at all, and the question is of the form that these rules are written for.
# authors:
#   - name: Compliance
package sendsecurely.evidence

# Every key of the question is there, so that no rule elsewhere stays silent for want of one.
assessed contains id if {
	input.schema == 2
	is_boolean(input.message.readable)
	_message_complete
	some recipient in input.recipients
	_recipient_complete(recipient)
	id := recipient.id
}

# METADATA
# title: Mailen kunne ikke læses
# description: A message that cannot be parsed is never sent.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: EV-01
#   effect: block
#   title: {da: "Mailen kunne ikke læses", en: "The mail could not be read"}
#   explanation:
#     da: "Mailen er ikke sendt, og din kladde er uændret. Vi kunne ikke læse mailen, så vi ved ikke, hvad den indeholder."
#     en: "The mail has not been sent and your draft is unchanged. We could not read it, so we do not know what it contains."
#   way_out: {da: "Skriv mailen på ny, og vedhæft filerne igen.", en: "Write the mail anew and attach the files again."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	not _readable
	finding := {"code": "EV-01", "effect": "block", "recipient": "", "params": {}}
}

_readable if input.message.readable == true

_message_complete if {
	object.keys(input.message) == _message_keys
	object.keys(input.message.confidence) == _graded
	object.keys(input.message.counts) == _graded
	object.keys(input.message.quoted_only) == _graded
	input.registers.countries in {"fresh", "stale"}
	is_boolean(input.channels.digital_post)
}

_recipient_complete(recipient) if {
	object.keys(recipient) == _recipient_keys
	_parts_complete(recipient)
	object.keys(recipient.basis.uses) == {"count", "limit", "state", "window_days"}
	object.keys(recipient.remote_access) == {"by", "country"}
}

_parts_complete(recipient) if {
	object.keys(recipient.basis) == _basis_keys
	object.keys(recipient.transport) == _transport_keys
}

_graded := {"confidential", "cpr", "criminal", "special_category"}

_message_keys := {
	"attachments", "classes", "confidence", "counts", "employment", "form", "identifiers", "label", "largest_part_bytes", "quoted_only",
	"readable", "salutation", "secure_requested", "size_bytes", "subject_sensitive", "thread_protection", "unreadable_parts",
}

_recipient_keys := {
	"added_by_reply", "basis", "certificate", "confirmed", "country", "country_strength", "digital_post", "dispensations", "domain",
	"free_mail", "history", "id", "internal", "justified", "kind", "literal", "look_alike", "mailbox", "no_reply", "remote_access",
	"role", "thread_protection", "told", "transport", "valid",
}

_basis_keys := {
	"authority_informed", "classes", "country", "data_kinds", "guarantees_met", "kind", "module", "public_powers", "scope_met", "uses",
	"valid_to",
}

_transport_keys := {
	"capability", "commitment", "end_to_end_required", "enforcement", "network_country", "risk_assessment", "verdict",
}
