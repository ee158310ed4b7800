// The event code: when Outlook sends, and while a mail is written.
// Classic Outlook runs it without a page: ES2016, no import, await, conditional operator, document; absolute addresses.
// Every way completes the event once, by DEADLINE; what is not understood is held.
// The service decides; when it is dead, a dated snapshot does (decision 067).
"use strict";

const ORIGIN = "{{origin}}"; // put in when served or built
const CLIENT = "{{client_id}}";
const CHECK = "/api/v1/check";
const HINT = "/api/v1/preflight";
const LATER = "/api/v1/offline-decisions";
const EMERGENCY = "/addin/degraded.json"; // the front has it
const TICKET = "X-SendSecurely-Ticket";
const SAID = "sendsecurely.said"; // by the pane
const PANE = { message: "checkPaneButton", appointment: "checkMeetingPaneButton" }; // of the manifest

// Milliseconds. Outlook gives five seconds.
const DEADLINE = 4000;
const SERVICE = 3400; // then decide without it
const ASK_FRONT = 2400; // then ask the front
const FRONT = 400;
const DEBOUNCE = 700;
const DAY = 86400;
const EMERGENCY_LIFE = 4 * 3600; // seconds
const SKEW = 300;
const QUEUE_LIMIT = 16000; // characters, of 32 KB
const MESSAGE_LIMIT = 500;
const HINT_LIMIT = 150;
const HINT_BYTES = 3000000;

const TEXTS = {
  da: {
    open: "Åbn Send sikkert",
    kept: "Mailen er ikke sendt, og din kladde er uændret. ",
    meeting: "Mødet er ikke sendt. Indholdet skal beskyttes. Åbn Send sikkert.",
    sign_in: "Åbn Send sikkert, log på, og send igen.",
    failed: "Tjenesten kunne ikke tjekke den. Prøv igen om lidt.",
    unread: "Outlook kunne ikke læse den færdig. Prøv igen om lidt.",
    slow: "Tjekket blev ikke færdigt i tide. Åbn Send sikkert, der har bedre tid.",
    dead: "Tjenesten svarer ikke. Prøv igen om lidt.",
    offline: "Tjenesten svarer ikke. Mail til kolleger kan sendes. Vent lidt med mail ud af huset.",
    content: "Tjenesten svarer ikke. Lige nu kan kun korte mails uden vedhæftninger og CPR-nummer sendes ud af huset.",
  },
  en: {
    open: "Open Send securely",
    kept: "The mail has not been sent and your draft is unchanged. ",
    meeting: "The meeting has not been sent. Its content must be protected. Open Send securely.",
    sign_in: "Open Send securely, sign in, and send again.",
    failed: "The service could not check it. Try again shortly.",
    unread: "Outlook could not read all of it. Try again shortly.",
    slow: "The check did not end in time. Open Send securely, which has more time.",
    dead: "The service is not answering. Try again shortly.",
    offline: "The service is not answering. Mail to colleagues can be sent. Wait a little with mail to others.",
    content: "The service is not answering. Right now only short mails without attachments and CPR numbers can go to others.",
  },
};

const seconds = () => Math.floor(Date.now() / 1000);
const ignore = () => {};
const text = (value) => String(value || "");

function language() {
  if (/^(da|n[bno]|sv|fo|kl)?(-|$)/i.test(text(Office.context.displayLanguage))) return "da";
  return "en";
}

function cut(words, limit) {
  if (words.length <= limit) return words;
  return words.slice(0, limit - 1) + "…";
}

// Office's callbacks as promises.
function call(target, method, options) {
  return new Promise((resolve, reject) => {
    target[method](...(options || []), (result) => {
      if (result && result.status === "succeeded") resolve(result.value);
      else reject(new Error(method));
    });
  });
}

function within(milliseconds, promise) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("time")), milliseconds);
    promise.then(resolve, reject);
  });
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function toBase64(words) {
  const bytes = unescape(encodeURIComponent(words)); // half a pair throws: not read
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes.charCodeAt(at) << 16) | ((bytes.charCodeAt(at + 1) || 0) << 8) | (bytes.charCodeAt(at + 2) || 0);
    out += [18, 12, 6, 0].map((shift) => BASE64[(group >> shift) & 63]).join("");
  }
  const over = (3 - (bytes.length % 3)) % 3;
  return out.slice(0, out.length - over) + "=".repeat(over);
}

