// Outlook's compose window: saves drafts, asks the add-in's own event code before it sends, shows Outlook's dialogs, and holds the task pane.

import { client, Failure } from "./api.js";
import { readAddresses } from "./draft.js";
import { Alerts, startEventCode } from "./host/alerts.js";
import { Form } from "./host/form.js";
import { composeCalls } from "./host/item.js";
import { commonCalls, connection, keepSettings, readSettings } from "./host/outlook.js";
import { openPane } from "./host/runtime.js";
import { receiptContent, sampleButtons } from "./show.js";
import { wordsFor } from "./words.js";

const BUTTONS = new Set(["checkPaneButton", "sendSecurelyButton"]); // controls of the manifest that open the pane
const TICKET = "X-SendSecurely-Ticket";

const language = document.documentElement.lang;
const words = wordsFor(language);
const api = client(language);
const at = (id) => document.getElementById(id);
const sheet = document.querySelector(".window");
const person = { address: sheet.dataset.address, name: sheet.dataset.name };
const query = `mailbox=${encodeURIComponent(person.address)}&lang=${language}`;
const NEW = { outbox: false, itemId: null, session: {}, headers: {}, context: "", busy: false, closed: false };
const open = { ...NEW };
let settings = readSettings();
let pane = null;
let hints = null; // the event code that listens while the mail is written

const form = new Form(words, (event, detail) => {
  pane?.line.tell({ event, detail });
  if (event === "olkRecipientsChanged") hint("onMessageRecipientsChanged");
  else hint("onMessageAttachmentsChanged");
});
const acts = { sender: () => person, save, close: closedByAddin, notice };
const calls = composeCalls(form, acts, open);
const common = commonCalls({ person, language, settings: () => settings });
const alerts = new Alerts({ place: at("alert"), words, language, back: at("body"), settings: () => settings, controls: BUTTONS, openPane: showPane, sendAnyway });
const connect = (more = {}) => connection({ person, language, settings }, { writing: true, ...more });

function say(text) {
  at("status").textContent = text;
}

function notice(text) {
  at("infobar").textContent = text;
  at("infobar").hidden = text === "";
}

async function save() {
  open.itemId = (await api.saveDraft(person.address, form.draft(person.address, open.itemId))).item_id;
  return open.itemId;
}

// --- the add-in's runtimes ---------------------------------------------------------------------------------------------

const eventCode = (failed) => startEventCode(settings.client, connect(), { ...calls, ...common }, failed);

function hint(name) {
  if (settings.network === "unreachable" || open.closed) return;
  hints ??= eventCode(() => {});
  hints.line.launch(name, () => {});
}

function stopHints() {
  hints?.stop();
  hints = null;
}

function showPane(context) {
  pane?.stop();
  open.context = context;
  sheet.dataset.pane = "open";
  at("pane").hidden = false;
  pane = openPane(at("pane-place"), connect(), { ...calls, ...common });
}

function hidePane() {
  pane?.stop();
  pane = null;
  at("pane").hidden = true;
  delete sheet.dataset.pane;
}

// --- sending -----------------------------------------------------------------------------------------------------------

function setBusy(busy) {
  open.busy = busy;
  at("compose").setAttribute("aria-busy", String(busy));
  at("send").disabled = busy;
}

async function send() {
  if (open.busy) return;
  setBusy(true);
  alerts.close();
  try {
    say(words.saving);
    await save();
    say(words.asking);
    const { what, options } = await alerts.ask("onMessageSend", eventCode);
    if (what === "allowed" || what === "anyway") await leave();
    else alerts.told(what, options);
    open.outbox = what === "outbox";
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    alerts.failure(failure);
  } finally {
    setBusy(false);
    say("");
    refreshFolders().catch(() => {}); // only the counts: the mail itself is not affected
  }
}

async function leave() {
  say(words.sending);
  const value = open.headers[TICKET];
  await api.sendDraft(person.address, open.itemId, value ? { header: TICKET, value } : null);
  finished(words.sentBy);
}

/** The pane has sent the mail itself, and closes the window without its draft. */
function closedByAddin() {
  finished(words.sentByAddin);
  const discarded = open.itemId === null ? Promise.resolve() : api.discardDraft(person.address, open.itemId);
  discarded.then(refreshFolders).catch(() => {}); // the mail itself has been sent
}

function finished(sentence) {
  const links = [
    { href: `/playground?${query}`, label: words.newMail },
    { href: `/playground/mailbox?${query}&folder=sentitems`, label: words.seeSent },
    { href: `/playground/mailbox?${query}&folder=journal`, label: words.seeLeft },
  ];
  open.closed = true;
  stopHints();
  setTimeout(hidePane, 0); // the pane's last call is answered first
  alerts.close();
  const addresses = ["to", "cc", "bcc"].flatMap((line) => readAddresses(form.value(line)).map(({ address }) => address));
  const place = at("receipt");
  place.replaceChildren(...receiptContent({ title: words.sent, sentence, addresses }, links));
  place.dataset.state = "sent";
  place.hidden = false;
  at("compose").hidden = true;
  document.querySelector(".samples").hidden = true;
  place.focus();
}

/** The counts beside the folders, as the server would draw them now. */
async function refreshFolders() {
  const response = await fetch(`/playground?${query}`, { cache: "no-store" });
  if (!response.ok) return;
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".folders");
  if (drawn) document.querySelector(".folders").replaceWith(document.adoptNode(drawn));
}

async function sendAnyway() {
  try {
    await leave();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    alerts.failure(failure);
  }
}

// --- starting ----------------------------------------------------------------------------------------------------------

function startFrom(sample) {
  hidePane();
  stopHints();
  notice("");
  Object.assign(open, { ...NEW, itemId: open.itemId, session: {}, headers: {} });
  Object.assign(calls, composeCalls(form, acts, open)); // another window: nothing of the last one's session
  form.load(sample.draft);
  say("");
  at("send").focus();
}

function settle(field) {
  settings = { ...settings, [field.name]: field.value };
  keepSettings(settings);
  form.html = settings.format === "html";
  if (field.name === "network") for (const runtime of [pane, hints]) runtime?.line.tell({ network: field.value });
  else stopHints();
  if (open.outbox && settings.network !== "work_offline") sendAnyway(); // what lies in the Outbox goes, and nobody asks the add-in
}

function showSettings() {
  form.html = settings.format === "html";
  for (const field of at("host").querySelectorAll("select")) {
    field.value = settings[field.name];
    field.addEventListener("change", () => settle(field));
  }
}

/** "Reply securely" in a mail leads here: who it goes to, and which mail it answers. */
function fromAddress() {
  const asked = new URLSearchParams(location.search);
  if (!asked.get("to")) return;
  form.load({ to: [{ address: asked.get("to"), name: "" }], cc: [], bcc: [], subject: asked.get("subject") ?? "", body: "", attachments: [] });
  at("body").focus();
}

async function start() {
  showSettings();
  at("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  at("send-securely").addEventListener("click", () => showPane(""));
  at("close-pane").addEventListener("click", () => {
    hidePane();
    at("send").focus();
  });
  at("mailbox").addEventListener("change", (event) => event.target.form.submit());
  await api.signIn(person.address);
  at("samples").replaceChildren(...sampleButtons(await api.samples(), startFrom));
  fromAddress();
  document.body.dataset.ready = "true";
}

await start();
