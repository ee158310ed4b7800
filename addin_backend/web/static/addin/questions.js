// What only the sender knows: who a recipient is, and why the mail should be sent. A form, and what was answered in it.

import { confirmations, needReason } from "./answer.js";
import { countries } from "./countries.js";
import { element } from "./show.js";
import { filled } from "./strings.js";

const MIN_REASON = 10; // characters without the blanks around them, as the API asks for

function choice(name, value, label) {
  return element("label", { class: "choice" }, element("input", { type: "radio", name, value }), element("span", {}, label));
}

function whoIs(address, number, words, language) {
  const options = countries(language).map(({ code, name }) => element("option", { value: code }, name));
  return element(
    "fieldset",
    { "data-about": address },
    element("legend", {}, filled(words.whoIs, { address })),
    choice(`role-${number}`, "organisation", words.organisation),
    choice(`role-${number}`, "private_person", words.privatePerson),
    element("label", { class: "field" }, element("span", {}, words.country), element("select", {}, element("option", { value: "" }, words.choose), ...options)),
    element("p", { class: "wrong", hidden: true }, words.answerMissing),
  );
}

function reasonField(words) {
  return element(
    "div",
    { class: "field" },
    element("label", { for: "reason" }, words.reason),
    element("textarea", { id: "reason", rows: "3", maxlength: "1000", "aria-describedby": "reason-note reason-wrong" }),
    element("span", { id: "reason-note", class: "fine" }, words.reasonNote),
    element("p", { id: "reason-wrong", class: "wrong", hidden: true }, words.reasonMissing),
  );
}

/** The first field that still has to be answered is marked and gets the focus. */
function complain(field, note, wrong) {
  note.hidden = !wrong;
  if (wrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  return wrong ? field : null;
}

function readWho(group) {
  const role = group.querySelector("input:checked")?.value ?? "";
  const country = group.querySelector("select").value;
  const missing = complain(role ? group.querySelector("select") : group.querySelector("input"), group.querySelector(".wrong"), !role || !country);
  if (role) group.querySelector("input").removeAttribute("aria-invalid");
  return { missing, address: group.dataset.about.toLowerCase(), answer: { role, country } };
}

/** {form, answered()} for a decision that asks. ``answered`` gives what was said, bound to that decision, or null when something is missing. */
export function questionForm(view, decision, words, language) {
  const groups = view.asksAbout.map((address, number) => whoIs(address, number, words, language));
  const form = element("div", { class: "questions" }, ...groups, view.asksReason ? reasonField(words) : null);

  function answered() {
    const who = groups.map(readWho);
    const field = form.querySelector("#reason");
    const text = field ? field.value.trim() : "";
    const short = field ? complain(field, form.querySelector("#reason-wrong"), text.length < MIN_REASON) : null;
    const missing = who.map((one) => one.missing).find(Boolean) ?? short;
    if (missing) {
      missing.focus();
      return null;
    }
    return {
      codes: confirmations(decision),
      digest: decision.digest,
      reasons: Object.fromEntries(needReason(decision).map((code) => [code, text])),
      answers: Object.fromEntries(who.map(({ address, answer }) => [address, answer])),
    };
  }

  return { form, answered };
}
