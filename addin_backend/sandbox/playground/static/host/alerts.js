// Outlook's own dialogs around a send, and the question to the add-in's event code that leads to them.

import { alertContent } from "../show.js";
import { clientOf, modeOf, platform } from "./modes.js";
import { startPage, startScript } from "./runtime.js";

const LOADING_MS = 8000; // a script that is long in coming: over Outlook's five seconds
const GIVEN_UP_MS = 15_000; // stands for Outlook's five minutes
const PATIENCE_MS = 5000; // then Outlook says that the add-in is slow
const AFTER_MS = 4000; // a runtime goes on for a while after it has answered (office-js #6656)

/** The event code as the chosen client runs it. */
export function startEventCode(client, connect, calls, failed) {
  const start = clientOf(client).runtime === "script" ? startScript : startPage;
  return start(connect, calls, failed);
}

export class Alerts {
  /** ``back`` is where the focus goes; ``settings()`` how the host is set; ``openPane(context)`` and ``sendAnyway()`` are the window's. */
  constructor({ place, words, language, back, settings, controls, openPane, sendAnyway }) {
    Object.assign(this, { place, words, language, back, settings, controls, openPane, sendAnyway });
    place.addEventListener("cancel", () => setTimeout(() => back.focus()));
  }

  close() {
    if (this.place.open) this.place.close();
  }

  toItem() {
    this.close();
    this.back.focus();
  }

  show(view) {
    this.place.replaceChildren(...alertContent(view));
    if (!this.place.open) this.place.showModal();
    this.place.querySelector("button").focus();
  }

  anyway() {
    const act = () => {
      this.close();
      this.sendAnyway();
    };
    return { kind: "anyway", label: this.words.anyway, act };
  }

  /** The add-in said no: its name, its sentence, its button, and Send Anyway where the mode has it. An unknown control only closes. */
  refused({ errorMessage, cancelLabel, commandId, contextData, sendModeOverride }) {
    const { anyway: lenient } = platform("refused", modeOf(this.settings().mode, sendModeOverride));
    const opens = this.controls.has(commandId);
    const act = () => {
      this.close();
      if (opens) this.openPane(contextData ?? "");
      else this.back.focus();
    };
    const own = { kind: opens ? "open_pane" : "dont_send", label: cancelLabel ?? this.words.dontSend, act };
    this.show({ title: this.words.addin, sentence: errorMessage, buttons: lenient ? [own, this.anyway()] : [own] });
  }

  unreachable() {
    const { anyway: lenient } = platform("unreachable", this.settings().mode);
    const later = { kind: "later", label: this.words.later, act: () => this.toItem() };
    this.show({ title: this.words.notSent, sentence: lenient ? this.words.unreachable : this.words.notAllowed, buttons: lenient ? [later, this.anyway()] : [later] });
  }

  slow(goes, stops) {
    const { anyway: lenient } = platform("slow", this.settings().mode);
    const stop = { kind: "dont_send", label: this.words.dontSend, act: stops };
    const go = { kind: "anyway", label: this.words.anyway, act: goes };
    this.show({ title: this.words.asking, sentence: this.words.slow, buttons: lenient ? [stop, go] : [stop] });
  }

  /** Five minutes without an answer: not sent, unless the mode lets the person send it anyway. */
  late() {
    const { mode, client } = this.settings();
    const { anyway: lenient } = platform("late", mode, client);
    const again = { kind: "later", label: this.words.later, act: () => this.toItem() };
    this.show({ title: this.words.notSent, sentence: this.words.late, buttons: lenient ? [again, this.anyway()] : [again] });
  }

  workOffline() {
    this.show({ title: this.words.notSent, sentence: this.words.workOffline, buttons: [{ kind: "back", label: this.words.back, act: () => this.toItem() }] });
  }

  outbox() {
    this.show({ title: this.words.inOutbox, sentence: this.words.outbox, buttons: [{ kind: "close", label: this.words.close, act: () => this.toItem() }] });
  }

  /** What the dialogs say of an outcome that is no yes. */
  told(what, options) {
    const acts = { unreachable: () => this.unreachable(), late: () => this.late(), offline: () => this.workOffline(), outbox: () => this.outbox() };
    if (acts[what]) acts[what]();
    else if (options) this.refused(options);
  }

  failure({ error }) {
    const sentence = error ? `${error.sentence[this.language]} ${error.next_step[this.language]} ${this.words.reference}: ${error.request_id}` : this.words.offline;
    this.show({ title: this.words.notSent, sentence, buttons: [{ kind: "back", label: this.words.back, act: () => this.toItem() }] });
  }

  /** What happens before the event code is asked: nothing can be had of it, or Outlook works offline. */
  before() {
    const { network, client, mode } = this.settings();
    if (network === "work_offline" && clientOf(client).worksOffline) return platform("work_offline", mode).outbox ? "outbox" : "offline";
    return network === "unreachable" || network === "work_offline" ? "unreachable" : "";
  }

  /** Ask the event code, as the platform does. Gives {what: "allowed" | "refused" | "unreachable" | "anyway" | "late" | "offline" | "outbox", options}. */
  ask(action, start) {
    const before = this.before();
    if (before) return Promise.resolve({ what: before, options: {} });
    performance.mark("asked"); // benchmarks/addin.py reads the marks
    return new Promise((resolve) => {
      let runtime = null;
      const run = () => {
        runtime = start(() => end({ what: "unreachable", options: {} }));
        runtime.line.launch(action, (options) => end({ what: options.allowEvent === true ? "allowed" : "refused", options }));
      };
      const loading = { late: LOADING_MS, stuck: GIVEN_UP_MS }[this.settings().network] ?? 0;
      const late = setTimeout(() => end({ what: "late", options: {} }), GIVEN_UP_MS);
      const slow = setTimeout(() => this.slow(() => end({ what: "anyway", options: {} }), () => end({ what: "refused", options: null })), PATIENCE_MS);
      const end = (result) => {
        performance.mark("completed");
        for (const timer of [slow, late, loaded]) clearTimeout(timer);
        this.close();
        setTimeout(() => runtime?.stop(), AFTER_MS);
        resolve(result);
      };
      const loaded = loading > 0 ? setTimeout(run, loading + 1) : 0;
      if (loading === 0) run();
    });
  }
}
