// @ts-check
// An invitation through Office.js: read as the event code reads it, so that both ask about the very same content; and changed.

import { ask, readMeeting } from "./outlook.js";

const SAID = "sendsecurely.said"; // the event code asks for it under this name (launchevent.js)
const NAMELESS = "application/octet-stream";
const TYPES = { eml: "message/rfc822", iCalendar: "text/calendar" };

/**
 * @template T
 * @param {{getAsync: (done: (result: Office.AsyncResult<T>) => void) => void}} field
 * @returns {Promise<T>}
 */
const value = (field) => ask((done) => field.getAsync(done));

/** @param {string} text */
function toBase64(text) {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary);
}

/** @param {Office.EmailAddressDetails} person */
const named = ({ emailAddress, displayName }) => ({ address: emailAddress || displayName || "", name: displayName ?? "" });

/** @param {Office.AppointmentCompose} item */
const files = (item) => ask((/** @type {(r: Office.AsyncResult<Office.AttachmentDetailsCompose[]>) => void} */ done) => item.getAttachmentsAsync(done));

/**
 * What lies in the cloud has no content here: empty, it counts as not read.
 * @param {Office.AppointmentCompose} item
 * @param {Office.AttachmentDetailsCompose} listed
 */
async function attachment(item, listed) {
  const { content, format } = await ask((/** @type {(r: Office.AsyncResult<Office.AttachmentContent>) => void} */ done) => item.getAttachmentContentAsync(listed.id, done));
  const written = /** @type {Record<string, string>} */ (TYPES)[String(format)];
  const base64 = written ? toBase64(content) : String(format) === "base64" ? content : "";
  return { name: listed.name ?? "", media_type: written ?? NAMELESS, base64, inline: listed.isInline === true, content_id: "" };
}

/**
 * The invitation as the API's draft: the text, and under it the place; who must come in To, who may in Cc.
 * ``place`` is the location; ``ids`` are Outlook's of the files, in the same order.
 * @param {Office.AppointmentCompose} item
 */
export async function readInvitation(item) {
  const [organizer, required, optional, subject, body, place, listed] = await Promise.all([
    value(item.organizer), value(item.requiredAttendees), value(item.optionalAttendees), value(item.subject), textOf(item), value(item.location), files(item),
  ]);
  const attachments = [];
  for (const one of listed) attachments.push(await attachment(item, one)); // one at a time: Outlook takes three such calls at most
  const draft = {
    item_id: /** @type {string | null} */ (null), from: organizer.emailAddress, to: required.map(named), cc: optional.map(named), bcc: /** @type {any[]} */ ([]),
    subject: subject ?? "", body: [body, place].filter(Boolean).join("\n"), body_format: "plain", attachments, importance: "normal",
  };
  return { draft, text: body ?? "", place: place ?? "", ids: listed.map(({ id }) => id) };
}

/** @param {Office.AppointmentCompose} item @returns {Promise<string>} */
function textOf(item) {
  return ask((done) => item.body.getAsync(/** @type {Office.CoercionType} */ ("text"), done));
}

/**
 * When it begins; null where Outlook does not tell.
 * @param {Office.AppointmentCompose} item
 * @returns {Promise<Date | null>}
 */
export async function beginning(item) {
  try {
    return await value(item.start);
  } catch {
    return null;
  }
}

/**
 * The mail that carries what the invitation cannot: its title, its text as it is written, and its files. ``lines`` stand above the text.
 * @param {Office.AppointmentCompose} item
 * @param {string[]} lines
 */
export async function detailsOf(item, lines) {
  const { draft } = await readMeeting(item); // raises InTheCloud: such a file cannot go along
  const html = draft.body_format === "html";
  const above = html ? lines.map((line) => `<p>${escaped(line)}</p>`).join("") : lines.map((line) => `${line}\n`).join("");
  return { ...draft, body: html ? above + draft.body : `${above}\n${draft.body}` };
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * Put a neutral title and text into the window and take every file off; the place too, unless ``place`` keeps it. The title changes last:
 * as long as it stands, everybody sees that the work is not done.
 * @param {Office.AppointmentCompose} item
 * @param {{title: string, text: string, place: string}} neutral
 */
export async function clean(item, { title, text, place }) {
  const coercionType = /** @type {Office.CoercionType} */ ("text");
  await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.body.setAsync(text, { coercionType }, done));
  for (const { id } of await files(item)) await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.removeAttachmentAsync(id, done));
  if ((await value(item.location)) !== place) await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.location.setAsync(place, done));
  await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.subject.setAsync(title, done));
}

/**
 * Take people off both lines, and files off the invitation, by their place in the draft.
 * @param {Office.AppointmentCompose} item
 * @param {{ids: string[]}} read
 * @param {{recipients?: string[], parts?: number[]}} gone
 */
export async function without(item, read, { recipients = [], parts = [] }) {
  const off = new Set(recipients.map((address) => address.toLowerCase()));
  for (const line of [item.requiredAttendees, item.optionalAttendees]) {
    const all = await value(line);
    const left = all.filter((one) => !off.has(named(one).address.toLowerCase()));
    if (left.length < all.length) await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => line.setAsync(left, done));
  }
  for (const part of parts) await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.removeAttachmentAsync(read.ids[part], done));
}

/**
 * Note for the event code what the organiser has answered. Rejects where Outlook cannot keep it: then nothing has been confirmed.
 * @param {Office.AppointmentCompose} item
 * @param {{codes: string[], digest: string, reasons: Record<string, string>, answers: Record<string, unknown>}} said
 */
export function noteSaid(item, { codes, digest, reasons, answers }) {
  const noted = JSON.stringify({ confirmed: codes, confirmed_for: digest, reasons, answers });
  return ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.sessionData.setAsync(SAID, noted, done));
}

/**
 * The digest of the content that was confirmed in this window, or "".
 * @param {Office.AppointmentCompose} item
 * @returns {Promise<string>}
 */
export async function confirmedFor(item) {
  try {
    return JSON.parse(await ask((done) => item.sessionData.getAsync(SAID, done))).confirmed_for ?? "";
  } catch {
    return ""; // nothing was noted
  }
}

