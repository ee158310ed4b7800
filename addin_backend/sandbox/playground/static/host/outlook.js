// What Outlook is to the add-in: who is signed in, which client it is, how it looks, and what it keeps for the mailbox.

import { client, Failure } from "../api.js";
import { clientOf } from "./modes.js";

const THEMES = {
  light: { bodyBackgroundColor: "#ffffff", bodyForegroundColor: "#242424", controlBackgroundColor: "#f5f5f5", controlForegroundColor: "#242424" },
  dark: { bodyBackgroundColor: "#1f1f1f", bodyForegroundColor: "#ffffff", controlBackgroundColor: "#2b2b2b", controlForegroundColor: "#ffffff" },
};
const DEFAULTS = { client: "classic", mode: "block", network: "online", format: "text", theme: "light", signedIn: "yes" };
const KEPT = "playground.host";

/** How the host is set; it lasts as long as the tab. */
export function readSettings() {
  return { ...DEFAULTS, ...JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") };
}

export function keepSettings(settings) {
  sessionStorage.setItem(KEPT, JSON.stringify(settings));
}

/** What the add-in keeps in the mailbox; it outlives the window, as in Outlook. */
function roaming(address) {
  return JSON.parse(localStorage.getItem(`roaming ${address}`) ?? "{}");
}

/** What a frame or runtime is told when it connects. ``more`` is about the open item. */
export function connection({ person, language, settings }, more) {
  const { platform, mailbox } = clientOf(settings.client);
  return {
    person: { emailAddress: person.address, displayName: person.name, timeZone: "Europe/Copenhagen" },
    displayLanguage: language === "da" ? "da-DK" : "en-US",
    theme: THEMES[settings.theme],
    network: settings.network,
    platform,
    mailbox,
    roaming: roaming(person.address),
    ...more,
  };
}

/** The calls that do not concern the open item. ``settings()`` gives how the host is set now. */
export function commonCalls({ person, language, settings }) {
  let signedIn = false;
  return {
    "roaming.save": (all) => localStorage.setItem(`roaming ${person.address}`, JSON.stringify(all)),
    token: async ({ allowSignInPrompt }) => {
      if (settings().signedIn === "no" && !signedIn && !allowSignInPrompt) throw { name: "13003", message: "not signed in" };
      signedIn = true;
      try {
        return await client(language).signIn(person.address);
      } catch (failure) {
        throw { name: "13012", message: failure instanceof Failure ? "unreachable" : String(failure) };
      }
    },
  };
}
