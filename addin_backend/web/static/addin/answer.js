// What an answer says to a person, as a value: headline, recipients, reasons, buttons. No DOM in here.

const SEVERITY = { note: 0, protect: 1, confirm: 2, block: 3 };
const UNREAD_PART = "CO-05";
const ASKS_WHO = new Set(["TF-03", "TF-11"]); // answered with who it is and in which country the mail is read
const WRITERS = new Set(["remove_sensitive_content", "write_anew", "add_recipient", "change_recipient", "ask_transfer_basis"]);

/** Whether only the writer can make the change; all others are one press. */
export function isWriters(way) {
  return WRITERS.has(way.change);
}

/** The codes that a press of *confirm* confirms, bound to the recipient they were asked for. */
export function confirmations(decision) {
  return decision.findings.filter(({ effect }) => effect === "confirm").map(({ code, recipient }) => (recipient ? `${code}:${recipient}` : code));
}

/** Those of them that take a reason. */
export function needReason(decision) {
  return confirmations({ findings: decision.findings.filter(({ params }) => params?.reason === "required") });
}

/** The recipients of whom the sender is asked who they are and where they read the mail. */
export function needAnswer(decision) {
  const asked = decision.findings.filter(({ code, effect, recipient }) => effect === "confirm" && ASKS_WHO.has(code) && recipient);
  return [...new Set(asked.map(({ recipient }) => recipient))];
}

/** Findings of one rule with one title stand together, with all they say and whom they concern; the most severe first, notes last. */
export function reasons(decision, language) {
  const found = new Map();
  for (const finding of decision.findings) {
    const key = `${finding.code}\n${finding.title[language]}`;
    const known = found.get(key) ?? { code: finding.code, effect: finding.effect, title: finding.title[language], texts: [], law: finding.law, recipients: [] };
    if (!known.texts.includes(finding.texts[language])) known.texts.push(finding.texts[language]);
    if (finding.recipient && !known.recipients.includes(finding.recipient)) known.recipients.push(finding.recipient);
    found.set(key, known);
  }
  return [...found.values()].sort((left, right) => SEVERITY[right.effect] - SEVERITY[left.effect]);
}

/** One sentence under the headline: what the deciding rule says, or only its title when it concerns several recipients. */
function sentenceOf(found, action) {
  const unread = found.find(({ effect, code }) => effect === action && code === UNREAD_PART); // it names a file: the writer can act on it
  const deciding = unread ?? found.find(({ effect }) => effect === action) ?? found.find(({ effect }) => effect !== "note");
  if (!deciding) return "";
  if (deciding.texts.length === 1) return deciding.texts[0];
  return /[.?!]$/.test(deciding.title) ? deciding.title : `${deciding.title}.`;
}

/** Why this recipient is treated so: the titles of the rules that decided it, the most severe first, at most two. */
function why(decision, recipient, language) {
  const concerned = decision.findings.filter(({ code, effect, recipient: whom }) => effect !== "note" && recipient.codes.includes(code) && (whom === "" || whom === recipient.address));
  const ordered = [...concerned].sort((left, right) => SEVERITY[right.effect] - SEVERITY[left.effect]);
  return [...new Set(ordered.map(({ title }) => title[language]))].slice(0, 2);
}

function person(decision, recipient, words, language) {
  const how = recipient.action === "block" ? "none" : recipient.protection;
  return {
    address: recipient.address,
    action: recipient.action,
    how: words.protection[how] ?? how,
    meets: words.meets[how] ?? "",
    why: why(decision, recipient, language),
  };
}

