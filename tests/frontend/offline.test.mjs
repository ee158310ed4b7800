// The event code when the service is dead: what the dated snapshot lets go, what it holds, and that it is told afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";

import { METTE, START, TICKET, answered, bad, decision, emergency, hangs, mail, meeting, once, person, refusedConnection, runtime, snapshot } from "./event_runtime.mjs";

const JONAS = person("Jonas.Friis@Nordlys.example");
const BO = person("bo.madsen@postkasse.example");
const inside = (changes) => mail({ to: [JONAS], ...changes });
const dead = (world = {}) => runtime({ service: refusedConnection, roaming: { snapshot: snapshot() }, item: inside(), ...world });
const front = (paper) => () => Promise.resolve(answered(paper));
const outcome = async (made) => {
  const completion = await once(made);
  const entry = (made.roaming("queue") ?? [])[0];
  return [completion.allowEvent, entry?.reason, entry?.allowed];
};

test("a refused connection: mail to colleagues goes within a second, and is written down before it goes", async () => {
  const made = dead();
  const completion = await once(made);
  assert.deepEqual({ allowEvent: true }, { allowEvent: completion.allowEvent });
  assert.ok(completion.at < 1000, `${completion.at} ms`);
  const [entry] = made.saved("queue");
  assert.match(entry.id, /^[A-Za-z0-9._:-]{8,128}$/);
  assert.deepEqual([METTE, true, "internal", ["Jonas.Friis@Nordlys.example"], START], [entry.mailbox, entry.allowed, entry.reason, entry.recipients, entry.at]);
  const { issued, expires, version, seal } = snapshot();
  assert.deepEqual({ issued, expires, version, seal }, entry.paper);
  assert.equal(entry.draft, undefined, "what stays inside is not kept");
});

test("a refused connection: mail out of the house is held within a second, with what to do", async () => {
  const made = dead({ item: mail() });
  const completion = await once(made);
  assert.equal(completion.allowEvent, false);
  assert.ok(completion.at < 1000);
  assert.match(completion.errorMessage, /Mail til kolleger kan sendes/);
  assert.equal(JSON.parse(completion.contextData).reason, "offline");
  assert.equal(completion.commandId, "checkPaneButton");
  assert.deepEqual(["external", false], [made.saved("queue")[0].reason, made.saved("queue")[0].allowed]);
});

test("a hanging service: the same, at four seconds at the latest", async () => {
  for (const [item, allowed] of [[inside(), true], [mail(), false]]) {
    for (const paper of [refusedConnection, hangs]) {
      const completion = await once(dead({ service: hangs, item, front: paper }));
      assert.equal(completion.allowEvent, allowed);
      assert.ok(completion.at >= 3400 && completion.at <= 4000, `${completion.at} ms`);
    }
  }
});

for (const status of [502, 503, 504]) {
  test(`a front that says that the service is dead (${status}) is a dead service`, async () => {
    assert.deepEqual([true, "internal", true], await outcome(dead({ service: () => Promise.resolve(answered({}, status)) })));
  });
}

test("an answer that comes after the decision changes nothing", async () => {
  let late;
  const made = dead({ service: () => new Promise((resolve) => { late = resolve; }), item: mail() });
  const completions = made.fire("onMessageSend");
  await made.advance(4000);
  late(answered(decision("allow")));
  await made.advance(10_000);
  assert.deepEqual([false], completions.map(({ allowEvent }) => allowEvent));
});

const NOT_INSIDE = [
  ["one recipient outside", { to: [JONAS, BO] }],
  ["a copy outside", { to: [JONAS], cc: [BO] }],
  ["a blind copy outside", { to: [JONAS], bcc: [BO] }],
  ["a guest", { to: [person("bo_postkasse.example#EXT#@nordlys.example")] }],
  ["somebody whom Outlook calls external", { to: [person("x@nordlys.example", "externalUser")] }],
  ["an own address that leads out again", { to: [person("alle@nordlys.example")] }],
  ["a group that nobody knows", { to: [person("ukendt@nordlys.example", "distributionList")] }],
  ["a look-alike domain", { to: [person("jonas@nordlys.example.evil.example")] }],
  ["a domain below ours", { to: [person("jonas@mail.nordlys.example")] }],
  ["an address with two signs", { to: [person("bo@postkasse.example@evil.example")] }],
  ["no address", { to: [person("")] }],
  ["a name without an address", { to: [person("nordlys.example")] }],
];
for (const [what, changes] of NOT_INSIDE) {
  test(`not a colleague: ${what}`, async () => {
    assert.deepEqual([false, "external", false], await outcome(dead({ item: mail(changes) })));
  });
}

