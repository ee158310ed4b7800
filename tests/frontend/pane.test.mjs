// The task pane's parts that need no browser: what an answer says, a press carried to its end, words, theme.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/web/static/addin/${name}.js`, import.meta.url);
const { buttons, confirmations, describe, describeFailure, isWriters, needAnswer, needReason, reasons, receipt, settled } = await import(at("answer"));
const { client, Failure } = await import(at("api"));
const { deliver, resume } = await import(at("deliver"));
const { filled, languageOf, STRINGS } = await import(at("strings"));
const { contrast, luminance, palette } = await import(at("theme"));
const { countries } = await import(at("countries"));
const { threeLines } = await import(at("read"));

const texts = (da, en = da) => ({ da, en });
const person = (address, action, protection, codes = []) => ({ address, action, protection, codes });
const finding = (code, effect, address, da, more = {}) => ({ code, effect, recipient: address, params: {}, title: texts(da), texts: texts(`${da}.`), law: "GDPR Art. 32", ...more });
const decision = (action, recipients, more = {}) => ({ action, classes: [], recipients, findings: [], ways_out: [], headline: texts("Gør noget.", "Do something."), digest: "d", ...more });
const way = (change) => ({ change, recipients: ["a"], parts: [], action: "allow", texts: texts("Tag a af mailen") });

test("the first button is the safe one, and a block has no button that sends", () => {
  const kinds = (action, secure, changes = ["remove_recipient"]) => buttons(decision(action, [], { ways_out: changes.map(way) }), STRINGS.da, "da", secure).map(({ kind }) => kind);
  assert.deepEqual(["send_securely", "send", "again"], kinds("allow", false));
  assert.deepEqual(["send_securely", "again"], kinds("allow", true));
  assert.deepEqual(["send_securely", "way_out", "again"], kinds("protect", true));
  assert.deepEqual(["confirm", "way_out", "again"], kinds("confirm", false));
  const exposed = decision("confirm", [person("a", "confirm", "plain")], { ways_out: [way("remove_recipient")] });
  assert.deepEqual(["way_out", "confirm", "again"], buttons(exposed, STRINGS.da, "da", false).map(({ kind }) => kind));
  assert.deepEqual(["way_out", "again"], kinds("block", true));
  assert.deepEqual(["way_out", "again"], kinds("something new", false));
  assert.deepEqual(["again"], kinds("block", false, ["write_anew"]));
});

test("what only the writer can do stands as words, never as a button", () => {
  for (const change of ["remove_sensitive_content", "write_anew", "add_recipient", "change_recipient", "ask_transfer_basis"]) assert.equal(isWriters({ change }), true);
  const view = describe(decision("block", [], { ways_out: [way("write_anew")] }), STRINGS.da, "da", false);
  assert.deepEqual(["Tag a af mailen"], view.byHand);
});

test("each recipient has how, what is met and why, and notes are no reason", () => {
  const found = [finding("CO-01", "protect", "", "CPR-nummer"), finding("TR-01", "block", "a", "Ingen sikker forbindelse"), finding("TR-05", "note", "a", "Kan ikke bevises"), finding("CO-04", "protect", "b", "Løn")];
  const view = describe(decision("protect", [person("a", "protect", "portal", ["CO-01", "TR-01", "TR-05"]), person("b", "block", "none", ["CO-04"])], { findings: found }), STRINGS.da, "da", false);
  assert.deepEqual(["Ingen sikker forbindelse", "CPR-nummer"], view.people[0].why);
  assert.deepEqual([STRINGS.da.protection.portal, STRINGS.da.meets.portal], [view.people[0].how, view.people[0].meets]);
  assert.deepEqual([STRINGS.da.protection.none, ["Løn"]], [view.people[1].how, view.people[1].why]);
});

test("what one rule says of several recipients stands together, the most severe first", () => {
  const found = [finding("CO-04", "protect", "a", "løn"), { ...finding("CO-04", "protect", "b", "løn"), texts: texts("løn til b") }, finding("DI-01", "note", "", "n"), finding("TF-01", "block", "a", "land")];
  const shown = reasons(decision("block", [], { findings: found }), "da");
  assert.deepEqual([["TF-01", ["a"], ["land."]], ["CO-04", ["a", "b"], ["løn.", "løn til b"]], ["DI-01", [], ["n."]]], shown.map((one) => [one.code, one.recipients, one.texts]));
  assert.equal(describe(decision("protect", [], { findings: found.slice(0, 2) }), STRINGS.da, "da", false).sentence, "løn.");
  assert.equal(describe(decision("block", [], { findings: found }), STRINGS.da, "da", false).sentence, "land.");
});

