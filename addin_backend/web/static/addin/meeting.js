// The pane beside an invitation: what the check would say when it is sent, and why. An invitation cannot be protected, so nothing is sent here.

import { describe } from "./answer.js";
import { Compose } from "./compose.js";
import { readMeeting } from "./outlook.js";
import { button, element, lines, reasonFold, section } from "./show.js";

/** What fails, and a change in the window, are dealt with as beside a mail. */
export class Meeting extends Compose {
  async start() {
    this.listen();
    await this.press(() => this.check());
  }

  /** A hint: nothing is recorded before the invitation is sent. */
  async check(_told = "", focus = true) {
    const { words, language } = this;
    this.stage.say(words.checking);
    const { draft } = await readMeeting(this.item);
    const decision = await this.api.hint({ draft, secure: false, said: this.said });
    const view = describe(decision, words, language, false);
    const goes = decision.action === "allow";
    const again = button(words.meetingAgain, "again", "plain", () => this.press(() => this.check()));
    this.stage.show(
      { tone: goes ? "allow" : "block", headline: goes ? words.meetingGoes : words.meetingHeld, sentence: goes ? words.meetingGoesNext : words.meetingHeldNext },
      view.content.length > 0 ? section(words.meetingFound, lines(view.content)) : null,
      reasonFold(view.reasons, words),
      element("div", { class: "buttons" }, again),
    );
    this.stage.say("");
    if (focus) this.stage.focus();
  }
}
