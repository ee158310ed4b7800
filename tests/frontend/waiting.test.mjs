// A mail that waits for a secure connection: what stands at each recipient, and when it is told as done.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/web/static/addin/${name}.js`, import.meta.url);
const { isUnderWay, somebodyWaits, waitsFor } = await import(at("waiting"));
const WORDS = { waits: { waiting: "venter", sent: "sendt som side" } };

test("each recipient has a state, whatever the case of the address; who does not wait has none", () => {
  const rows = [{ address: "Anna@F.example", state: "sent" }, { address: "bo@f.example", state: "something new" }];
  assert.equal(waitsFor("anna@f.example", rows, WORDS), "sendt som side");
  assert.equal(waitsFor("bo@f.example", rows, WORDS), "venter", "a word that is not known is never good news");
  assert.equal(waitsFor("eva@f.example", rows, WORDS), "");
});

test("only what everybody has is told as done", () => {
  const states = (...all) => all.map((state) => ({ address: "a@b", state }));
  assert.ok(!somebodyWaits([]));
  assert.ok(!somebodyWaits(states("delivered", "void", "sent", "both")));
  for (const state of ["waiting", "asked", "handed_over", "sending", "not_withdrawn", "not_sent", "withdrawn", "failed", "something new"]) assert.ok(somebodyWaits(states("sent", state)), state);
  assert.ok(isUnderWay(states("sent", "sending")) && !isUnderWay(states("not_withdrawn", "waiting")));
});
