// A draft as a value: reading the address lines, building the API's DRAFT, and applying a way out. No DOM in here.

/** Split at commas and semicolons outside quotation marks and angle brackets. */
function split(text) {
  const parts = [];
  let part = "";
  let quoted = false;
  let bracketed = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (character === "<" && !quoted) bracketed = true;
    else if (character === ">" && !quoted) bracketed = false;
    if (/[,;\n]/.test(character) && !quoted && !bracketed) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part].map((item) => item.trim()).filter(Boolean);
}

/** "Bo <bo@x.example>; anna@y.example" as [{name, address}]. What cannot be read stays as the address: the server judges it. */
export function readAddresses(text) {
  return split(text).map((item) => {
    const match = /^(.*)<([^<>]*)>$/.exec(item);
    if (!match) return { name: "", address: item };
    return { name: match[1].trim().replace(/^"(.*)"$/, "$1"), address: match[2].trim() };
  });
}

/** The other way: one line of text. */
export function writeAddresses(people) {
  return people.map(({ name, address }) => (name ? `${/[,;<>"]/.test(name) ? `"${name.replaceAll('"', "")}"` : name} <${address}>` : address)).join("; ");
}

/** The API's DRAFT. */
export function makeDraft({ itemId, from, to, cc, bcc, subject, body, attachments }) {
  return {
    item_id: itemId ?? null,
    from,
    to: readAddresses(to),
    cc: readAddresses(cc),
    bcc: readAddresses(bcc),
    subject,
    body,
    body_format: "plain",
    attachments,
    importance: "normal",
  };
}

const NUMBERS = [
  /(?<!\d)(?:\d{4}[ .-]?){3}\d{4}(?!\d)/g, // payment card
  /(?<!\d)\d{4}[ .-]{1,3}\d{6,10}(?!\d)/g, // bank account: registration number and account
  /(?<!\d)\d{2}[ .-]?\d{2}[ .-]?\d{2}[ .-]{0,3}[\dA-Za-z]{2}\d{2}(?!\d)/g, // CPR, also a replacement number
  /\b[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){3,7}(?: ?[\dA-Z]{1,3})?\b/g, // IBAN
];

/** Blot out what reads as a CPR, account or card number. The new version is checked again, so a miss is seen. */
export function maskNumbers(text) {
  return NUMBERS.reduce((masked, pattern) => masked.replace(pattern, (found) => found.replace(/[\dA-Za-z]/g, "x")), text);
}

/** Everything before the first sign of a quoted mail. */
export function withoutQuoted(text) {
  const sign = /^(?:-{3,}\s*(?:Oprindelig meddelelse|Original Message)\s*-{3,}|_{10,}|(?:Fra|From): .+|(?:Den|On) .+ (?:skrev|wrote)\b.*:|>.*)$/im.exec(text);
  return sign ? text.slice(0, sign.index).trimEnd() + "\n" : text;
}

function utf8(base64) {
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

function maskAttachment(attachment) {
  if (!attachment.media_type.startsWith("text/")) return attachment;
  try {
    return { ...attachment, base64: toBase64(new TextEncoder().encode(maskNumbers(utf8(attachment.base64)))) };
  } catch {
    return attachment;
  }
}

/** Bytes as base64, in pieces that a call can take. */
export function toBase64(bytes) {
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary);
}

/** Changes that the page can make itself; the others are for the writer. */
const CHANGES = {
  remove_recipient: (draft, way) => {
    const gone = new Set(way.recipients.map((address) => address.toLowerCase()));
    const keep = (people) => people.filter((person) => !gone.has(person.address.toLowerCase()));
    return { ...draft, to: keep(draft.to), cc: keep(draft.cc), bcc: keep(draft.bcc) };
  },
  remove_attachment: (draft, way) => ({ ...draft, attachments: draft.attachments.filter((_, index) => !way.parts.includes(index)) }),
  mask_identifiers: (draft) => ({
    ...draft,
    subject: maskNumbers(draft.subject),
    body: maskNumbers(draft.body),
    attachments: draft.attachments.map(maskAttachment),
  }),
  leave_out_quoted: (draft) => ({ ...draft, body: withoutQuoted(draft.body) }),
};

/** The draft after a way out, or null when only the writer can make the change. */
export function applyWayOut(draft, way) {
  const change = CHANGES[way.change];
  return change ? change(draft, way) : null;
}

/** Where the writer has to go for a change that the page cannot make. */
export function fieldFor(way) {
  return ["add_recipient", "change_recipient"].includes(way.change) ? "to" : "body";
}
