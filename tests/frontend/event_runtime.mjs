// The JS-only runtime of classic Outlook, as far as one can have it without Outlook: a node:vm context that holds Office, fetch, console
// and timers, nothing newer than ES2016, and a clock that the test moves. It loads the very file that Outlook loads.

import { readFileSync } from "node:fs";
import vm from "node:vm";

export const FILE = new URL("../../addin_backend/web/static/addin/launchevent.js", import.meta.url);
export const SOURCE = readFileSync(FILE, "utf8");
export const ORIGIN = "https://sendsikkert.nordlys.example";
export const METTE = "mette.holm@nordlys.example";
export const START = 1_795_000_000; // seconds: November 2026

const NEWER = `
  for (const [owner, names] of [
    [Object, ["entries", "values", "getOwnPropertyDescriptors", "fromEntries", "hasOwn", "groupBy"]],
    [Promise.prototype, ["finally"]], [Promise, ["allSettled", "any", "withResolvers"]],
    [String.prototype, ["padStart", "padEnd", "matchAll", "replaceAll", "trimStart", "trimEnd", "at", "isWellFormed", "toWellFormed"]],
    [Array.prototype, ["flat", "flatMap", "at", "findLast", "findLastIndex", "toSorted", "toReversed", "with"]],
    [globalThis, ["BigInt", "Atomics", "SharedArrayBuffer", "WebAssembly", "WeakRef", "FinalizationRegistry"]],
  ]) for (const name of names) delete owner[name];
  Date.now = () => clock();
`;

/** Office's answer to a callback. */
export const good = (value) => ({ status: "succeeded", value });
export const bad = () => ({ status: "failed", error: { code: 5000 } });

const lastOf = (given) => given[given.length - 1];

/** A field of an item: getAsync calls back with `value`, or fails, or never calls back. */
export function field(value) {
  return {
    getAsync: (...given) => {
      if (value === "hangs") return;
      lastOf(given)(value === "fails" ? bad() : good(value));
    },
  };
}

export const person = (emailAddress, recipientType = "user", displayName = "") => ({ emailAddress, displayName, recipientType });

/** The text of a mail; with `html` it is written in HTML, and `body` is what Outlook makes of it as text. */
function bodyOf({ body = "Kære Bo", html }) {
  return {
    getTypeAsync: (done) => done(good(html === undefined ? "text" : "html")),
    getAsync: (kind, done) => field(kind === "html" ? html : body).getAsync(done),
  };
}

/** A mail in a compose window. `files`: [{ name, size, format, content }]. */
export function mail(changes = {}) {
  const headers = {};
  const files = (changes.files ?? []).map((file, index) => ({ id: `a${index}`, size: 100, isInline: false, format: "base64", content: "QQ==", ...file }));
  const item = {
    from: field(person(METTE)),
    to: field(changes.to ?? [person("bo.madsen@postkasse.example")]),
    cc: field(changes.cc ?? []),
    bcc: field(changes.bcc ?? []),
    subject: field(changes.subject ?? "Din forsikring"),
    body: bodyOf(changes),
    getAttachmentsAsync: (callback) => callback(good(files.map(({ id, name, size, isInline }) => ({ id, name, size, isInline })))),
    getAttachmentContentAsync: (id, callback) => {
      const found = files.find((file) => file.id === id);
      callback(found.format === "fails" ? bad() : good({ format: found.format, content: found.content }));
    },
    internetHeaders: {
      set: headers,
      setAsync: (values, callback) => { if (changes.headerFails) callback(bad()); else { Object.assign(headers, values); callback(good()); } },
      getAsync: (names, callback) => callback(good(Object.fromEntries(names.filter((name) => name in headers).map((name) => [name, headers[name]])))),
      removeAsync: (names, callback) => { for (const name of names) delete headers[name]; callback(good()); },
    },
    notificationMessages: {
      shown: {},
      replaceAsync(key, line, callback) { this.shown[key] = line; callback(good()); },
      removeAsync(key, callback) { delete this.shown[key]; callback(good()); },
    },
    ...changes.item,
  };
  return item;
}

/** A meeting in its organiser's window: attendees, a place, and no internet headers. */
export function meeting(changes = {}) {
  const made = mail(changes);
  for (const name of ["from", "to", "cc", "bcc", "internetHeaders", "notificationMessages"]) delete made[name];
  return {
    ...made,
    organizer: field(person(METTE)),
    requiredAttendees: field(changes.to ?? [person("jonas.friis@nordlys.example")]),
    optionalAttendees: field(changes.cc ?? []),
    location: field("Lokale 2"),
  };
}

/** The answer of a check. */
export function decision(action, protections = ["plain"], more = {}) {
  return {
    action,
    classes: [],
    headline: { da: "Send mailen via sikker side.", en: "Send the mail through the secure page." },
    recipients: protections.map((protection, index) => ({ address: `r${index}@x.example`, action, protection, codes: [] })),
    findings: [{ code: "CO-01", effect: action, texts: { da: "Mailen indeholder et CPR-nummer.", en: "The mail contains a CPR number." } }],
    ways_out: [],
    digest: "d".repeat(64),
    ticket: null,
    ...more,
  };
}

