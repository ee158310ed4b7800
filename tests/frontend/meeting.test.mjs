// The pane beside an invitation, without a browser: read as the event code reads it, cleaned, and only ways out that were asked about.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/web/static/addin/${name}.js`, import.meta.url);
const { clean, confirmedFor, detailsOf, noteSaid, readInvitation, without } = await import(at("invitation"));
const { meetingWays, neutral } = await import(at("meeting_ways"));
const { MEETING } = await import(at("meeting_words"));
const { STRINGS } = await import(at("strings"));
import { meeting, once, runtime } from "./event_runtime.mjs";

const person = (emailAddress, displayName = emailAddress) => ({ emailAddress, displayName });
const WORDS = { title: "Møde", text: "Detaljerne kommer." };

/** An invitation in its window: fields that can be read and set, files, and what the window remembers. `log` holds the changes in order. */
function invitation(changes = {}) {
  const log = [];
  const held = {
    organizer: person("mette@n.example"), requiredAttendees: [person("bo@x.example", "Bo"), person("Eva@Y.example", "Eva")], optionalAttendees: [person("ida@n.example", "Ida")],
    subject: "Samtale om Bo", location: "Lokale 2", start: new Date(0), body: "<p>Diagnose</p>", ...changes,
  };
  let files = [{ id: "f1", name: "a.txt", content: "QQ==", format: "base64", attachmentType: "file", isInline: false }, ...(changes.files ?? [])];
  const session = {};
  const good = (value) => ({ status: "succeeded", value });
  const bad = (name) => ({ status: "failed", error: { name } });
  const field = (name) => ({
    getAsync: (done) => done(good(held[name])),
    setAsync: (value, done) => { held[name] = value; log.push(name); done(good()); },
  });
  const item = Object.fromEntries(["organizer", "requiredAttendees", "optionalAttendees", "subject", "location", "start"].map((name) => [name, field(name)]));
  item.body = {
    getTypeAsync: (done) => done(good("html")),
    getAsync: (type, done) => done(good(type === "html" ? held.body : held.body.replace(/<[^>]*>/g, ""))),
    setAsync: (value, options, done) => { held.body = value; log.push(`body ${options.coercionType}`); done(changes.bodyFails ? bad("InternalError") : good()); },
  };
  item.getAttachmentsAsync = (done) => done(good(files));
  item.getAttachmentContentAsync = (id, done) => done(good(files.find((one) => one.id === id)));
  item.removeAttachmentAsync = (id, done) => { files = files.filter((one) => one.id !== id); log.push(`file ${id}`); done(good()); };
  item.sessionData = { getAsync: (name, done) => done(name in session ? good(session[name]) : bad("KeyNotFound")), setAsync: (name, value, done) => { session[name] = value; done(good()); } };
  return { item, held, log, session, files: () => files };
}

test("pane and event code ask about the very same content, so that a confirmation counts", async () => {
  const { item } = invitation({ files: [{ id: "f2", name: "b.eml", content: "Fra: æ", format: "eml", attachmentType: "item" }, { id: "f3", name: "c", content: "https://x.example", format: "url", attachmentType: "cloud" }] });
  const { draft } = await readInvitation(item);
  const made = runtime({ item: { ...meeting(), ...item, sessionData: undefined } });
  await once(made, "onAppointmentSend");
  const asked = made.asked[0].body.draft;
  const core = ({ from, to, cc, bcc, subject, body, body_format: format, attachments }) => ({ from, to, cc, bcc, subject, body, format, files: attachments.map(({ name, base64, media_type: type }) => ({ name, base64, type })) });
  assert.deepEqual(core(asked), core(draft));
  assert.deepEqual(["<p>Diagnose</p>\nLokale 2", "html"], [draft.body, draft.body_format], "what Outlook leaves out of the text is judged too");
});

test("cleaning leaves neither words nor files, and the title changes last", async () => {
  const { item, held, log, files } = invitation();
  await clean(item, { ...WORDS, place: "" });
  assert.deepEqual(["Møde", "Detaljerne kommer.", "", 0], [held.subject, held.body, held.location, files().length]);
  assert.deepEqual(["body text", "file f1", "location", "subject"], log);
  await clean(item, { ...WORDS, place: "" });
  assert.ok(!log.slice(4).includes("location"), "a place that stands right is left alone");
});

test("an invitation that could not be cleaned keeps its title", async () => {
  const { item, held } = invitation({ bodyFails: true });
  await assert.rejects(clean(item, { ...WORDS, place: "" }), (fault) => fault.name === "InternalError");
  assert.equal(held.subject, "Samtale om Bo");
});

test("the details go as they were written, with what they belong to above; a file in the cloud cannot go along", async () => {
  const { item } = invitation();
  const details = await detailsOf(item, ["Det hører til mødet i dag.", "Sted: <Lokale> & 2"]);
  assert.equal(details.body, "<p>Det hører til mødet i dag.</p><p>Sted: &#60;Lokale&#62; &#38; 2</p><p>Diagnose</p>");
  assert.deepEqual(["Samtale om Bo", "html", ["a.txt"], "bo@x.example"], [details.subject, details.body_format, details.attachments.map(({ name }) => name), details.to[0].address]);
  const cloudy = invitation({ files: [{ id: "f2", name: "plan.docx", attachmentType: "cloud" }] });
  await assert.rejects(detailsOf(cloudy.item, []), (fault) => fault.file === "plan.docx");
});

