// The form for those who get a link: who gets the code how. What was chosen lives here as long as the window, for no longer than that.

import { e164, guesses, linkReaders, provenance, strength, suggested } from "./access.js";
import { element, fold, section } from "./show.js";
import { filled } from "./strings.js";

const SOURCES = ["recipient", "own_records", "other"];
const REFUSED = new Set(["short", "easy", "identifier"]);

/** One recipient's fieldset. ``kept`` is what was typed for the address before the answer was asked for anew. */
class Reader {
  constructor({ address, known, name }, number, kept, words, moment) {
    Object.assign(this, { address, known, name, number, kept, words, moment });
    this.kept.way ??= known ? "known_sms" : "sms";
    if (!known && this.kept.way === "known_sms") this.kept.way = "sms";
    this.detail = element("div", {});
    this.wrong = element("p", { class: "wrong", id: `access-wrong-${number}`, hidden: true });
    const ways = [known ? this.choice("known_sms", this.shownNumber()) : null, this.choice("sms", known ? words.otherNumber : words.smsCode), this.choice("code", words.agreedCode)];
    this.form = element("fieldset", { "data-access": address }, element("legend", {}, address), ...ways, this.detail, this.wrong);
    this.draw();
  }

  shownNumber() {
    const text = filled(this.words.knownNumber, { ends: this.known.ends });
    return [text, element("span", { class: "fine" }, provenance(this.known, this.words, this.moment))];
  }

  choice(way, label) {
    const input = element("input", { type: "radio", name: `access-${this.number}`, value: way, checked: this.kept.way === way });
    input.addEventListener("change", () => {
      this.kept.way = way;
      this.draw();
    });
    return element("label", { class: "choice" }, input, element("span", {}, ...[label].flat()));
  }

  field(name, label, properties, note) {
    const id = `${name}-${this.number}`;
    const input = element("input", { id, autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-note access-wrong-${this.number}`, ...properties });
    input.value = this.kept[name] ?? "";
    input.addEventListener("input", () => {
      this.kept[name] = input.value;
      if (this.form.querySelector("[aria-invalid]")) this.answered();
    });
    return element("div", { class: "field" }, element("label", { for: id }, label), input, element("span", { id: `${id}-note`, class: "fine", "data-note": name }, note));
  }

  draw() {
    this.complain(null, "");
    this.detail.replaceChildren(...{ known_sms: () => [], sms: () => this.drawNumber(), code: () => this.drawCode() }[this.kept.way]());
  }

  drawNumber() {
    const { words } = this;
    const options = SOURCES.map((source) => element("option", { value: source, selected: this.kept.source === source }, words.saidBy[source]));
    const select = element("select", {}, element("option", { value: "" }, words.choose), ...options);
    select.addEventListener("change", () => {
      this.kept.source = select.value;
      if (this.form.querySelector("[aria-invalid]")) this.answered();
    });
    return [
      this.field("phone", words.number, { type: "tel", inputmode: "tel" }, words.numberNote),
      element("label", { class: "field" }, element("span", {}, words.whoSays), select),
    ];
  }

  drawCode() {
    const { words } = this;
    const made = this.field("code", words.code, { type: "text", maxlength: "64", autocapitalize: "off" }, words.codeNote);
    const hint = element("p", { class: "fine", role: "status", "data-strength": "" });
    const input = made.querySelector("input");
    const judge = () => {
      const found = input.value ? strength(input.value, guesses(this.address, this.name)) : "";
      hint.dataset.strength = found;
      hint.textContent = found ? words.strength[found] : "";
    };
    input.addEventListener("input", judge);
    const propose = element("button", { type: "button", class: "button plain", "data-kind": "suggest" }, words.suggest);
    propose.addEventListener("click", () => {
      input.value = this.kept.code = suggested();
      judge();
      if (this.form.querySelector("[aria-invalid]")) this.answered();
    });
    judge();
    return [made, hint, propose];
  }

  /** Mark the field and say why; null: nothing is wrong. */
  complain(field, text) {
    for (const marked of this.form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
    field?.setAttribute("aria-invalid", "true");
    this.wrong.textContent = text;
    this.wrong.hidden = text === "";
  }

  /** {answer} for the API, or {missing: the field}. */
  answered() {
    const { kept, words } = this;
    const refuse = (field, text) => {
      this.complain(field, text);
      return { missing: field };
    };
    if (kept.way === "sms") {
      if (e164(kept.phone ?? "") === null) return refuse(this.form.querySelector("input[type=tel]"), words.numberWrong);
      if (!kept.source) return refuse(this.form.querySelector("select"), words.whoSaysMissing);
    }
    if (kept.way === "code") {
      const found = strength(kept.code ?? "", []);
      if (REFUSED.has(found)) return refuse(this.form.querySelector("input[type=text]"), words.strength[found]);
    }
    this.complain(null, "");
    const answers = { known_sms: () => ({ ref: this.known.ref }), sms: () => ({ number: e164(kept.phone), said_by: kept.source }), code: () => ({ code: kept.code }) };
    return { answer: { kind: kept.way, ...answers[kept.way]() } };
  }
}

/**
 * The form for a decision: {form, ready, answered()}. ``form`` is null when nobody gets a link; ``ready``: one press is enough, since every
 * number is known. ``memory`` keeps what is typed by address; ``names`` gives the recipients' names.
 */
export function accessForm(decision, memory, names, words, moment) {
  const readers = linkReaders(decision).map((one, number) => {
    memory[one.address] ??= {};
    return new Reader({ ...one, name: names[one.address.toLowerCase()] ?? "" }, number, memory[one.address], words, moment);
  });
  const ready = readers.every(({ known, kept }) => known && kept.way === "known_sms");

  /** What the API takes, or null: then the first field that is missing has the focus. */
  function answered() {
    const given = readers.map((reader) => ({ reader, ...reader.answered() }));
    const missing = given.find((one) => one.missing);
    if (missing) {
      for (let around = missing.reader.form.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
      missing.missing.focus();
      return null;
    }
    return Object.fromEntries(given.map(({ reader, answer }) => [reader.address, answer]));
  }

  const forms = readers.map(({ form }) => form);
  if (forms.length === 0) return { form: null, ready: true, answered };
  const form = ready ? fold(words.accessChange, ...forms) : section(words.access, ...forms);
  return { form, ready, answered };
}

/** What a recipient meets who gets a code by text message to a number that is known, for the table of recipients. */
export function meetsKnown(decision, words) {
  return Object.fromEntries(linkReaders(decision).filter(({ known }) => known).map(({ address, known }) => [address, filled(words.meetsKnown, { ends: known.ends })]));
}
