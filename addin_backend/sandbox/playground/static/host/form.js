// The compose form as a value: its lines, its attachments, and who is told when the add-in or the writer changed them.

import { makeDraft, toBase64, writeAddresses } from "../draft.js";
import { asHtml } from "./item.js";
import { attachmentList } from "../show.js";

const at = (id) => document.getElementById(id);

export class Form {
  /** ``changed(event, detail)`` is told of what Outlook tells add-ins. */
  constructor(words, changed) {
    this.words = words;
    this.changed = changed;
    this.attachments = [];
    this.html = false; // whether the mail is written in HTML
    this.lines = ["to", "cc", "bcc"].filter((line) => at(line)); // an invitation has no Bcc
    for (const line of this.lines) at(line).addEventListener("change", () => changed("olkRecipientsChanged", { changedRecipientFields: { [line]: true } }));
    at("files").addEventListener("change", async ({ target }) => {
      await this.add([...target.files]);
      target.value = "";
    });
  }

  value(name) {
    return at(name)?.value ?? "";
  }

  fill(name, text) {
    at(name).value = text;
  }

  /** Everything from a draft of the API. */
  load(draft) {
    for (const line of this.lines) this.fill(line, writeAddresses(draft[line]));
    this.fill("subject", draft.subject);
    this.fill("body", draft.body);
    this.putAttachments(draft.attachments.map((one) => ({ ...one, id: crypto.randomUUID() })));
    this.changed("olkRecipientsChanged", {});
  }

  putAttachments(attachments) {
    this.attachments = attachments;
    const list = at("attachments");
    list.hidden = attachments.length === 0;
    list.replaceChildren(...attachmentList(attachments, this.words, (id) => {
      this.putAttachments(this.attachments.filter((one) => one.id !== id));
      at("files").focus();
    }));
    this.changed("olkAttachmentsChanged", {});
  }

  async add(files) {
    const added = [];
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      added.push({ id: crypto.randomUUID(), name: file.name, media_type: file.type || "application/octet-stream", base64: toBase64(bytes), inline: false, content_id: "" });
    }
    this.putAttachments([...this.attachments, ...added]);
  }

  /** The API's draft, as Outlook saves it in Exchange. */
  draft(from, itemId) {
    const [to, cc, bcc, subject, body] = ["to", "cc", "bcc", "subject", "body"].map((name) => this.value(name));
    const attachments = this.attachments.map(({ id: _id, ...one }) => one);
    const draft = makeDraft({ itemId, from, to, cc, bcc, subject, body, attachments });
    return this.html ? { ...draft, body: asHtml(body), body_format: "html" } : draft;
  }
}
