// Fires send events at a pace against a running service, each in a context of its own that loads the script first, as Outlook does.
// Standard input: { origin, token, count, every (milliseconds), to, body, attachment (bytes) }. Output: milliseconds from click to answer, per event.

import vm from "node:vm";

import { good, mail, person } from "../tests/frontend/event_runtime.mjs";

const wish = JSON.parse(await new Response(process.stdin).text());
const files = wish.attachment ? [{ name: "stor.txt", size: wish.attachment, content: Buffer.alloc(wish.attachment, "Kære kollega, her er mine noter fra mødet. \n").toString("base64") }] : [];

async function click() {
  const began = performance.now();
  const code = await (await fetch(`${wish.origin}/addin/launchevent.js`)).text();
  const actions = {};
  const settings = new Map();
  const context = vm.createContext({
    console, setTimeout, clearTimeout, fetch,
    Office: {
      actions: { associate: (name, work) => { actions[name] = work; } },
      context: {
        displayLanguage: "da-DK",
        roamingSettings: { get: (key) => settings.get(key), set: (key, value) => settings.set(key, value), saveAsync: (callback) => callback(good()) },
        mailbox: { item: mail({ to: wish.to.map((address) => person(address)), body: wish.body, files }) },
      },
    },
    OfficeRuntime: { auth: { getAccessToken: () => Promise.resolve(wish.token) } },
  });
  vm.runInContext(code, context);
  const completion = await new Promise((resolve) => { actions.onMessageSend({ completed: resolve }); });
  return { milliseconds: performance.now() - began, allowed: completion.allowEvent, reason: completion.contextData };
}

const fired = [];
for (let number = 0; number < wish.count; number += 1) {
  fired.push(click());
  await new Promise((resolve) => { setTimeout(resolve, wish.every); });
}
process.stdout.write(JSON.stringify(await Promise.all(fired)));
process.exit(0);
