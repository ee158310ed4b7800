// The pane beside a mail that is open to be read: how it was sent, its proof, and what helps when it went to the wrong person.

import { describeFailure, receipt } from "./answer.js";
import { Failure } from "./api.js";
import { button, element, lines, peopleTable, section } from "./show.js";
import { filled, moment } from "./strings.js";
import { somebodyWaits, waitingSection, waitsFor } from "./waiting.js";

const TOLD = "told";

/** "Bo, Eva og Ida" */
function joined(names, words) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${words.and} ${names.at(-1)}`;
}

/** The three lines that say what to do now. ``report`` is the API's answer to a mail that was reported. */
export function threeLines(report, words) {
  const first = report.not_revoked.length > 0
    ? filled(words.missentNotRevoked, { who: joined(report.not_revoked, words) })
    : report.open.length > 0
      ? filled(words.missentOpen, { who: joined(report.open, words) })
      : filled(words.missentRevoked, { who: joined(report.revoked, words) });
  return [first, words.missentKeep, told(report.notices, words)];
}

function told({ manager, officer }, words) {
  if (manager === TOLD && officer === TOLD) return filled(words.missentTold, { who: words.both });
  if (manager !== TOLD && officer !== TOLD) return filled(words.missentTell, { who: `${words.manager} ${words.and} ${words.officer}` });
  const [knows, not] = manager === TOLD ? [words.managerFirst, words.officer] : [words.officerFirst, words.manager];
  return `${filled(words.missentTold, { who: knows })} ${filled(words.missentTell, { who: not })}`;
}

export class Read {
  constructor({ item, api, words, language, stage, mailbox }) {
    Object.assign(this, { item, api, words, language, stage, mailbox });
    this.key = crypto.randomUUID(); // one report per opened mail, however often it is pressed
    this.busy = false;
    this.found = null;
  }

  get own() {
    return this.item.from?.emailAddress?.toLowerCase() === this.mailbox.toLowerCase();
  }

  async start() {
    await this.press(() => this.look());
  }

  async press(work) {
    if (this.busy) return;
    this.busy = true;
    this.stage.busy(true);
    try {
      await work();
    } catch (failure) {
      this.failed(failure);
    } finally {
      this.busy = false;
      this.stage.busy(false);
    }
  }

  failed(failure) {
    const again = element("div", { class: "buttons" }, button(this.words.retry, "again", "primary", () => this.press(() => this.look())));
    if (failure instanceof Failure && !failure.lost) this.stage.show(describeFailure(failure, this.words, this.language), again);
    else if (!this.stage.askToSignIn(failure, () => this.press(() => this.look()))) this.stage.show({ tone: "block", headline: this.words.noAnswer, sentence: this.words.offlineNext }, again);
    this.stage.say("");
  }

  async look(told = "") {
    this.stage.say(this.words.reading);
    this.found = this.own ? await this.api.sentMail(this.mailbox, this.item.internetMessageId) : null;
    this.show();
    this.stage.say(told);
  }

  show() {
    const { words, found } = this;
    const reply = button(words.replySecurely, "reply", "", () => this.item.displayReplyForm({ htmlBody: "" }));
    const wrong = button(words.missent, "missent", "", () => this.ask());
    if (!this.own) {
      this.stage.show({ tone: "allow", headline: words.received, sentence: words.receivedNext }, element("div", { class: "buttons" }, reply));
    } else if (!found.job) {
      this.stage.show({ tone: "confirm", headline: words.notOurs, sentence: words.notOursNext }, element("div", { class: "buttons" }, wrong, reply));
    } else {
      const sent = receipt(found.job, words, this.language);
      const waiting = somebodyWaits(found.waiting ?? []) ? { tone: "confirm", headline: words.waitsHead } : {};
      const view = { ...sent, ...waiting, sentence: filled(words.ownCopy, { at: moment(found.created_at, this.language) }) };
      const open = found.links.some(({ open: usable }) => usable);
      const close = open ? button(words.revoke, "revoke", "", () => this.press(() => this.revoke())) : null;
      const acts = { ask: () => this.press(() => this.instead()), again: () => this.press(() => this.look()) };
      const waits = waitingSection(found.waiting ?? [], words, acts);
      this.stage.show(view, peopleTable(this.people(sent.people), words), waits, this.proof(), element("div", { class: "buttons" }, wrong, close, reply));
    }
  }

  /** With each link of ours, until when it can be used; and with what is known of a mail that waits. */
  people(people) {
    const links = new Map(this.found.links.map((link) => [link.address, link]));
    return people.map((one) => {
      const link = links.get(one.address);
      if (!link) return { ...one, meets: waitsFor(one.address, this.found.waiting ?? [], this.words) };
      const text = link.open ? filled(this.words.openLink, { at: moment(link.expires_at, this.language) }) : this.words.closedLink;
      return { ...one, meets: text };
    });
  }

  proof() {
    const { proof } = this.found;
    return proof ? element("p", {}, element("a", { href: proof, target: "_blank", rel: "noopener", "data-kind": "proof" }, this.words.proof)) : null;
  }

  async instead() {
    this.stage.say(this.words.reading);
    await this.api.instead(this.mailbox, this.found.job.job_id);
    await this.look(this.words.insteadAsked);
    this.stage.focus();
  }

  async revoke() {
    this.stage.say(this.words.revoking);
    await this.api.revoke(this.mailbox, this.found.job.job_id);
    await this.look(this.words.revoked);
    this.stage.focus();
  }

  recipients() {
    const all = [...(this.item.to ?? []), ...(this.item.cc ?? []), ...(this.found?.job?.groups ?? []).flatMap(({ addresses }) => addresses.map((emailAddress) => ({ emailAddress })))];
    return [...new Set(all.map(({ emailAddress }) => emailAddress.toLowerCase()))];
  }

  ask() {
    const { words } = this;
    const who = this.recipients();
    const boxes = who.map((address) => element("label", { class: "choice" }, element("input", { type: "checkbox", value: address, checked: who.length === 1 }), element("span", {}, address)));
    const wrong = element("p", { class: "wrong", role: "alert", hidden: true }, words.missentMissing);
    const form = element("fieldset", {}, element("legend", {}, words.missentWho), ...boxes, wrong);
    const go = button(words.missentGo, "report", "primary", () => {
      const chosen = boxes.map((box) => box.querySelector("input")).filter((box) => box.checked).map((box) => box.value);
      wrong.hidden = chosen.length > 0;
      if (chosen.length === 0) boxes[0]?.querySelector("input").focus();
      else this.press(() => this.report(chosen));
    });
    const back = button(words.cancel, "cancel", "plain", () => this.press(() => this.look()));
    this.stage.show({ tone: "confirm", headline: words.missent, sentence: words.missentHow }, form, element("div", { class: "buttons" }, go, back));
    this.stage.say("");
    this.stage.focus();
  }

  async report(recipients) {
    this.stage.say(this.words.missentWorking);
    const report = await this.api.missent(this.mailbox, { idempotency_key: this.key, message_id: this.item.internetMessageId, recipients });
    const unfinished = report.not_revoked.length > 0 || Object.values(report.notices).includes("not_told");
    const again = unfinished ? button(this.words.retry, "report", "primary", () => this.press(() => this.report(recipients))) : null;
    const head = { tone: "allow", headline: filled(this.words.missentDone, { case: report.case }), sentence: "" };
    this.stage.show(head, section(this.words.missentNow, lines(threeLines(report, this.words), "steps lines")), again ? element("div", { class: "buttons" }, again) : null);
    this.stage.say(head.headline);
    this.stage.focus();
  }
}
