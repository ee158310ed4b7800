// "My record": the reader's own decisions, as the log holds them. Fetched when it is unfolded.

import { element, fold } from "./show.js";
import { moment } from "./strings.js";

function row(line, words, language) {
  const what = words.action[line.event] ?? line.event;
  const said = line.action ? ` · ${words.action[line.action] ?? line.action}` : "";
  return element("tr", {}, element("th", { scope: "row" }, moment(line.at, language)), element("td", {}, what + said));
}

function table(found, words, language) {
  if (found.length === 0) return element("p", {}, words.myRecordEmpty);
  const head = element("tr", {}, element("th", { scope: "col" }, words.when), element("th", { scope: "col" }, words.whatHappened));
  return element("table", { class: "record" }, element("caption", { class: "unseen" }, words.myRecord), element("thead", { class: "unseen" }, head), element("tbody", {}, ...found.map((line) => row(line, words, language))));
}

/** The fold; what cannot be had is said in it. */
export function myRecord(api, words, language) {
  const place = element("div", {});
  const made = fold(words.myRecord, element("p", { class: "fine" }, words.myRecordNote), place);
  made.addEventListener("toggle", async () => {
    if (!made.open) return;
    try {
      const { decisions } = await api.decisions();
      place.replaceChildren(table(decisions, words, language));
    } catch {
      place.replaceChildren(element("p", {}, words.myRecordLater));
    }
  });
  return made;
}
