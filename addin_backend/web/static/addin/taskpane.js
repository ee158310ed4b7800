// Starts the pane: waits for Outlook, takes its language and theme, and shows what fits the open mail.

import { client } from "./api.js";
import { Compose } from "./compose.js";
import { Meeting } from "./meeting.js";
import { keepInTouch } from "./offline.js";
import { kindOf } from "./outlook.js";
import { Read } from "./read.js";
import { myRecord } from "./record.js";
import { button, element } from "./show.js";
import { accessToken } from "./sign_in.js";
import { Stage } from "./stage.js";
import { languageOf, STRINGS } from "./strings.js";
import { wear } from "./theme.js";

const at = (id) => document.getElementById(id);

/** No token was to be had without asking the person. */
class SignInNeeded extends Error {}

/** Tokens are kept for the life of the pane and never written anywhere. */
function tokens() {
  let kept = null;
  return {
    async get(fresh) {
      if (kept === null || fresh) {
        try {
          kept = await accessToken(false);
        } catch {
          throw new SignInNeeded();
        }
      }
      return kept;
    },
    async ask() {
      kept = await accessToken(true);
    },
  };
}

function makeStage(words, own) {
  const stage = new Stage({ root: at("main"), headline: at("headline"), view: at("view"), status: at("status"), words });
  /** Show a button that signs in, when that is what is missing; ``then`` is what was wanted. */
  stage.askToSignIn = (failure, then) => {
    if (!(failure instanceof SignInNeeded)) return false;
    const signIn = button(words.signIn, "sign_in", "primary", async () => {
      try {
        await own.ask();
      } catch {
        stage.say(words.signedOut);
        return;
      }
      then();
    });
    stage.show({ tone: "confirm", headline: words.signedOut, sentence: words.signedOutNext }, element("div", { class: "buttons" }, signIn));
    return true;
  };
  return stage;
}

function dress() {
  wear(Office.context.officeTheme, document.documentElement);
  Office.context.mailbox.addHandlerAsync?.(Office.EventType.OfficeThemeChanged, (event) => wear(event.officeTheme, document.documentElement));
}

async function start() {
  await Office.onReady();
  const language = languageOf(Office.context.displayLanguage);
  const words = STRINGS[language];
  document.documentElement.lang = language;
  document.title = words.sendSecurely;
  dress();
  const own = tokens();
  const stage = makeStage(words, own);
  const api = client({ language, token: own.get });
  const { mailbox } = Office.context;
  const parts = { item: mailbox.item, api, words, language, stage };
  const pane = {
    mail: () => new Compose(parts),
    meeting: () => new Meeting(parts),
    read: () => new Read({ ...parts, mailbox: mailbox.userProfile.emailAddress }),
  }[kindOf(mailbox.item)]();
  at("status").after(element("aside", { "aria-label": words.myRecord }, myRecord(api, words, language)));
  document.body.dataset.ready = "true";
  performance.mark("ready"); // benchmarks/addin.py reads the marks
  await pane.start();
  document.body.dataset.answered = "true";
  performance.mark("answered");
  await keepInTouch(api);
}

await start();
