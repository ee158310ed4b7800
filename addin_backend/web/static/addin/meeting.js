// The pane beside an invitation: whether it can go, and ways out that work. An invitation is never sealed: what must be protected leaves it
// and goes to the same people in a secure mail (docs/decisions/085-an-invitation-is-cleaned.md).

import { accessForm } from "./access_form.js";
import { describe, receipt } from "./answer.js";
import { Failure } from "./api.js";
import { Compose } from "./compose.js";
import { resume } from "./deliver.js";
import { beginning, clean, confirmedFor, detailsOf, noteSaid, readInvitation, without } from "./invitation.js";
import { meetingWays } from "./meeting_ways.js";
import { MEETING } from "./meeting_words.js";
import { InTheCloud, remember, remembered, senderOf } from "./outlook.js";
import { questionForm } from "./questions.js";
import { button, element, lines, peopleTable, reasonFold, section } from "./show.js";
import { filled, moment } from "./strings.js";

const MEMORY = "sendsecurely.details";
const NOTHING = { codes: [], digest: "", reasons: {}, answers: {} };
const NAMES = 3; // people named on a button

/** What fails, and a change in the window, are dealt with as beside a mail. */
export class Meeting extends Compose {
  constructor(parts) {
    super(parts);
    this.words = { ...parts.words, ...MEETING[parts.language] };
    this.chosen = 0;
    this.sent = ""; // the digest of the content whose details have gone in a mail: what is left is to clean
    this.cloud = "";
  }

  /** First view: the answer about the invitation, or what became of the details that an earlier pane of this window sent. */
  async start() {
    const before = JSON.parse((await remembered(this.item, MEMORY)) ?? "null");
    if (before) Object.assign(this, before.own, { key: before.key });
    this.listen();
    await this.press(() => (before?.asked && !this.sent ? this.pickUp() : this.check()));
  }

  /** What a pane that is opened anew has to know. */
  note(asked) {
    const { key, place, chosen, sent, about } = this;
    return remember(this.item, MEMORY, JSON.stringify({ key, asked, own: { place, chosen, sent, about } }));
  }

  /** A hint: nothing is recorded before the invitation is sent. */
  async check(told = "", focus = true) {
    this.stage.say(this.words.checking);
    this.read = await readInvitation(this.item);
    this.decision = await this.api.hint({ draft: this.read.draft, secure: false, said: this.said });
    const confirmed = this.decision.action === "confirm" && (await confirmedFor(this.item)) === this.decision.digest;
    if (this.decision.action === "allow" || confirmed) this.goes(confirmed);
    else await this.offer();
    this.stage.say(told);
    if (focus) this.stage.focus();
  }

  goes(confirmed) {
    const { words } = this;
    const again = button(words.meetingAgain, "again", "plain", () => this.press(() => this.check()));
    this.stage.show({ tone: "allow", headline: confirmed ? words.meetingConfirmed : words.meetingGoes, sentence: words.meetingGoesNext }, element("div", { class: "buttons" }, again));
  }

  /** The mail with the details; null where a file in the cloud cannot go along. */
  async details() {
    const { item, words, language, read } = this;
    const starts = await beginning(item);
    const above = [starts && filled(words.detailsAbout, { when: moment(starts, language) }), read.place && filled(words.detailsPlace, { place: read.place })];
    this.cloud = "";
    try {
      return await detailsOf(item, above.filter(Boolean));
    } catch (failure) {
      if (!(failure instanceof InTheCloud)) throw failure;
      this.cloud = `${filled(words.cloud, { name: failure.file })} ${words.cloudNext}`;
      return null;
    }
  }

