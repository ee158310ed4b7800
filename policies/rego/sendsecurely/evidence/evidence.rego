# METADATA
# title: Grundlaget
# description: The message could be taken apart at all, and the question is of the form that these rules are written for.
# authors:
#   - name: Compliance
package sendsecurely.evidence

assessed contains id if {
	input.schema == 2
	is_boolean(input.message.readable)
	some recipient in input.recipients
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
