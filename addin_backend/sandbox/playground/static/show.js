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

/** A list of what hangs on the mail, each with a button that takes it off. */
export function attachmentList(attachments, words, remove) {
  return attachments.map(({ id, name }) =>
    element("li", { class: "attachment" }, element("span", {}, name), element("button", { type: "button", class: "close", "aria-label": `${words.removeFile} ${name}`, onclick: () => remove(id) }, "×")),
  );
}

/** The ready-made drafts as buttons. */
export function sampleButtons(samples, start) {
  return samples.map((sample) =>
    element(
      "button",
      { type: "button", class: "sample", "data-sample": sample.key, onclick: () => start(sample) },
      element("span", { class: "sample-title" }, sample.title),
      element("span", { class: "sample-note" }, sample.note),
    ),
  );
}

/** Outlook's own dialog: a title, a sentence, and buttons [{kind, label, act}]; the first is the default. */
export function alertContent({ title, sentence, buttons }) {
  return [
    element("h2", { id: "alert-title" }, title),
    element("p", { class: "sentence" }, sentence),
    element("div", { class: "buttons" }, ...buttons.map(({ kind, label, act }, index) => element("button", { type: "button", class: `button ${index === 0 ? "primary" : "secondary"}`, "data-kind": kind, onclick: act }, label))),
  ];
}

/** What takes the place of the compose window once it is closed. */
export function receiptContent({ title, sentence, addresses }, links) {
  return [
    element("h2", { id: "receipt-title" }, title),
    element("p", {}, sentence),
    element("ul", { class: "people" }, ...addresses.map((address) => element("li", { class: "person" }, element("span", { class: "person-address" }, address)))),
    element("div", { class: "buttons" }, ...links.map(({ href, label }, index) => element("a", { class: `button ${index === 0 ? "primary" : "secondary"}`, href }, label))),
  ];
}
