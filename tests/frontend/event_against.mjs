// Runs the event code against a service that really answers, hangs or is dead, with real timers, in a context without a page. The wish is
// JSON on standard input: { origin, token, event, mail, roaming, code }; `code` is the script as it was served, since classic Outlook keeps it.
// The answer is JSON on standard output: what the event was completed with, after how many milliseconds, and what is left behind.

import vm from "node:vm";

import { good, mail, person } from "./event_runtime.mjs";

const wish = JSON.parse(await new Response(process.stdin).text());
const code = wish.code ?? (await (await fetch(`${wish.origin}/addin/launchevent.js`)).text());
const people = (list) => (list ?? []).map((address) => person(address));
const item = mail({ ...wish.mail, to: people(wish.mail.to), cc: people(wish.mail.cc), bcc: people(wish.mail.bcc) });
const roaming = wish.roaming ?? {};
const actions = {};
const asked = [];

const context = vm.createContext({
  console,
  setTimeout,
  clearTimeout,
  fetch: (url, options) => {
    asked.push(new URL(url).pathname);
    return fetch(url, options);
  },
  Office: {
    actions: { associate: (name, work) => { actions[name] = work; } },
    context: {
      displayLanguage: wish.language ?? "da-DK",
      roamingSettings: { get: (key) => roaming[key], set: (key, value) => { roaming[key] = value; }, saveAsync: (callback) => callback(good()) },
      mailbox: { item },
    },
  },
  OfficeRuntime: { auth: { getAccessToken: () => Promise.resolve(wish.token) } },
});
vm.runInContext(code, context, { filename: "launchevent.js" });

const began = performance.now();
const completion = await new Promise((resolve) => { actions[wish.event ?? "onMessageSend"]({ completed: resolve }); });
const milliseconds = performance.now() - began;
await new Promise((resolve) => { setTimeout(resolve, wish.after ?? 300); }); // a report that is under way may end
process.stdout.write(JSON.stringify({ completion, milliseconds, asked, roaming, code, headers: item.internetHeaders.set, shown: item.notificationMessages.shown }));
process.exit(0);
