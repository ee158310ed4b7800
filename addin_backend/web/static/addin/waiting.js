// A mail that waits for a secure connection, beside the mail in Sent Items: how far it is, and the secure page instead.

import { button, element, section } from "./show.js";

const THERE = new Set(["delivered", "void", "sent", "both"]);
const UNDER_WAY = new Set(["asked", "handed_over", "sending"]);

/** What stands at a recipient; "" for one who does not wait. ``rows`` are the API's. */
export function waitsFor(address, rows, words) {
  const row = rows.find((one) => one.address.toLowerCase() === address.toLowerCase());
  return row ? words.waits[row.state] ?? words.waits.waiting : "";
}

/** Whether something happens by itself that is worth looking at again. */
export function isUnderWay(rows) {
  return rows.some(({ state }) => UNDER_WAY.has(state));
}

/** Whether somebody may not have got the mail: then it is not told as done. */
export function somebodyWaits(rows) {
  return rows.some(({ state }) => !THERE.has(state));
}

/** The offer, or how far a wish is; null where nobody waits. */
export function waitingSection(rows, words, { ask, again }) {
  if (rows.length === 0) return null;
  const asking = rows.filter((row) => row.may_ask);
  if (asking.length > 0) {
    const who = asking.map(({ address }) => element("li", {}, address));
    const go = button(words.instead, "instead", "primary", ask);
    return section(words.waitsTitle, element("p", {}, words.waitsOffer), element("ul", {}, ...who), element("p", { class: "fine" }, words.insteadHow), element("p", { class: "fine" }, words.portalNotYet), element("div", { class: "buttons" }, go));
  }
  if (!isUnderWay(rows)) return null;
  return section(words.waitsTitle, element("p", {}, words.insteadUnderWay), element("div", { class: "buttons" }, button(words.lookAgain, "look", "", again)));
}
