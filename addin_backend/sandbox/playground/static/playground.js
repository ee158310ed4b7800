// The compose window: what Outlook does around the add-in (save, ask, send) and what the add-in does (show, seal, follow).

import { client, Failure } from "./api.js";
import { confirmations, describe, describeFailure, describeLost, leavesSilently, needReason, receipt, settled } from "./answer.js";
import { fieldFor, isWriters, makeDraft, toBase64, withChanges, writeAddresses } from "./draft.js";
import { alertContent, element, paneContent, receiptContent } from "./show.js";
import { wordsFor } from "./words.js";

const POLL_MS = 400;
const POLLS = 75; // half a minute

const language = document.documentElement.lang;
const words = wordsFor(language);
const api = client(language);
const at = (id) => document.getElementById(id);
const sender = document.querySelector(".window").dataset.address;
const query = `mailbox=${encodeURIComponent(sender)}&lang=${language}`;

const NOTHING = { codes: [], digest: "", reasons: {} }; // what has been confirmed, and for which mail
const compose = { itemId: null, key: crypto.randomUUID(), attachments: [], confirmed: NOTHING, secure: false, busy: false, shown: null, asked: null };

function draftNow() {
  const value = (id) => at(id).value;
  return makeDraft({
    itemId: compose.itemId,
    from: sender,
    to: value("to"),
    cc: value("cc"),
    bcc: value("bcc"),
    subject: value("subject"),
    body: value("body"),
    attachments: compose.attachments,
  });
}

function fill(draft) {
  for (const line of ["to", "cc", "bcc"]) at(line).value = writeAddresses(draft[line]);
  at("subject").value = draft.subject;
  at("body").value = draft.body;
  compose.attachments = draft.attachments;
  showAttachments();
}

function showAttachments() {
  const list = at("attachments");
  list.hidden = compose.attachments.length === 0;
  list.replaceChildren(
    ...compose.attachments.map((attachment, index) =>
      element(
        "li",
        { class: "attachment" },
        element("span", {}, attachment.name),
        element(
          "button",
          {
            type: "button",
            class: "close",
            "aria-label": `${words.removeFile} ${attachment.name}`,
            onclick: () => {
              compose.attachments = compose.attachments.filter((_, place) => place !== index);
              showAttachments();
              at("files").focus();
            },
          },
          "×",
        ),
      ),
    ),
  );
}

async function addFiles(files) {
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const added = { name: file.name, media_type: file.type || "application/octet-stream", base64: toBase64(bytes), inline: false, content_id: "" };
    compose.attachments = [...compose.attachments, added];
  }
  showAttachments();
}

function say(text) {
  at("status").textContent = text;
}

/** The counts beside the folders, as the server would draw them now. */
async function refreshFolders() {
  const response = await fetch(`/playground?${query}`, { cache: "no-store" });
  if (!response.ok) return;
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".folders");
  if (drawn) document.querySelector(".folders").replaceWith(document.adoptNode(drawn));
}

function setBusy(busy) {
  compose.busy = busy;
  at("compose").setAttribute("aria-busy", String(busy));
  for (const id of ["send", "send-securely"]) at(id).disabled = busy;
}

function closeAlert() {
  if (at("alert").open) at("alert").close();
}

function showAnswer(decision) {
  compose.shown = decision;
  const view = describe(decision, words, language);
  at("pane").replaceChildren(...paneContent(view, decision, words, act));
  at("pane").hidden = false;
  showAlert(view);
}

function showAlert(view) {
  const alert = at("alert");
  alert.className = `alert alert-${view.tone}`;
  alert.replaceChildren(...alertContent(view, words, act));
  if (!alert.open) alert.showModal();
  alert.querySelector("button").focus();
}

/** One press at a time; whatever fails becomes words in the dialog, and the draft stays as it is. */
async function pressed(work) {
  if (compose.busy) return;
  setBusy(true);
  closeAlert();
  try {
    await work();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    showAlert(describeFailure(failure, words, language));
  } finally {
    setBusy(false);
    say("");
    refreshFolders().catch(() => {}); // only the counts: the mail itself is not affected
  }
}

async function save() {
  say(words.saving);
  compose.itemId = (await api.saveDraft(sender, draftNow())).item_id;
}

async function send() {
  if (compose.asked !== null) {
    await sendSecurely();
    return;
  }
  compose.secure = false;
  await save();
  say(words.checking);
  const decision = await api.check(sender, draftNow(), compose.confirmed);
  if (!leavesSilently(decision)) {
    showAnswer(decision);
    return;
  }
  say(words.sending);
  try {
    await api.sendDraft(sender, compose.itemId, decision.ticket);
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.error !== null) throw failure;
    finished({ state: "uncertain", groups: [] });
    return;
  }
  finished({ state: "sent", groups: decision.recipients.map(({ address, protection }) => ({ protection, addresses: [address], state: "sent" })) });
}

/** While nobody knows what became of a send, the mail that was asked for stands still: it is the one that is asked about again. */
function lock(locked) {
  for (const field of at("compose").querySelectorAll("input, textarea")) field.readOnly = locked;
  for (const button of document.querySelectorAll(".sample, .attachment button")) button.disabled = locked;
  at("files").disabled = locked;
}

