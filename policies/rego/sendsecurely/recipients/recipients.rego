# METADATA
# title: Modtagerne
# description: There is someone to send to, and every address can be one.
# authors:
#   - name: Compliance
package sendsecurely.recipients

assessed contains id if {
	data.sendsecurely.lib.classes_known
	is_boolean(input.message.secure_requested)
	some recipient in input.recipients
	is_boolean(recipient.valid)
	is_boolean(recipient.literal)
	id := recipient.id
}

# METADATA
# title: Ingen modtager
# description: A mail without a recipient cannot be sent.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc5321
#     description: SMTP
# custom:
#   code: RC-01
#   effect: block
#   title: {da: "Mailen har ingen modtager", en: "The mail has no recipient"}
#   explanation: {da: "Mailen er ikke sendt. Den har ingen modtager.", en: "The mail has not been sent. It has no recipient."}
#   way_out: {da: "Tilføj en modtager.", en: "Add a recipient."}
#   law: "GDPR Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	not _someone
	finding := {"code": "RC-01", "effect": "block", "recipient": "", "params": {}}
}

# METADATA
# title: Ugyldig adresse
# description: The address does not have the form of a mail address.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc5322
#     description: The form of an address
# custom:
#   code: RC-02
#   effect: block
#   title: {da: "En modtagers adresse er ikke gyldig", en: "A recipient's address is not valid"}
#   explanation:
#     da: "Mailen er ikke sendt. Adressen {recipient} er ikke en gyldig mailadresse."
#     en: "The mail has not been sent. {recipient} is not a valid mail address."
#   way_out: {da: "Ret adressen, eller tag modtageren af.", en: "Correct the address, or remove the recipient."}
#   law: "GDPR Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in input.recipients
	not _valid(recipient)
	finding := {"code": "RC-02", "effect": "block", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Adresse med IP-nummer, beskyttet indhold
# description: Nobody answers for an address that names a machine instead of a domain.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc5321
#     description: Address literals, section 4.1.3
# custom:
#   code: RC-03
#   effect: block
#   title: {da: "Adressen peger på en maskine", en: "The address names a machine"}
#   explanation:
#     da: "Mailen er ikke sendt. {recipient} peger på en maskine og ikke på et domæne, så vi ved ikke, hvem der læser mailen."
#     en: "The mail has not been sent. {recipient} names a machine, not a domain, so we do not know who reads the mail."
#   way_out: {da: "Brug modtagerens almindelige mailadresse.", en: "Use the recipient's ordinary mail address."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in input.recipients
	not _has_domain(recipient)
	data.sendsecurely.lib.protected
	finding := {"code": "RC-03", "effect": "block", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Adresse med IP-nummer, almindeligt indhold
# description: The sender confirms that the address is meant.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc5321
#     description: Address literals, section 4.1.3
# custom:
#   code: RC-04
#   effect: confirm
#   title: {da: "Er adressen rigtig?", en: "Is the address right?"}
#   explanation:
#     da: "{recipient} peger på en maskine og ikke på et domæne. Er det den adresse, du mener?"
#     en: "{recipient} names a machine, not a domain. Is it the address you mean?"
#   way_out: {da: "Bekræft adressen, eller ret den.", en: "Confirm the address, or correct it."}
#   law: "GDPR Art. 5(1)(f)"
#   owner: IT
#   effective_on: "2026-11-01"
findings contains finding if {
	some recipient in input.recipients
	not _has_domain(recipient)
	not data.sendsecurely.lib.protected
	finding := {"code": "RC-04", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

_someone if count(input.recipients) > 0

_valid(recipient) if recipient.valid == true

_has_domain(recipient) if recipient.literal == false
