// A draft as a value: reading the address lines, building the API's DRAFT, and taking in what a way out changed. No DOM in here.

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

/** Bytes as base64, in pieces that a call can take. */
export function toBase64(bytes) {
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(binary);
}
