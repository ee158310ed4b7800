// A send of which nobody knows: a rest that ends at a press, what the sender is offered, and that none of it sends anything.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../addin_backend/web/static/addin/${name}.js`, import.meta.url);
const { lookNow, offered, rests, UNCERTAIN } = await import(at("uncertain"));
const { deliver } = await import(at("deliver"));
const JOB = { job_id: "j", state: "uncertain" };

test("a press ends the rest, so that the send is looked at now", async () => {
  const { pause, wake } = rests();
  const made = [];
  const states = ["uncertain", "uncertain", "sent"];
  const api = { send: async () => { made.push("send"); return { outcome: "accepted", job: JOB }; }, job: async () => { made.push("job"); return { job_id: "j", state: states.shift() }; } };
  const ended = deliver({ api, ask: { draft: { from: "m@n.example" } }, key: "k", told: () => {}, pause });
  for (const _ of states.slice()) {
    await new Promise((resolve) => setImmediate(resolve));
    wake();
  }
  assert.equal((await ended).job.state, "sent");
  assert.deepEqual(["send", "job", "job", "job"], made, "asked for once, then only looked at");
});

test("a wake without a rest is nothing, and a rest ends by itself", async () => {
  const { pause, wake } = rests();
  wake();
  await pause(1);
});

test("the sender is offered what the service allows, and never to send again", async () => {
  const api = (actions) => ({ acts: async () => ({ job: JOB, actions }) });
  assert.deepEqual(["was_sent", "give_back"], await offered(api(["was_sent", "send_again", "give_back", "cancel"]), JOB));
  assert.deepEqual([], await offered(api(["send_again"]), JOB));
  assert.deepEqual([], await offered({ acts: async () => { throw new Error("gone"); } }, JOB));
  assert.deepEqual([], await offered(api(["was_sent"]), null));
});

test("a look that gave no answer does not say that nobody knows", async () => {
  assert.equal(await lookNow({ job: async () => JOB }, JOB), true);
  assert.equal(await lookNow({ job: async () => ({ state: "sent" }) }, JOB), false);
  assert.equal(await lookNow({ job: async () => { throw new Error("gone"); } }, JOB), false);
  assert.equal(await lookNow({}, null), false);
});

test("the words have the same keys in both languages", () => assert.deepEqual(Object.keys(UNCERTAIN.da), Object.keys(UNCERTAIN.en)));
