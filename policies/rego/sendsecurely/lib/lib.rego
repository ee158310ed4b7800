# METADATA
# title: Fælles ord
# description: What several concerns ask of the question. Every rule here fails towards protection when a key is missing.
# authors:
#   - name: Compliance
package sendsecurely.lib

# These names are public because other packages use them; the naming rule is for rules that decide.

# METADATA
# title: Every class that a message can have
class_words := {"ordinary", "confidential", "cpr", "criminal", "special_category", "unread", "unknown"} # regal ignore:naming-convention

# METADATA
# title: Recipients that are not certainly our own
external := [recipient | # regal ignore:naming-convention
	some recipient in input.recipients
	not _internal(recipient)
]

# METADATA
# title: Ids of the recipients that are certainly our own
internal_ids contains id if { # regal ignore:naming-convention
	some recipient in input.recipients
	_internal(recipient)
	id := recipient.id
}

# METADATA
# title: The classes are there, and every one is a known word
classes_known if { # regal ignore:naming-convention
	count(input.message.classes) > 0
	every class in input.message.classes {
		class in class_words
	}
}

# METADATA
# title: Classes that are certain and frequent enough to count, by the thresholds that an officer has set
counted contains class if { # regal ignore:naming-convention
	some class in input.message.classes
	not class in below
}

# METADATA
# title: Classes that were found, but below the thresholds that an officer has set; a class without a grade is not below anything
# scope: document
below contains class if { # regal ignore:naming-convention
	some class in input.message.classes
	confidence := input.message.confidence[class]
	_rank[confidence] < _rank[data.registers.parameters.content[class].from]
}

below contains class if { # regal ignore:naming-convention
	some class in input.message.classes
	seen := input.message.counts[class]
	seen > 0
	seen < data.registers.parameters.content[class].count
}

# METADATA
# title: The content is protected unless it is certainly ordinary or a private mail
protected_content if not _mild_content # regal ignore:naming-convention

# METADATA
# title: The message needs protection because of its content or because the sender asked for it
# scope: document
protected if protected_content # regal ignore:naming-convention

protected if not _not_asked_for # regal ignore:naming-convention

# METADATA
# title: The mail is a private one and nothing else, so that it was not read
private if { # regal ignore:naming-convention
	input.message.classes == ["unread"]
	input.message.unreadable_parts == 0
}

# METADATA
# title: Today's date is there
today_known if is_day(input.today) # regal ignore:naming-convention

# METADATA
# title: A date written as 2026-11-23; two of them compare as text
is_day(value) if { # regal ignore:naming-convention
	is_string(value)
	count(value) == 10
}

# METADATA
# title: The ways of sending that are weaker than the one named
weaker := {"tls": ["plain"], "smime": ["plain", "tls"], "portal": ["plain", "tls", "smime"]} # regal ignore:naming-convention

# Our own domain is not enough: a guest, a mail contact or a group may lead out of the house again.
_internal(recipient) if {
	recipient.internal == true
	recipient.mailbox in {"mailbox", "group_inside", "not_asked"}
}

_not_asked_for if input.message.secure_requested == false

_mild_content if {
	classes_known
	input.message.unreadable_parts == 0
	every class in input.message.classes {
		_mild(class)
	}
}

_mild(class) if class in {"ordinary", "unread"}

_mild(class) if class in below

_rank := {"possible": 1, "likely": 2, "certain": 3}
