// The parts of the page that plays Outlook which need no browser: address lines, send modes, words, the mail as Office shows it.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/sandbox/playground/static/${name}.js`, import.meta.url);
const { makeDraft, readAddresses, toBase64, writeAddresses } = await import(at("draft"));
const { WORDS, wordsFor } = await import(at("words"));
const { clientOf, modeOf, platform } = await import(at("host/modes"));
const { composeCalls } = await import(at("host/item"));
const { kindOf, putBack, readDraft, readMeeting, savedId, remembered } = await import(new URL("../../addin_backend/web/static/addin/outlook.js", import.meta.url));

test("address lines are read as people write them, and nothing is thrown away", () => {
  const cases = [
    ["", []],
    ["bo@x.example", [["", "bo@x.example"]]],
    ["Bo <bo@x.example>; anna@y.example,", [["Bo", "bo@x.example"], ["", "anna@y.example"]]],
    ['"Madsen, Bo" <bo@x.example>', [["Madsen, Bo", "bo@x.example"]]],
    ["ikke en adresse", [["", "ikke en adresse"]]],
    ["Bo <bo@[192.0.2.1]>", [["Bo", "bo@[192.0.2.1]"]]],
    ["a@b.example\nc@d.example", [["", "a@b.example"], ["", "c@d.example"]]],
  ];
  for (const [line, expected] of cases) {
    assert.deepEqual(expected, readAddresses(line).map(({ name, address }) => [name, address]), line);
  }
});

test("writing addresses and reading them again changes nothing", () => {
  const people = [{ name: "Madsen, Bo", address: "bo@x.example" }, { name: "", address: "a@b.example" }, { name: "Åse", address: "aase@c.example" }];
  assert.deepEqual(people, readAddresses(writeAddresses(people)));
});

test("a draft has the keys of the API and no others", () => {
  const made = makeDraft({ itemId: null, from: "m@n.example", to: "a@b.example", cc: "", bcc: "", subject: "s", body: "b", attachments: [] });
  const keys = ["item_id", "from", "to", "cc", "bcc", "subject", "body", "body_format", "attachments", "importance"];
  assert.deepEqual(keys, Object.keys(made));
});

test("large files become base64 without a stack overflow", () => {
  const bytes = new Uint8Array(3_000_000).fill(65);
  assert.equal(toBase64(bytes).length, 4_000_000);
});

test("both languages have the same words", () => {
  assert.deepEqual(Object.keys(WORDS.da), Object.keys(WORDS.en));
  assert.equal(wordsFor("sv"), WORDS.da);
  for (const words of Object.values(WORDS)) assert.ok(!JSON.stringify(words).includes("!"));
});

test("Outlook does around the add-in what its documentation says for each send mode", () => {
  const offers = (what) => Object.fromEntries(["promptUser", "softBlock", "block"].map((mode) => [mode, platform(what, mode).anyway]));
  assert.deepEqual({ promptUser: true, softBlock: false, block: false }, offers("refused"));
  assert.deepEqual({ promptUser: true, softBlock: true, block: false }, offers("unreachable"));
  assert.deepEqual({ promptUser: true, softBlock: false, block: false }, offers("slow"));
  assert.deepEqual({ promptUser: true, softBlock: false, block: false }, offers("late"));
  assert.deepEqual({ promptUser: false, softBlock: false, block: false }, offers("work_offline"));
  assert.deepEqual([true, false, false], ["promptUser", "softBlock", "block"].map((mode) => platform("work_offline", mode).outbox));
  assert.deepEqual([true, false, false], ["web", "mac", "classic"].map((client) => platform("late", "softBlock", client).anyway));
  assert.deepEqual([true, undefined, true], ["classic", "web", "mac"].map((client) => clientOf(client).worksOffline));
});

test("an answer can only loosen the mode of the manifest", () => {
  assert.equal(modeOf("block", "promptUser"), "promptUser");
  assert.equal(modeOf("softBlock", "block"), "softBlock");
  assert.equal(modeOf("block", undefined), "block");
  assert.deepEqual(["script", "page", "page", "script"], ["classic", "web", "mac", "?"].map((name) => clientOf(name).runtime));
});