test("people are taken off both lines whatever the case, and files by their place", async () => {
  const { item, held, log } = invitation();
  const read = await readInvitation(item);
  await without(item, read, { recipients: ["eva@y.example"], parts: [0] });
  assert.deepEqual(["bo@x.example"], held.requiredAttendees.map(({ emailAddress }) => emailAddress));
  assert.deepEqual(["requiredAttendees", "file f1"], log, "the other line is not touched");
});

test("what was confirmed is noted for the event code, and a window that cannot keep it has confirmed nothing", async () => {
  const { item, session } = invitation();
  assert.equal(await confirmedFor(item), "");
  await noteSaid(item, { codes: ["RC-07:a"], digest: "d1", reasons: { "RC-07:a": "fordi" }, answers: {} });
  assert.deepEqual({ confirmed: ["RC-07:a"], confirmed_for: "d1", reasons: { "RC-07:a": "fordi" }, answers: {} }, JSON.parse(session["sendsecurely.said"]));
  assert.equal(await confirmedFor(item), "d1");
  item.sessionData.setAsync = (_name, _value, done) => done({ status: "failed", error: { name: "DataExceedsMaximumSize" } });
  await assert.rejects(noteSaid(item, { codes: [], digest: "", reasons: {}, answers: {} }));
});

// --- ways out ----------------------------------------------------------------------------------------------------------

const line = (address, action) => ({ address, action, protection: "plain", codes: [] });
const decided = (action, recipients, more = {}) => ({ action, recipients, ways_out: [], findings: [], headline: { da: "", en: "" }, digest: "d", ...more });
const READ = { draft: { from: "m@n.example", to: [{ address: "bo@x.example" }], cc: [{ address: "Ida@n.example" }], subject: "Om Bo", body: "Diagnose\nLokale 2", attachments: [{}] }, place: "Lokale 2" };
const HELD = decided("protect", [line("bo@x.example", "protect"), line("ida@n.example", "allow")]);

/** `answers(draft, secure)` gives the action. */
async function ways(answers, decision = HELD, details = { subject: "Om Bo", secureMail: true }) {
  const asked = [];
  const api = { hint: async ({ draft, secure }) => { asked.push({ draft, secure }); return decided(answers(draft, secure), []); } };
  return { asked, ...(await meetingWays({ read: READ, details, decision, words: WORDS, api })) };
}

test("each way is asked about, the details as a secure mail", async () => {
  const found = await ways((draft, secure) => (secure ? "protect" : "allow"));
  assert.deepEqual([{ place: "Lokale 2" }, true, ["bo@x.example"]], [found.clean, found.details.goes, found.takeOff]);
  const [cleaned, rest, details] = found.asked;
  assert.deepEqual(neutral(READ.draft, WORDS, "Lokale 2"), cleaned.draft);
  assert.deepEqual([[], "Om Bo"], [rest.draft.to, rest.draft.subject]);
  assert.deepEqual([true, "Om Bo"], [details.secure, details.draft.subject]);
});

test("a place that is the trouble goes too, and what helps nothing is not offered", async () => {
  const place = await ways((draft) => (draft.body?.includes("Lokale") ? "block" : "allow"));
  assert.deepEqual({ place: "" }, place.clean);
  const none = await ways(() => "block");
  assert.deepEqual([null, null, []], [none.clean, none.details, none.takeOff]);
  assert.ok(none.asked.every(({ secure }) => !secure), "without a clean invitation the details are not asked about");
});

test("details that would be held are kept as a draft, never sent", async () => {
  for (const action of ["confirm", "block", "something new"]) assert.equal((await ways((_draft, secure) => (secure ? action : "allow"))).details.goes, false);
  assert.equal((await ways(() => "allow", HELD, null)).details, null);
});

test("a way out of a question must end it; of a block a question is better", async () => {
  const asking = decided("confirm", [line("bo@x.example", "confirm"), line("ida@n.example", "allow")]);
  const still = await ways(() => "confirm", asking);
  assert.deepEqual([null, []], [still.clean, still.takeOff]);
  assert.deepEqual({ place: "Lokale 2" }, (await ways(() => "confirm", { ...HELD, action: "block" })).clean);
});

test("nobody is left without them: they stay; and the service's own changes must work for an invitation", async () => {
  const all = decided("protect", [line("bo@x.example", "protect"), line("ida@n.example", "protect")]);
  assert.deepEqual([], (await ways(() => "allow", all)).takeOff);
  const offered = (change, action) => ({ change, action, recipients: ["bo@x.example"], parts: [] });
  const ways_out = [offered("remove_recipient", "allow"), offered("remove_attachment", "protect"), offered("mask_identifiers", "allow"), offered("use_portal", "protect")];
  const found = await ways(() => "allow", { ...HELD, ways_out });
  assert.deepEqual([["remove_recipient"], []], [found.changes.map(({ change }) => change), found.takeOff]);
});

test("the words have the same keys in both languages, and headlines are short", () => {
  assert.deepEqual(Object.keys(MEETING.da), Object.keys(MEETING.en));
  assert.equal(MEETING.da.neutral.length, MEETING.en.neutral.length);
  for (const language of ["da", "en"]) {
    for (const name of ["meetingGoes", "meetingConfirmed", "meetingAsks", "meetingHeld"]) assert.ok(MEETING[language][name].length <= 120);
    for (const { title, text } of MEETING[language].neutral) assert.ok(title && text && title.length <= 40);
    for (const name of Object.keys(MEETING[language]).filter((key) => key in STRINGS[language])) assert.doesNotMatch(String(MEETING[language][name]), /mailen(?! med)|the mail(?! with)/i);
  }
});
