// Keeps what the event code decides with when the service is dead: the day's snapshot in roamingSettings, and what was decided alone and
// is not yet told. The keys and their form are those of launchevent.js (docs/decisions/067-without-the-service.md).

import { ask } from "./outlook.js";

const MOST = 20; // decisions in one report

function read(settings, key) {
  try {
    return JSON.parse(settings.get(key) || "null");
  } catch {
    return null;
  }
}

const save = (settings) => ask((done) => settings.saveAsync(done));

async function refresh(settings, api) {
  const fresh = await api.snapshot();
  if (typeof fresh?.issued !== "number") return;
  settings.set("snapshot", JSON.stringify(fresh));
  settings.set("seen", JSON.stringify(Math.max(fresh.issued, read(settings, "seen") || 0)));
  await save(settings);
}

async function tell(settings, api) {
  const queue = read(settings, "queue") || [];
  if (queue.length === 0) return;
  const { received } = await api.offlineDecisions(queue.slice(0, MOST));
  settings.set("queue", JSON.stringify((read(settings, "queue") || []).filter(({ id }) => !received.includes(id))));
  await save(settings);
}

/** Both, one after the other. A failure is nobody's business now: the next pane, check or hint does it again. */
export async function keepInTouch(api, settings = Office.context.roamingSettings) {
  for (const work of [refresh, tell]) {
    try {
      await work(settings, api);
    } catch {
      continue;
    }
  }
}
