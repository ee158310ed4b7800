// Outlook's own dialogs around a send, and the question to the add-in's event code that leads to them.

import { alertContent } from "../show.js";
import { clientOf, modeOf, platform } from "./modes.js";
import { startPage, startScript } from "./runtime.js";

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

  /** The add-in said no: its sentence, its button, and Send Anyway where the mode has it. An unknown control only closes. */
  refused({ errorMessage, cancelLabel, commandId, contextData, sendModeOverride }) {
    const { anyway: lenient } = platform("refused", modeOf(this.settings().mode, sendModeOverride));
    const opens = this.controls.has(commandId);
    const act = () => {
      this.close();
      if (opens) this.openPane(contextData ?? "");
      else this.back.focus();
    };
    const own = { kind: opens ? "open_pane" : "dont_send", label: cancelLabel ?? this.words.dontSend, act };
    this.show({ title: this.words.notSent, sentence: errorMessage, buttons: lenient ? [own, this.anyway()] : [own] });
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

  failure({ error }) {
    const sentence = error ? `${error.sentence[this.language]} ${error.next_step[this.language]} ${this.words.reference}: ${error.request_id}` : this.words.offline;
    this.show({ title: this.words.notSent, sentence, buttons: [{ kind: "back", label: this.words.back, act: () => this.toItem() }] });
  }

  /** Ask the event code, as the platform does. Gives {what: "allowed" | "refused" | "unreachable" | "anyway", options}. */
  ask(action, start) {
    if (this.settings().network === "unreachable") return Promise.resolve({ what: "unreachable", options: {} });
    performance.mark("asked"); // benchmarks/addin.py reads the marks
    return new Promise((resolve) => {
      const runtime = start(() => end({ what: "unreachable", options: {} }));
      const slow = setTimeout(() => this.slow(() => end({ what: "anyway", options: {} }), () => end({ what: "refused", options: null })), PATIENCE_MS);
      const end = (result) => {
        performance.mark("completed");
        clearTimeout(slow);
        this.close();
        setTimeout(() => runtime.stop(), AFTER_MS);
        resolve(result);
      };
      runtime.line.launch(action, (options) => end({ what: options.allowEvent === true ? "allowed" : "refused", options }));
    });
  }
}
