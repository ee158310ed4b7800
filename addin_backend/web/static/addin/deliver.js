// One press of a send, carried to its end: asked for once under one key, then only looked after. No DOM in here.

import { Failure } from "./api.js";
import { settled } from "./answer.js";

const NOT_FOUND = 404;
const FOLLOW_MS = [250, 2000]; // a job that runs: first and longest pause between two looks
const SEEK_MS = [500, 8000]; // a service that does not answer
const PERSON_MS = 10_000; // an uncertain send waits for a person
const DRAFT_LOOKS = 5; // for which the draft of a mail that was not sent is given time to get its recipients back
const SLOW_MS = 15_000; // then the sender is told that it takes longer
const OPEN_ENDS = new Set(["internal_error", "outcome_unknown"]); // error codes that leave open whether the press was taken in

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function* growing([first, longest]) {
  for (let ms = first; ; ms = Math.min(longest, ms * 1.5)) yield ms;
}

/** Whether nobody knows if the service took the press in. */
function open(failure) {
  return failure instanceof Failure && (failure.lost || OPEN_ENDS.has(failure.error.code));
}

/** The job under ``key`` once the service answers, or null when it says that it knows no such press. */
async function seek(api, mailbox, key, pause) {
  for (const ms of growing(SEEK_MS)) {
    try {
      return await api.pressed(mailbox, key);
    } catch (failure) {
      if (failure instanceof Failure && !failure.lost && failure.status === NOT_FOUND) return null;
      if (!(failure instanceof Failure)) throw failure;
    }
    await pause(ms);
  }
}

/** The job when it has ended. ``told(state)``: "slow" once it takes long, "uncertain" while it waits for a person. */
async function follow(api, started, told, pause) {
  let job = started;
  let [waited, looks] = [0, 0];
  for (const ms of growing(FOLLOW_MS)) {
    if (job.draft_waits) looks += 1;
    if (settled(job) && job.state !== "uncertain" && (!job.draft_waits || looks > DRAFT_LOOKS)) return job;
    if (job.state === "uncertain") told("uncertain", job);
    else if (waited >= SLOW_MS) told("slow", job);
    const rest = job.state === "uncertain" ? PERSON_MS : ms;
    await pause(rest);
    waited += rest;
    try {
      job = await api.job(started.job_id);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // it answers again, or it does not: the job is what it was
    }
  }
}

/**
 * Ask for ``ask`` to be sent under ``key`` and wait for the end. Gives {job} when it has ended, {decision} when it may not be sent,
 * {notTaken: true} when the service knows nothing of it. Throws the Failure of a plain refusal: then nothing was sent.
 */
export async function deliver({ api, ask, key, told, pause = sleep }) {
  let answer;
  try {
    answer = await api.send(ask, key);
  } catch (failure) {
    if (!open(failure)) throw failure;
    return resume({ api, mailbox: ask.draft.from, key, told, pause });
  }
  if (answer.outcome === "not_sent") return { decision: answer.decision };
  return { job: await follow(api, answer.job, told, pause) };
}

/** Find out what became of a press whose answer nobody saw. Asks only; sends nothing. */
export async function resume({ api, mailbox, key, told, pause = sleep }) {
  told("unknown", null);
  const job = await seek(api, mailbox, key, pause);
  return job === null ? { notTaken: true } : { job: await follow(api, job, told, pause) };
}
