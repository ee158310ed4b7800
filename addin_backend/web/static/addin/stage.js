// The one place where the pane shows and says something: a headline, what stands under it, and a line that screen readers hear.

import { element, icon } from "./show.js";

export class Stage {
  constructor({ root, headline, view, status, words }) {
    Object.assign(this, { root, headline, view, status, words });
  }

  /** Replace what is shown. ``view`` has tone, headline and sentence; ``parts`` are elements, null for none. */
  show({ tone, headline, sentence }, ...parts) {
    const head = element("div", { class: "head" });
    this.headline.textContent = headline;
    head.append(icon(tone), this.headline);
    if (sentence) head.append(element("p", { id: "sentence" }, sentence));
    this.view.replaceChildren(head, ...parts.filter(Boolean));
    this.view.dataset.tone = tone;
    this.root.setAttribute("aria-busy", "false");
  }

  /** Into the live region. */
  say(text) {
    this.status.textContent = text;
    this.status.classList.toggle("unseen", text === this.headline.textContent); // heard all the same
  }

  /** While something is asked, no button takes a press. */
  busy(on) {
    this.root.setAttribute("aria-busy", String(on));
    for (const button of this.view.querySelectorAll("button")) button.disabled = on;
  }

  /** The default button when it is the safe one and nothing has to be filled in before; else the headline, so that it is read first. */
  focus(ready = true) {
    const first = this.view.querySelector(".buttons button.primary");
    if (ready && first?.dataset.kind === "send_securely") {
      first.setAttribute("aria-describedby", "headline");
      first.disabled = false; // a disabled button takes no focus; ``Compose.press`` takes one press at a time all the same
      first.focus();
    } else this.headline.focus();
  }
}
