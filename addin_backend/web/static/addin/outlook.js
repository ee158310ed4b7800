// @ts-check
// The open mail through Office.js: read it as the API's draft, and put a change back. Callbacks become promises.

/** Outlook refused a call; ``name`` is Office's word for why. */
export class OutlookFault extends Error {
  /** @param {string} name */
  constructor(name) {
    super(name);
    this.name = name;
  }
}

/** An attachment that lies in the cloud: there are no bytes that could be protected. */
export class InTheCloud extends Error {
  /** @param {string} file */
  constructor(file) {
    super("cloud attachment");
    this.file = file;
  }
}

/**
 * The value of an Office call.
 * @template T
 * @param {(done: (result: Office.AsyncResult<T>) => void) => void} call
 * @returns {Promise<T>}
 */
export function ask(call) {
  return new Promise((resolve, reject) => {
    try {
      call((result) => (String(result.status) === "succeeded" ? resolve(result.value) : reject(new OutlookFault(result.error?.name ?? "failed"))));
    } catch (error) {
      reject(new OutlookFault(error instanceof Error ? error.name : "failed"));
    }
  });
}

/** @param {string} text */
function textToBase64(text) {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary);
}

/** @param {Office.EmailAddressDetails} person */
const address = ({ emailAddress, displayName }) => ({ address: emailAddress || displayName || "", name: displayName ?? "" });

const UNKNOWN_TYPE = "application/octet-stream";
const FORMATS = { eml: "message/rfc822", iCalendar: "text/calendar" };
const OFFICE = "application/vnd.openxmlformats-officedocument";
const EXTENSIONS = {
  csv: "text/csv", doc: "application/msword", docx: `${OFFICE}.wordprocessingml.document`, gif: "image/gif", html: "text/html", jpeg: "image/jpeg",
  jpg: "image/jpeg", pdf: "application/pdf", png: "image/png", pptx: `${OFFICE}.presentationml.presentation`, rtf: "application/rtf",
  txt: "text/plain", xls: "application/vnd.ms-excel", xlsx: `${OFFICE}.spreadsheetml.sheet`, xml: "application/xml", zip: "application/zip",
};

/** Office.js tells no media type while a mail is being written; the name does. @param {string} name */
function mediaType(name) {
  return /** @type {Record<string, string>} */ (EXTENSIONS)[name.toLowerCase().split(".").at(-1) ?? ""] ?? UNKNOWN_TYPE;
}

/**
 * @param {Office.MessageCompose} item
 * @param {Office.AttachmentDetailsCompose} listed
 * @param {boolean} asEventCode as launchevent.js reads files: what lies in the cloud is empty, so it counts as not read, and a name tells no type
 */
async function attachment(item, listed, asEventCode) {
  if (String(listed.attachmentType) === "cloud" && !asEventCode) throw new InTheCloud(listed.name);
  const { content, format } = await ask((/** @type {(r: Office.AsyncResult<Office.AttachmentContent>) => void} */ done) => item.getAttachmentContentAsync(listed.id, done));
  const linked = String(format) === "url";
  if (linked && !asEventCode) throw new InTheCloud(listed.name);
  const written = /** @type {Record<string, string>} */ (FORMATS)[String(format)];
  return {
    name: listed.name,
    media_type: written ?? (asEventCode ? UNKNOWN_TYPE : mediaType(listed.name)),
    base64: linked ? "" : written ? textToBase64(content) : content,
    inline: Boolean(listed.isInline),
    content_id: listed.isInline ? (listed.contentId ?? "") : "",
  };
}

/**
 * What the pane stands beside: a mail or a meeting that is being written, or something that is read.
 * @param {any} item
 * @returns {"mail" | "meeting" | "read"}
 */
export function kindOf(item) {
  if (typeof item.to?.getAsync === "function") return "mail";
  return typeof item.requiredAttendees?.getAsync === "function" ? "meeting" : "read";
}

/**
 * The draft in the window as the API takes it, and Outlook's ids of its attachments in the same order.
 * @param {Office.MessageCompose} item
 */
export function readDraft(item) {
  return readItem(item, item.from, { to: item.to, cc: item.cc, bcc: item.bcc }, typeof item.inReplyTo === "string" ? item.inReplyTo : "");
}

/**
 * An invitation in the same form: those who must come stand in To, those who may in Cc.
 * @param {Office.AppointmentCompose} item
 * @param {{asEventCode?: boolean}} [how]
 */
export function readMeeting(item, { asEventCode = false } = {}) {
  return readItem(item, item.organizer, { to: item.requiredAttendees, cc: item.optionalAttendees, bcc: null }, "", asEventCode);
}

/** @param {Office.Recipients | null} line */
const invited = (line) => (line === null ? Promise.resolve([]) : ask((/** @type {(r: Office.AsyncResult<Office.EmailAddressDetails[]>) => void} */ done) => line.getAsync(done)));

/**
 * The name or id of the sensitivity label, which weighs in the check; "" where there is none or Outlook has no labels.
 * @param {Office.MessageCompose} item
 */
async function labelOf(item) {
  if (!item.sensitivityLabel) return "";
  const catalog = Office.context.sensitivityLabelsCatalog;
  if (!catalog) return "";
  try {
    if (!(await ask((/** @type {(r: Office.AsyncResult<boolean>) => void} */ done) => catalog.getIsEnabledAsync(done)))) return "";
  } catch {
    return ""; // as the event code: labels that cannot be asked for are none
  }
  return (await ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.sensitivityLabel.getAsync(done))) ?? "";
}

