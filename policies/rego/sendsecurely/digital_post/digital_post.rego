# METADATA
# title: Digital Post først
# description: >-
#   A public body that writes as an authority to a citizen or a company uses Digital Post where it can, for ordinary data too. Inside a
#   running thread, and about a private mail, it is not spoken of.
# authors:
#   - name: Compliance
package sendsecurely.digital_post

assessed contains id if {
	input.organisation.kind in {"private", "public"}
	some recipient in input.recipients
	recipient.role in {"organisation", "private_person", "own_employee", "unknown"}
	id := recipient.id
}

# METADATA
# title: Modtageren kan få Digital Post
# description: The contact register says that the recipient can be reached by Digital Post; the sender says why not.
# related_resources:
#   - ref: https://www.retsinformation.dk/eli/lta/2022/686
#     description: Lov om Digital Post fra offentlige afsendere
# custom:
#   code: DP-01
#   effect: confirm
#   title: {da: "Modtageren kan få Digital Post", en: "The recipient can get Digital Post"}
#   explanation:
#     da: "{recipient} kan få Digital Post. Det er den rette vej for breve fra en myndighed, også med almindelige oplysninger."
#     en: "{recipient} can get Digital Post. That is the right way for letters from an authority, plain ones too."
#   way_out:
#     da: "Brug Digital Post, eller skriv, hvorfor det ikke kan lade sig gøre."
#     en: "Use Digital Post, or say why you cannot."
#   law: "Lov om Digital Post § 7"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_as_authority
	some recipient in data.sendsecurely.lib.external
	recipient.digital_post == "reachable"
	_citizen_or_company(recipient)
	finding := {"code": "DP-01", "effect": "confirm", "recipient": recipient.id, "params": {}}
}

# METADATA
# title: Kan modtageren få Digital Post?
# description: Whether the recipient can be reached by Digital Post is not known; the sender is reminded.
# related_resources:
#   - ref: https://www.retsinformation.dk/eli/lta/2022/686
#     description: Lov om Digital Post fra offentlige afsendere
# custom:
#   code: DP-02
#   effect: note
#   title: {da: "Brug Digital Post, hvis modtageren kan få det", en: "Use Digital Post if the recipient can get it"}
#   explanation:
#     da: "Vi ved ikke, om {recipient} kan få Digital Post. Kan modtageren det, så brug det før mail."
#     en: "We do not know whether {recipient} can get Digital Post. If so, use it before mail."
#   way_out: {da: "Brug Digital Post, eller send mailen.", en: "Use Digital Post, or send the mail."}
#   law: "Lov om Digital Post § 7"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_as_authority
	some recipient in data.sendsecurely.lib.external
	not _answered(recipient)
	_citizen_or_company(recipient)
	not _partner(recipient)
	finding := {"code": "DP-02", "effect": "note", "recipient": recipient.id, "params": {}}
}

_as_authority if {
	not _private_organisation
	not data.sendsecurely.lib.private
	not _running_thread
}

_private_organisation if input.organisation.kind == "private"

_running_thread if input.message.form in {"reply", "reply_all"}

_running_thread if input.message.thread_protection in {"tls", "smime", "portal"}

_answered(recipient) if recipient.digital_post in {"reachable", "not_reachable", "not_asked"}

_citizen_or_company(recipient) if recipient.role != "own_employee"

# With a partner there is a standing agreement on how mail goes.
_partner(recipient) if recipient.transport.verdict == "register"
