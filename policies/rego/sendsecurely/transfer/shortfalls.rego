package sendsecurely.transfer

# The first reason in this order is the one that is told.
_reasons := [
	"expired",
	"closed_to_public_bodies",
	"no_decision",
	"scope",
	"data_kind",
	"module",
	"guarantees",
	"authority_not_informed",
	"repeated",
	"classes",
]

_shortfalls(recipient) := [reason |
	some reason in _reasons
	not _meets(recipient, reason)
]

_meets(recipient, "expired") if {
	data.sendsecurely.lib.today_known
	data.sendsecurely.lib.is_day(recipient.basis.valid_to)
	recipient.basis.valid_to >= input.today
}

# Art. 49(3)
_meets(_, "closed_to_public_bodies") if input.organisation.kind == "private"

_meets(recipient, "closed_to_public_bodies") if {
	recipient.basis.kind in (_basis_kinds - {"derogation_a", "derogation_b", "derogation_c", "compelling_interests"})
}

# Only the entry can say that no public powers are exercised.
_meets(recipient, "closed_to_public_bodies") if recipient.basis.public_powers == "no"

_meets(recipient, "no_decision") if recipient.basis.kind != "adequacy"

_meets(recipient, "no_decision") if {
	some decision in _decisions_in_force
	decision.country == recipient.basis.country
}

# Where a decision covers some recipients only, the entry says whether this is one of them.
_meets(recipient, "scope") if recipient.basis.kind != "adequacy"

_meets(recipient, "scope") if recipient.basis.scope_met in {"yes", "not_asked"}

_meets(recipient, "data_kind") if recipient.basis.kind != "adequacy"

_meets(recipient, "data_kind") if recipient.basis.scope_met == "not_asked"

_meets(recipient, "data_kind") if not _certified(recipient)

_meets(recipient, "data_kind") if {
	input.message.employment == "no"
	"other" in recipient.basis.data_kinds
}

_meets(recipient, "data_kind") if {
	input.message.employment == "yes"
	"employment" in recipient.basis.data_kinds
}

_meets(recipient, "data_kind") if {
	"other" in recipient.basis.data_kinds
	"employment" in recipient.basis.data_kinds
}

_meets(recipient, "module") if recipient.basis.kind != "standard_contractual_clauses"

_meets(recipient, "module") if recipient.basis.module in {"1", "2", "3", "4"}

# A decision under Art. 45 stands in the place of the four guarantees.
_meets(recipient, "guarantees") if recipient.basis.guarantees_met == true

_meets(recipient, "guarantees") if recipient.basis.kind == "adequacy"

_meets(recipient, "authority_not_informed") if recipient.basis.kind != "compelling_interests"

_meets(recipient, "authority_not_informed") if recipient.basis.authority_informed in {"yes", "not_asked"}

# Contract (b, c) and legal claims (e) are for the occasional transfer (recital 111).
_meets(recipient, "repeated") if recipient.basis.kind in (_basis_kinds - {"derogation_b", "derogation_c", "derogation_e"})

_meets(recipient, "repeated") if recipient.basis.uses.state == "not_asked"

_meets(recipient, "repeated") if {
	recipient.basis.uses.state == "counted"
	recipient.basis.uses.count < recipient.basis.uses.limit
}

_meets(recipient, "classes") if {
	data.sendsecurely.lib.classes_known
	every class in input.message.classes {
		class in recipient.basis.classes
	}
}

_certified(recipient) if recipient.basis.country in _certified_by_kind
