// @ts-check
// An invitation through Office.js: read as the event code reads it, so that both ask about the very same content; and changed.

import { ask, readMeeting } from "./outlook.js";

const SAID = "sendsecurely.said"; // the event code asks for it under this name (launchevent.js)

/**
 * @template T
 * @param {{getAsync: (done: (result: Office.AsyncResult<T>) => void) => void}} field
 * @returns {Promise<T>}
 */
const value = (field) => ask((done) => field.getAsync(done));

/** @param {Office.EmailAddressDetails} person */
const named = ({ emailAddress, displayName }) => ({ address: emailAddress || displayName || "", name: displayName ?? "" });

/** @param {Office.AppointmentCompose} item */
const files = (item) => ask((/** @type {(r: Office.AsyncResult<Office.AttachmentDetailsCompose[]>) => void} */ done) => item.getAttachmentsAsync(done));

/**
 * The invitation as the API's draft, and the place under its text: read as the event code reads it. What lies in the cloud counts as not
 * read. ``place`` is the location; ``ids`` are Outlook's of the files, in the same order.
 * @param {Office.AppointmentCompose} item
 */
export async function readInvitation(item) {
  const { draft, ids } = await readMeeting(item, { asEventCode: true });
  const place = (await value(item.location)) ?? "";
  return { draft: { ...draft, body: [draft.body, place].filter(Boolean).join("\n") }, place, ids };
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

