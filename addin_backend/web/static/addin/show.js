// From values to elements. Text is always text: nothing from a mail or an answer is ever read as markup.

/** An element with properties and children; strings become text nodes. ``on…`` takes a listener. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const SHAPES = { allow: "M5 10.5l3.2 3.2L15 7", protect: "M6.5 9V7.5a3.5 3.5 0 0 1 7 0V9M5.5 9h9v6h-9z", confirm: "M10 5.5v5.5M10 14v.2", block: "M6 6l8 8M14 6l-8 8" };
const NAMESPACE = "http://www.w3.org/2000/svg";

/** The sign of an answer; what it means stands in the headline beside it. */
export function icon(tone) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  const path = document.createElementNS(NAMESPACE, "path");
  for (const [name, value] of [["viewBox", "0 0 20 20"], ["class", `tone tone-${tone}`], ["aria-hidden", "true"], ["focusable", "false"]]) svg.setAttribute(name, value);
  path.setAttribute("d", SHAPES[tone] ?? SHAPES.block);
  svg.append(path);
  return svg;
}

/** A button. */
export function button(label, kind, style, onclick) {
  return element("button", { type: "button", class: `button ${style}`, "data-kind": kind, onclick }, label);
}

/** A section under a heading of its own. */
export function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), ...children);
}

/** Folded away until it is asked for. */
export function fold(title, ...children) {
  return element("details", { class: "fold" }, element("summary", {}, title), ...children);
}

/** An address may break behind its @ before it breaks anywhere else. */
function broken(address) {
  const [first, ...rest] = address.split(/(?<=@)/);
  return rest.flatMap((part) => [element("wbr"), part]).toSpliced(0, 0, first);
}

function personRow(one) {
  return element(
    "tr",
    { class: `person person-${one.action}` },
    element("th", { scope: "row", class: "person-address" }, ...broken(one.address)),
    element(
      "td",
      {},
      element("strong", { class: "person-how" }, one.how + (one.state ? ` · ${one.state}` : "")),
      one.meets ? element("span", { class: "person-meets" }, one.meets) : null,
      ...one.why.map((text) => element("span", { class: "person-why" }, text)),
    ),
  );
}

/** Who gets the mail, how, what that person meets, and why. */
export function peopleTable(people, words) {
  if (people.length === 0) return null;
  return element(
    "table",
    { class: "people" },
    element("caption", {}, words.recipients),
    element("thead", { class: "unseen" }, element("tr", {}, element("th", { scope: "col" }, words.person), element("th", { scope: "col" }, words.how))),
    element("tbody", {}, ...people.map(personRow)),
  );
}

function reasonItem(found) {
  return element(
    "li",
    { class: `reason reason-${found.effect}` },
    element("p", { class: "reason-title" }, found.title),
    ...found.texts.map((text) => element("p", {}, text)),
    element("p", { class: "fine" }, found.law ? `${found.law} · ` : "", element("code", {}, found.code)),
  );
}

/** All reasons, folded away. */
export function reasonFold(found, words) {
  if (found.length === 0) return null;
  return fold(`${words.why} (${found.length})`, element("ul", { class: "reasons" }, ...found.map(reasonItem)));
}

/** Lines of text as a list. */
export function lines(texts, style = "lines") {
  return element("ul", { class: style }, ...texts.map((text) => element("li", {}, text)));
}
