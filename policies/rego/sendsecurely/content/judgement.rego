package sendsecurely.content

# METADATA
# title: Mærkat på mailen
# description: A sensitivity label that the sender chose may raise the protection. It never lowers it.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32
# custom:
#   code: CO-08
#   effect: protect
#   title: {da: "Mailen er mærket som fortrolig", en: "The mail is labelled confidential"}
#   explanation:
#     da: "Mailen har et mærkat, der siger fortrolig. Derfor skal den sendes sikkert til {recipient}."
#     en: "The mail carries a label that says confidential, so it has to go securely to {recipient}."
#   way_out: {da: "Send sikkert, eller vælg et andet mærkat.", en: "Send securely, or choose another label."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not _open_label
	some recipient in data.sendsecurely.lib.external
	finding := _needs_encryption("CO-08", "unknown", recipient)
}

# METADATA
# title: Under grænsen
# description: A class was found, but with less certainty or less often than the officer has set as the limit.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 24 and Art. 32
# custom:
#   code: CO-09
#   effect: note
#   title: {da: "Der er måske oplysninger at beskytte", en: "There may be information to protect"}
#   explanation:
#     da: "Mailen indeholder måske oplysninger, der skal beskyttes. Send den sikkert, hvis du er i tvivl."
#     en: "The mail may contain information to protect. Send it securely if you are in doubt."
#   way_out: {da: "Send sikkert, hvis du er i tvivl.", en: "Send securely if you are in doubt."}
#   law: "GDPR Art. 24; Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some class in data.sendsecurely.lib.below
	some recipient in data.sendsecurely.lib.external
	finding := {"code": "CO-09", "effect": "note", "recipient": recipient.id, "params": {"class": class}}
}

# METADATA
# title: Strafbare forhold ud af en privat virksomhed
# description: >-
#   Encryption is no legal basis. A private organisation that passes on information on criminal matters needs consent or a clearly
#   overriding interest.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 10
#   - ref: https://www.retsinformation.dk/eli/lta/2024/289
#     description: Databeskyttelsesloven § 8, stk. 3-5
# custom:
#   code: CO-10
#   effect: confirm
#   title: {da: "Hvad er grunden til at sende det videre?", en: "What is the ground for passing this on?"}
#   explanation:
#     da: "Mailen handler om strafbare forhold. Det er ikke nok at kryptere den til {recipient}. Skriv, hvad der giver jer lov."
#     en: "The mail is about criminal matters and goes to {recipient}. Encryption is not enough. State the consent or the interest."
#   way_out:
#     da: "Skriv, hvad der giver jer lov, fjern oplysningerne, eller tag {recipient} af."
#     en: "State the ground, remove the information, or remove {recipient}."
#   law: "GDPR Art. 10; Databeskyttelsesloven § 8"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	"criminal" in data.sendsecurely.lib.counted
	not _public_body
	some recipient in data.sendsecurely.lib.external
	finding := {"code": "CO-10", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Privat mail til en partner eller til flere
# description: A mail marked private is not read, so it may not carry the organisation's data to a partner or to several outsiders.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(f) and Art. 24
# custom:
#   code: CO-11
#   effect: confirm
#   title: {da: "Er mailen virkelig privat?", en: "Is the mail really private?"}
#   explanation:
#     da: "Mailen er mærket privat og går til {recipient}. En privat mail må ikke indeholde arbejdspladsens oplysninger."
#     en: "The mail is marked private and goes to {recipient}. A private mail may not carry the organisation's data."
#   way_out:
#     da: "Bekræft, at den er privat, eller fjern ordet Privat fra emnet."
#     en: "Confirm that it is private, or take the word Privat out of the subject."
#   law: "GDPR Art. 5(1)(f); Art. 24"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	"unread" in input.message.classes
	some recipient in data.sendsecurely.lib.external
	_business_way(recipient)
	finding := {"code": "CO-11", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Følsom emnelinje
# description: Neither S/MIME nor Digital Post hides the subject line, and it is shown in lists and notices.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc8551
#     description: S/MIME protects the body, not the header, section 3.1
# custom:
#   code: CO-12
#   effect: note
#   title: {da: "Der står for meget i emnet", en: "The subject line says too much"}
#   explanation:
#     da: "Emnet kan læses af alle på vejen. Når vi sender mailen krypteret til {recipient}, får den et neutralt emne uden på."
#     en: "The subject can be read on the way. When the mail goes encrypted to {recipient}, we put a neutral one on the outside."
#   way_out:
#     da: "Skriv et emne, der ikke siger noget om nogen."
#     en: "Write a subject that says nothing about anyone."
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	not _neutral_subject
	some recipient in data.sendsecurely.lib.external
	finding := {"code": "CO-12", "effect": "note", "recipient": recipient.id, "params": {}}
}

_open_label if input.message.label in {"none", "public", "general"}

_public_body if input.organisation.kind == "public"

_neutral_subject if input.message.subject_sensitive == false

_business_way(recipient) if recipient.transport.verdict == "register"

_business_way(_) if count(data.sendsecurely.lib.external) >= data.registers.parameters.recipients.private_outsiders
