// Outlook's meeting window: asks the add-in's own event code before the invitation is sent, shows Outlook's dialogs, and holds the task pane.

import { client, Failure } from "./api.js";
import { readAddresses } from "./draft.js";
import { Alerts, startEventCode } from "./host/alerts.js";
import { Form } from "./host/form.js";
import { appointmentCalls } from "./host/item.js";
import { commonCalls, connection, keepSettings, readSettings } from "./host/outlook.js";
import { openPane } from "./host/runtime.js";
import { receiptContent, sampleButtons } from "./show.js";
import { wordsFor } from "./words.js";

const CONTROLS = new Set(["checkMeetingPaneButton"]); // of the manifest
const language = document.documentElement.lang;
const plain = wordsFor(language);
const words = { ...plain, notSent: plain.meetingNotSent, asking: plain.meetingAsking, back: plain.meetingBack };
const api = client(language);
const at = (id) => document.getElementById(id);
const sheet = document.querySelector(".window");
const person = { address: sheet.dataset.address, name: sheet.dataset.name };
const query = `mailbox=${encodeURIComponent(person.address)}&lang=${language}`;
const open = { session: {}, headers: {}, context: "", busy: false };
let settings = readSettings();
let pane = null;

const form = new Form(words, (event, detail) => pane?.line.tell({ event, detail }));
const when = (name) => new Date(form.value(name));
const acts = { sender: () => person, save: () => "appointment-1", notice, begins: () => when("starts"), ends: () => when("ends") };
const calls = appointmentCalls(form, acts, open);
const common = commonCalls({ person, language, settings: () => settings });
const connect = () => connection({ person, language, settings }, { writing: true, meeting: true });
const alerts = new Alerts({ place: at("alert"), words, language, back: at("body"), settings: () => settings, controls: CONTROLS, openPane: showPane, sendAnyway });

function say(text) {
  at("status").textContent = text;
}

function notice(text) {
  at("infobar").textContent = text;
  at("infobar").hidden = text === "";
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
    say(words.asking);
    const { what, options } = await alerts.ask("onAppointmentSend", (failed) => startEventCode(settings.client, connect(), { ...calls, ...common }, failed));
    if (what === "allowed" || what === "anyway") await leave();
    else alerts.told(what, options);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    alerts.failure(failure);
  } finally {
    setBusy(false);
    say("");
  }
}

async function sendAnyway() {
  try {
    await leave();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    alerts.failure(failure);
  }
}

async function leave() {
  say(words.sending);
  await api.sendInvitation(person.address, { draft: form.draft(person.address, null), begins: when("starts").toISOString(), ends: when("ends").toISOString(), location: form.value("location") });
  const links = [
    { href: `/playground/meeting?${query}`, label: words.newMeeting },
    { href: `/playground/mailbox?${query}&folder=sentitems`, label: words.seeSent },
    { href: `/playground/mailbox?${query}&folder=journal`, label: words.seeLeft },
  ];
  hidePane();
  alerts.close();
  const addresses = ["to", "cc"].flatMap((line) => readAddresses(form.value(line)).map(({ address }) => address));
  const place = at("receipt");
  place.replaceChildren(...receiptContent({ title: words.meetingSent, sentence: words.meetingSentBy, addresses }, links));
  place.dataset.state = "sent";
  place.hidden = false;
  at("compose").hidden = true;
  document.querySelector(".samples").hidden = true;
  place.focus();
}

/** Tomorrow at ten, in the form that the fields take. */
function tomorrow(hour) {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(hour)}:00`;
}

function startFrom({ draft, location }) {
  hidePane();
  notice("");
  Object.assign(open, { session: {}, context: "" });
  Object.assign(calls, appointmentCalls(form, acts, open)); // another window: nothing of the last one's session
  form.load(draft);
  form.fill("location", location);
  say("");
  at("send").focus();
}

function settle(field) {
  settings = { ...settings, [field.name]: field.value };
  keepSettings(settings);
  form.html = settings.format === "html";
  if (field.name === "network") pane?.line.tell({ network: field.value });
}

async function start() {
  form.html = settings.format === "html";
  for (const field of at("host").querySelectorAll("select")) {
    field.value = settings[field.name];
    field.addEventListener("change", () => settle(field));
  }
  form.fill("starts", tomorrow(10));
  form.fill("ends", tomorrow(11));
  at("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  at("check-meeting").addEventListener("click", () => showPane(""));
  at("close-pane").addEventListener("click", () => {
    hidePane();
    at("send").focus();
  });
  at("mailbox").addEventListener("change", (event) => event.target.form.submit());
  await api.signIn(person.address);
  at("samples").replaceChildren(...sampleButtons(await api.invitations(), startFrom));
  document.body.dataset.ready = "true";
}

await start();