function release() {
  compose.asked = null;
  lock(false);
}

/** Once a send has been asked for, the same draft goes with the same key until an answer arrives: never a second mail. */
async function sendSecurely() {
  compose.secure = true;
  if (compose.asked === null) {
    await save();
    compose.asked = draftNow();
    lock(true);
  }
  say(words.sealing);
  let answer;
  try {
    answer = await api.send(sender, compose.asked, compose.confirmed, compose.key);
  } catch (failure) {
    if (failure instanceof Failure && failure.error === null) {
      showAlert(describeLost(words));
      return;
    }
    release();
    compose.key = crypto.randomUUID(); // the service said that this press is over: the next one is another
    throw failure;
  }
  release();
  if (answer.outcome === "not_sent") showAnswer(answer.decision);
  else await follow(answer.job);
}

async function follow(started) {
  let job = started;
  for (let poll = 0; poll < POLLS && !settled(job); poll += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      job = await api.job(started.job_id);
    } catch (failure) {
      if (failure instanceof Failure && failure.status !== 0 && failure.status < 500) throw failure;
    }
  }
  finished(job);
}

function finished(job) {
  const links = [
    { href: `/playground?${query}`, label: words.newMail },
    { href: `/playground/mailbox?${query}&folder=sentitems`, label: words.seeSent },
    { href: `/playground/mailbox?${query}&folder=journal`, label: words.seeLeft },
  ];
  if (!settled(job)) links.unshift({ label: words.followUp, onclick: () => pressed(() => follow(job)) });
  const place = at("receipt");
  place.replaceChildren(...receiptContent(receipt(job, words), links));
  place.dataset.state = job.state;
  place.hidden = false;
  at("compose").hidden = true;
  document.querySelector(".samples").hidden = true;
  at("pane").hidden = true;
  place.focus();
}

/** One press: the service makes the change, a second mail becomes a draft of its own, and the new version is checked. */
async function applyAndCheck(way) {
  if (isWriters(way)) {
    closeAlert();
    say(words.editThis);
    at(fieldFor(way)).focus();
    return;
  }
  if (way.change === "use_portal") {
    await pressed(sendSecurely);
    return;
  }
  let told = "";
  await pressed(async () => {
    const before = draftNow();
    const { drafts } = await api.apply(sender, before, way);
    const [changed, apart] = drafts.map((item) => withChanges(before, item));
    if (apart) await api.saveDraft(sender, { ...apart, item_id: null });
    told = apart ? words.appliedApart : words.appliedThen;
    fill(changed);
    await save();
    say(words.checking);
    showAnswer(await api.check(sender, draftNow(), compose.confirmed));
  });
  say(told);
}

const ACTS = {
  back: () => {
    closeAlert();
    at("body").focus();
  },
  close: () => {
    at("pane").hidden = true;
    at("send").focus();
  },
  send: () => pressed(send),
  send_securely: () => pressed(sendSecurely),
  confirm: () => confirmShown(),
  way_out: ({ way }) => applyAndCheck(way),
};

function act(entry) {
  return ACTS[entry.kind](entry);
}

const MIN_REASON = 10; // characters, as the API asks for

/** Null when a reason is missing: then the dialog is there and the field has the focus. */
function reasonGiven() {
  const wanted = needReason(compose.shown);
  if (wanted.length === 0) return {};
  if (!at("alert").open) showAlert(describe(compose.shown, words, language));
  const text = at("reason").value.trim();
  if (text.length < MIN_REASON) {
    at("reason").setAttribute("aria-invalid", "true");
    at("reason").focus();
    return null;
  }
  return Object.fromEntries(wanted.map((code) => [code, text]));
}

function confirmShown() {
  const { digest } = compose.shown;
  const given = reasonGiven();
  if (given === null) return null;
  const earlier = compose.confirmed.digest === digest ? compose.confirmed.reasons : {};
  const before = compose.confirmed.digest === digest ? compose.confirmed.codes : [];
  compose.confirmed = { codes: [...new Set([...before, ...confirmations(compose.shown)])], digest, reasons: { ...earlier, ...given } };
  return pressed(compose.secure ? sendSecurely : send);
}

async function start() {
  at("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    pressed(send);
  });
  at("send-securely").addEventListener("click", () => pressed(sendSecurely));
  at("files").addEventListener("change", async (event) => {
    await addFiles(event.target.files);
    event.target.value = "";
  });
  at("alert").addEventListener("cancel", () => setTimeout(() => at("body").focus()));
  at("mailbox").addEventListener("change", (event) => event.target.form.submit());
  await api.signIn(sender);
  const samples = await api.samples();
  at("samples").replaceChildren(
    ...samples.map((sample) =>
      element(
        "button",
        { type: "button", class: "sample", "data-sample": sample.key, onclick: () => startFrom(sample) },
        element("span", { class: "sample-title" }, sample.title),
        element("span", { class: "sample-note" }, sample.note),
      ),
    ),
  );
  document.body.dataset.ready = "true";
}

function startFrom(sample) {
  compose.confirmed = NOTHING;
  fill(sample.draft);
  at("pane").hidden = true;
  say("");
  at("send").focus();
}

await start();
