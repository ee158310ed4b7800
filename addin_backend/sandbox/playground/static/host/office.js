// @ts-check
// Office.js as the add-in sees it, over a message port to the page that plays Outlook. A classic script, so that the event code's runtime
// without a page and the frames load the same file. Its shapes are checked against @types/office-js (tests/frontend/tsconfig.json).
"use strict";

(function playOffice(scope) {
  const SLOW_MS = 7000; // longer than the event code waits, and longer than Outlook's five seconds
  const page = typeof document !== "undefined";

  /** @type {MessagePort | null} */
  let port = null;
  /** What the host said when it connected: who, which client, language, theme, settings kept for the mailbox. @type {any} */
  let given = {};
  let network = "online";
  let dead = false;
  let number = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: any) => void}>} */
  const waiting = new Map();
  /** @type {Record<string, (event: any) => void>} */
  const actions = {};
  /** @type {Record<string, ((event: any) => void)[]>} */
  const listeners = {};

  /** @type {Promise<void>} */
  const connected = new Promise((resolve) => {
    scope.addEventListener("message", (/** @type {MessageEvent} */ event) => {
      if (!event.data?.connect || port) return;
      given = event.data.connect;
      network = given.network;
      port = event.ports[0];
      port.onmessage = ({ data }) => take(data);
      resolve();
    });
    if (page) window.parent.postMessage({ hello: true }, location.origin);
    else scope.postMessage({ hello: true });
  });

  /** @param {any} data */
  function take(data) {
    if (data.answer !== undefined) {
      const asked = waiting.get(data.answer);
      waiting.delete(data.answer);
      if (data.error) asked?.reject(data.error);
      else asked?.resolve(data.value);
    } else if (data.launch) {
      const completed = (/** @type {any} */ options) => port?.postMessage({ completed: data.id, options: options ?? {} });
      actions[data.launch]?.({ completed, source: { id: data.launch } });
    } else if (data.event) (listeners[data.event] ?? []).forEach((listener) => listener(data.detail ?? {}));
    else if (data.network) {
      network = data.network;
      dead = false;
    }
  }

  /** @param {string} name @param {any[]} args @returns {Promise<any>} */
  async function request(name, args) {
    await connected;
    number += 1;
    const id = number;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      port?.postMessage({ ask: name, id, args });
    });
  }

  /** An Office method that answers by callback. @param {string} name @returns {(...given: any[]) => void} */
  function method(name) {
    return (...all) => {
      const callback = all.find((one) => typeof one === "function");
      const args = all.filter((one) => typeof one !== "function");
      request(name, args).then(
        (value) => callback?.({ status: "succeeded", value, asyncContext: undefined, error: undefined }),
        (error) => callback?.({ status: "failed", value: undefined, asyncContext: undefined, error }),
      );
    };
  }

  /** @param {string} type @param {(event: any) => void} listener @param {any} done */
  function addHandlerAsync(type, listener, done) {
    (listeners[type] ??= []).push(listener);
    if (typeof done === "function") done({ status: "succeeded" });
  }

  /** @type {(line: string) => Pick<Office.Recipients, "getAsync" | "setAsync">} */
  const recipients = (line) => ({ getAsync: method(`${line}.get`), setAsync: method(`${line}.set`) });

  /**
   * @returns {Pick<Office.MessageCompose, "itemType" | "inReplyTo" | "getAttachmentsAsync" | "getAttachmentContentAsync" | "addFileAttachmentFromBase64Async"
   *   | "removeAttachmentAsync" | "saveAsync" | "closeAsync" | "getInitializationContextAsync" | "addHandlerAsync"> & {
   *   from: Pick<Office.From, "getAsync">,
   *   to: Pick<Office.Recipients, "getAsync" | "setAsync">,
   *   cc: Pick<Office.Recipients, "getAsync" | "setAsync">,
   *   bcc: Pick<Office.Recipients, "getAsync" | "setAsync">,
   *   subject: Pick<Office.Subject, "getAsync" | "setAsync">,
   *   body: Pick<Office.Body, "getTypeAsync" | "getAsync" | "setAsync">,
   *   sessionData: Pick<Office.SessionData, "getAsync" | "setAsync">,
   *   notificationMessages: Pick<Office.NotificationMessages, "replaceAsync" | "removeAsync">,
   *   internetHeaders: Pick<Office.InternetHeaders, "setAsync" | "getAsync" | "removeAsync">,
   * }}
   */
  function compose() {
    const made = {
      itemType: "message",
      inReplyTo: given.inReplyTo ?? "",
      from: { getAsync: method("from.get") },
      to: recipients("to"),
      cc: recipients("cc"),
      bcc: recipients("bcc"),
      subject: { getAsync: method("subject.get"), setAsync: method("subject.set") },
      body: { getTypeAsync: method("body.type"), getAsync: method("body.get"), setAsync: method("body.set") },
      getAttachmentsAsync: method("attachments.list"),
      getAttachmentContentAsync: method("attachments.content"),
      addFileAttachmentFromBase64Async: method("attachments.add"),
      removeAttachmentAsync: method("attachments.remove"),
      saveAsync: method("item.save"),
      closeAsync: method("item.close"),
      sessionData: { getAsync: method("session.get"), setAsync: method("session.set") },
      notificationMessages: { replaceAsync: method("notice.replace"), removeAsync: method("notice.remove") },
      internetHeaders: { setAsync: method("headers.set"), getAsync: method("headers.get"), removeAsync: method("headers.remove") },
      getInitializationContextAsync: method("context.get"),
      addHandlerAsync,
    };
    return made;
  }

  /**
   * @returns {Pick<Office.AppointmentCompose, "itemType" | "getAttachmentsAsync" | "getAttachmentContentAsync" | "addFileAttachmentFromBase64Async"
   *   | "removeAttachmentAsync" | "saveAsync" | "getInitializationContextAsync" | "addHandlerAsync"> & {
   *   organizer: Pick<Office.Organizer, "getAsync">,
   *   requiredAttendees: Pick<Office.Recipients, "getAsync" | "setAsync">,
   *   optionalAttendees: Pick<Office.Recipients, "getAsync" | "setAsync">,
   *   subject: Pick<Office.Subject, "getAsync" | "setAsync">,
   *   location: Pick<Office.Location, "getAsync" | "setAsync">,
   *   start: Pick<Office.Time, "getAsync">,
   *   end: Pick<Office.Time, "getAsync">,
   *   body: Pick<Office.Body, "getTypeAsync" | "getAsync" | "setAsync">,
   *   sessionData: Pick<Office.SessionData, "getAsync" | "setAsync">,
   *   notificationMessages: Pick<Office.NotificationMessages, "replaceAsync" | "removeAsync">,
   * }}
   */
  function invitation() {
    const made = {
      itemType: "appointment",
      organizer: { getAsync: method("from.get") },
      requiredAttendees: recipients("to"),
      optionalAttendees: recipients("cc"),
      subject: { getAsync: method("subject.get"), setAsync: method("subject.set") },
      location: { getAsync: method("location.get"), setAsync: method("location.set") },
      start: { getAsync: method("start.get") },
      end: { getAsync: method("end.get") },
      body: { getTypeAsync: method("body.type"), getAsync: method("body.get"), setAsync: method("body.set") },
      getAttachmentsAsync: method("attachments.list"),
      getAttachmentContentAsync: method("attachments.content"),
      addFileAttachmentFromBase64Async: method("attachments.add"),
      removeAttachmentAsync: method("attachments.remove"),
      saveAsync: method("item.save"),
      sessionData: { getAsync: method("session.get"), setAsync: method("session.set") },
      notificationMessages: { replaceAsync: method("notice.replace"), removeAsync: method("notice.remove") },
      getInitializationContextAsync: method("context.get"),
      addHandlerAsync,
    };
    return made;
  }

  /** @returns {Pick<Office.MessageRead, "itemType" | "from" | "to" | "cc" | "subject" | "internetMessageId" | "itemId" | "displayReplyForm" | "addHandlerAsync">} */
  function read() {
    const made = { itemType: "message", ...given.item, displayReplyForm: (/** @type {any} */ form) => void request("reply", [form]), addHandlerAsync };
    return made;
  }

  const roaming = {
    get: (/** @type {string} */ name) => given.roaming[name],
    set: (/** @type {string} */ name, /** @type {any} */ value) => void (given.roaming[name] = value),
    remove: (/** @type {string} */ name) => void delete given.roaming[name],
    saveAsync: (/** @type {any} */ done) => method("roaming.save")(given.roaming, done),
  };
  /** @type {any} */
  let item = null;

  /**
   * @type {{
   *   onReady: any,
   *   actions: Pick<typeof Office.actions, "associate">,
   *   EventType: Record<keyof Pick<typeof Office.EventType, "RecipientsChanged" | "AttachmentsChanged" | "OfficeThemeChanged">, string>,
   *   context: Pick<Office.Context, "displayLanguage" | "officeTheme"> & {
   *     requirements: Pick<Office.RequirementSetSupport, "isSetSupported">,
   *     roamingSettings: Pick<Office.RoamingSettings, "get" | "set" | "remove" | "saveAsync">,
   *     mailbox: Pick<Office.Mailbox, "userProfile" | "addHandlerAsync"> & { item: any },
   *   },
   * }}
   */
  const office = {
    onReady: async (/** @type {any} */ callback) => {
      await connected;
      const info = { host: "Outlook", platform: given.platform };
      callback?.(info);
      return info;
    },
    actions: { associate: (/** @type {string} */ name, /** @type {(event: any) => void} */ action) => void (actions[name] = action) },
    EventType: { RecipientsChanged: "olkRecipientsChanged", AttachmentsChanged: "olkAttachmentsChanged", OfficeThemeChanged: "officeThemeChanged" },
    context: {
      get displayLanguage() {
        return given.displayLanguage;
      },
      get officeTheme() {
        return given.theme;
      },
      requirements: { isSetSupported: (/** @type {string} */ name, /** @type {string | number | undefined} */ version) => name === "Mailbox" && Number(version) <= given.mailbox },
      roamingSettings: roaming,
      mailbox: {
        get item() {
          item ??= given.meeting ? invitation() : given.writing ? compose() : read();
          return item;
        },
        get userProfile() {
          return given.person;
        },
        addHandlerAsync,
      },
    },
  };

  const real = scope.fetch.bind(scope);
  /** The line to our service, as good or bad as the person wants it. @param {any} input @param {any} init */
  scope.fetch = async (input, init) => {
    const gone = new TypeError("Failed to fetch");
    const sends = init?.method === "POST" && new URL(input, location.href).pathname === "/api/v1/send";
    if (network === "offline" || network === "work_offline" || dead) throw gone;
    if (network === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    if (network === "killed" && sends) dead = true;
    const response = await real(input, init);
    if (dead) {
      await response.text(); // the service had it all; only the answer gets lost
      throw gone;
    }
    return response;
  };

  scope.Office = office;
  scope.OfficeRuntime = { auth: { getAccessToken: (/** @type {any} */ options) => request("token", [options ?? {}]) } };
})(/** @type {any} */ (globalThis));
