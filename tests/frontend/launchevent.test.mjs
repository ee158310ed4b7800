// The event code in a runtime without a page: every way through, and that it ends once, in time, and never milder than it should.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { METTE, ORIGIN, SOURCE, TICKET, answered, bad, decision, field, hangs, mail, meeting, once, person, refusedConnection, runtime } from "./event_runtime.mjs";

const DEADLINE = 4000;
const service = (answer, status) => () => Promise.resolve(answered(answer, status));
const held = (completion) => {
  assert.equal(completion.allowEvent, false);
  assert.ok(completion.errorMessage.length > 20 && completion.errorMessage.length <= 500, completion.errorMessage);
  assert.ok(completion.cancelLabel.length <= 20);
  return JSON.parse(completion.contextData);
};

test("it is ES2016 without import, await or conditional operator, small, and asks one origin", () => {
  assert.ok(Buffer.byteLength(SOURCE) <= 20_000, `${Buffer.byteLength(SOURCE)} bytes`);
  assert.ok(gzipSync(SOURCE).length <= 8_000, `${gzipSync(SOURCE).length} bytes packed`);
  const code = SOURCE.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\/(?:[^/\\\n[]|\\.|\[[^\]]*\])+\/[gi]*/g, "//");
  assert.doesNotMatch(code, /\bimport\b|\bawait\b|\basync\b|\bexport\b|\bdocument\b|\bwindow\b|localStorage|\?/);
  assert.deepEqual(["https://login.microsoftonline.com/organizations"], SOURCE.match(/https:\/\/[a-z][^"\s]*/g));
});

const packages = new URL("../../tools/node/package.json", import.meta.url);
const missing = process.env.ALLOW_MISSING === "1" && !existsSync(new URL("node_modules/acorn", packages));
test("a parser that knows ES2016 and nothing newer reads it", { skip: missing && "the packages of tools/node are not installed (ALLOW_MISSING=1)" }, () => {
  const require = createRequire(packages);
  const found = new Set();
  require("acorn-walk").full(require("acorn").parse(SOURCE, { ecmaVersion: 2016, sourceType: "script" }), ({ type, async: waits }) => {
    found.add(type);
    assert.ok(!waits);
  });
  for (const type of ["ConditionalExpression", "ImportDeclaration", "ImportExpression", "AwaitExpression", "ExportNamedDeclaration"]) assert.ok(!found.has(type), type);
  assert.ok(found.has("ArrowFunctionExpression"), "the walk saw the file");
});

test("what is allowed goes at once, without a dialog", async () => {
  const made = runtime({ service: service(decision("allow")) });
  const completion = await once(made);
  assert.deepEqual({ allowEvent: true, at: 0 }, completion);
  assert.equal(made.asked[0].path, "/api/v1/check");
  assert.equal(made.asked[0].headers.Authorization, "Bearer token-mette");
  assert.equal(made.timers.size, 0, "no timer is left that could speak later");
});

test("the draft has the fields of the API", async () => {
  const item = mail({ cc: [person("anna@x.example", "user", "Anna")], bcc: [person("", "user", "ukendt navn")], files: [{ name: "a.txt" }], item: { inReplyTo: "<m1@x.example>" } });
  const made = runtime({ item });
  await once(made);
  assert.deepEqual(made.asked[0].body, {
    mailbox: METTE,
    language: "da",
    secure: false,
    draft: {
      from: METTE, to: [{ address: "bo.madsen@postkasse.example", name: "" }], cc: [{ address: "anna@x.example", name: "Anna" }], bcc: [{ address: "ukendt navn", name: "ukendt navn" }],
      subject: "Din forsikring", body: "Kære Bo", body_format: "plain", label: "", in_reply_to: "<m1@x.example>",
      attachments: [{ name: "a.txt", media_type: "application/octet-stream", base64: "QQ==", inline: false }],
    },
  });
});

test("a mail in HTML is asked about as it leaves and as the pane reads it, so that both speak of one mail", async () => {
  const { readDraft } = await import(new URL("../../addin_backend/web/static/addin/outlook.js", import.meta.url));
  const item = () => mail({ html: "<html><body><p>Kære <b>Bo</b><!-- 010190-1234 --></p></body></html>", body: "Kære Bo", files: [{ name: "løn.csv", content: "QQ==" }] });
  const made = runtime({ item: item() });
  await once(made, "onMessageSend");
  const { draft } = made.asked.find(({ path }) => path === "/api/v1/check").body;
  const read = (await readDraft(item())).draft;
  const bound = ({ from, to, cc, bcc, subject, body, body_format, attachments, label, in_reply_to }) => ({ from, to, cc, bcc, subject, body, body_format, label, in_reply_to: in_reply_to ?? "", attachments: attachments.map(({ name, base64 }) => [name, base64]) });
  assert.equal(draft.body_format, "html");
  assert.deepEqual(bound(draft), bound(read));
});

test("enforced TLS to everybody is silent: the ticket is set and the mail goes", async () => {
  const item = mail();
  const made = runtime({ item, service: service(decision("protect", ["tls", "plain"], { ticket: TICKET })) });
  assert.equal((await once(made)).allowEvent, true);
  assert.deepEqual({ [TICKET.header]: TICKET.value }, item.internetHeaders.set);
});

test("a ticket of an earlier check does not stay on a mail that needs none", async () => {
  const item = mail();
  item.internetHeaders.set[TICKET.header] = "v1.old.old";
  assert.equal((await once(runtime({ item }))).allowEvent, true);
  assert.deepEqual({}, item.internetHeaders.set);
});

const HELD = [
  ["protect without a ticket", decision("protect", ["tls"]), "protect"],
  ["S/MIME", decision("protect", ["smime"], { ticket: TICKET }), "protect"],
  ["the secure page", decision("protect", ["tls", "portal"], { ticket: TICKET }), "protect"],
  ["another channel", decision("protect", ["digital_post"]), "protect"],
  ["nothing can protect it", decision("allow", ["none"]), "allow"],
  ["confirm", decision("confirm"), "confirm"],
  ["block", decision("block", ["none"], { ticket: TICKET }), "block"],
];
for (const [what, answer, reason] of HELD) {
  test(`held with the pane's button: ${what}`, async () => {
    const item = mail();
    const completion = await once(runtime({ item, service: service(answer) }));
    const context = held(completion);
    assert.deepEqual([reason, "d".repeat(64), "number"], [context.reason, context.checkId, typeof context.at]);
    assert.equal(completion.commandId, "checkPaneButton");
    assert.equal(completion.errorMessage, "Send mailen via sikker side. Mailen indeholder et CPR-nummer.");
    assert.deepEqual({}, item.internetHeaders.set);
  });
}

test("a ticket that cannot be set holds the mail", async () => {
  const completion = await once(runtime({ item: mail({ headerFails: true }), service: service(decision("protect", ["tls"], { ticket: TICKET })) }));
  assert.equal(held(completion).reason, "failed");
});

test("a meeting is asked about with its place; one that needs a ticket is held, under the meeting's own control", async () => {
  const allowed = runtime({ item: meeting() });
  assert.equal((await once(allowed, "onAppointmentSend")).allowEvent, true);
  assert.equal(allowed.asked[0].body.draft.body, "Kære Bo\nLokale 2");
  const completion = await once(runtime({ item: meeting(), service: service(decision("protect", ["tls"], { ticket: TICKET })) }), "onAppointmentSend");
  assert.equal(held(completion).reason, "protect");
  assert.equal(completion.commandId, "checkMeetingPaneButton");
});

for (const protection of ["tls", "smime", "portal"]) {
  test(`a meeting whose content must be protected (${protection}) is told so, and never gets a ticket`, async () => {
    const completion = await once(runtime({ item: meeting(), service: service(decision("protect", [protection])) }), "onAppointmentSend");
    assert.equal(held(completion).reason, "protect");
    assert.match(completion.errorMessage, /^Mødet er ikke sendt\. Indholdet skal beskyttes\./);
  });
}

/** What the pane noted in the window. */
const noted = (value) => ({ sessionData: { getAsync: (name, done) => done(name === "sendsecurely.said" && value !== null ? { status: "succeeded", value } : bad()) } });
const SAID = { confirmed: ["RC-07:anna@x.example"], confirmed_for: "d".repeat(64), reasons: { RC: "fordi det haster" }, answers: {} };

test("what the organiser confirmed in the pane is shown to the service, which decides whether it counts", async () => {
  const made = runtime({ item: { ...meeting(), ...noted(JSON.stringify({ ...SAID, secure: true, mailbox: "other@x.example" })) } });
  assert.equal((await once(made, "onAppointmentSend")).allowEvent, true);
  const { confirmed, confirmed_for: digest, reasons, answers, secure, mailbox } = made.asked[0].body;
  assert.deepEqual({ ...SAID }, { confirmed, confirmed_for: digest, reasons, answers });
  assert.deepEqual([false, METTE], [secure, mailbox], "what is asked about is never taken from the note");
});

for (const [what, value] of [["nothing", null], ["an empty note", ""], ["no JSON", "{"], ["null", "null"]]) {
  test(`without a note that can be read nothing is confirmed: ${what}`, async () => {
    const made = runtime({ item: { ...meeting(), ...noted(value) }, service: service(decision("confirm")) });
    assert.equal(held(await once(made, "onAppointmentSend")).reason, "confirm");
    assert.equal("confirmed" in made.asked[0].body, false);
  });
}

test("a note is for meetings: a mail is confirmed and sent by the pane", async () => {
  const made = runtime({ item: { ...mail(), ...noted(JSON.stringify(SAID)) } });
  await once(made);
  assert.equal("confirmed" in made.asked[0].body, false);
});

const MALFORMED = [
  ["null", null], ["a word", "allow"], ["a list", []], ["nothing", {}],
  ["an action nobody knows", decision("permit")],
  ["no recipients", decision("allow", [])],
  ["recipients that are no list", decision("allow", [], { recipients: { 0: {} } })],
  ["a protection nobody knows", decision("allow", ["rot13"])],
  ["a recipient worse than the whole", { ...decision("allow"), recipients: [{ address: "a", action: "block", protection: "plain", codes: [] }] }],
  ["a recipient that is null", { ...decision("allow"), recipients: [null] }],
  ["no headline", decision("allow", ["plain"], { headline: null })],
  ["a headline in no language that we know", decision("block", ["none"], { headline: { de: "Nein." } })],
  ["no digest", decision("allow", ["plain"], { digest: undefined })],
  ["a ticket under another name", decision("protect", ["tls"], { ticket: { header: "X-Other", value: "v1" } })],
  ["a ticket without a value", decision("protect", ["tls"], { ticket: { header: TICKET.header } })],
  ["not JSON", new SyntaxError("not JSON")],
];
for (const [what, answer] of MALFORMED) {
  test(`an answer that is none holds the mail: ${what}`, async () => {
    assert.equal(held(await once(runtime({ service: service(answer) }))).reason, "failed");
  });
}

for (const status of [400, 403, 404, 409, 413, 429, 500, 501]) {
  test(`a refusal (${status}) holds the mail, and the snapshot has no say`, async () => {
    const made = runtime({ service: service({ error: {} }, status), item: mail({ to: [person("jonas.friis@nordlys.example")] }) });
    assert.equal(held(await once(made)).reason, "failed");
    assert.equal(made.roaming("queue"), null);
  });
}

test("nobody signed in: held with what to do, and nothing is asked", async () => {
  for (const world of [{ token: null }, { token: "" }, { noOfficeRuntime: true }]) {
    const made = runtime(world);
    const completion = await once(made);
    assert.equal(held(completion).reason, "sign_in");
    assert.match(completion.errorMessage, /log på/);
    assert.deepEqual([], made.asked);
  }
  assert.equal(held(await once(runtime({ service: service({}, 401) }))).reason, "sign_in");
});

test("a sign-in that hangs ends at the deadline", async () => {
  const completion = await once(runtime({ token: "hangs" }));
  assert.deepEqual(["failed", DEADLINE], [held(completion).reason, completion.at]);
});

test("nested app authentication comes first, and Office's own sign-in where it fails", async () => {
  const requirements = { isSetSupported: (name) => name === "NestedAppAuth" };
  const app = (acquire) => ({ createNestablePublicClientApplication: async () => ({ acquireTokenSilent: acquire }) });
  const scopes = [];
  const nested = runtime({ context: { requirements }, msal: app(async (wish) => { scopes.push(...wish.scopes); return { accessToken: "nested" }; }) });
  await once(nested);
  assert.equal(nested.asked[0].headers.Authorization, "Bearer nested");
  assert.deepEqual(["api://sendsikkert.nordlys.example/client-1/access_as_user"], scopes);
  const fallen = runtime({ context: { requirements }, msal: app(async () => { throw new Error("ServerError"); }) });
  await once(fallen);
  assert.equal(fallen.asked[0].headers.Authorization, "Bearer token-mette");
  const unable = runtime({ context: { requirements: { isSetSupported: () => false } }, msal: app(async () => ({ accessToken: "nested" })) });
  await once(unable);
  assert.equal(unable.asked[0].headers.Authorization, "Bearer token-mette");
});

for (const name of ["from", "to", "cc", "bcc", "subject", "body"]) {
  test(`what Outlook cannot read holds the mail: ${name} fails or never answers`, async () => {
    const broken = (how) => ({ [name]: { getTypeAsync: (done) => done({ status: "succeeded", value: "text" }), ...field(how) } });
    assert.match((await once(runtime({ item: mail({ item: broken("fails") }) }))).errorMessage, /ikke læse/);
    const never = await once(runtime({ item: mail({ item: broken("hangs") }) }));
    assert.deepEqual(["failed", DEADLINE], [held(never).reason, never.at]);
  });
}

test("a mail whose HTML cannot be read is held, although its words can", async () => {
  const body = { getTypeAsync: (done) => done({ status: "succeeded", value: "html" }), getAsync: (kind, done) => field(kind === "html" ? "fails" : "hej").getAsync(done) };
  assert.match((await once(runtime({ item: mail({ item: { body } }) }))).errorMessage, /ikke læse/);
});

test("no item, or an item without the functions, holds the mail", async () => {
  assert.equal(held(await once(runtime({ context: { mailbox: {} } }))).reason, "failed");
  assert.equal(held(await once(runtime({ context: { mailbox: null } }))).reason, "failed");
  assert.equal(held(await once(runtime({ item: {} }))).reason, "failed");
});

test("attachments: files as they are, mails and invitations as their bytes, a file in the cloud empty; one that fails holds the mail", async () => {
  const files = [
    { name: "a.pdf", format: "base64", content: "JVBERg==" },
    { name: "mail.eml", format: "eml", content: "Subject: æøå 🐟\r\n" },
    { name: "møde.ics", format: "iCalendar", content: "BEGIN:VCALENDAR" },
    { name: "delt.docx", format: "url", content: "https://x.example/delt" },
    { name: "b.txt", format: "base64", content: "Qg==", isInline: true },
  ];
  const made = runtime({ item: mail({ files }) });
  await once(made);
  const sent = made.asked[0].body.draft.attachments;
  assert.deepEqual(["a.pdf", "mail.eml", "møde.ics", "delt.docx", "b.txt"], sent.map(({ name }) => name));
  assert.deepEqual(["JVBERg==", Buffer.from("Subject: æøå 🐟\r\n").toString("base64"), Buffer.from("BEGIN:VCALENDAR").toString("base64"), "", "Qg=="], sent.map(({ base64 }) => base64));
  assert.deepEqual(["application/octet-stream", "message/rfc822", "text/calendar", "application/octet-stream", "application/octet-stream"], sent.map(({ media_type }) => media_type));
  assert.deepEqual([false, false, false, false, true], sent.map(({ inline }) => inline));
  for (const format of ["fails"]) assert.match((await once(runtime({ item: mail({ files: [{ name: "x", format }] }) }))).errorMessage, /ikke læse/);
  assert.match((await once(runtime({ item: mail({ files: [{ name: "x", format: "eml", content: "\uD800" }] }) }))).errorMessage, /ikke læse/);
});

test("bytes become base64 as everywhere else", async () => {
  for (const text of ["", "a", "ab", "abc", "abcd", "æ", "€uro", "\0\u007f\u0080"]) {
    const made = runtime({ item: mail({ files: [{ name: "x.eml", format: "eml", content: text }] }) });
    await once(made);
    assert.equal(made.asked[0].body.draft.attachments[0].base64, Buffer.from(text).toString("base64"), text);
  }
});

test("the sensitivity label goes along where the tenant uses labels, and a label that cannot be read holds the mail", async () => {
  const catalog = (enabled) => ({ sensitivityLabelsCatalog: { getIsEnabledAsync: (callback) => callback(enabled === null ? bad() : { status: "succeeded", value: enabled }) } });
  const labelled = (value) => mail({ item: { sensitivityLabel: field(value) } });
  const label = async (enabled, value) => {
    const made = runtime({ context: { ...catalog(enabled), mailbox: { item: labelled(value) } } });
    const completion = await once(made);
    return completion.allowEvent ? made.asked[0].body.draft.label : "held";
  };
  assert.deepEqual(["guid-1", "", "", "held"], [await label(true, "guid-1"), await label(false, "guid-1"), await label(null, "guid-1"), await label(true, "fails")]);
});

test("both languages say the same things within Outlook's limits, in the language of Outlook", async () => {
  const inside = new Function(`${SOURCE.match(/const TEXTS = \{[\s\S]*?\n\};/)[0]} return TEXTS;`)();
  assert.deepEqual(Object.keys(inside.da), Object.keys(inside.en));
  for (const words of Object.values(inside)) {
    for (const [key, text] of Object.entries(words)) assert.ok((words.kept + text).length <= 500 && !text.includes("!"), key);
    assert.ok(words.open.length <= 20);
  }
  for (const [tag, expected] of [["da-DK", "da"], ["da", "da"], ["nb-NO", "da"], ["fo-FO", "da"], ["", "da"], ["en-US", "en"], ["de-DE", "en"], ["DA-dk", "da"], ["dan", "en"]]) {
    const made = runtime({ language: tag, service: service(decision("block")) });
    const completion = await once(made);
    assert.equal(made.asked[0].body.language, expected, tag);
    assert.equal(completion.errorMessage.startsWith(expected === "da" ? "Send mailen" : "Send the mail"), true);
    assert.equal(completion.cancelLabel, expected === "da" ? "Åbn Send sikkert" : "Open Send securely");
  }
});

test("that the mail is not sent is said once, whatever the deciding rule begins with", async () => {
  const headline = { da: "Mailen er ikke sendt: modtageren er uden for EU/EØS.", en: "The mail has not been sent: the recipient is outside the EU/EEA." };
  const texts = { da: "Mailen er ikke sendt. Ravi er i et andet land.", en: "The mail has not been sent. Ravi is in another country." };
  for (const [language, said] of [["da-DK", `${headline.da} Ravi er i et andet land.`], ["en-GB", `${headline.en} Ravi is in another country.`]]) {
    const answer = decision("block", ["none"], { headline, findings: [{ code: "TF-01", effect: "block", texts }] });
    assert.equal((await once(runtime({ language, service: service(answer) }))).errorMessage, said);
  }
});

test("words of any length are cut to what Outlook shows", async () => {
  const long = { da: "x".repeat(900), en: "y".repeat(900) };
  const completion = await once(runtime({ service: service(decision("block", ["none"], { headline: long, findings: [] })) }));
  assert.equal(completion.errorMessage.length, 500);
});

test("an answer after a block says nothing more (#6656)", async () => {
  let late;
  const made = runtime({ token: "t", service: () => new Promise((resolve) => { late = resolve; }) });
  const completions = made.fire("onMessageSend");
  await made.advance(DEADLINE);
  assert.deepEqual([false], completions.map(({ allowEvent }) => allowEvent));
  late(answered(decision("allow")));
  await made.advance(60_000);
  assert.equal(completions.length, 1);
});

test("the deadline after a block never speaks: its timers are gone", async () => {
  const made = runtime({ service: service(decision("block")) });
  const completions = made.fire("onMessageSend");
  await made.advance(1);
  assert.equal(made.timers.size, 0);
  await made.advance(600_000);
  assert.deepEqual([false], completions.map(({ allowEvent }) => allowEvent));
});

test("a header that is set too late does not send a mail that was held", async () => {
  let late;
  const item = mail();
  item.internetHeaders.setAsync = (_values, callback) => { late = callback; };
  const made = runtime({ item, service: service(decision("protect", ["tls"], { ticket: TICKET })) });
  const completions = made.fire("onMessageSend");
  await made.advance(DEADLINE);
  late({ status: "succeeded" });
  await made.advance(10_000);
  assert.deepEqual([false], completions.map(({ allowEvent }) => allowEvent));
});

test("two windows that are sent at the same time do not disturb each other", async () => {
  const made = runtime({ service: (_path, body) => Promise.resolve(answered(decision(body.draft.subject === "a" ? "allow" : "block"))) });
  made.sandbox.Office.context.mailbox.item = mail({ subject: "a" });
  const first = made.fire("onMessageSend");
  made.sandbox.Office.context.mailbox.item = mail({ subject: "b" });
  const second = made.fire("onMessageSend");
  await made.advance(5000);
  assert.deepEqual([[true], [false]], [first, second].map((all) => all.map(({ allowEvent }) => allowEvent)));
});

test("hints: one line in the info bar, gone again when there is nothing to say, and no dialog", async () => {
  const item = mail();
  const made = runtime({ item, service: service(decision("protect", ["portal"])) });
  const completion = await once(made, "onMessageRecipientsChanged");
  assert.equal(completion.allowEvent, undefined);
  const line = { type: "informationalMessage", message: "Send mailen via sikker side.", icon: "Icon.16x16", persistent: false };
  assert.deepEqual(line, { ...item.notificationMessages.shown.sendsecurely });
  assert.equal(made.asked[0].path, "/api/v1/preflight");
  made.state.service = service(decision("allow"));
  await once(made, "onMessageAttachmentsChanged");
  assert.deepEqual({}, item.notificationMessages.shown);
});

test("hints are debounced: of many changes only the last asks, and every event is completed", async () => {
  const made = runtime();
  const all = [];
  for (let index = 0; index < 5; index += 1) {
    all.push(made.fire("onMessageRecipientsChanged"));
    await made.advance(100);
  }
  await made.advance(5000);
  assert.deepEqual([1, 1, 1, 1, 1], all.map((completions) => completions.length));
  assert.equal(made.asked.length, 1);
});

test("a hint that cannot be had is silence: no recipients, a large mail, no token, a dead, slow or confused service", async () => {
  const worlds = [
    { item: mail({ to: [] }) },
    { item: mail({ files: [{ name: "stor.zip", size: 4_000_000 }] }) },
    { token: null },
    { token: "hangs" },
    { service: refusedConnection },
    { service: hangs },
    { service: service(null) },
    { service: service(decision("protect", ["portal"]), 404) },
    { item: {} },
    { context: { mailbox: null } },
  ];
  for (const world of worlds) {
    const made = runtime(world);
    await once(made, "onMessageRecipientsChanged", 20_000);
    assert.deepEqual({}, made.sandbox.Office.context.mailbox?.item?.notificationMessages?.shown ?? {});
  }
});

test("what is associated is what the manifest names", () => {
  assert.deepEqual(["onMessageSend", "onAppointmentSend", "onMessageRecipientsChanged", "onMessageAttachmentsChanged"], Object.keys(runtime().actions));
  assert.ok(ORIGIN.startsWith("https://"));
});
