// What an answer says to a person, as a value: title, sentences, recipients, reasons, buttons. No DOM in here.

const UNREAD_PART = "CO-05";
const SEVERITY = { note: 0, protect: 1, confirm: 2, block: 3 };

/** Whether Outlook may let the mail go by itself: allowed, or every protected recipient is reached over enforced TLS with a ticket. */
export function leavesSilently(decision) {
  if (decision.action === "allow") return true;
  const reached = decision.recipients.every(({ protection }) => protection === "plain" || protection === "tls");
  return decision.action === "protect" && reached && decision.ticket != null;
}

/** The codes that a press of *confirm* confirms, bound to the recipient they were asked for. */
export function confirmations(decision) {
  return decision.findings.filter(({ effect }) => effect === "confirm").map(({ code, recipient }) => (recipient ? `${code}:${recipient}` : code));
}

/** Those of them that take a reason. */
export function needReason(decision) {
  const open = decision.findings.filter(({ effect, params }) => effect === "confirm" && params?.reason === "required");
  return confirmations({ findings: open });
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

/** The buttons in order: the safe one first. ``kind`` is send_securely, send, confirm, way_out or back. */
export function buttons(decision, words, language) {
  const back = { kind: "back", label: words.back };
  const ways = decision.ways_out.map((way) => ({ kind: "way_out", label: way.texts[language], way }));
  if (decision.action === "allow") return [{ kind: "send", label: words.send }, back];
  if (decision.action === "protect") return [{ kind: "send_securely", label: words.sendSecurely }, ...ways, back];
  if (decision.action === "confirm") return [...ways, { kind: "confirm", label: words.confirmAndSend }, back];
  return [...ways, back];
}

/** Everything that the dialog and the pane show. The headline comes first: one line that says what to do. */
export function describe(decision, words, language) {
  const found = reasons(decision, language);
  return {
    tone: decision.action,
    headline: decision.headline[language],
    sentence: sentenceOf(found, decision.action),
    recipients: decision.recipients.map(({ address, action, protection }) => ({
      address,
      action,
      how: action === "block" ? words.protection.none : (words.protection[protection] ?? protection),
    })),
    content: (decision.content ?? []).map(({ texts }) => texts[language]),
    reasons: found,
    asksReason: needReason(decision).length > 0,
    buttons: buttons(decision, words, language),
  };
}

/** An error as an answer with the same shape. */
export function describeFailure(failure, words, language) {
  const error = failure.error;
  const uncertain = error?.code === "outcome_unknown";
  return {
    tone: uncertain ? "confirm" : "block",
    headline: error ? error.sentence[language] : words.offline,
    sentence: error ? error.next_step[language] : words.offlineNext,
    recipients: [],
    reasons: [],
    buttons: [{ kind: "back", label: words.back }],
    reference: error?.request_id ?? "",
    field: error?.field ?? null,
  };
}

/** A send was asked for and the answer got lost: the one way on is to ask again with the same key. */
export function describeLost(words) {
  return {
    tone: "confirm",
    headline: words.uncertain,
    sentence: "",
    recipients: [],
    reasons: [],
    buttons: [{ kind: "send_securely", label: words.followUp }],
  };
}

const SETTLED = new Set(["sent", "not_sent", "partly_sent", "uncertain"]);

/** Whether a job will not change any more without a person. */
export function settled(job) {
  return SETTLED.has(job.state);
}

/** The receipt of a send: a title and a line for each recipient. */
export function receipt(job, words) {
  const titles = { sent: words.sent, partly_sent: words.partlySent, not_sent: words.notSent, uncertain: words.uncertain };
  return {
    tone: { sent: "allow", not_sent: "block" }[job.state] ?? "confirm",
    title: titles[job.state] ?? words.stillWorking,
    recipients: job.groups.flatMap((group) =>
      group.addresses.map((address) => ({
        address,
        how: words.protection[group.protection] ?? group.protection,
        state: words.state[group.state] ?? group.state,
        ok: group.state === "sent",
      })),
    ),
  };
}
