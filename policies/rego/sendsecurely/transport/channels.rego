package sendsecurely.transport

# METADATA
# title: Sikker forbindelse er slået fra
# description: This installation has no connector that enforces TLS.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: TR-04
#   effect: protect
#   title: {da: "Sikker forbindelse er slået fra hos os", en: "The secure connection is switched off here"}
#   explanation:
#     da: "Vi kan lige nu ikke sende over en sikker forbindelse. Derfor beskytter vi mailen til {recipient} på en anden måde."
#     en: "We cannot send over a secure connection at present, so the mail to {recipient} is protected in another way."
#   way_out: {da: "Send via sikker side.", en: "Send through the secure page."}
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not _channel_tls
	finding := {"code": "TR-04", "effect": "protect", "recipient": recipient.id, "params": {"excludes": ["tls"]}}
}

# METADATA
# title: Intet brugbart certifikat
# description: S/MIME needs a certificate that is trusted, in date, made for encryption and issued to the address.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc8551
#     description: S/MIME 4.0
# custom:
#   code: TR-05
#   effect: protect
#   title: {da: "Intet brugbart certifikat til {recipient}", en: "No usable certificate for {recipient}"}
#   explanation:
#     da: "Vi har ikke et gyldigt certifikat, som mailen til {recipient} kan krypteres med."
#     en: "We hold no valid certificate that the mail to {recipient} can be encrypted with."
#   way_out:
#     da: "Send via sikker side, eller bed modtageren om et nyt certifikat."
#     en: "Send through the secure page, or ask the recipient for a new certificate."
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not recipient.id in _tls_ids
	not _certificate(recipient) == "usable"
	params := {"excludes": ["smime"], "state": _certificate(recipient)}
	finding := {"code": "TR-05", "effect": "protect", "recipient": recipient.id, "params": params}
}

# METADATA
# title: Kryptering med certifikat er slået fra
# description: This installation does not send S/MIME.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: TR-06
#   effect: protect
#   title: {da: "Kryptering med certifikat er slået fra hos os", en: "Sending with certificates is off here"}
#   explanation:
#     da: "Vi kan lige nu ikke kryptere med certifikat. Derfor beskytter vi mailen til {recipient} på en anden måde."
#     en: "We cannot encrypt with certificates now, so we send the mail to {recipient} in another way."
#   way_out: {da: "Send via sikker side.", en: "Send through the secure page."}
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not recipient.id in _tls_ids
	not _channel_smime
	finding := {"code": "TR-06", "effect": "protect", "recipient": recipient.id, "params": {"excludes": ["smime"]}}
}

# METADATA
# title: Sikker side er slået fra
# description: This installation has no secure page, and no other way works for this recipient.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: TR-07
#   effect: protect
#   title: {da: "Sikker side er slået fra hos os", en: "The secure page is switched off here"}
#   explanation:
#     da: "Vi kan lige nu ikke sende via sikker side til {recipient}."
#     en: "We cannot send through the secure page to {recipient} at present."
#   way_out: {da: "Tag modtageren af, eller prøv igen senere.", en: "Remove the recipient, or try again later."}
#   law: "GDPR Art. 32"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	recipient.id in _protected_ids
	not recipient.id in _tls_ids
	not recipient.id in _smime_ids
	not _channel_portal
	finding := {"code": "TR-07", "effect": "protect", "recipient": recipient.id, "params": {"excludes": ["portal"]}}
}

_channel_tls if input.channels.tls == true

_channel_smime if input.channels.smime == true

_channel_portal if input.channels.portal == true

_certificate(recipient) := object.get(recipient, "certificate", "none")

_tls_ids contains id if {
	_channel_tls
	some id in _sufficient_ids
	not [id, "tls"] in _too_weak
}

# What the content itself rules out (its class, its thread, its size) is no way for this recipient, however good the connection.
_too_weak contains [finding.recipient, way] if {
	some finding in data.sendsecurely.content.findings
	finding.effect == "protect"
	some way in finding.params.excludes
}

_smime_ids contains id if {
	_channel_smime
	some recipient in data.sendsecurely.lib.external
	recipient.certificate == "usable"
	id := recipient.id
	not [id, "smime"] in _too_weak
}