function people(list) {
  return list.map((one) => ({ address: text(one.emailAddress || one.displayName), name: text(one.displayName) }));
}

const TYPES = { base64: "application/octet-stream", eml: "message/rfc822", iCalendar: "text/calendar" };

// In the cloud it has no content here: empty counts as not read.
function contentOf(item, file) {
  return call(item, "getAttachmentContentAsync", [file.id]).then((found) => {
    const made = { name: text(file.name), media_type: TYPES[found.format] || TYPES.base64, base64: "", inline: file.isInline === true };
    if (found.format === "base64") made.base64 = found.content;
    else if (TYPES[found.format]) made.base64 = toBase64(found.content);
    return made;
  });
}

// Three at a time is what Outlook takes.
function contents(item, files) {
  const made = [];
  let next = 0;
  const lane = () => {
    const mine = next;
    next += 1;
    if (mine >= files.length) return Promise.resolve();
    return contentOf(item, files[mine]).then((content) => {
      made[mine] = content;
      return lane();
    });
  };
  return Promise.all([lane(), lane(), lane()]).then(() => made);
}

function labelOf(item) {
  const catalog = Office.context.sensitivityLabelsCatalog;
  if (!item.sensitivityLabel || !catalog) return Promise.resolve("");
  return call(catalog, "getIsEnabledAsync").then((enabled) => {
    if (!enabled) return "";
    return call(item.sensitivityLabel, "getAsync").then(text);
  }, () => "");
}

// The pane cannot send it; its answers count for that very content.
function saidOf(item) {
  if (!item.sessionData) return {};
  return call(item.sessionData, "getAsync", [SAID]).then(JSON.parse).then(null, ignore);
}

// As it leaves and as the pane reads it: one digest (decision 091). And its words.
function bodyOf(body) {
  const get = (kind) => call(body, "getAsync", [kind]);
  return Promise.all([get("text"), call(body, "getTypeAsync")]).then(([words, kind]) => {
    if (kind !== "html") return { words, body: words, kind: "plain" };
    return get(kind).then((html) => ({ words, body: html, kind }));
  });
}

function readItem(item) {
  const meeting = Boolean(item.requiredAttendees);
  const get = (field, options) => {
    if (!field) return Promise.resolve("");
    return call(field, "getAsync", options);
  };
  const asked = [
    get(item.from || item.organizer), get(item.to || item.requiredAttendees), get(item.cc || item.optionalAttendees), get(item.bcc),
    get(item.subject), bodyOf(item.body), get(meeting && item.location), call(item, "getAttachmentsAsync"), labelOf(item), meeting && saidOf(item),
  ];
  return Promise.all(asked).then((read) => {
    const lists = [read[1], read[2], read[3]].map((list) => list || []);
    const placed = (words) => [words, read[6]].filter(Boolean).join("\n");
    const draft = {
      from: text(read[0].emailAddress), to: people(lists[0]), cc: people(lists[1]), bcc: people(lists[2]), subject: text(read[4]),
      body: placed(read[5].body), body_format: read[5].kind, attachments: [], label: cut(read[8], 200),
    };
    if (typeof item.inReplyTo === "string") draft.in_reply_to = cut(item.inReplyTo, 1000);
    return { item, draft, recipients: lists[0].concat(lists[1], lists[2]), words: placed(read[5].words), files: read[7], said: read[9] };
  });
}

// --- who asks ---

let nested = null;

function nestedToken() {
  const able = Office.context.requirements && Office.context.requirements.isSetSupported("NestedAppAuth", "1.1");
  if (typeof msal === "undefined" || !able) return Promise.reject(new Error("nested"));
  const auth = { clientId: CLIENT, authority: "https://login.microsoftonline.com/organizations" };
  nested = nested || msal.createNestablePublicClientApplication({ auth });
  const scope = "api://" + ORIGIN.replace("https://", "") + "/" + CLIENT + "/access_as_user";
  return nested.then((app) => app.acquireTokenSilent({ scopes: [scope] })).then((result) => result.accessToken);
}

