// From values to elements. Text is always text: nothing from a mail or an answer is ever read as markup.

/** An element with properties and children; strings become text nodes. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "onclick") made.addEventListener("click", value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const SHAPES = {
  allow: "M5 10.5l3.2 3.2L15 7",
  protect: "M6.5 9V7.5a3.5 3.5 0 0 1 7 0V9M5.5 9h9v6h-9z",
  confirm: "M10 5.5v5.5M10 14v.2",
  block: "M6 6l8 8M14 6l-8 8",
};

function icon(tone) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `tone tone-${tone}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[tone] ?? SHAPES.block);
  svg.append(path);
  return svg;
}

function people(recipients) {
  const lines = recipients.map((recipient) =>
    element(
      "li",
      { class: `person person-${recipient.action ?? (recipient.ok ? "allow" : "confirm")}` },
      element("span", { class: "person-address" }, recipient.address),
      element("span", { class: "person-how" }, recipient.how + (recipient.state ? ` · ${recipient.state}` : "")),
    ),
  );
  return element("ul", { class: "people" }, ...lines);
}

function button(entry, first, act) {
  const style = entry.kind === "back" ? "plain" : first ? "primary" : "secondary";
  return element("button", { type: "button", class: `button ${style}`, "data-kind": entry.kind, onclick: () => act(entry) }, entry.label);
}

/** The Smart-Alerts-like dialog. */
export function alertContent(view, words, act) {
  return [
    element("div", { class: "alert-head" }, icon(view.tone), element("h2", { id: "alert-title" }, view.headline)),
    view.sentence && view.sentence !== view.headline ? element("p", { class: "sentence" }, view.sentence) : null,
    view.recipients.length > 0 ? people(view.recipients) : null,
    view.asksReason ? element("p", { class: "reason-line" }, element("label", { for: "reason" }, words.reason), element("textarea", { id: "reason", rows: "3", minlength: "10", maxlength: "1000", required: true, "aria-describedby": "reason-note" }), element("span", { id: "reason-note", class: "fine", role: "status" }, words.reasonNote)) : null,
    view.reference ? element("p", { class: "fine" }, `${words.reference}: `, element("code", {}, view.reference)) : null,
    element("div", { class: "buttons" }, ...view.buttons.map((entry, index) => button(entry, index === 0 && entry.kind !== "back", act))),
  ].filter(Boolean);
}

function reason(found, words) {
  return element(
    "li",
    { class: `reason reason-${found.effect}` },
    element("p", { class: "reason-title" }, found.title),
    ...found.texts.map((text) => element("p", {}, text)),
    element("p", { class: "fine" }, `${found.law} · `, element("code", {}, found.code)),
  );
}

/** The task pane: the same answer with reasons, law and JSON folded away. */
export function paneContent(view, decision, words, act) {
  const ways = view.buttons.filter(({ kind }) => kind === "way_out");
  const rest = view.buttons.filter(({ kind }) => kind !== "way_out" && kind !== "back");
  return [
    element("div", { class: "pane-head" }, element("h2", {}, words.sendSecurely), element("button", { type: "button", class: "close", "aria-label": words.close, onclick: () => act({ kind: "close" }) }, "×")),
    element("div", { class: `banner banner-${view.tone}` }, icon(view.tone), element("p", {}, view.headline)),
    view.recipients.length > 0 ? element("section", {}, element("h3", {}, words.recipients), people(view.recipients)) : null,
    view.content.length > 0 ? element("section", {}, element("h3", {}, words.found), element("ul", { class: "found" }, ...view.content.map((text) => element("li", {}, text)))) : null,
    rest.length > 0 ? element("div", { class: "buttons stacked" }, ...rest.map((entry, index) => button(entry, index === 0, act))) : null,
    ways.length > 0
      ? element("section", {}, element("h3", {}, view.tone === "block" ? words.waysOutBlocked : words.waysOut), element("div", { class: "buttons stacked" }, ...ways.map((entry) => button(entry, false, act))))
      : null,
    view.reasons.length > 0
      ? element("details", { class: "fold" }, element("summary", {}, `${words.why} (${view.reasons.length})`), element("ul", { class: "reasons" }, ...view.reasons.map((found) => reason(found, words))))
      : null,
    element("details", { class: "fold" }, element("summary", {}, words.json), element("pre", { tabindex: "0" }, JSON.stringify(decision, null, 2))),
  ].filter(Boolean);
}

/** The receipt that takes the place of the compose window once the mail has gone. */
export function receiptContent(view, links) {
  return [
    element("div", { class: "alert-head" }, icon(view.tone), element("h2", { id: "receipt-title" }, view.title)),
    people(view.recipients),
    element("div", { class: "buttons" }, ...links.map(({ href, label, onclick }, index) => (onclick ? button({ kind: "follow", label }, index === 0, onclick) : element("a", { class: `button ${index === 0 ? "primary" : "secondary"}`, href }, label)))),
  ];
}