export const TICKET = { header: "X-SendSecurely-Ticket", value: "v1.payload.mac" };
export const answered = (body, status = 200) => ({ ok: status < 300, status, json: () => (body instanceof Error ? Promise.reject(body) : Promise.resolve(body)) });
export const refusedConnection = () => Promise.reject(new TypeError("fetch failed"));
export const hangs = () => new Promise(() => {});

/** A dated snapshot as the server seals it. */
export const snapshot = (changes = {}) => ({
  issued: START - 3600, expires: START - 3600 + 86400, version: "1", domains: ["nordlys.example"], leads_out: ["alle@nordlys.example"], groups: ["skade@nordlys.example"], switches: { internal: true }, seal: "s1", ...changes,
});
export const emergency = (changes = {}) => ({ version: "e-1", issued: START - 60, expires: START - 60 + 3600, seal: "s2", ...changes });

/**
 * The runtime. `world`: item, token ("t", null: fails, "hangs"), language, service (path, body) -> promise, front () -> promise, roaming {},
 * saving ("ok", "fails", "hangs", or milliseconds), msal.
 */
export function runtime(world = {}) {
  const timers = new Map();
  const asked = [];
  const roaming = new Map(Object.entries(world.roaming ?? {}).map(([key, value]) => [key, JSON.stringify(value)]));
  const saved = new Map(roaming);
  const actions = {};
  let now = 0;
  let count = 0;
  const state = { service: world.service ?? (() => Promise.resolve(answered(decision("allow")))), front: world.front ?? refusedConnection, saving: world.saving ?? "ok" };

  const settings = {
    get: (key) => roaming.get(key),
    set: (key, value) => roaming.set(key, value),
    saveAsync: (callback) => {
      if (state.saving === "hangs") return;
      if (state.saving === "fails") return callback(bad());
      if (typeof state.saving === "number") return sandbox.setTimeout(() => callback(good()), state.saving);
      for (const [key, value] of roaming) saved.set(key, value);
      callback(good());
    },
  };
  const token = world.token === undefined ? "token-mette" : world.token;
  const sandbox = {
    clock: () => START * 1000 + now + (world.clockShift ?? 0) * 1000,
    console,
    setTimeout: (work, delay) => { count += 1; timers.set(count, { at: now + delay, work }); return count; },
    clearTimeout: (id) => timers.delete(id),
    fetch: (url, options = {}) => {
      const path = url.slice(ORIGIN.length);
      assertOwn(url);
      const body = options.body === undefined ? undefined : JSON.parse(options.body);
      asked.push({ path, body, at: now, headers: options.headers ?? {} });
      return path === "/addin/degraded.json" ? state.front() : state.service(path, body);
    },
    Office: {
      actions: { associate: (name, work) => { actions[name] = work; } },
      context: { displayLanguage: world.language ?? "da-DK", roamingSettings: settings, mailbox: { item: world.item ?? mail() }, ...world.context },
    },
    OfficeRuntime: { auth: { getAccessToken: () => (token === "hangs" ? hangs() : token === null ? Promise.reject(new Error("13001")) : Promise.resolve(token)) } },
  };
  if (world.msal) sandbox.msal = world.msal;
  if (world.noOfficeRuntime) delete sandbox.OfficeRuntime;
  const context = vm.createContext(sandbox);
  vm.runInContext(NEWER, context);
  vm.runInContext(SOURCE.replaceAll("{{origin}}", ORIGIN).replaceAll("{{client_id}}", "client-1"), context, { filename: "launchevent.js" });

  async function settle() {
    for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    actions,
    asked,
    state,
    sandbox,
    settle,
    timers,
    roaming: (key) => JSON.parse(roaming.get(key) ?? "null"),
    saved: (key) => JSON.parse(saved.get(key) ?? "null"),
    now: () => now,
    /** Move the clock, running what is due in order. */
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= until).sort((left, right) => left[1].at - right[1].at)[0];
        if (!due) break;
        timers.delete(due[0]);
        now = due[1].at;
        due[1].work();
        await settle();
      }
      now = until;
    },
    /** Fire an event. The result holds each completion with its time; Outlook would act on every one of them. */
    fire(name) {
      const completions = [];
      actions[name]({ completed: (options) => completions.push({ ...options, at: now }) });
      return completions;
    },
  };
}

function assertOwn(url) {
  if (!url.startsWith(`${ORIGIN}/`)) throw new Error(`another origin was asked: ${url}`);
}

/** Fire, let `milliseconds` pass, and give the one completion; more or fewer than one is a fault. */
export async function once(made, name = "onMessageSend", milliseconds = 10_000) {
  const completions = made.fire(name);
  await made.advance(milliseconds);
  if (completions.length !== 1) throw new Error(`completed ${completions.length} times`);
  return completions[0];
}