const officeToken = () => OfficeRuntime.auth.getAccessToken({ allowSignInPrompt: false, allowConsentPrompt: false });

const fault = (kind) => Object.assign(new Error(kind), { kind });

function getToken() {
  return nestedToken().then(null, officeToken).then((token) => {
    if (typeof token !== "string" || !token) throw new Error("token");
    return token;
  }).then(null, () => {
    throw fault("sign_in");
  });
}

function post(path, body, token) {
  const headers = { "Content-Type": "application/json", Authorization: "Bearer " + token };
  return fetch(ORIGIN + path, { method: "POST", headers, body: JSON.stringify(body) }).then((response) => {
    if ([502, 503, 504].includes(response.status)) throw fault("gone");
    if (response.status === 401) throw fault("sign_in");
    if (!response.ok) throw fault("refused");
    return response.json();
  }, () => {
    throw fault("gone");
  });
}

function ask(path, read, token) {
  const { draft } = read;
  return post(path, Object.assign({}, read.said, { mailbox: draft.from, language: language(), draft, secure: false }), token).then((answer) => {
    keepSnapshot(answer);
    return readAnswer(answer, read.recipients.length);
  });
}

const ACTIONS = ["allow", "protect", "confirm", "block"];
const WAYS = ["plain", "tls", "smime", "portal", "digital_post", "none"];

// What is no answer is a refusal, never an allow.
function readAnswer(answer, asked) {
  const worst = ACTIONS.indexOf(answer.action);
  const lines = answer.recipients;
  const ticket = answer.ticket;
  const whole = worst >= 0 && lines.length >= Math.min(asked, 1) && answer.headline[language()] && typeof answer.digest === "string";
  const known = lines.every((line) => {
    const mine = ACTIONS.indexOf(line.action);
    return mine >= 0 && mine <= worst && WAYS.includes(line.protection);
  });
  if (!whole || !known || (ticket && (ticket.header !== TICKET || typeof ticket.value !== "string"))) throw fault("refused");
  return answer;
}

function isSilent(answer) {
  return ACTIONS.indexOf(answer.action) < 2 && answer.recipients.every((line) => WAYS.indexOf(line.protection) < 2);
}

// Nothing twice.
function sentenceOf(answer) {
  const said = answer.headline[language()];
  const deciding = (answer.findings || []).find((one) => one.effect === answer.action);
  if (!deciding) return said;
  return said + " " + deciding.texts[language()].replace(said.split(":")[0] + ". ", "");
}

// A ticket left over from an earlier check goes.
function setTicket(item, ticket) {
  const headers = item.internetHeaders;
  if (ticket) return call(headers, "setAsync", [{ [TICKET]: ticket.value }]);
  if (!headers) return Promise.resolve();
  return call(headers, "getAsync", [[TICKET]]).then((found) => found[TICKET] && call(headers, "removeAsync", [[TICKET]]));
}

// --- without the service ---

function stored(key) {
  try {
    return JSON.parse(Office.context.roamingSettings.get(key) || "null");
  } catch (_error) {
    return null;
  }
}

function save(key, value) {
  Office.context.roamingSettings.set(key, JSON.stringify(value));
  return call(Office.context.roamingSettings, "saveAsync");
}

// A clock set back shows: before the paper, or the latest seen.
function current(paper, life) {
  if (!paper || typeof paper.issued !== "number" || typeof paper.seal !== "string") return false;
  const now = seconds();
  const seen = stored("seen") || 0;
  return paper.expires - paper.issued <= life && now + SKEW >= Math.max(paper.issued, seen) && now < paper.expires;
}

function keepSnapshot(answer) {
  const fresh = answer.snapshot;
  if (!fresh || typeof fresh.issued !== "number") return;
  const known = stored("snapshot");
  if (known && fresh.issued - known.issued < 3600 && fresh.version === known.version) return;
  Office.context.roamingSettings.set("seen", JSON.stringify(Math.max(fresh.issued, stored("seen") || 0)));
  save("snapshot", fresh).then(null, ignore);
}