test("a confirmation is bound to the recipient it was asked for, with a reason and an answer where they are asked for", () => {
  const found = [finding("TF-03", "confirm", "ravi@x.example", "t", { params: { reason: "required" } }), finding("RC-04", "confirm", "", "t"), finding("CO-01", "protect", "a", "t")];
  const asking = decision("confirm", [], { findings: found });
  assert.deepEqual(["TF-03:ravi@x.example", "RC-04"], confirmations(asking));
  assert.deepEqual(["TF-03:ravi@x.example"], needReason(asking));
  assert.deepEqual(["ravi@x.example"], needAnswer(asking));
  assert.deepEqual([], needAnswer(decision("confirm", [], { findings: found.slice(1) })));
});

test("a failure is told in the reader's language with what to do next", () => {
  const error = { code: "too_large", sentence: texts("For stor", "Too large"), next_step: texts("Del den", "Split it"), field: null, request_id: "r-1" };
  const view = describeFailure(new Failure(413, error), STRINGS.en, "en");
  assert.deepEqual(["Too large", "Split it", "r-1", "block"], [view.headline, view.sentence, view.reference, view.tone]);
  assert.equal(describeFailure(new Failure(0, null), STRINGS.da, "da").headline, STRINGS.da.offline);
});

test("a receipt follows the state of the job, and only four states have ended", () => {
  const job = (state, group) => ({ job_id: "j", state, groups: [{ protection: "portal", addresses: ["a", "b"], state: group }] });
  assert.deepEqual([STRINGS.da.sent, "allow", 2], [receipt(job("sent", "sent"), STRINGS.da).headline, receipt(job("sent", "sent"), STRINGS.da).tone, receipt(job("sent", "sent"), STRINGS.da).people.length]);
  assert.equal(receipt(job("uncertain", "uncertain"), STRINGS.da).headline, STRINGS.da.uncertain);
  assert.equal(receipt(job("sending", "sending"), STRINGS.da).headline, STRINGS.da.stillWorking);
  assert.deepEqual([true, true, true, true, false, false], ["sent", "not_sent", "partly_sent", "uncertain", "sending", "decided"].map((state) => settled({ state })));
});

// --- one press ---------------------------------------------------------------------------------------------------------

const ask = { draft: { from: "mette@n.example" }, secure: true, said: {} };
const refusal = (code, status) => new Failure(status, { code, sentence: texts("x"), next_step: texts("y"), request_id: "r" });
const lost = () => new Failure(0, null);

/** An API whose calls give, or throw, what stands in the lists, in order; ``made`` holds the names of the calls. */
function scripted(script) {
  const made = [];
  const answer = (name) => async (...given) => {
    made.push([name, ...given]);
    const next = script[name].shift();
    if (next instanceof Error) throw next;
    return next;
  };
  return { made, api: Object.fromEntries(Object.keys(script).map((name) => [name, answer(name)])) };
}

const press = async (script) => {
  const { made, api } = scripted(script);
  const told = [];
  const result = await deliver({ api, ask, key: "k-1", told: (state) => told.push(state), pause: async () => {} });
  return { result, told, names: made.map(([name]) => name) };
};

test("a send is asked for once and then only followed", async () => {
  const run = await press({ send: [{ outcome: "accepted", job: { job_id: "j", state: "decided" } }], job: [{ state: "sealed" }, lost(), { state: "sending" }, { state: "sent" }] });
  assert.deepEqual({ job: { state: "sent" } }, run.result);
  assert.deepEqual(["send", "job", "job", "job", "job"], run.names);
});

test("a lost answer leads to looking under the key, never to a second send", async () => {
  const run = await press({ send: [lost()], pressed: [lost(), lost(), { job_id: "j", state: "sending" }], job: [{ state: "sent" }] });
  assert.deepEqual(["send", "pressed", "pressed", "pressed", "job"], run.names);
  assert.deepEqual("sent", run.result.job.state);
  assert.deepEqual(["unknown"], run.told);
});

test("an error that says nothing about the outcome is looked after as a lost one", async () => {
  for (const code of ["internal_error", "outcome_unknown"]) {
    const run = await press({ send: [refusal(code, 500)], pressed: [{ job_id: "j", state: "sent" }] });
    assert.deepEqual(["send", "pressed"], run.names, code);
  }
});