  async offer() {
    const { words, language, decision, read, api } = this;
    const gone = this.sent === decision.digest;
    const details = gone ? null : await this.details();
    const ways = await meetingWays({ read, details, decision, words: words.neutral[0], api });
    const view = describe(decision, words, language, false);
    const asks = decision.action === "confirm" ? questionForm(view, decision, words, language) : null;
    const made = this.buttons(ways, details);
    const first = made.length > 0 ? words.meetingHeldNext : view.sentence || words.meetingByHand;
    const cleans = ways.clean !== null;
    this.stage.show(
      { tone: asks ? "confirm" : "block", headline: asks ? words.meetingAsks : words.meetingHeld, sentence: asks ? view.sentence : first },
      view.content.length > 0 ? section(words.meetingFound, lines(view.content)) : null,
      this.cloud ? element("div", { class: "note" }, element("p", {}, this.cloud)) : null,
      asks ? section(words.questions, lines(view.questions.map(({ title }) => title)), asks.form, element("div", { class: "buttons" }, button(words.meetingConfirm, "confirm", "primary", () => this.confirm(asks)))) : null,
      made.length > 0 ? section(asks ? words.waysOut : words.waysOutBlocked, cleans ? this.titles() : null, element("div", { class: "buttons" }, ...made)) : null,
      made.length === 0 && view.byHand.length > 0 ? section(words.byHand, lines(view.byHand)) : null,
      ways.details?.goes ? peopleTable(describe(ways.details.decision, words, language, true).people, { ...words, recipients: words.detailsTo }) : null,
      reasonFold(view.reasons, words),
      element("div", { class: "buttons" }, button(words.meetingAgain, "again", "plain", () => this.press(() => this.check()))),
    );
    if (!asks) this.stage.view.querySelector(".buttons button")?.classList.add("primary");
  }

  titles() {
    const { words } = this;
    const options = words.neutral.map(({ title }, index) => element("option", { value: String(index), selected: index === this.chosen }, title));
    return element("label", { class: "field" }, element("span", {}, words.neutralTitle), element("select", { id: "neutral-title", onchange: ({ target }) => (this.chosen = Number(target.value)) }, ...options));
  }

  buttons({ clean: cleaned, details: mail, takeOff, changes }, details) {
    const { words, language } = this;
    const made = [];
    if (cleaned && this.sent === this.decision.digest) made.push(button(words.cleanOnly, "clean", "", () => this.onlyAsShown(() => this.clean(cleaned.place, words.cleaned))));
    if (cleaned && mail?.goes) made.push(button(words.cleanAndSend, "clean_and_send", "", () => this.onlyAsShown(() => this.cleanAndSend(cleaned.place, details))));
    if (cleaned && mail) made.push(button(words.cleanAndKeep, "clean_and_keep", "", () => this.onlyAsShown(() => this.cleanAndKeep(cleaned.place, details))));
    for (const way of changes) made.push(button(way.texts[language], "way_out", "", () => this.onlyAsShown(() => this.take(way))));
    if (takeOff.length > 0) made.push(button(filled(words.takeOff, { who: this.names(takeOff) }), "take_off", "", () => this.onlyAsShown(() => this.take({ recipients: takeOff }))));
    return made;
  }

  names(addresses) {
    return addresses.slice(0, NAMES).join(", ") + (addresses.length > NAMES ? " …" : "");
  }

  /** A way out was tried on what was on the screen; another invitation gets an answer of its own first. */
  onlyAsShown(work) {
    return this.press(async () => {
      const { draft } = await readInvitation(this.item);
      return JSON.stringify(draft) === JSON.stringify(this.read.draft) ? work() : this.check(this.words.invitationChanged);
    });
  }

  async take(gone) {
    this.stage.say(this.words.applying);
    await without(this.item, this.read, gone);
    await this.check(this.words.meetingApplied);
  }