/** The buttons in order, the safe one first. ``kind`` is send_securely, send, confirm, way_out or again. */
export function buttons(decision, words, language, secure) {
  const again = { kind: "again", label: words.again };
  const ways = decision.ways_out.filter((way) => !isWriters(way)).map((way) => ({ kind: "way_out", label: way.texts[language], way }));
  const safe = { kind: "send_securely", label: words.sendSecurely };
  if (decision.action === "allow") return [safe, ...(secure ? [] : [{ kind: "send", label: words.sendAsItIs }]), again];
  if (decision.action === "protect") return [safe, ...ways, again];
  if (decision.action === "confirm") {
    const confirm = { kind: "confirm", label: secure ? words.confirmAndSendSecurely : words.confirmAndSend };
    const exposed = decision.recipients.some(({ protection }) => protection === "plain" || protection === "none");
    return exposed ? [...ways, confirm, again] : [confirm, ...ways, again]; // the first is the default: never a way without protection before a safer one
  }
  return [...ways, again];
}

/** Everything that the pane shows of a decision. ``secure``: the mail is asked about as one that must be protected. */
export function describe(decision, words, language, secure) {
  const found = reasons(decision, language);
  const sentence = sentenceOf(found, decision.action);
  const headline = decision.headline[language];
  const said = `${words.notSent}. `; // a headline that says so already is not repeated
  const shown = headline.startsWith(words.notSent) && sentence.startsWith(said) ? sentence.slice(said.length) : sentence;
  return {
    tone: decision.action,
    headline,
    sentence: shown === headline ? "" : shown,
    people: decision.recipients.map((recipient) => person(decision, recipient, words, language)),
    content: (decision.content ?? []).map(({ texts }) => texts[language]),
    reasons: found,
    questions: found.filter(({ effect }) => effect === "confirm"),
    asksReason: needReason(decision).length > 0,
    asksAbout: needAnswer(decision),
    byHand: decision.ways_out.filter(isWriters).map(({ texts }) => texts[language]),
    buttons: buttons(decision, words, language, secure),
  };
}

/** An error as an answer: what is the matter, what to do, and a number for support. The draft is as it was. */
export function describeFailure(failure, words, language) {
  const error = failure.error;
  return {
    tone: error?.code === "outcome_unknown" ? "confirm" : "block",
    headline: error ? error.sentence[language] : words.offline,
    sentence: error ? error.next_step[language] : words.offlineNext,
    reference: error?.request_id ?? "",
  };
}

const SETTLED = new Set(["sent", "not_sent", "partly_sent", "uncertain"]);

/** Whether a job will not change any more without a person. */
export function settled(job) {
  return SETTLED.has(job.state);
}

const DRAFT_IS_ANOTHER = new Set(["conflict", "not_found"]); // the reason itself says that the draft is not what it was

/** What is to be said beside "not sent": why, what the draft is like, and what to do. */
function whyNot(job, words, language) {
  const kept = job.draft_waits ? words.draftWaits : DRAFT_IS_ANOTHER.has(job.error_code) ? "" : words.draftKept;
  return [job.reason?.why[language], kept, job.reason?.next_step[language] ?? words.tryAgain].filter(Boolean).join(" ");
}

/** The same for those who are missing: there is no draft that could be sent to them alone before a person asks for it. */
function whySome(job, words, language) {
  return [job.reason?.why[language], words.partlySentNext].filter(Boolean).join(" ");
}

/** The receipt of a send: a title, what to do now, and a line for each recipient. */
export function receipt(job, words, language) {
  const titles = { sent: words.sent, partly_sent: words.partlySent, not_sent: words.notSent, uncertain: words.uncertain };
  const next = { partly_sent: whySome, not_sent: whyNot };
  return {
    tone: { sent: "allow", not_sent: "block" }[job.state] ?? "confirm",
    headline: titles[job.state] ?? words.stillWorking,
    sentence: next[job.state]?.(job, words, language) ?? "",
    people: job.groups.flatMap((group) =>
      group.addresses.map((address) => ({
        address,
        action: group.state === "sent" ? "allow" : "confirm",
        how: words.protection[group.protection] ?? group.protection,
        meets: "",
        why: [],
        state: words.state[group.state] ?? group.state,
      })),
    ),
  };
}