test("colleagues in a group that stays inside are colleagues", async () => {
  assert.deepEqual([true, "internal", true], await outcome(dead({ item: mail({ to: [person("skade@nordlys.example", "distributionList"), JONAS] }) })));
});

const NO_PAPER = [
  ["none", null],
  ["of yesterday", snapshot({ issued: START - 86_401, expires: START - 1 })],
  ["of a longer life than a day", snapshot({ expires: START - 3600 + 86_401 })],
  ["of tomorrow: the clock was set back", snapshot({ issued: START + 400, expires: START + 4000 })],
  ["without a time", snapshot({ issued: undefined })],
  ["with a time that is none", snapshot({ issued: "1795000000" })],
  ["without an end", snapshot({ expires: undefined })],
  ["without a seal", snapshot({ seal: undefined })],
  ["without switches", snapshot({ switches: undefined })],
  ["without domains", snapshot({ domains: undefined })],
  ["without the list of what leads out", snapshot({ leads_out: undefined })],
];
for (const [what, paper] of NO_PAPER) {
  test(`without a paper that counts everything is held: ${what}`, async () => {
    const [allowed] = await outcome(dead({ roaming: { snapshot: paper }, front: front(emergency()) }));
    assert.equal(allowed, false);
  });
}

test("what is stored but is no JSON is no paper", async () => {
  const made = dead({ roaming: {} });
  made.sandbox.Office.context.roamingSettings.set("snapshot", "{");
  assert.equal((await once(made)).allowEvent, false);
});

test("a clock set back behind the newest answer is seen: an old paper is not made young again", async () => {
  const roaming = { snapshot: snapshot(), seen: START + 50_000 };
  assert.equal((await once(dead({ roaming }))).allowEvent, false);
  assert.equal((await once(dead({ roaming, clockShift: 49_900 }))).allowEvent, true);
});

test("where an administrator has not allowed it, mail to colleagues waits too", async () => {
  assert.deepEqual([false, "internal_off", false], await outcome(dead({ roaming: { snapshot: snapshot({ switches: { internal: false } }) } })));
});

test("a mail without recipients is held", async () => {
  assert.deepEqual([false, "no_recipients", false], await outcome(dead({ item: mail({ to: [] }) })));
});

test("under an emergency the words of an HTML mail count and are kept, not its markup", async () => {
  const html = `<html><head><style>${"p{margin:0101901234px}".repeat(2000)}</style></head><body><p>0101<b>90-1234</b></p></body></html>`;
  const goes = dead({ item: mail({ html, body: "Vi ses i morgen" }), front: front(emergency()) });
  assert.deepEqual([true, "degraded", true], await outcome(goes));
  assert.deepEqual(["Vi ses i morgen", "plain"], [goes.saved("queue")[0].draft.body, goes.saved("queue")[0].draft.body_format]);
  assert.deepEqual([false, "content", false], await outcome(dead({ item: mail({ html, body: "010190-1234" }), front: front(emergency()) })));
});

test("under an emergency of two people a short external mail without identifiers or attachments goes, and is kept to be judged", async () => {
  const made = dead({ item: mail({ subject: "Møde i morgen", body: "Vi ses kl. 10.30 den 24.12.2026. Ring 12 34 56 78." }), front: front(emergency()) });
  assert.deepEqual([true, "degraded", true], await outcome(made));
  const [entry] = made.saved("queue");
  assert.deepEqual(["Møde i morgen", "e-1"], [entry.draft.subject, entry.paper.version]);
});

test("at a hanging service the emergency is asked for in time", async () => {
  const completion = await once(dead({ service: hangs, item: mail({ body: "hej" }), front: front(emergency()) }));
  assert.equal(completion.allowEvent, true);
  assert.ok(completion.at <= 4000);
});

