// How a recipient opens the secure page: the pane's own rules, which are the server's, and what is never taken for a good code.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/web/static/addin/${name}.js`, import.meta.url);
const { e164, heard, linkReaders, provenance, strength, suggested, guesses } = await import(at("access"));
const { STRINGS } = await import(at("strings"));
const NUMBERS = JSON.parse(await (await import("node:fs/promises")).readFile(new URL("../evidence/phone_numbers.json", import.meta.url), "utf8"));

test("a number is read as the server reads it", () => {
  for (const [typed, expected] of NUMBERS) assert.equal(e164(typed), expected, typed);
});

test("a code that is easy to guess is never called strong, and one that the server refuses is named as such", () => {
  const names = guesses("bo.madsen@postkasse.example", "Bo Madsen");
  const cases = [["", "short"], ["a b-c.d e f g", "short"], ["12345678", "easy"], ["aaaabbbb", "easy"], ["abcdefgh", "easy"], ["010190-1234", "identifier"], ["hestevogn", "fair"], ["madsen201234", "fair"], ["7391824650", "fair"], ["blå hest 42", "fair"], ["blå hesteko 42", "strong"]];
  for (const [code, expected] of cases) assert.equal(strength(code, names), expected, code);
  assert.equal(heard("Blå  HEST-42"), "blåhest42");
});

test("a suggested code is strong, easy to say, and another one each time", () => {
  const made = new Set(Array.from({ length: 50 }, () => suggested()));
  assert.equal(made.size, 50);
  for (const code of made) {
    assert.match(code, /^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
    assert.doesNotMatch(code, /[lijoqw01]/);
    assert.notEqual(strength(code, []), "short");
  }
});

test("a number is called confirmed only when its owner has used it, and whoever is blocked gets no link", () => {
  const known = { ref: "r", ends: "78", source: "history", said_by: "recipient", at: "2026-11-12T10:00:00Z", proven: false };
  for (const words of Object.values(STRINGS)) {
    assert.ok(provenance(known, words, () => "12. november").endsWith(words.numberUnproven));
    assert.ok(provenance({ ...known, source: "directory", at: null }, words, () => "").endsWith(words.numberUnproven));
    assert.equal(provenance({ ...known, proven: true }, words, () => ""), words.numberProven);
  }
  const decision = { recipients: [["a", "portal", "protect"], ["b", "portal", "block"], ["c", "tls", "protect"], ["d", "portal", "confirm"]].map(([address, protection, action]) => ({ address, protection, action })), phones: { a: known } };
  assert.deepEqual(linkReaders(decision), [{ address: "a", known }, { address: "d", known: null }]);
});