test("a service that knows nothing of the press says so, and a plain refusal is one", async () => {
  const unknown = await press({ send: [lost()], pressed: [refusal("not_found", 404)] });
  assert.deepEqual({ notTaken: true }, unknown.result);
  await assert.rejects(press({ send: [refusal("conflict", 409)] }), (failure) => failure.error.code === "conflict");
  const asked = await press({ send: [{ outcome: "not_sent", decision: decision("block", []) }] });
  assert.equal(asked.result.decision.action, "block");
});

const REASON = { why: { da: "Din postkasse er fuld.", en: "Your mailbox is full." }, next_step: { da: "Slet noget.", en: "Delete something." } };
const ended = (state, more) => ({ job_id: "j", state, groups: [], reason: REASON, draft_waits: false, ...more });

test("a mail that was not sent says why, what its draft is like, and what to do; nothing of it is promised before it is so", () => {
  assert.equal(receipt(ended("not_sent"), STRINGS.da, "da").sentence, "Din postkasse er fuld. Din kladde er uændret. Slet noget.");
  assert.equal(receipt(ended("not_sent", { draft_waits: true }), STRINGS.en, "en").sentence, `Your mailbox is full. ${STRINGS.en.draftWaits} Delete something.`);
  assert.equal(receipt(ended("not_sent", { reason: null }), STRINGS.da, "da").sentence, "Din kladde er uændret. Prøv igen om lidt.");
  assert.equal(receipt(ended("not_sent", { error_code: "conflict" }), STRINGS.da, "da").sentence, "Din postkasse er fuld. Slet noget.", "a changed draft is not called unchanged");
  assert.equal(receipt(ended("partly_sent"), STRINGS.da, "da").sentence, `Din postkasse er fuld. ${STRINGS.da.partlySentNext}`);
  assert.equal(receipt(ended("sent", { reason: null }), STRINGS.da, "da").sentence, "");
});

test("the pane waits a moment for the draft to get its recipients back, and says so when it does not", async () => {
  const accepted = { outcome: "accepted", job: { job_id: "j", state: "sending" } };
  const soon = await press({ send: [accepted], job: [ended("not_sent", { draft_waits: true }), ended("not_sent")] });
  assert.equal(soon.result.job.draft_waits, false);
  const never = await press({ send: [accepted], job: Array(20).fill(ended("not_sent", { draft_waits: true })) });
  assert.equal(never.result.job.draft_waits, true);
});

test("an uncertain send is looked after until somebody has decided, and is never called sent before", async () => {
  const run = await press({ send: [{ outcome: "accepted", job: { job_id: "j", state: "sending" } }], job: [{ state: "uncertain" }, { state: "uncertain" }, { state: "sent" }] });
  assert.equal(run.result.job.state, "sent");
  assert.ok(run.told.includes("uncertain"));
});

test("what is picked up by a new pane is only asked about", async () => {
  const { made, api } = scripted({ pressed: [{ job_id: "j", state: "sent" }] });
  const found = await resume({ api, mailbox: "mette@n.example", key: "k-1", told: () => {}, pause: async () => {} });
  assert.deepEqual([["pressed", "mette@n.example", "k-1"]], made);
  assert.equal(found.job.state, "sent");
});

test("a token that the service does not know is renewed once", async () => {
  const asked = [];
  const calls = [];
  globalThis.fetch = async (path, { headers }) => {
    calls.push(headers.Authorization);
    const known = headers.Authorization === "Bearer new";
    return { ok: known, status: known ? 200 : 401, json: async () => (known ? { state: "sent" } : { error: { code: "not_signed_in" } }) };
  };
  const api = client({ language: "da", token: async (fresh) => (asked.push(fresh), fresh ? "new" : "old") });
  assert.deepEqual({ state: "sent" }, await api.job("j/1"));
  assert.deepEqual([[false, true], ["Bearer old", "Bearer new"]], [asked, calls]);
});

test("an answer that is no JSON is a lost one", async () => {
  globalThis.fetch = async () => ({ ok: false, status: 502, json: async () => JSON.parse("<html>") });
  await assert.rejects(client({ language: "da", token: async () => "t" }).job("j"), (failure) => failure.lost && failure.status === 502);
});

// --- words -------------------------------------------------------------------------------------------------------------

const flat = (words) => Object.entries(words).flatMap(([key, value]) => (typeof value === "object" ? Object.entries(value).map(([inner, text]) => [`${key}.${inner}`, text]) : [[key, value]]));

