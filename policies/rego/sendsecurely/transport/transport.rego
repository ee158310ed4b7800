# METADATA
# title: Forbindelsen
# description: Which ways of sending reach a recipient outside the organisation without being read on the way.
# authors:
#   - name: Compliance
package sendsecurely.transport

assessed contains id if some id in data.sendsecurely.lib.internal_ids

assessed contains id if {
	is_boolean(input.channels.tls)
	is_boolean(input.channels.smime)
	is_boolean(input.channels.portal)
	data.sendsecurely.lib.classes_known
	some recipient in data.sendsecurely.lib.external
	recipient.transport.verdict in _verdict_words
	recipient.certificate in {"usable", "expired", "untrusted", "unsuitable", "none"}
	id := recipient.id
}

# METADATA
# title: Ingen sikker forbindelse
# description: >-
#   TLS counts only when the recipient is bound to it (our register of partners, DANE, or MTA-STS in mode enforce) and our own way of
#   sending refuses to do without it.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
#   - ref: https://www.rfc-editor.org/rfc/rfc8461
#     description: SMTP MTA Strict Transport Security
# custom:
#   code: TR-01
#   effect: protect
#   title: {da: "Ingen sikker forbindelse til {domain}", en: "No secure connection to {domain}"}
#   explanation:
#     da: "Vi ved ikke, om vi kan nå {recipient} med en sikker forbindelse. Derfor beskytter vi mailen på en anden måde."
#     en: "We do not know if {recipient} can be reached over a secure connection, so the mail is protected in another way."
#   way_out:
#     da: "Send via sikker side, eller bed om en aftale om sikker forbindelse med {domain}."
#     en: "Send through the secure page, or ask for an agreement on a secure connection with {domain}."
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not recipient.id in _sufficient_ids
	_connection_may_do(recipient)
	not _verdict(recipient) in {"refuses", "contradicted"}
	params := {"excludes": ["tls"], "verdict": _verdict(recipient)}
	finding := {"code": "TR-01", "effect": "protect", "recipient": recipient.id, "params": params}
}

# METADATA
# title: Domænet tager ikke imod mail
# description: The domain says that it receives no mail at all, or it does not exist.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc7505
#     description: A null MX record
# custom:
#   code: TR-02
#   effect: block
#   title: {da: "{domain} kan ikke modtage mail", en: "{domain} cannot receive mail"}
#   explanation:
#     da: "Mailen er ikke sendt. {domain} findes ikke, eller domænet tager ikke imod mail."
#     en: "The mail has not been sent. {domain} does not exist, or the domain receives no mail."
#   way_out: {da: "Se efter, om adressen er rigtig, eller tag modtageren af.", en: "Check the address, or remove the recipient."}
#   law: "RFC 7505; GDPR Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	_verdict(recipient) == "refuses"
	finding := {"code": "TR-02", "effect": "block", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Modstridende oplysninger om forbindelsen
# description: What the domain publishes and what was seen contradict each other, which an attack on the way also does.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc8461
#     description: SMTP MTA Strict Transport Security
# custom:
#   code: TR-03
#   effect: protect
#   title: {da: "Vi kan ikke stole på forbindelsen til {domain}", en: "The connection to {domain} cannot be trusted"}
#   explanation:
#     da: "Det, {domain} lover om sin forbindelse, passer ikke med det, vi ser. Derfor beskytter vi mailen på en anden måde."
#     en: "What {domain} promises about its connection does not match what we see, so the mail is protected in another way."
#   way_out: {da: "Send via sikker side.", en: "Send through the secure page."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	_verdict(recipient) == "contradicted"
	finding := {"code": "TR-03", "effect": "protect", "recipient": recipient.id, "params": {"excludes": ["tls"]}}
}

_verdict_words := {
	"register",
	"dane",
	"mta_sts_enforce",
	"dane_partial",
	"authenticated_now",
	"encrypted_now",
	"legacy_tls",
	"plaintext",
	"refuses",
	"contradicted",
	"unknown",
}

_verdict(recipient) := object.get(recipient, ["transport", "verdict"], "unknown")

_protected_ids contains id if {
	data.sendsecurely.lib.protected
	some recipient in data.sendsecurely.lib.external
	id := recipient.id
}

# A rule that an officer adds to the content also calls for a checked connection.
_protected_ids contains id if {
	some finding in data.sendsecurely.content.findings
	finding.effect == "protect"
	id := finding.recipient
}
