// Who asks: nested app authentication first, Office's own sign-in where it fails, nobody otherwise; and the real library is of the right size.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { gzipSync } from "node:zlib";

import { SOURCE } from "./event_runtime.mjs";

let loaded = 0;
async function fresh() {
  loaded += 1;
  return (await import(new URL(`../../addin_backend/web/static/addin/sign_in.js?${loaded}`, import.meta.url))).accessToken;
}

function world({ silent, popup, able = true, office = "office" }) {
  const asked = [];
  const answer = (name, value) => async () => {
    asked.push(name);
    if (value === undefined) throw new Error(name);
    return { accessToken: value };
  };
  const app = { acquireTokenSilent: answer("silent", silent), acquireTokenPopup: answer("popup", popup) };
  globalThis.msal = able === null ? undefined : { createNestablePublicClientApplication: async () => app };
  globalThis.Office = { context: { requirements: { isSetSupported: (name) => able && name === "NestedAppAuth" } } };
  globalThis.OfficeRuntime = { auth: { getAccessToken: async ({ allowSignInPrompt }) => { asked.push(`office ${allowSignInPrompt}`); if (!office) throw new Error("13001"); return office; } } };
  return asked;
}

const CASES = [
  ["silently", { silent: "nested" }, false, "nested", ["silent"]],
  ["with a window, when one is allowed", { popup: "asked" }, true, "asked", ["silent", "popup"]],
  ["without a window, when none is", {}, false, "office", ["silent", "office false"]],
  ["after a window that was closed", {}, true, "office", ["silent", "popup", "office true"]],
  ["where Outlook cannot nest", { silent: "nested", able: false }, false, "office", ["office false"]],
  ["where no library is served", { silent: "nested", able: null }, true, "office", ["office true"]],
  ["with an empty token", { silent: "" }, false, "office", ["silent", "office false"]],
];
for (const [what, given, ui, expected, order] of CASES) {
  test(`a token is had ${what}`, async () => {
    const asked = world(given);
    const accessToken = await fresh();
    await assert.doesNotReject(async () => assert.equal(await accessToken(ui), expected));
    assert.deepEqual(order, asked);
    if (given.silent === undefined) return;
    assert.equal(await accessToken(ui), expected, "and again");
  });
}

test("nobody is signed in where neither way gives a token", async () => {
  world({ office: null });
  await assert.rejects((await fresh())(false));
});

const library = new URL("../../tools/node/node_modules/@azure/msal-browser/lib/msal-browser.min.js", import.meta.url);
const missing = process.env.ALLOW_MISSING === "1" && !existsSync(library);
test("the real library has what is asked of it, and stays within the budget together with the event code", { skip: missing && "the packages of tools/node are not installed (ALLOW_MISSING=1)" }, () => {
  const code = readFileSync(library, "utf8");
  const packed = gzipSync(code).length + gzipSync(SOURCE).length;
  assert.ok(packed <= 100_000, `${packed} bytes packed`);
  const context = vm.createContext({ console, setTimeout, clearTimeout, TextEncoder, TextDecoder, URL, URLSearchParams, performance, crypto, navigator: {}, document: {}, location: { href: "https://x.example/" } });
  vm.runInContext(`var window = globalThis, self = globalThis; ${code}`, context);
  assert.equal(typeof vm.runInContext("msal.createNestablePublicClientApplication", context), "function");
});
