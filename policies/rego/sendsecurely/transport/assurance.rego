package sendsecurely.transport

# METADATA
# title: Forbindelsen tæller efter en risikovurdering
# description: >-
#   Encrypted but not authenticated is enough for confidential content only where a dated risk assessment of the recipient says so, as the
#   Danish authority accepted in 2019. The record names the assessment.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(2)
# custom:
#   code: TR-08
#   effect: note
#   title: {da: "Forbindelsen er godkendt af os", en: "We have approved the connection"}
#   explanation:
#     da: "Vi har set på risikoen ved at sende til {domain} og sagt god for den. Mailen går krypteret."
#     en: "We have looked at the risk of sending to {domain} and accepted it. The mail goes encrypted."
#   way_out: {da: "Du skal ikke gøre noget.", en: "There is nothing you need to do."}
#   law: "GDPR Art. 32; Art. 5(2)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	recipient.id in _sufficient_ids
	recipient.transport.verdict == "encrypted_now"
	finding := {"code": "TR-08", "effect": "note", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Aftalen kræver kryptering hele vejen
# description: The agreement with the partner asks for encryption from sender to reader, so a secure connection alone is too little.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: TR-09
#   effect: protect
#   title: {da: "Kryptering hele vejen til {domain}", en: "Encryption all the way to {domain}"}
#   explanation:
#     da: "Vi har aftalt med {domain}, at mailen skal være låst hele vejen. En sikker forbindelse er ikke nok."
#     en: "We have agreed with {domain} that the mail is locked all the way. A secure connection is not enough."
#   way_out: {da: "Send via sikker side.", en: "Send through the secure page."}
#   law: "GDPR Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not _connection_may_do(recipient)
	finding := {"code": "TR-09", "effect": "protect", "recipient": recipient.id, "params": {"excludes": ["tls"]}}
}

# Whom our own path reaches over TLS that is enough for everything that the mail holds.
_sufficient_ids contains id if {
	some recipient in data.sendsecurely.lib.external

	# What the recipient promises is kept only by a path that refuses to send without TLS.
	recipient.transport.enforcement == "connector"
	_connection_may_do(recipient)
	every class in _needed {
		[class, recipient.transport.verdict] in _accepted
	}
	_seen_by_somebody(recipient)
	id := recipient.id
}

_connection_may_do(recipient) if recipient.transport.end_to_end_required == false

# An encrypted connection to nobody in particular takes a risk assessment; every other verdict says who is there.
_seen_by_somebody(recipient) if {
	recipient.transport.verdict in _verdict_words
	recipient.transport.verdict != "encrypted_now"
}

_seen_by_somebody(recipient) if {
	recipient.transport.verdict == "encrypted_now"
	recipient.transport.risk_assessment == true
}

# The classes whose assurance has to be met. What the sender alone asked to protect goes as confidential does.
_needed contains "confidential"

_needed contains class if {
	some class in data.sendsecurely.lib.counted
	class in _graded
}

_graded := {"cpr", "criminal", "special_category", "unknown"}

# What an officer has set, class by class, within what no setting can make sufficient.
_accepted contains [class, verdict] if {
	some class, verdicts in data.registers.parameters.transport
	some verdict in verdicts
	verdict in _possible
	not _too_little(class, verdict)
}

_possible := {"register", "dane", "mta_sts_enforce", "authenticated_now", "encrypted_now"}

_too_little(class, "encrypted_now") if class != "confidential"
