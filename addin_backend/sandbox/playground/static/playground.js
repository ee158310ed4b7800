// Outlook's compose window: saves drafts, asks the add-in's own event code before it sends, shows Outlook's dialogs, and holds the task pane.

import { client, Failure } from "./api.js";
import { readAddresses } from "./draft.js";
import { Form } from "./host/form.js";
import { composeCalls } from "./host/item.js";
import { clientOf, modeOf, platform } from "./host/modes.js";
import { commonCalls, connection, keepSettings, readSettings } from "./host/outlook.js";
import { openPane, startPage, startScript } from "./host/runtime.js";
import { alertContent, receiptContent, sampleButtons } from "./show.js";
import { wordsFor } from "./words.js";

const PATIENCE_MS = 5000; // then Outlook says that the add-in is slow
const AFTER_MS = 4000; // a runtime goes on for a while after it has answered (office-js #6656)
const BUTTONS = new Set(["checkPaneButton", "sendSecurelyButton"]); // controls of the manifest that open the pane
const TICKET = "X-SendSecurely-Ticket";

const language = document.documentElement.lang;
const words = wordsFor(language);
const api = client(language);
const at = (id) => document.getElementById(id);
const sheet = document.querySelector(".window");
const person = { address: sheet.dataset.address, name: sheet.dataset.name };
const query = `mailbox=${encodeURIComponent(person.address)}&lang=${language}`;
const NEW = { itemId: null, session: {}, headers: {}, context: "", busy: false, closed: false };
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

function startEventCode(failed) {
  const start = clientOf(settings.client).runtime === "script" ? startScript : startPage;
  return start(connect(), { ...calls, ...common }, failed);
}

function hint(name) {
  if (settings.network === "unreachable" || open.closed) return;
  hints ??= startEventCode(() => {});
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

/** Ask the event code, as the platform does. Gives {what: "allowed" | "refused" | "unreachable" | "anyway", options}. */
function askAddin() {
  if (settings.network === "unreachable") return Promise.resolve({ what: "unreachable", options: {} });
  performance.mark("asked"); // benchmarks/addin.py reads the marks
  return new Promise((resolve) => {
    const runtime = startEventCode(() => end({ what: "unreachable", options: {} }));
    const slow = setTimeout(() => showSlow(() => end({ what: "anyway", options: {} }), () => end({ what: "refused", options: null })), PATIENCE_MS);
    function end(result) {
      performance.mark("completed");
      clearTimeout(slow);
      closeAlert();
      setTimeout(() => runtime.stop(), AFTER_MS);
      resolve(result);
    }
    runtime.line.launch("onMessageSend", (options) => end({ what: options.allowEvent === true ? "allowed" : "refused", options }));
  });
}

async function send() {
  if (open.busy) return;
  setBusy(true);
  closeAlert();
  try {
    say(words.saving);
    await save();
    say(words.asking);
    const { what, options } = await askAddin();
    if (what === "allowed" || what === "anyway") await leave();
    else if (what === "unreachable") showUnreachable();
    else if (options) showRefused(options);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    showFailure(failure);
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

/** The pane has sent the mail itself and closes the window. */
function closedByAddin() {
  finished(words.sentByAddin);
  refreshFolders().catch(() => {}); // only the counts
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
  closeAlert();
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

// --- Outlook's own dialogs ---------------------------------------------------------------------------------------------

function closeAlert() {
  if (at("alert").open) at("alert").close();
}

function backToMail() {
  closeAlert();
  at("body").focus();
}

function showAlert(view) {
  const alert = at("alert");
  alert.replaceChildren(...alertContent(view));
  if (!alert.open) alert.showModal();
  alert.querySelector("button").focus();
}

const anyway = () => ({ kind: "anyway", label: words.anyway, act: () => sendAnyway() });

async function sendAnyway() {
  closeAlert();
  try {
    await leave();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    showFailure(failure);
  }
}

/** The add-in said no: its sentence, its button, and Send Anyway where the mode has it. An unknown control only closes. */
function showRefused({ errorMessage, cancelLabel, commandId, contextData, sendModeOverride }) {
  const { anyway: lenient } = platform("refused", modeOf(settings.mode, sendModeOverride));
  const opens = BUTTONS.has(commandId);
  const act = () => {
    closeAlert();
    if (opens) showPane(contextData ?? "");
    else at("body").focus();
  };
  const own = { kind: opens ? "open_pane" : "dont_send", label: cancelLabel ?? words.dontSend, act };
  showAlert({ title: words.notSent, sentence: errorMessage, buttons: lenient ? [own, anyway()] : [own] });
}

function showUnreachable() {
  const { anyway: lenient } = platform("unreachable", settings.mode);
  const later = { kind: "later", label: words.later, act: backToMail };
  const sentence = lenient ? words.unreachable : words.notAllowed;
  showAlert({ title: words.notSent, sentence, buttons: lenient ? [later, anyway()] : [later] });
}

function showSlow(goes, stops) {
  const { anyway: lenient } = platform("slow", settings.mode);
  const stop = { kind: "dont_send", label: words.dontSend, act: stops };
  const go = { kind: "anyway", label: words.anyway, act: goes };
  showAlert({ title: words.asking, sentence: words.slow, buttons: lenient ? [stop, go] : [stop] });
}

function showFailure(failure) {
  const error = failure.error;
  const sentence = error ? `${error.sentence[language]} ${error.next_step[language]} ${words.reference}: ${error.request_id}` : words.offline;
  showAlert({ title: words.notSent, sentence, buttons: [{ kind: "back", label: words.back, act: backToMail }] });
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
  if (field.name === "network") for (const runtime of [pane, hints]) runtime?.line.tell({ network: field.value });
  else stopHints();
}

function showSettings() {
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
  at("alert").addEventListener("cancel", () => setTimeout(() => at("body").focus()));
  at("mailbox").addEventListener("change", (event) => event.target.form.submit());
  await api.signIn(person.address);
  at("samples").replaceChildren(...sampleButtons(await api.samples(), startFrom));
  fromAddress();
  document.body.dataset.ready = "true";
}

await start();