/**
 * @param {any} item an Office.MessageCompose or Office.AppointmentCompose
 * @param {Office.From | Office.Organizer} sender
 * @param {{to: Office.Recipients, cc: Office.Recipients, bcc: Office.Recipients | null}} lines
 * @param {string} inReplyTo
 * @param {boolean} [asEventCode]
 */
async function readItem(item, sender, lines, inReplyTo, asEventCode = false) {
  const [from, to, cc, bcc, subject, type] = await Promise.all([
    ask((/** @type {(r: Office.AsyncResult<Office.EmailAddressDetails>) => void} */ done) => sender.getAsync(done)),
    invited(lines.to),
    invited(lines.cc),
    invited(lines.bcc),
    ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.subject.getAsync(done)),
    ask((/** @type {(r: Office.AsyncResult<Office.CoercionType>) => void} */ done) => item.body.getTypeAsync(done)),
  ]);
  const body = await ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.body.getAsync(type, done));
  const listed = await ask((/** @type {(r: Office.AsyncResult<Office.AttachmentDetailsCompose[]>) => void} */ done) => item.getAttachmentsAsync(done));
  const attachments = [];
  for (const one of listed) attachments.push(await attachment(item, one, asEventCode)); // one at a time: Outlook takes three such calls at most
  const draft = {
    item_id: /** @type {string | null} */ (null),
    from: from.emailAddress,
    to: to.map(address),
    cc: cc.map(address),
    bcc: bcc.map(address),
    subject,
    body,
    body_format: String(type) === "html" ? "html" : "plain",
    attachments,
    importance: "normal", // Office.js does not tell it while a mail is being written
    in_reply_to: inReplyTo.slice(0, 1000),
    label: (await labelOf(item)).slice(0, 200),
  };
  return { draft, ids: listed.map(({ id }) => id) };
}

/**
 * The address that the mail is written from.
 * @param {Office.MessageCompose} item
 */
export async function senderOf(item) {
  return (await ask((/** @type {(r: Office.AsyncResult<Office.EmailAddressDetails>) => void} */ done) => item.from.getAsync(done))).emailAddress;
}

/**
 * Exchange's id of the draft once it has been saved; null where Outlook cannot save it now. The send does not need it.
 * @param {Office.MessageCompose} item
 */
export async function savedId(item) {
  try {
    return await ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.saveAsync(done));
  } catch {
    return null;
  }
}

/** @param {{address: string, name: string}[]} people */
const people = (people) => people.map((one) => ({ emailAddress: one.address, displayName: one.name || one.address }));

/**
 * Put into the window what a way out changed. What it did not touch is left alone.
 * @param {Office.MessageCompose} item
 * @param {{draft: any, ids: string[]}} before
 * @param {any} after the API's changed draft
 */
export async function putBack(item, before, after) {
  const { draft, ids } = before;
  for (const line of /** @type {const} */ (["to", "cc", "bcc"])) {
    if (JSON.stringify(draft[line].map((/** @type {any} */ one) => one.address)) !== JSON.stringify(after[line].map((/** @type {any} */ one) => one.address))) {
      await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item[line].setAsync(people(after[line]), done));
    }
  }
  if (after.subject !== draft.subject) await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.subject.setAsync(after.subject, done));
  if (after.body !== draft.body) {
    const coercionType = /** @type {Office.CoercionType} */ (draft.body_format === "html" ? "html" : "text");
    await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.body.setAsync(after.body, { coercionType }, done));
  }
  await putFiles(item, draft, ids, after.attachments);
}

/**
 * @param {Office.MessageCompose} item
 * @param {any} draft
 * @param {string[]} ids
 * @param {{part: number, name: string, base64: string | null}[]} kept
 */
async function putFiles(item, draft, ids, kept) {
  const stays = new Map(kept.map((one) => [one.part, one]));
  for (const [part, id] of ids.entries()) {
    const one = stays.get(part);
    if (one && one.base64 === null && one.name === draft.attachments[part].name) continue;
    if (one) {
      const content = one.base64 ?? draft.attachments[part].base64; // the new one goes in before the old one goes out
      await ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.addFileAttachmentFromBase64Async(content, one.name, { isInline: draft.attachments[part].inline }, done));
    }
    await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.removeAttachmentAsync(id, done));
  }
}

/**
 * Close the compose window and throw its draft away: only for a mail that has been sent.
 * @param {Office.MessageCompose} item
 */
export function closeSent(item) {
  return ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.closeAsync({ discardItem: true }, done));
}

/**
 * What this compose window remembers, so that a pane that is opened anew goes on where the last one was.
 * @param {Office.MessageCompose} item
 * @param {string} name
 */
export async function remembered(item, name) {
  try {
    return (await ask((/** @type {(r: Office.AsyncResult<string>) => void} */ done) => item.sessionData.getAsync(name, done))) || null;
  } catch {
    return null; // nothing was stored under this name
  }
}

/**
 * @param {Office.MessageCompose} item
 * @param {string} name
 * @param {string} value
 */
export async function remember(item, name, value) {
  try {
    await ask((/** @type {(r: Office.AsyncResult<void>) => void} */ done) => item.sessionData.setAsync(name, value, done));
  } catch {
    return; // an old client: the key lives as long as the pane
  }
}

/**
 * A token for our API. Silent; with ``ui`` Outlook may ask the person to sign in and agree.
 * @param {boolean} ui
 * @returns {Promise<string>}
 */
export function accessToken(ui) {
  return OfficeRuntime.auth.getAccessToken({ allowSignInPrompt: ui, allowConsentPrompt: ui, forMSGraphAccess: false });
}
