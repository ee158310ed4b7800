// How a recipient opens the secure page: a code by text message to a number that is known or typed here, or a code that is said on the
// telephone. The values and their rules; what is drawn of them stands in access_form.js. No DOM in here.

const BETWEEN = /[\s().\-/\u00a0\u2010-\u2015]+/g;
const E164 = /^\+[1-9][0-9]{6,14}$/;
const DANISH = /^[2-9][0-9]{7}$/;
export const SHORTEST = 8; // letters and digits of an agreed code, as the API asks for
const STRONG = 10;
const RUN = "01234567890123456789 98765432109876543210 abcdefghijklmnopqrstuvwxyzæøå qwertyuiopåasdfghjklæøzxcvbnm";
const SAID = "abcdefghkmnprstuvxyz23456789"; // none of them is taken for another when it is read aloud

/** A number as "+4520000078", or null. The rules are the server's (evidence/phone_numbers.py). */
export function e164(typed) {
  const digits = typed.replace(BETWEEN, "").replace(/^00/, "+");
  if (DANISH.test(digits)) return `+45${digits}`;
  if (!E164.test(digits) || (digits.startsWith("+45") && !DANISH.test(digits.slice(3)))) return null;
  return digits;
}

/** What counts of a code: letters and digits, in lower case. */
export function heard(code) {
  return code.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** How good a code is: "short", "easy", "identifier" (these are refused), "fair" or "strong". ``names``: what somebody would guess first. */
export function strength(code, names) {
  const said = heard(code);
  if (said.length < SHORTEST) return "short";
  const cpr = /^[0-9]{10}$/.test(said) && Number(said.slice(0, 2)) % 60 >= 1 && Number(said.slice(0, 2)) % 60 <= 31 && Number(said.slice(2, 4)) >= 1 && Number(said.slice(2, 4)) <= 12;
  if (cpr) return "identifier";
  if (new Set(said).size < 4 || RUN.includes(said)) return "easy";
  const guessed = names.map(heard).some((name) => name.length > 3 && said.includes(name));
  const kinds = /[0-9]/.test(said) + /[^0-9]/.test(said);
  return !guessed && kinds === 2 && said.length >= STRONG ? "strong" : "fair";
}

/** A code that is easy to say: three groups of four. ``random`` fills an array with random numbers. */
export function suggested(random = (array) => crypto.getRandomValues(array)) {
  const most = Math.floor(0x100000000 / SAID.length) * SAID.length; // above it a letter would be a little more likely than another
  let made = "";
  while (made.length < 12) for (const number of random(new Uint32Array(16))) if (number < most && made.length < 12) made += SAID[number % SAID.length];
  return made.match(/.{4}/g).join("-");
}

/** The words that somebody would guess first: what stands in the address, and the recipient's name. */
export function guesses(address, name) {
  return [...address.split(/[@._-]/), ...name.split(/\s+/)].filter(Boolean);
}

/** The recipients of an answer who get a link, with what is known of their number (null: nothing). */
export function linkReaders(decision) {
  return decision.recipients
    .filter(({ protection, action }) => protection === "portal" && action !== "block")
    .map(({ address }) => ({ address, known: decision.phones?.[address] ?? null }));
}

/** Where a known number is from, in words. ``moment(at)`` writes a time. */
export function provenance(known, words, moment) {
  if (known.proven) return words.numberProven;
  const from = known.source === "directory" ? words.numberDirectory : words.numberHistory.replace("{at}", known.at ? moment(known.at) : "");
  return `${from} ${words.numberUnproven}`;
}
