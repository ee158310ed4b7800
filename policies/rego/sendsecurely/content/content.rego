# METADATA
# title: Indholdet
# description: The least protection that each class of content needs on its way to a recipient outside the organisation.
# authors:
#   - name: Compliance
package sendsecurely.content

assessed contains id if some id in data.sendsecurely.lib.internal_ids

assessed contains id if {
	data.sendsecurely.lib.classes_known
	is_number(input.message.unreadable_parts)
	is_boolean(input.message.secure_requested)
	some recipient in data.sendsecurely.lib.external
	is_boolean(recipient.internal)
	id := recipient.id
}

# METADATA
# title: CPR-nummer
# description: A CPR number may not travel unencrypted over the internet.
# related_resources:
#   - ref: https://www.retsinformation.dk/eli/lta/2024/289
#     description: Databeskyttelsesloven § 11
# custom:
#   code: CO-01
#   effect: protect
#   title: {da: "Mailen indeholder et CPR-nummer", en: "The mail contains a CPR number"}
#   explanation:
#     da: "Mailen indeholder et CPR-nummer. Den må ikke gå åbent over nettet til {recipient}."
#     en: "The mail contains a CPR number, so it has to go securely to {recipient}."
#   way_out: {da: "Send sikkert, eller fjern CPR-nummeret.", en: "Send securely, or remove the CPR number."}
#   law: "Databeskyttelsesloven § 11"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	"cpr" in data.sendsecurely.lib.counted
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-01", "cpr", recipient)
}

# METADATA
# title: Strafbare forhold
# description: Information on criminal matters may not travel unencrypted over the internet.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 10
#   - ref: https://www.retsinformation.dk/eli/lta/2024/289
#     description: Databeskyttelsesloven § 8
# custom:
#   code: CO-02
#   effect: protect
#   title: {da: "Mailen handler om strafbare forhold", en: "The mail is about criminal matters"}
#   explanation:
#     da: "Der står noget om strafbare forhold i mailen. Den må ikke gå åbent over nettet til {recipient}."
#     en: "There is something on criminal matters in the mail. It has to go securely to {recipient}."
#   way_out: {da: "Send sikkert, eller fjern det fra mailen.", en: "Send securely, or take that out of the mail."}
#   law: "GDPR Art. 10; Databeskyttelsesloven § 8"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	"criminal" in data.sendsecurely.lib.counted
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-02", "criminal", recipient)
}

# METADATA
# title: Følsomme oplysninger
# description: Special categories of personal data may not travel unencrypted over the internet.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 9
#   - ref: https://www.retsinformation.dk/eli/lta/2024/289
#     description: Databeskyttelsesloven § 7
# custom:
#   code: CO-03
#   effect: protect
#   title: {da: "Mailen indeholder følsomme oplysninger", en: "The mail contains sensitive information"}
#   explanation:
#     da: "Der er følsomme oplysninger i mailen. Den må ikke gå åbent over nettet til {recipient}."
#     en: "There is sensitive information in the mail. It has to go securely to {recipient}."
#   way_out: {da: "Send sikkert, eller fjern dem fra mailen.", en: "Send securely, or take it out of the mail."}
#   law: "GDPR Art. 9; Databeskyttelsesloven § 7"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	"special_category" in data.sendsecurely.lib.counted
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-03", "special_category", recipient)
}

# METADATA
# title: Fortrolige oplysninger
# description: Confidential data such as income, debt or an appraisal may not travel unencrypted over the internet.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: CO-04
#   effect: protect
#   title: {da: "Mailen indeholder fortrolige oplysninger", en: "The mail contains confidential information"}
#   explanation:
#     da: "Der er fortrolige oplysninger i mailen, for eksempel løn eller gæld. Den må ikke gå åbent over nettet til {recipient}."
#     en: "There is confidential information in the mail, such as pay or debt. It has to go securely to {recipient}."
#   way_out: {da: "Send sikkert, eller fjern dem fra mailen.", en: "Send securely, or take it out of the mail."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-11-01"
findings contains finding if {
	"confidential" in data.sendsecurely.lib.counted
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-04", "confidential", recipient)
}

# The least way for the class is the officer's to raise; plain mail is never enough.
_needs_encryption(code, class, recipient) := {
	"code": code,
	"effect": "protect",
	"recipient": recipient.id,
	"params": {"excludes": _too_weak(class)},
}

_too_weak(class) := object.get(data.sendsecurely.lib.weaker, _least(class), ["plain"])

_least(class) := object.get(data.registers.parameters, ["content", class, "minimum"], "tls")