test("both languages have the same words with the same places to fill, and none shouts or blames", () => {
  assert.deepEqual(flat(STRINGS.da).map(([key]) => key), flat(STRINGS.en).map(([key]) => key));
  const places = (text) => (text.match(/\{[a-z]+\}/g) ?? []).sort();
  for (const [index, [key, da]] of flat(STRINGS.da).entries()) {
    assert.deepEqual(places(da), places(flat(STRINGS.en)[index][1]), key);
  }
  for (const words of Object.values(STRINGS)) {
    assert.ok(flat(words).every(([key, text]) => text !== "" || key.endsWith(".none")));
    assert.ok(!/!|ups|forsøgt|personnummer/i.test(JSON.stringify(words)));
  }
});

const HEADLINES = ["signedOut", "sent", "partlySent", "notSent", "uncertain", "notTaken", "offline", "stillWorking", "apart", "notOurs", "received", "noAnswer", "missent"];
const BUTTONS = ["sendSecurely", "sendAsItIs", "confirmAndSend", "confirmAndSendSecurely", "again", "retry", "signIn", "apartSend", "cancel", "replySecurely", "revoke", "missent", "missentGo"];

test("a headline is one line of at most 120 characters, a button at most 40", () => {
  for (const words of Object.values(STRINGS)) {
    for (const key of HEADLINES) assert.ok(words[key].length <= 120, key);
    for (const key of BUTTONS) assert.ok(words[key].length <= 40, key);
  }
});

test("the pane speaks Danish to those who read it, and else English", () => {
  const expected = { "da-DK": "da", da: "da", "nb-NO": "da", "": "da", "en-US": "en", "de-DE": "en" };
  for (const [given, language] of Object.entries(expected)) assert.equal(languageOf(given), language, given);
  assert.equal(filled("{a} og {b}", { a: "{b}" }), "{b} og {b}");
});

test("a report of a wrong recipient says three lines, and never that something was done which was not", () => {
  const report = (more) => ({ case: "1", revoked: [], not_revoked: [], open: [], notices: { manager: "told", officer: "told" }, ...more });
  const words = STRINGS.da;
  assert.deepEqual(["Linket til bo er lukket. Mailen kan ikke længere læses der.", words.missentKeep, "Din leder og databeskyttelsesrådgiveren har fået besked og tager over herfra."], threeLines(report({ revoked: ["bo"] }), words));
  assert.match(threeLines(report({ revoked: ["bo"], open: ["eva", "ida"] }), words)[0], /^Mailen kan ikke kaldes tilbage\. Ring til eva og ida/);
  assert.match(threeLines(report({ not_revoked: ["bo"], revoked: [], open: ["eva"] }), words)[0], /kunne ikke lukkes endnu/);
  assert.equal(threeLines(report({ open: ["a"], notices: { manager: "not_set", officer: "not_told" } }), words)[2], "Giv selv besked til din leder og databeskyttelsesrådgiveren.");
  assert.equal(threeLines(report({ open: ["a"], notices: { manager: "not_set", officer: "told" } }), words)[2], "Databeskyttelsesrådgiveren har fået besked og tager over herfra. Giv selv besked til din leder.");
});

// --- theme and countries -----------------------------------------------------------------------------------------------

test("Outlook's colours are taken where one can read on them, and else ours", () => {
  assert.deepEqual({ dark: false, ground: "#ffffff", ink: "#000000" }, palette({ bodyBackgroundColor: "#FFFFFF".toLowerCase(), bodyForegroundColor: "#000000" }));
  assert.deepEqual({ dark: true, ground: "#1b1a19", ink: "#ffffff" }, palette({ bodyBackgroundColor: "#1b1a19", bodyForegroundColor: "#ffffff" }));
  assert.deepEqual({ dark: false, ground: null, ink: null }, palette({ bodyBackgroundColor: "#ffffff", bodyForegroundColor: "#eeeeee" }));
  assert.deepEqual({ dark: true, ground: null, ink: null }, palette({ bodyBackgroundColor: "#444444", bodyForegroundColor: "#ffffff" }));
  for (const odd of [undefined, null, {}, { bodyBackgroundColor: "red;}" }]) assert.deepEqual({ dark: false, ground: null, ink: null }, palette(odd));
  assert.ok(Math.abs(contrast(luminance("#000000"), luminance("#ffffff")) - 21) < 0.01);
});

test("every country has a name and stands there once, Denmark first", () => {
  for (const language of ["da", "en"]) {
    const listed = countries(language);
    assert.equal(listed.length, 249);
    assert.equal(new Set(listed.map(({ code }) => code)).size, 249);
    assert.equal(listed[0].code, "DK");
    assert.ok(listed.every(({ code, name }) => name && name !== code));
  }
});