const IDENTIFIERS = [
  "010190-1234", "0101901234", "010190 1234", "01 01 90 12 34", "01.01.90-1234", "01/01/90/1234", "010190 – 1234", "010190\u00a01234", "010190\u20111234",
  "0\u200b1\u200b0\u200b1\u200b9\u200b0\u200b1\u200b2\u200b3\u200b4", "610190-1234", "kontonr. 1234 0101901234", "x0101901234x", "٠١٠١٩٠١٢٣٤", "010190\n1234", "311299_1234",
];
for (const words of IDENTIFIERS) {
  test(`under an emergency a mail with what may be a CPR number is held: ${JSON.stringify(words)}`, async () => {
    for (const item of [mail({ body: words }), mail({ subject: words, body: "" })]) {
      assert.deepEqual([false, "content", false], await outcome(dead({ item, front: front(emergency()) })));
    }
  });
}

test("under an emergency ordinary numbers do not hold a mail", async () => {
  for (const body of ["12 34 56 78", "+45 12 34 56 78, 2026-11-23", "kl. 10.30-11.45", "DKK 1.250.000,00", "9999999999"]) {
    assert.deepEqual([true, "degraded", true], await outcome(dead({ item: mail({ body }), front: front(emergency()) })), body);
  }
});

test("under an emergency an attachment holds the mail, and so does a mail too long to be kept", async () => {
  assert.deepEqual([false, "content", false], await outcome(dead({ item: mail({ files: [{ name: "a.txt" }] }), front: front(emergency()) })));
  const long = await once(dead({ item: mail({ body: "ord ".repeat(5000) }), front: front(emergency()) }));
  assert.equal(long.allowEvent, false);
});

test("a front and a mailbox that take their time still fit under the deadline", async () => {
  const made = dead({ service: hangs, item: mail({ body: "hej" }), saving: 400 });
  made.state.front = () => new Promise((resolve) => { made.sandbox.setTimeout(() => resolve(answered(emergency())), 300); });
  const completion = await once(made);
  assert.deepEqual([true, 3800], [completion.allowEvent, completion.at]);
});

test("an answer that comes while it is being decided without it has no say any more", async () => {
  const item = mail();
  const made = dead({ item, front: hangs });
  made.state.service = () => new Promise((resolve) => { made.sandbox.setTimeout(() => resolve(answered(decision("protect", ["tls"], { ticket: TICKET }))), 2600); });
  made.state.front = () => new Promise((resolve) => { made.sandbox.setTimeout(() => resolve(answered(null)), 350); });
  const early = await once(made);
  assert.deepEqual([true, 2600], [early.allowEvent, early.at], "in time it decides");
  made.state.service = () => new Promise((resolve) => { made.sandbox.setTimeout(() => resolve(answered(decision("protect", ["tls"], { ticket: TICKET }))), 3450); });
  made.state.front = () => new Promise((resolve) => { made.sandbox.setTimeout(() => resolve(answered(null)), 1200); });
  delete item.internetHeaders.set[TICKET.header];
  const late = await once(made);
  assert.deepEqual([false, {}], [late.allowEvent, item.internetHeaders.set]);
});

test("an emergency counts for four hours at most and within its own times", async () => {
  const papers = [
    null, {}, [], "ja", emergency({ expires: START - 60 + 4 * 3600 + 1 }), emergency({ expires: START }), emergency({ issued: START + 400 }), emergency({ seal: undefined }),
  ];
  for (const paper of papers) {
    assert.deepEqual([false, "external", false], await outcome(dead({ item: mail({ body: "hej" }), front: front(paper) })), JSON.stringify(paper));
  }
  for (const answer of [() => Promise.resolve(answered({}, 404)), () => Promise.resolve(answered(new SyntaxError("x"))), hangs]) {
    assert.deepEqual([false, "external", false], await outcome(dead({ item: mail({ body: "hej" }), front: answer })));
  }
});

test("what cannot be written down does not go: saving fails, hangs, or the settings are full", async () => {
  for (const saving of ["fails", "hangs"]) {
    const completion = await once(dead({ saving }));
    assert.equal(completion.allowEvent, false, saving);
    assert.ok(completion.at <= 4000);
  }
  const queue = [{ id: "old-entry", recipients: ["x".repeat(16_000)] }];
  assert.equal((await once(dead({ roaming: { snapshot: snapshot(), queue } }))).allowEvent, false);
});

test("a mail that was let go on paper but held at the deadline is told as held", async () => {
  const made = dead({ saving: "hangs" });
  await once(made);
  assert.deepEqual([["late", false]], made.roaming("queue").map(({ reason, allowed }) => [reason, allowed]));
});

