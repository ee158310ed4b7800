// What Outlook itself does around a send event, by send mode and client (Microsoft's documentation of Smart Alerts). No DOM in here.

/** The send modes of the manifest, strictest last. */
export const MODES = ["promptUser", "softBlock", "block"];

const CLIENTS = {
  classic: { platform: "PC", mailbox: 1.15, runtime: "script", worksOffline: true },
  web: { platform: "OfficeOnline", mailbox: 1.15, runtime: "page" },
  mac: { platform: "Mac", mailbox: 1.14, runtime: "page", worksOffline: true },
};

/** How a client runs the event code and which API it has. */
export function clientOf(name) {
  return CLIENTS[name] ?? CLIENTS.classic;
}

/** The mode that counts for one answer: an answer may only loosen it to promptUser. */
export function modeOf(manifest, override) {
  return override === "promptUser" ? "promptUser" : manifest;
}

/**
 * What the person may do. ``what``: refused (the add-in said no), unreachable (its file could not be had), slow (over five seconds),
 * late (over five minutes), work_offline (Outlook works offline, Windows and Mac).
 * ``anyway``: Send Anyway is offered; ``later``: Try Later; ``waits``: the dialog stays until the add-in answers; ``outbox``: the mail goes
 * unchecked once Outlook is online again. Of a late answer under soft block the documentation says *resend*, and Outlook on the web offers
 * Send Anyway all the same (office-js #6637): the worse of the two is played.
 */
export function platform(what, mode, client = "classic") {
  const prompt = mode === "promptUser";
  const soft = mode === "softBlock" && (what === "unreachable" || (what === "late" && client === "web"));
  const offline = what === "work_offline";
  return { anyway: (prompt && !offline) || soft, later: what === "unreachable" || what === "late", waits: what === "slow", outbox: prompt && offline };
}
