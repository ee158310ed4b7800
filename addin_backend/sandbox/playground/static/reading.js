// Outlook's reading pane: what it tells the add-in of the open mail, and the task pane beside it.

import { commonCalls, connection, readSettings } from "./host/outlook.js";
import { openPane } from "./host/runtime.js";

const at = (id) => document.getElementById(id);
const sheet = document.querySelector(".window");
const person = { address: sheet.dataset.address, name: sheet.dataset.name };
const language = document.documentElement.lang;
const opened = at("opened");
let pane = null;

function people(line) {
  return [...opened.querySelectorAll(`[data-line=${line}]`)].map(({ dataset }) => ({ emailAddress: dataset.address, displayName: dataset.name || dataset.address }));
}

/** A reply opens as a new mail to the sender, or to the recipients of a mail of one's own. */
function reply() {
  const own = people("from")[0]?.emailAddress === person.address;
  const to = own ? people("to")[0] : people("from")[0];
  const asked = new URLSearchParams({ mailbox: person.address, lang: language, to: to?.emailAddress ?? "", subject: `SV: ${opened.dataset.subject}` });
  location.assign(`/playground?${asked}`);
}

function show() {
  const item = {
    itemId: opened.dataset.item,
    internetMessageId: opened.dataset.messageId,
    subject: opened.dataset.subject,
    from: people("from")[0] ?? { emailAddress: "", displayName: "" },
    to: people("to"),
    cc: people("cc"),
  };
  const settings = readSettings();
  at("pane").hidden = false;
  pane?.stop();
  pane = openPane(at("pane-place"), connection({ person, language, settings }, { writing: false, item }), { ...commonCalls({ person, language, settings: () => settings }), reply });
}

function hide() {
  pane?.stop();
  pane = null;
  at("pane").hidden = true;
  at("send-securely").focus();
}

at("mailbox").addEventListener("change", ({ target }) => target.form.submit());
if (opened) {
  at("send-securely").addEventListener("click", show);
  at("close-pane").addEventListener("click", hide);
}
document.body.dataset.ready = "true";
