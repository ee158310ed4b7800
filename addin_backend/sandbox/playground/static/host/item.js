// The mail that is being written, as Office shows it to the add-in. The form on the page is the mail; nothing is kept twice.

import { readAddresses, writeAddresses } from "../draft.js";

const MAX_NOTICE = 150;
const INTERNAL = "@nordlys.example";

const person = ({ address, name }) => ({
  emailAddress: address,
  displayName: name || address,
  recipientType: address.toLowerCase().endsWith(INTERNAL) ? "user" : "externalUser",
});
const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** As Outlook keeps a mail in HTML: a line is a div. */
export function asHtml(words) {
  const lines = words.split("\n").map((line) => `<div>${line.replace(/[&<>]/g, (sign) => ESCAPED[sign]) || "<br>"}</div>`);
  return `<html><head></head><body dir="ltr">${lines.join("")}</body></html>`;
}

/** The other way, for what an add-in put in. */
function asWords(html) {
  const lines = new DOMParser().parseFromString(html, "text/html").body.querySelectorAll("div, p");
  return [...lines].map((line) => line.textContent).join("\n");
}

const missing = (name) => {
  throw { name: "KeyNotFound", message: name };
};

function lines(form) {
  const found = {};
  for (const line of form.lines ?? ["to", "cc", "bcc"]) {
    found[`${line}.get`] = () => readAddresses(form.value(line)).map(person);
    found[`${line}.set`] = (people) => {
      form.fill(line, writeAddresses(people.map((one) => (typeof one === "string" ? { address: one, name: "" } : { address: one.emailAddress, name: one.displayName === one.emailAddress ? "" : one.displayName }))));
      form.changed("olkRecipientsChanged", { changedRecipientFields: { [line]: true } });
    };
  }
  return found;
}

function attachments(form) {
  const find = (id) => form.attachments.find((one) => one.id === id) ?? missing(id);
  return {
    "attachments.list": () =>
      form.attachments.map(({ id, name, base64, inline, content_id: contentId }) => ({ id, name, attachmentType: "file", size: Math.floor((base64.length * 3) / 4), isInline: inline, contentId })),
    "attachments.content": (id) => ({ content: find(id).base64, format: "base64" }),
    "attachments.add": (base64, name, options) => {
      const added = { id: crypto.randomUUID(), name, base64, media_type: "application/octet-stream", inline: Boolean(options?.isInline), content_id: options?.isInline ? name : "" };
      form.putAttachments([...form.attachments, added]);
      return added.id;
    },
    "attachments.remove": (id) => {
      find(id);
      form.putAttachments(form.attachments.filter((one) => one.id !== id));
    },
  };
}

/** A store that tells of a name it does not hold as Outlook does. */
function store(kept) {
  return { get: (name) => (name in kept ? kept[name] : missing(name)), set: (name, value) => void (kept[name] = value) };
}

/**
 * The calls about the mail. ``form`` has value, fill, attachments, putAttachments and changed; ``acts`` saves, closes and shows notices;
 * ``window`` holds what lives as long as the compose window: session data, headers, what the alert handed over.
 */
export function composeCalls(form, acts, window) {
  const session = store(window.session);
  return {
    ...lines(form),
    ...attachments(form),
    "from.get": () => person(acts.sender()),
    "subject.get": () => form.value("subject"),
    "subject.set": (text) => form.fill("subject", text),
    "body.type": () => (form.html ? "html" : "text"),
    "body.get": (kind) => (kind === "html" ? asHtml(form.value("body")) : form.value("body")),
    "body.set": (text, options) => form.fill("body", options?.coercionType === "html" ? asWords(text) : text),
    "item.save": () => acts.save(),
    "item.close": (options) => (options?.discardItem ? acts.close() : missing("discardItem")),
    "session.get": session.get,
    "session.set": session.set,
    "headers.set": (headers) => void Object.assign(window.headers, headers),
    "headers.get": (names) => Object.fromEntries(names.filter((name) => name in window.headers).map((name) => [name, window.headers[name]])),
    "headers.remove": (names) => names.forEach((name) => delete window.headers[name]),
    "notice.replace": (_key, notice) => (notice.message.length > MAX_NOTICE ? missing("message") : acts.notice(notice.message)),
    "notice.remove": () => acts.notice(""),
    "context.get": () => window.context || missing("context"),
  };
}

/** The same about an invitation: who must come stands in the line To, who may in Cc. It has no internet headers, and an add-in cannot close it. */
export function appointmentCalls(form, acts, window) {
  const all = composeCalls(form, acts, window);
  const { "headers.set": _set, "headers.get": _get, "headers.remove": _remove, "item.close": _close, ...kept } = all;
  return {
    ...kept,
    "location.get": () => form.value("location"),
    "location.set": (text) => form.fill("location", text),
    "start.get": () => acts.begins(),
    "end.get": () => acts.ends(),
  };
}
