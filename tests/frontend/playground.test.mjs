// The parts of the playground that need no browser: address lines, ways out, what an answer says.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/sandbox/playground/static/${name}.js`, import.meta.url);
const { fieldFor, isWriters, makeDraft, readAddresses, toBase64, withChanges, writeAddresses } = await import(at("draft"));
const { buttons, confirmations, describe, describeFailure, describeLost, leavesSilently, needReason, reasons, receipt, settled } = await import(at("answer"));
const { WORDS, wordsFor } = await import(at("words"));
const { Failure } = await import(at("api"));

const texts = (da, en = da) => ({ da, en });
const recipient = (address, action, protection) => ({ address, action, protection, codes: [] });
const finding = (code, effect, address, da) => ({ code, effect, recipient: address, params: {}, title: texts(da), texts: texts(da), law: "GDPR Art. 32" });

function decision(action, recipients, more = {}) {
  return { action, classes: [], recipients, findings: [], ways_out: [], headline: texts("Gør noget.", "Do something."), ticket: null, ...more };
}

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

test("what the service changed is taken in, and everything else stays", () => {
  const file = (name, base64) => ({ name, media_type: "text/csv", base64, inline: false, content_id: "" });
  const draft = { to: [{ address: "bo@x.example" }], cc: [], bcc: [], subject: "a", body: "b", importance: "high", attachments: [file("a.csv", "QQ=="), file("b.csv", "Qg=="), file("c.csv", "Qw==")] };
  const before = structuredClone(draft);
  const changed = { to: [], cc: [], bcc: [{ address: "bo@x.example", name: "Bo" }], subject: "s", body: "t", attachments: [{ part: 0, name: "a.csv", base64: null }, { part: 2, name: "x.csv", base64: "WA==" }] };
  const after = withChanges(draft, changed);
  assert.deepEqual([file("a.csv", "QQ=="), file("x.csv", "WA==")], after.attachments);
  assert.deepEqual([[], changed.bcc, "s", "t", "high"], [after.to, after.bcc, after.subject, after.body, after.importance]);
  assert.deepEqual(before, draft);
});

test("what only the writer can change sends the writer to the right place", () => {
  const expected = { remove_sensitive_content: "body", write_anew: "body", add_recipient: "to", change_recipient: "to" };
  for (const [change, field] of Object.entries(expected)) assert.deepEqual([true, field], [isWriters({ change }), fieldFor({ change })]);
  for (const change of ["leave_out_quoted", "mask_identifiers", "move_to_bcc", "send_attachment_separately"]) assert.equal(isWriters({ change }), false);
});

test("large files become base64 without a stack overflow", () => {
  const bytes = new Uint8Array(3_000_000).fill(65);
  assert.equal(toBase64(bytes).length, 4_000_000);
});

test("a mail leaves by itself only when every recipient may have it that way", () => {
  const ticket = { header: "X-SendSecurely-Ticket", value: "v1" };
  const cases = [
    [true, decision("allow", [recipient("a", "allow", "plain")])],
    [true, decision("protect", [recipient("a", "protect", "tls"), recipient("b", "allow", "plain")], { ticket })],
    [false, decision("protect", [recipient("a", "protect", "tls")])],
    [false, decision("protect", [recipient("a", "protect", "tls"), recipient("b", "protect", "portal")], { ticket })],
    [false, decision("protect", [recipient("a", "protect", "smime")], { ticket })],
    [false, decision("confirm", [recipient("a", "confirm", "plain")], { ticket })],
    [false, decision("block", [recipient("a", "block", "none")], { ticket })],
    [false, decision("something new", [], { ticket })],
  ];
  for (const [expected, answer] of cases) assert.equal(leavesSilently(answer), expected, answer.action);
});

test("the first button is the safe one, and a block has no button that sends", () => {
  const way = { change: "remove_recipient", recipients: ["a"], parts: [], action: "allow", texts: texts("Tag a af mailen") };
  const kinds = (action) => buttons(decision(action, [], { ways_out: [way] }), WORDS.da, "da").map(({ kind }) => kind);
  assert.deepEqual(["send", "back"], buttons(decision("allow", []), WORDS.da, "da").map(({ kind }) => kind));
  assert.deepEqual(["send_securely", "way_out", "back"], kinds("protect"));
  assert.deepEqual(["way_out", "confirm", "back"], kinds("confirm"));
  assert.deepEqual(["way_out", "back"], kinds("block"));
  assert.deepEqual(["way_out", "back"], kinds("something new"));
});