test("a ticket of an earlier check does not go along with a mail that nobody checked", async () => {
  const item = inside();
  item.internetHeaders.set[TICKET.header] = "v1.old.old";
  assert.equal((await once(dead({ item }))).allowEvent, true);
  assert.deepEqual({}, item.internetHeaders.set);
  const stuck = inside();
  stuck.internetHeaders.set[TICKET.header] = "v1.old.old";
  stuck.internetHeaders.removeAsync = (_names, callback) => callback(bad());
  assert.equal((await once(dead({ item: stuck }))).allowEvent, false);
});

test("a meeting with colleagues goes too", async () => {
  assert.equal((await once(dead({ item: meeting() }), "onAppointmentSend")).allowEvent, true);
});

test("what was decided alone is told with the next answer, under its own id, and forgotten when it is received", async () => {
  const made = dead();
  await once(made);
  const [{ id }] = made.roaming("queue");
  const told = [];
  made.state.service = (path, body) => {
    if (path !== "/api/v1/offline-decisions") return Promise.resolve(answered(decision("allow")));
    told.push(body.decisions.map((entry) => entry.id));
    return Promise.resolve(answered({ received: [id] }));
  };
  await once(made);
  assert.deepEqual([[id]], told);
  assert.deepEqual([], made.saved("queue"));
  await once(made);
  assert.equal(told.length, 1, "and never again");
});

test("a report whose answer got lost is told again under the same id", async () => {
  const made = dead();
  await once(made);
  const [{ id }] = made.roaming("queue");
  const told = [];
  const answers = [refusedConnection, () => Promise.resolve(answered({}, 500)), () => Promise.resolve(answered(null)), () => Promise.resolve(answered({ received: [] })), () => Promise.resolve(answered({ received: [id] }))];
  made.state.service = (path, body) => {
    if (path !== "/api/v1/offline-decisions") return Promise.resolve(answered(decision("allow")));
    told.push(body.decisions[0].id);
    return answers[told.length - 1]();
  };
  for (let turn = 0; turn < 6; turn += 1) assert.equal((await once(made)).allowEvent, true, "a report never holds a mail");
  assert.deepEqual([id, id, id, id, id], told);
});

test("the pane keeps the snapshot and tells what was decided alone, in the form that the event code reads", async () => {
  const { keepInTouch } = await import(new URL("../../addin_backend/web/static/addin/offline.js", import.meta.url));
  const made = dead();
  await once(made);
  const [{ id }] = made.roaming("queue");
  const told = [];
  const settings = made.sandbox.Office.context.roamingSettings;
  const fresh = snapshot({ issued: START + 10 });
  const failing = { snapshot: () => Promise.reject(new Error("lost")), offlineDecisions: () => Promise.reject(new Error("lost")) };
  await keepInTouch(failing, settings);
  assert.equal(made.roaming("queue").length, 1, "nothing is forgotten that was not received");
  await keepInTouch({ snapshot: async () => fresh, offlineDecisions: async (entries) => { told.push(...entries); return { received: [id] }; } }, settings);
  assert.deepEqual([[id], [], fresh, START + 10], [told.map((entry) => entry.id), made.saved("queue"), made.saved("snapshot"), made.saved("seen")]);
  assert.equal((await once(made)).allowEvent, true, "and the event code decides with it");
});

test("the snapshot is kept from each answer, but not written for every mail", async () => {
  const fresh = (changes) => () => Promise.resolve(answered(decision("allow", ["plain"], { snapshot: snapshot(changes) })));
  const made = runtime({ service: fresh() });
  await once(made);
  assert.deepEqual([snapshot(), START - 3600], [made.saved("snapshot"), made.saved("seen")]);
  made.state.service = fresh({ issued: START - 3000 });
  await once(made);
  assert.equal(made.saved("snapshot").issued, START - 3600);
  made.state.service = fresh({ issued: START - 2000, version: "2" });
  await once(made);
  assert.deepEqual([START - 2000, START - 2000], [made.saved("snapshot").issued, made.saved("seen")]);
  made.state.service = () => Promise.resolve(answered(decision("block", ["none"], { snapshot: snapshot({ issued: START + 10_000, version: "2" }) })));
  await once(made);
  assert.equal(made.saved("snapshot").issued, START + 10_000);
  made.state.service = fresh({ issued: "x" });
  assert.equal((await once(made)).allowEvent, true);
});
