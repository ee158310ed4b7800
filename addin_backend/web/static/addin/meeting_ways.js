// The ways out of an invitation that may not go: each is asked about before it is offered. No DOM in here.

const GOES = new Set(["allow", "confirm"]); // an invitation carries no ticket and is never sealed
const ALLOWED = new Set(["allow"]);
const PASSES = new Set(["allow", "protect"]); // the mail with the details is sent securely
const TAKES = new Set(["remove_recipient", "remove_attachment"]); // the service's own changes that leave the words alone
const NOTHING = { codes: [], digest: "", reasons: {}, answers: {} };

const hinted = async (api, draft) => (await api.hint({ draft, secure: false, said: NOTHING })).action;

/** The invitation with a neutral title and text, no files, and this place. */
export function neutral(draft, { title, text }, place) {
  return { ...draft, subject: title, body: [text, place].filter(Boolean).join("\n"), attachments: [] };
}

/** What is better than the answer there is. */
const better = ({ action }) => (action === "confirm" ? ALLOWED : GOES);

/** Which place may stand in a cleaned invitation: the one that it has, none, or null when neither helps. */
async function placeThatGoes(read, decision, words, api) {
  for (const place of new Set([read.place, ""])) if (better(decision).has(await hinted(api, neutral(read.draft, words, place)))) return place;
  return null;
}

/** Those whom the answer is about, when somebody is left without them and the invitation then goes. */
async function peopleToTakeOff(read, decision, api) {
  const worst = new Set(decision.recipients.filter(({ action }) => action === decision.action).map(({ address }) => address.toLowerCase()));
  const left = (line) => line.filter(({ address }) => !worst.has(address.toLowerCase()));
  const rest = { ...read.draft, to: left(read.draft.to), cc: left(read.draft.cc) };
  if (worst.size === 0 || rest.to.length + rest.cc.length === 0) return [];
  return better(decision).has(await hinted(api, rest)) ? [...worst] : [];
}

/**
 * {clean, details, takeOff, changes}. ``clean``: {place} or null. ``details``: the answer about the mail with the details, or null when there is
 * no such mail. ``takeOff``: addresses. ``changes``: ways of the service that only take people or files off, and that work for an invitation.
 */
export async function meetingWays({ read, details, decision, words, api }) {
  const changes = decision.ways_out.filter(({ change, action }) => TAKES.has(change) && better(decision).has(action));
  const takesPeople = changes.some(({ change }) => change === "remove_recipient");
  const [place, takeOff] = await Promise.all([placeThatGoes(read, decision, words, api), takesPeople ? [] : peopleToTakeOff(read, decision, api)]);
  if (place === null) return { clean: null, details: null, takeOff, changes };
  const about = details ? await api.hint({ draft: details, secure: true, said: NOTHING }) : null;
  return { clean: { place }, details: about && { decision: about, goes: PASSES.has(about.action) }, takeOff, changes };
}
