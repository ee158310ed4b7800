package sendsecurely.content

# METADATA
# title: Tråden er sikker
# description: A reply or forward in a thread that went securely keeps at least that protection, however harmless the new words are.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 32 and Art. 5(1)(f)
# custom:
#   code: CO-13
#   effect: protect
#   title: {da: "Mailen hører til en sikker tråd", en: "The mail belongs to a secure thread"}
#   explanation:
#     da: "Tidligere mails i tråden er sendt sikkert. Derfor går denne mail også sikkert til {recipient}."
#     en: "Earlier mails of the thread went securely, so this one goes securely to {recipient} too."
#   way_out: {da: "Send sikkert, eller begynd en ny mail uden det gamle.", en: "Send securely, or begin a new mail without the old text."}
#   law: "GDPR Art. 32; Art. 5(1)(f)"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	some recipient in data.sendsecurely.lib.external
	some word in {input.message.thread_protection, recipient.thread_protection}
	not word in {"none", "not_asked"}
	params := {"excludes": object.get(data.sendsecurely.lib.weaker, word, ["plain"]), "thread": word}
	finding := {"code": "CO-13", "effect": "protect", "recipient": recipient.id, "params": params}
}

# METADATA
# title: For stor til vejen
# description: The mail is larger than a way of sending carries, so that way is not tried.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc1870
#     description: SMTP message size declaration
# custom:
#   code: CO-14
#   effect: protect
#   title: {da: "Mailen er for stor til den almindelige vej", en: "The mail is too large for the ordinary way"}
#   explanation:
#     da: "Mailen er for stor til at komme frem til {recipient} på den almindelige måde. Derfor sender vi den på en anden."
#     en: "The mail is too large to reach {recipient} in the ordinary way, so it goes in another."
#   way_out:
#     da: "Send via sikker side, eller send de største vedhæftninger for sig."
#     en: "Send through the secure page, or send the largest attachments apart."
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: IT
#   effective_on: "2026-12-01"
findings contains finding if {
	count(_too_small) > 0
	some recipient in data.sendsecurely.lib.external
	_size_matters(recipient)
	finding := {"code": "CO-14", "effect": "protect", "recipient": recipient.id, "params": {"excludes": _too_small}}
}

_too_small := [way |
	some way in ["plain", "tls", "smime", "portal"]
	not _carries(way)
]

# Where plain mail is wide enough and may be used, the other ways do not matter.
_size_matters(_) if "plain" in _too_small

_size_matters(_) if data.sendsecurely.lib.protected

_size_matters(_) if not _open_label

_size_matters(recipient) if not _open_thread(recipient)

_open_thread(recipient) if {
	recipient.thread_protection in {"none", "not_asked"}
	input.message.thread_protection in {"none", "not_asked"}
}

_carries(way) if input.message.size_bytes <= data.registers.parameters.channels[way]