/** The compose form without a page, and the mail over it as the add-in has it: the pane's own reader over the host's own calls. */
function mail(start) {
  const values = { to: "", cc: "", bcc: "", subject: "", body: "", ...start };
  const form = {
    attachments: start.attachments ?? [],
    value: (name) => values[name],
    fill: (name, text) => void (values[name] = text),
    putAttachments: (all) => void (form.attachments = all),
    changed: (event) => form.heard.push(event),
    heard: [],
  };
  const calls = composeCalls(form, { sender: () => ({ address: "mette@nordlys.example", name: "Mette" }), save: () => "item-1", close: () => {}, notice: () => {} }, { session: {}, headers: {}, context: "" });
  const method = (name) => (...given) => {
    const done = given.find((one) => typeof one === "function");
    try {
      done({ status: "succeeded", value: calls[name](...given.filter((one) => typeof one !== "function")) });
    } catch (error) {
      done({ status: "failed", error });
    }
  };
  const item = Object.fromEntries(["from", "to", "cc", "bcc", "subject", "body"].map((part) => [part, { getAsync: method(`${part}.get`), setAsync: method(`${part}.set`) }]));
  item.body.getTypeAsync = method("body.type");
  item.sessionData = { getAsync: method("session.get"), setAsync: method("session.set") };
  Object.assign(item, { getAttachmentsAsync: method("attachments.list"), getAttachmentContentAsync: method("attachments.content"), addFileAttachmentFromBase64Async: method("attachments.add"), removeAttachmentAsync: method("attachments.remove"), saveAsync: method("item.save") });
  return { form, values, item };
}

const file = (id, name, base64) => ({ id, name, base64, media_type: "", inline: false, content_id: "" });

test("the mail in the window is read as the API's draft", async () => {
  const { item } = mail({ to: "Bo Madsen <bo@x.example>", bcc: "eva@y.example", subject: "Emne", body: "Tekst", attachments: [file("1", "løn.csv", "QQ=="), file("2", "noget", "Qg==")] });
  const { draft, ids } = await readDraft(item);
  assert.deepEqual([{ address: "bo@x.example", name: "Bo Madsen" }], draft.to);
  assert.deepEqual([{ address: "eva@y.example", name: "eva@y.example" }], draft.bcc);
  assert.deepEqual(["mette@nordlys.example", "Emne", "Tekst", "plain", null], [draft.from, draft.subject, draft.body, draft.body_format, draft.item_id]);
  assert.deepEqual([["løn.csv", "text/csv", "QQ=="], ["noget", "application/octet-stream", "Qg=="]], draft.attachments.map((one) => [one.name, one.media_type, one.base64]));
  assert.deepEqual(["1", "2"], ids);
  assert.equal(await savedId(item), "item-1");
  assert.equal(await remembered(item, "nothing"), null);
});

test("an invitation is read in the same form, and told apart from a mail", async () => {
  const { item } = mail({ to: "Bo Madsen <bo@x.example>", cc: "eva@y.example", subject: "Møde", body: "Tekst", attachments: [file("1", "a.csv", "QQ==")] });
  const { to, cc, bcc, from, ...rest } = item;
  const invitation = { ...rest, organizer: from, requiredAttendees: to, optionalAttendees: cc };
  const { draft } = await readMeeting(invitation);
  const read = await readDraft(item);
  assert.deepEqual(draft, { ...read.draft, bcc: [] });
  assert.deepEqual(["mail", "meeting", "read"], [kindOf(item), kindOf(invitation), kindOf({ to: [], subject: "read" })]);
});

test("a way out changes what it names in the window and nothing else", async () => {
  const { form, values, item } = mail({ to: "Bo <bo@x.example>; Eva <eva@y.example>", cc: "Ida <ida@z.example>", subject: "a", body: "b", attachments: [file("1", "a.csv", "QQ=="), file("2", "b.csv", "Qg=="), file("3", "c.csv", "Qw==")] });
  const before = await readDraft(item);
  const after = { ...before.draft, to: [{ address: "eva@y.example", name: "Eva" }], body: "t", attachments: [{ part: 0, name: "a.csv", base64: null }, { part: 2, name: "x.csv", base64: "WA==" }] };
  await putBack(item, before, after);
  assert.deepEqual(["Eva <eva@y.example>", "Ida <ida@z.example>", "a", "t"], [values.to, values.cc, values.subject, values.body]);
  assert.deepEqual([["a.csv", "QQ=="], ["x.csv", "WA=="]], form.attachments.map(({ name, base64 }) => [name, base64]));
  assert.deepEqual(["olkRecipientsChanged"], form.heard);
});

test("a file in the cloud is told by name, and an unreadable one is not taken for an empty one", async () => {
  const { item } = mail({ attachments: [file("1", "a.csv", "QQ==")] });
  item.getAttachmentsAsync = (done) => done({ status: "succeeded", value: [{ id: "1", name: "plan.docx", attachmentType: "cloud" }] });
  await assert.rejects(readDraft(item), (fault) => fault.file === "plan.docx");
  item.getAttachmentsAsync = (done) => done({ status: "succeeded", value: [{ id: "gone", name: "a.csv", attachmentType: "file" }] });
  await assert.rejects(readDraft(item), (fault) => fault.name === "KeyNotFound");
});
