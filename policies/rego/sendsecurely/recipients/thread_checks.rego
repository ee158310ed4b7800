package sendsecurely.recipients

# METADATA
# title: Svaret har fået en ny modtager
# description: A reply goes to a domain that was not part of the thread before.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(f)
# custom:
#   code: RC-10
#   effect: confirm
#   title: {da: "Skal {domain} med i tråden?", en: "Should {domain} join the thread?"}
#   explanation:
#     da: "{recipient} var ikke med i tråden før. Alt, hvad der er citeret nedenfor, følger med."
#     en: "{recipient} was not part of the thread before. Everything quoted below goes along."
#   way_out: {da: "Bekræft modtageren, eller lad de citerede mails blive væk.", en: "Confirm the recipient, or leave out the quoted mails."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	some recipient in _notable
	not _in_thread_before(recipient)
	finding := _asks("RC-10", recipient)
}

# METADATA
# title: Hilsenen nævner en anden
# description: The opening line greets somebody by a name that none of the recipients has.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(f)
# custom:
#   code: RC-11
#   effect: confirm
#   title: {da: "Går mailen til den, du hilser på?", en: "Does the mail go to the person you greet?"}
#   explanation:
#     da: "Mailen hilser på en anden end modtagerne. Se efter, om den går til den rigtige."
#     en: "The mail greets somebody else than its recipients. Check that it goes to the right person."
#   way_out: {da: "Ret modtageren eller hilsenen, eller bekræft.", en: "Correct the recipient or the greeting, or confirm."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	not _greets_the_recipients
	count(data.sendsecurely.lib.external) > 0
	not _all_told("RC-11", data.sendsecurely.lib.external)
	finding := {"code": "RC-11", "effect": "confirm", "recipient": "", "params": {}}
}

# METADATA
# title: Listen kan ikke foldes ud
# description: A distribution list whose members nobody could look up may lead anywhere.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(f)
# custom:
#   code: RC-12
#   effect: confirm
#   title: {da: "Hvem er med på listen?", en: "Who is on the list?"}
#   explanation:
#     da: "Vi kan ikke se, hvem der får mailen gennem {recipient}. Derfor beskytter vi den som til en, vi ikke kender."
#     en: "We cannot see who gets the mail through {recipient}, so it is protected as for somebody we do not know."
#   way_out: {da: "Skriv modtagerne enkeltvis, eller bekræft listen.", en: "Write the recipients one by one, or confirm the list."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: IT
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	some recipient in _notable
	recipient.mailbox == "group_unexpanded"
	finding := _asks("RC-12", recipient)
}

# METADATA
# title: Adresse, som ingen læser
# description: Mail to an address of the form noreply is seldom read by a person.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Art. 5(1)(f)
# custom:
#   code: RC-13
#   effect: confirm
#   title: {da: "Læser nogen mail på den adresse?", en: "Does anybody read mail at that address?"}
#   explanation:
#     da: "{recipient} ser ud til kun at sende mail. Måske bliver svar ikke læst. Se efter, om adressen er rigtig."
#     en: "{recipient} looks like an address that only sends mail. Perhaps nobody reads what comes in. Check that the address is right."
#   way_out: {da: "Ret adressen, eller bekræft den.", en: "Correct the address, or confirm it."}
#   law: "GDPR Art. 5(1)(f); Art. 32"
#   owner: Compliance
#   effective_on: "2026-12-01"
findings contains finding if {
	_speaks
	some recipient in _notable
	not _answers(recipient)
	finding := _asks("RC-13", recipient)
}

_in_thread_before(recipient) if recipient.added_by_reply in {"no", "not_asked"}

_greets_the_recipients if input.message.salutation in {"matches", "none", "not_asked"}

_answers(recipient) if recipient.no_reply == false