test("what one rule says of several recipients stands together, the most severe first", () => {
  const found = [finding("CO-04", "protect", "a", "løn"), { ...finding("CO-04", "protect", "b", "løn"), texts: texts("løn til b") }, finding("DI-01", "note", "", "n"), finding("TF-01", "block", "a", "land")];
  const shown = reasons(decision("block", [], { findings: found }), "da");
  const expected = [["TF-01", ["a"], ["land"]], ["CO-04", ["a", "b"], ["løn", "løn til b"]], ["DI-01", [], ["n"]]];
  assert.deepEqual(expected, shown.map((reason) => [reason.code, reason.recipients, reason.texts]));
  const protect = decision("protect", [], { findings: found.slice(0, 2) });
  assert.equal(describe(protect, WORDS.da, "da").sentence, "løn.");
});

test("the sentence of an answer is the finding that made it so", () => {
  const found = [finding("CO-04", "protect", "a", "løn"), finding("TF-01", "block", "a", "land")];
  const view = describe(decision("block", [recipient("a", "block", "portal")], { findings: found }), WORDS.da, "da");
  assert.equal(view.sentence, "land");
  assert.deepEqual(["får ikke mailen"], view.recipients.map(({ how }) => how));
});

test("a confirmation is bound to the recipient it was asked for", () => {
  const found = [finding("TF-02", "confirm", "ravi@x.example", "t"), finding("RC-04", "confirm", "", "t"), finding("CO-01", "protect", "a", "t")];
  assert.deepEqual(["TF-02:ravi@x.example", "RC-04"], confirmations(decision("confirm", [], { findings: found })));
});

test("a failure is told in the reader's language with what to do next", () => {
  const error = { code: "too_large", sentence: texts("For stor", "Too large"), next_step: texts("Del den", "Split it"), field: null, request_id: "r-1" };
  const view = describeFailure(new Failure(413, error), WORDS.en, "en");
  assert.deepEqual(["Too large", "Split it", "r-1", "block"], [view.headline, view.sentence, view.reference, view.tone]);
  assert.equal(describeFailure(new Failure(0, null), WORDS.da, "da").headline, WORDS.da.offline);
});

test("a send whose answer got lost never says that the mail was not sent, and offers only to look again", () => {
  const view = describeLost(WORDS.da);
  assert.equal(view.headline, WORDS.da.uncertain);
  assert.deepEqual(["send_securely"], view.buttons.map(({ kind }) => kind));
});

test("a receipt follows the state of the job", () => {
  const job = (state, group) => ({ job_id: "j", state, groups: [{ protection: "portal", addresses: ["a", "b"], state: group }] });
  assert.deepEqual([WORDS.da.sent, "allow"], Object.values(receipt(job("sent", "sent"), WORDS.da)).slice(1, 2).concat(receipt(job("sent", "sent"), WORDS.da).tone));
  assert.equal(receipt(job("uncertain", "uncertain"), WORDS.da).title, WORDS.da.uncertain);
  assert.equal(receipt(job("sending", "sending"), WORDS.da).title, WORDS.da.stillWorking);
  assert.equal(receipt(job("sent", "sent"), WORDS.da).recipients.length, 2);
  assert.deepEqual([true, true, true, true, false, false], ["sent", "not_sent", "partly_sent", "uncertain", "sending", "decided"].map((state) => settled({ state })));
});

test("both languages have the same words", () => {
  const keys = (words) => Object.entries(words).flatMap(([key, value]) => (typeof value === "object" ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key]));
  assert.deepEqual(keys(WORDS.da), keys(WORDS.en));
  assert.equal(wordsFor("sv"), WORDS.da);
  for (const words of Object.values(WORDS)) assert.ok(!JSON.stringify(words).includes("!"));
});

test("a reason is asked for where a question takes one, and only there", () => {
  const plain = finding("RC-06", "confirm", "a", "t");
  const taking = { ...finding("CO-10", "confirm", "a", "t"), params: { reason: "required" } };
  assert.deepEqual(["CO-10:a"], needReason(decision("confirm", [], { findings: [plain, taking] })));
  assert.deepEqual([], needReason(decision("confirm", [], { findings: [plain] })));
});
