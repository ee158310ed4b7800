// A send of which nobody knows yet whether it left: what is being done about it, "look again", and what the sender can tell. Never a resend.

import { Failure } from "./api.js";
import { button, element } from "./show.js";

const WORDS = {
  da: {
    watched: "Tjenesten bliver ved med at se efter. Bliver det ikke klart, ser en kollega på den. Du skal ikke gøre noget.",
    look: "Se efter igen",
    looking: "Ser efter …",
    still: "Vi har set efter. Vi ved det stadig ikke.",
    was_sent: "Den er kommet frem hos modtageren",
    give_back: "Giv mig kladden tilbage",
    tell: "Ved du noget, så sig det her. Vi ser efter, før der sker noget.",
    later: "Tjenesten svarer ikke. Prøv igen om lidt.",
  },
  en: {
    watched: "The service keeps looking. If it does not become clear, a colleague looks at it. There is nothing you need to do.",
    look: "Look again",
    looking: "Looking …",
    still: "We have looked. We still do not know.",
    was_sent: "It has reached the recipient",
    give_back: "Give me the draft back",
    tell: "If you know something, say it here. We look before anything happens.",
    later: "The service is not answering. Try again shortly.",
  },
};
const TOLD = ["was_sent", "give_back"]; // of the service's acts; sending again is for whoever looks at it (the page of sends)

export const UNCERTAIN = WORDS;

/** A rest that can be cut short: ``pause(ms)`` is a promise, ``wake()`` ends the one that waits. */
export function rests() {
  let end = () => {};
  const pause = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return { pause, wake: () => end() };
}

/** The acts that the sender is offered now; none when that cannot be learnt. */
export async function offered(api, job) {
  if (!job) return [];
  try {
    const { actions } = await api.acts(job.job_id);
    return TOLD.filter((act) => actions.includes(act));
  } catch {
    return [];
  }
}

/** Whether a look at the send says that nobody knows. A look that gave no answer says nothing. */
export async function lookNow(api, job) {
  try {
    return job !== null && (await api.job(job.job_id)).state === "uncertain";
  } catch {
    return false;
  }
}

/** What stands under the words of an uncertain send. ``wake`` looks now; ``say`` speaks into the live region. */
export function uncertainParts({ api, job, language, wake, say }) {
  const words = WORDS[language];
  const wrong = element("p", { class: "wrong", role: "alert", hidden: true });
  const place = element("div", {});
  const look = button(words.look, "look", "primary", async () => {
    say(words.looking);
    look.disabled = true;
    say((await lookNow(api, job)) ? words.still : words.looking);
    look.disabled = false;
    wake();
  });

  async function tell(act) {
    wrong.hidden = true;
    try {
      await api.act(job.job_id, act);
      wake();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      wrong.textContent = failure.error ? `${failure.error.sentence[language]} ${failure.error.next_step[language]}` : words.later;
      wrong.hidden = false;
    }
  }

  offered(api, job).then((acts) => {
    if (acts.length === 0) return;
    place.append(element("p", { class: "fine" }, words.tell), element("div", { class: "buttons" }, ...acts.map((act) => button(words[act], act, "", () => tell(act)))));
  });
  return element("section", {}, element("p", {}, words.watched), element("div", { class: "buttons" }, look), place, wrong);
}