function isInternal(person, snapshot) {
  const address = text(person.emailAddress).trim().toLowerCase();
  const at = address.lastIndexOf("@");
  if (/external/i.test(person.recipientType) || address.includes("#ext#")) return false;
  if (/list/i.test(person.recipientType)) return snapshot.groups.includes(address);
  return at > 0 && snapshot.domains.includes(address.slice(at + 1)) && !snapshot.leads_out.includes(address);
}

// Ten digits from a day and a month on, whatever stands between; digits of another script count. In doubt: yes.
function holdsIdentifier(words) {
  if (/[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\uFF10-\uFF19]/.test(words)) return true;
  const joined = words.replace(/([0-9])[\s._/\\:\u00AD\u200B-\u200F\u2010-\u2015\u2060\u2212\uFEFF-]{1,4}(?=[0-9])/g, "$1");
  return (joined.match(/[0-9]{10,}/g) || []).some((run) => {
    for (let at = 0; at + 10 <= run.length; at += 1) {
      const day = Number(run.slice(at, at + 2)) % 60; // replacement numbers: 60 more
      const month = Number(run.slice(at + 2, at + 4));
      if (day >= 1 && day <= 31 && month >= 1 && month <= 12) return true;
    }
    return false;
  });
}

function frontPaper() {
  const asked = fetch(ORIGIN + EMERGENCY).then((response) => response.ok && response.json());
  return within(FRONT, asked).then(null, ignore);
}

function decideAlone(read, paper) {
  const held = (reason, words) => ({ allowed: false, reason, words });
  const snapshot = stored("snapshot");
  if (!current(snapshot, DAY) || !snapshot.switches) return held("no_snapshot", "dead");
  if (read.recipients.length === 0) return held("no_recipients", "dead");
  if (read.recipients.every((person) => isInternal(person, snapshot))) {
    if (snapshot.switches.internal === true) return { allowed: true, reason: "internal", paper: snapshot };
    return held("internal_off", "dead");
  }
  if (!current(paper, EMERGENCY_LIFE)) return held("external", "offline");
  if (read.files.length > 0 || holdsIdentifier(read.draft.subject + "\n" + read.words)) return held("content", "content");
  return { allowed: true, reason: "degraded", paper, draft: Object.assign({}, read.draft, { body: read.words, body_format: "plain" }) };
}

// Before the mail goes; told under the same id until received.
function writeDown(id, read, made) {
  const recipients = read.recipients.map((person) => text(person.emailAddress));
  const entry = { id, at: seconds(), mailbox: read.draft.from, allowed: made.allowed, reason: made.reason, recipients };
  if (made.paper) entry.paper = (({ issued, expires, version, seal }) => ({ issued, expires, version, seal }))(made.paper);
  if (made.draft) entry.draft = made.draft;
  const queue = (stored("queue") || []).filter((known) => known.id !== id).concat([entry]);
  if (JSON.stringify(queue).length > QUEUE_LIMIT) return Promise.reject(new Error("full"));
  return save("queue", queue);
}

function tellLater(token) {
  const told = (stored("queue") || []).slice(0, 20);
  if (told.length === 0) return Promise.resolve();
  return post(LATER, { decisions: told }, token).then((answer) => {
    return save("queue", (stored("queue") || []).filter((entry) => !answer.received.includes(entry.id)));
  }).then(null, ignore);
}

// --- the send event ---