  /** Sent at once when the number of each who gets a link is known; else the sender is asked, as beside a mail. */
  async cleanAndSend(place, details) {
    const { words, language } = this;
    this.stage.say(words.checking);
    const decision = await this.api.check({ draft: details, secure: true, said: NOTHING });
    const named = Object.fromEntries([...details.to, ...details.cc].map(({ address, name }) => [address.toLowerCase(), name]));
    this.access = accessForm(decision, this.typed, named, words, (at) => moment(at, language));
    if (this.access.ready) return this.sendWith(place, details);
    const go = button(words.cleanAndSend, "clean_and_send", "primary", () => this.onlyAsShown(() => this.sendWith(place, details)));
    const back = button(words.cancel, "cancel", "plain", () => this.press(() => this.check()));
    this.stage.show({ tone: "confirm", headline: words.detailsAccess, sentence: words.detailsAccessNext }, this.access.form, element("div", { class: "buttons" }, go, back), element("p", { class: "fine" }, words.portalNotYet));
    this.stage.say(words.detailsAccess);
    return this.stage.focus();
  }

  /** The details have gone, or lie in Drafts, before anything is taken out of the invitation. */
  async sendWith(place, details) {
    const access = this.access.answered();
    if (access === null) return;
    this.asked = { draft: details, secure: true, said: NOTHING, access };
    this.place = place;
    this.about = this.decision.digest;
    await this.note(true);
    await this.sendDetails();
  }

  async sendDetails() {
    this.stage.say(this.words.sendingDetails);
    try {
      await this.ended(await this.deliver(this.asked, this.key));
    } catch (failure) {
      if (failure instanceof Failure) await this.release(true); // a plain refusal: nothing was sent
      throw failure;
    }
  }

  /** The service is there and knows nothing of the press: under its key the details go once, however often they are asked for. */
  notTaken() {
    const retry = button(this.words.retry, "retry", "primary", () => this.press(() => (this.asked ? this.sendDetails() : this.forget())));
    this.stage.show({ tone: "confirm", headline: this.words.notTaken, sentence: this.words.notTakenNext }, element("div", { class: "buttons" }, retry));
    this.stage.focus();
  }

  async cleanAndKeep(place, details) {
    this.stage.say(this.words.keepingDetails);
    await this.api.keep(details, this.key);
    await this.clean(place, this.words.cleanedAndKept);
  }

  async ended({ job, decision, notTaken }) {
    this.shown = "";
    if (notTaken) return this.notTaken();
    if (job?.state === "sent") {
      this.sent = this.about;
      await this.note(true);
      return this.clean(this.place, this.words.cleanedAndSent);
    }
    await this.release(true);
    if (decision) return this.check(this.words.detailsHeld);
    const view = receipt(job, this.words, this.language);
    const again = button(this.words.meetingAgain, "again", "plain", () => this.press(() => this.check()));
    const why = job.state === "partly_sent" ? view.sentence : job.reason?.why[this.language];
    const sentence = [why, this.words.invitationUnchanged].filter(Boolean).join(" ");
    this.stage.show({ ...view, sentence }, peopleTable(view.people, this.words), element("div", { class: "buttons" }, again));
    this.stage.say(view.headline);
    return this.stage.focus();
  }

  async clean(place, told) {
    const { title, text } = this.words.neutral[this.chosen];
    this.stage.say(this.words.applying);
    await clean(this.item, { title, text, place });
    this.sent = "";
    await this.release(true);
    await this.check(told);
  }

  /** A pane that was opened anew only looks after the mail that an earlier one asked for. */
  async pickUp() {
    const mailbox = await senderOf({ from: this.item.organizer });
    await this.ended(await resume({ ...this.watching(this.key), mailbox }));
  }

  confirm(asks) {
    const said = asks.answered();
    if (said === null || this.busy) return;
    this.press(() => this.confirmed({ ...said, codes: [...new Set([...(this.said.digest === said.digest ? this.said.codes : []), ...said.codes])] }));
  }

  /** Tried here; noted for the event code, whose check records them with the invitation that leaves. */
  async confirmed(said) {
    this.stage.say(this.words.checking);
    this.said = said;
    this.decision = await this.api.hint({ draft: this.read.draft, secure: false, said });
    if (this.decision.action !== "allow") return this.offer();
    await noteSaid(this.item, said);
    this.goes(true);
    this.stage.say("");
    return this.stage.focus();
  }
}
