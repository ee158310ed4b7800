// The pane beside a mail that is being written: check it, offer what helps, send it once, and close the window when it has gone.

import { accessForm, meetsKnown } from "./access_form.js";
import { describe, describeFailure, receipt } from "./answer.js";
import { Failure } from "./api.js";
import { deliver, resume } from "./deliver.js";
import { closeSent, InTheCloud, putBack, readDraft, remember, remembered, savedId, senderOf } from "./outlook.js";
import { questionForm } from "./questions.js";
import { button, element, lines, peopleTable, reasonFold, section } from "./show.js";
import { filled, moment } from "./strings.js";
import { rests, uncertainParts } from "./uncertain.js";

const NOTHING = { codes: [], digest: "", reasons: {}, answers: {} }; // what the sender has said, and for which mail
const MEMORY = "sendsecurely.send";
const SETTLE_MS = 600; // the writer is still typing recipients

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Compose {
  /** ``stage`` shows views and says words (taskpane.js). */
  constructor({ item, api, words, language, stage }) {
    Object.assign(this, { item, api, words, language, stage });
    this.secure = false; // whether the answer on the screen is about a mail that must be protected
    this.key = crypto.randomUUID();
    this.said = NOTHING;
    this.asked = null;
    this.busy = false;
    this.read = null;
    this.decision = null;
    this.noticed = 0;
    this.typed = {}; // what was typed for those who get a link, by address
    this.access = null;
    this.rests = rests();
  }

  /** First view: the answer about the draft, or what became of a send that an earlier pane of this window asked for. */
  async start() {
    const before = JSON.parse((await remembered(this.item, MEMORY)) ?? "null");
    if (before) this.key = before.key;
    this.listen();
    await this.press(() => (before?.asked ? this.pickUp() : this.check()));
  }

  listen() {
    const events = Office.EventType;
    for (const type of [events.RecipientsChanged, events.AttachmentsChanged]) this.item.addHandlerAsync?.(type, () => this.notice());
  }

  /** The draft changed in the window: the answer is asked for anew once it has come to rest. */
  notice() {
    clearTimeout(this.noticed);
    this.noticed = setTimeout(() => {
      if (this.busy) this.notice();
      else if (this.asked === null) this.press(() => this.check("", false));
    }, SETTLE_MS);
  }

  /** One press at a time. Whatever fails becomes words, and the draft stays as it is. */
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
    const again = button(this.words.retry, "again", "primary", () => this.press(() => this.check()));
    if (failure instanceof Failure) {
      this.stage.show(describeFailure(failure, this.words, this.language), this.reference(failure), element("div", { class: "buttons" }, again));
    } else if (failure instanceof InTheCloud) {
      const view = { tone: "block", headline: filled(this.words.cloud, { name: failure.file }), sentence: this.words.cloudNext };
      this.stage.show(view, element("div", { class: "buttons" }, again));
    } else if (!this.stage.askToSignIn(failure, () => this.press(() => this.check()))) {
      this.stage.show({ tone: "block", headline: this.words.offline, sentence: this.words.offlineNext }, element("div", { class: "buttons" }, again));
    }
    this.stage.say("");
  }

  reference(failure) {
    const number = failure.error?.request_id;
    return number ? element("p", { class: "fine" }, `${this.words.reference}: `, element("code", {}, number)) : null;
  }

  async check(told = "", focus = true) {
    this.stage.say(this.words.reading);
    this.read = await readDraft(this.item);
    this.stage.say(this.words.checking);
    this.decision = await this.api.check({ draft: this.read.draft, secure: this.secure, said: this.said });
    this.answer(told, focus);
  }

  answer(told, focus = true) {
    const { words, language, decision } = this;
    const view = describe(decision, words, language, this.secure);
    const asks = decision.action === "confirm" ? questionForm(view, decision, words, language) : null;
    this.access = accessForm(decision, this.typed, this.names(), words, (at) => moment(at, language));
    const known = meetsKnown(decision, words);
    const rows = view.people.map((one) => ({ ...one, meets: known[one.address] ?? one.meets }));
    const openAccess = this.access.ready ? null : this.access.form;
    const made = view.buttons.map((entry, index) => this.button(entry, index === 0 && entry.kind !== "again", asks));
    const [ways, acts] = [made.filter((_, index) => view.buttons[index].kind === "way_out"), made.filter((_, index) => view.buttons[index].kind !== "way_out")];
    const safeFirst = view.buttons[0]?.kind === "send_securely";
    const waySection = ways.length > 0 ? section(view.tone === "block" ? words.waysOutBlocked : words.waysOut, element("div", { class: "buttons" }, ...ways)) : null;
    this.stage.show(
      view,
      asks ? section(words.questions, lines(view.questions.map(({ title }) => title)), asks.form) : null,
      openAccess,
      asks || safeFirst ? element("div", { class: "buttons" }, acts[0]) : waySection,
      asks || safeFirst ? null : element("div", { class: "buttons" }, ...acts),
      asks ? waySection : null,
      peopleTable(rows, words),
      this.access.ready ? this.access.form : null,
      this.access.form ? element("p", { class: "fine" }, words.portalNotYet) : null,
      view.content.length > 0 ? section(words.found, lines(view.content)) : null,
      safeFirst ? waySection : null,
      view.byHand.length > 0 ? section(words.byHand, lines(view.byHand)) : null,
      reasonFold(view.reasons, words),
      (asks || safeFirst) && acts.length > 1 ? element("div", { class: "buttons" }, ...acts.slice(1)) : null,
    );
    this.stage.say(told);
    if (focus) this.stage.focus(this.access.ready);
  }

  /** The recipients' names in the window, by address in lower case. */
  names() {
    const { to, cc, bcc } = this.read.draft;
    return Object.fromEntries([...to, ...cc, ...bcc].map(({ address, name }) => [address.toLowerCase(), name]));
  }

  button(entry, first, asks) {
    const act = {
      send_securely: () => this.press(() => this.safeSend()),
      send: () => this.press(() => this.send(false)),
      confirm: () => this.confirm(asks),
      way_out: () => this.press(() => this.wayOut(entry.way)),
      again: () => this.press(() => this.check()),
    }[entry.kind];
    return button(entry.label, entry.kind, first ? "primary" : entry.kind === "again" ? "plain" : "", act);
  }

  confirm(asks) {
    const said = asks.answered();
    if (said === null || this.busy || this.access.answered() === null) return;
    this.said = { ...said, codes: [...new Set([...(this.said.digest === said.digest ? this.said.codes : []), ...said.codes])] };
    this.press(() => this.send(this.secure));
  }

  /** What the screen says is what happens: an ordinary mail is first shown as it will be once it is protected. */
  async safeSend() {
    if (this.secure || this.decision.action !== "allow") return this.send(true);
    this.secure = true;
    return this.check(this.words.secureNow);
  }

  /** The draft as it is in the window now. What is asked for stands still until an answer is there: one key, one mail. */
  async send(secure) {
    if (this.asked === null) {
      const access = this.access.answered();
      if (access === null) return;
      const { draft } = await readDraft(this.item);
      this.asked = { draft: { ...draft, item_id: await savedId(this.item) }, secure, said: this.said, access };
      await this.note(true);
    }
    this.stage.say(this.words.sending);
    try {
      await this.ended(await this.deliver(this.asked, this.key));
    } catch (failure) {
      if (failure instanceof Failure) await this.release(true);
      throw failure;
    }
  }

  /** A draft that Outlook has not handed on to Exchange yet is sent without it: nothing has happened under the key so far. */
  async deliver(ask, key) {
    const options = this.watching(key);
    try {
      return await deliver({ ...options, ask });
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.error?.code !== "not_found" || ask.draft.item_id === null) throw failure;
      this.asked = { ...ask, draft: { ...ask.draft, item_id: null } };
      return deliver({ ...options, ask: this.asked });
    }
  }

  watching(key) {
    return { api: this.api, key, told: (state, job) => this.progress(state, job), pause: this.rests.pause };
  }

  async pickUp() {
    const mailbox = await senderOf(this.item);
    await this.ended(await resume({ ...this.watching(this.key), mailbox }));
  }

  progress(state, job) {
    if (state === "slow") this.stage.say(this.words.stillWorking);
    else if (this.shown !== state) {
      const people = job ? peopleTable(receipt(job, this.words, this.language).people, this.words) : null;
      const hand = { api: this.api, job, language: this.language, wake: this.rests.wake, say: (text) => this.stage.say(text) };
      this.stage.show({ tone: "confirm", headline: this.words.uncertain, sentence: this.words.uncertainNext }, people, uncertainParts(hand));
      this.stage.say(this.words.uncertain);
    }
    this.shown = state;
  }

  async ended({ job, decision, notTaken }) {
    this.shown = "";
    if (notTaken) return this.notTaken();
    if (decision) {
      await this.release(false);
      this.decision = { phones: this.decision?.phones, ...decision }; // a send tells nothing of numbers
      return this.answer(this.words.changed);
    }
    const view = receipt(job, this.words, this.language);
    const again = button(this.words.again, "again", "primary", () => this.press(() => this.check())); // the only way on
    if (job.state === "not_sent") await this.release(true);
    this.stage.show(view, peopleTable(view.people, this.words), job.state === "not_sent" ? element("div", { class: "buttons" }, again) : null);
    this.stage.say(view.headline);
    this.stage.focus();
    return job.state === "sent" ? this.close() : undefined;
  }

  /** The service is there and knows nothing of the press. The same mail may be asked for again under the same key. */
  notTaken() {
    const retry = button(this.words.retry, "retry", "primary", () => this.press(() => (this.asked ? this.send(this.asked.secure) : this.forget())));
    this.stage.show({ tone: "confirm", headline: this.words.notTaken, sentence: this.words.notTakenNext }, element("div", { class: "buttons" }, retry));
    this.stage.focus();
  }

  /** A pane that was opened anew holds no copy of what was asked for: the mail in the window is asked about again. */
  async forget() {
    await this.note(false);
    await this.check();
  }

  async close() {
    try {
      await closeSent(this.item);
    } catch {
      this.stage.say(this.words.closeByHand);
    }
  }

  async release(renew) {
    this.asked = null;
    if (renew) this.key = crypto.randomUUID(); // the service said that this press is over: the next one is another
    await this.note(false);
  }

  note(asked) {
    return remember(this.item, MEMORY, JSON.stringify({ key: this.key, asked }));
  }

  /** The way out that protects the mail: sent at once when each number is known, else shown with what is still to be chosen. */
  async securely() {
    this.secure = true;
    await this.check(this.words.secureNow);
    const goes = this.decision.action === "allow" || this.decision.action === "protect";
    return goes && this.access.ready ? this.send(true) : undefined;
  }

  async wayOut(way) {
    if (way.change === "use_portal") return this.securely();
    this.stage.say(this.words.applying);
    const now = await readDraft(this.item);
    if (!same(now, this.read)) return this.check(this.words.changed); // the way out was tried on another mail
    const { drafts } = await this.api.apply(now.draft, way);
    if (drafts.length > 1) return this.offerApart(now, drafts);
    await putBack(this.item, now, drafts[0]);
    return this.check(this.words.applied);
  }

  offerApart(now, [rest, alone]) {
    const attachments = alone.attachments.map(({ part, name, base64 }) => ({ ...now.draft.attachments[part], name, base64: base64 ?? now.draft.attachments[part].base64 }));
    const draft = { ...now.draft, to: alone.to, cc: alone.cc, bcc: alone.bcc, subject: alone.subject, body: alone.body, attachments };
    const apart = { rest, ask: { draft, secure: true, said: NOTHING, access: {} } };
    const go = button(this.words.apartSend, "apart", "primary", () => this.press(() => this.sendApart(apart)));
    const back = button(this.words.cancel, "cancel", "plain", () => this.press(() => this.check()));
    this.stage.show({ tone: "protect", headline: this.words.apart, sentence: this.words.apartNext }, element("div", { class: "buttons" }, go, back));
    this.stage.say("");
    this.stage.focus();
  }

  /** The attachment goes first; only when it has gone is it taken out of the mail in the window. */
  async sendApart({ rest, ask }) {
    this.stage.say(this.words.sending);
    const { job, decision, notTaken } = await this.deliver(ask, `${this.key}.apart`);
    if (notTaken) throw new Failure(0, null);
    if (decision) throw new Failure(0, null); // it was tried before it was offered
    if (job.state !== "sent") return this.ended({ job });
    await putBack(this.item, this.read, rest);
    return this.check(this.words.apartSent);
  }
}