function onSend(event, kind) {
  const words = TEXTS[language()];
  const id = [Date.now(), Math.random(), Math.random()].map((part) => part.toString(36).replace("0.", "")).join("-");
  let timers = [];
  let done = false;
  let read = null;
  let asking = false;
  let alone = null; // decided so
  let front = null;

  // The one way out: a second, late "yes" would send what was held (office-js #6656).
  function complete(options) {
    if (done) return;
    done = true;
    timers.forEach((timer) => clearTimeout(timer));
    event.completed(options);
  }

  function hold(sentence, reason, checkId) {
    if (!done && alone && alone.allowed) writeDown(id, read, { allowed: false, reason: "late" }).then(null, ignore);
    const context = JSON.stringify({ checkId, reason, at: seconds() });
    complete({ allowEvent: false, errorMessage: cut(sentence, MESSAGE_LIMIT), cancelLabel: words.open, commandId: PANE[kind], contextData: context });
  }

  function decide(paper) {
    if (done) return null;
    alone = decideAlone(read, paper);
    const written = writeDown(id, read, alone);
    if (alone.allowed) return Promise.all([written, setTicket(read.item, null)]).then(() => complete({ allowEvent: true }));
    hold(words.kept + words[alone.words], "offline");
    return written.then(null, ignore);
  }

  function withoutService() {
    if (!asking) return;
    asking = false;
    (front || frontPaper()).then(decide).then(null, () => hold(words.kept + words.dead, "offline"));
  }

  function failed(error) {
    const kind = text(error && error.kind);
    if (kind === "gone") withoutService();
    else if (kind === "sign_in") hold(words.kept + words.sign_in, kind);
    else if (kind === "unread") hold(words.kept + words.unread, "failed");
    else hold(words.kept + words.failed, "failed");
  }

  function follow(answer) {
    if (!asking) return null;
    const sealed = answer.action === "protect";
    if (!read.item.to && (sealed || answer.ticket)) return hold(words.meeting, "protect", answer.digest);
    if (!isSilent(answer) || (sealed && !answer.ticket)) return hold(sentenceOf(answer), answer.action, answer.digest);
    asking = false;
    return setTicket(read.item, answer.ticket).then(() => complete({ allowEvent: true }));
  }

  timers = [
    setTimeout(() => hold(words.kept + words.slow, "failed"), DEADLINE),
    setTimeout(withoutService, SERVICE),
    setTimeout(() => {
      if (asking) front = frontPaper();
    }, ASK_FRONT),
  ];

  try {
    const reading = readItem(Office.context.mailbox.item).then((found) => {
      return contents(found.item, found.files).then((made) => {
        found.draft.attachments = made;
        read = found;
      });
    }).then(null, () => {
      throw fault("unread");
    });
    Promise.all([getToken(), reading]).then(([token]) => {
      if (done) return null;
      asking = true;
      tellLater(token);
      return ask(CHECK, read, token).then(follow);
    }).then(null, failed);
  } catch (error) {
    failed(error);
  }
}

const HINT_KEY = "sendsecurely";
let waiting = null;

function show(item, words) {
  if (!words) return call(item.notificationMessages, "removeAsync", [HINT_KEY]);
  const line = { type: "informationalMessage", message: cut(words, HINT_LIMIT), icon: "Icon.16x16", persistent: false };
  return call(item.notificationMessages, "replaceAsync", [HINT_KEY, line]);
}

function hint(item) {
  return Promise.all([readItem(item), getToken()]).then(([read, token]) => {
    if (read.recipients.length === 0) return show(item, "");
    if (read.files.reduce((sum, file) => sum + file.size, 0) > HINT_BYTES) return null;
    return contents(item, read.files).then((made) => {
      read.draft.attachments = made;
      tellLater(token);
      return ask(HINT, read, token);
    }).then((answer) => show(item, !isSilent(answer) && answer.headline[language()]));
  });
}

// Only the last of several events asks.
function onChange(event) {
  if (waiting) {
    clearTimeout(waiting.timer);
    waiting.event.completed();
  }
  const timer = setTimeout(() => {
    const complete = () => event.completed();
    waiting = null;
    within(DEADLINE, Promise.resolve().then(() => hint(Office.context.mailbox.item))).then(complete, complete);
  }, DEBOUNCE);
  waiting = { timer, event };
}

Office.actions.associate("onMessageSend", (event) => onSend(event, "message"));
Office.actions.associate("onAppointmentSend", (event) => onSend(event, "appointment"));
Office.actions.associate("onMessageRecipientsChanged", onChange);
Office.actions.associate("onMessageAttachmentsChanged", onChange);
