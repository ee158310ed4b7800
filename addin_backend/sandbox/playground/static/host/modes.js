// What Outlook itself does around a send event, by send mode and client (Microsoft's documentation of Smart Alerts). No DOM in here.

/** The send modes of the manifest, strictest last. */
export const MODES = ["promptUser", "softBlock", "block"];

const CLIENTS = {
  classic: { platform: "PC", mailbox: 1.15, runtime: "script" },
  web: { platform: "OfficeOnline", mailbox: 1.15, runtime: "page" },
  mac: { platform: "Mac", mailbox: 1.14, runtime: "page" },
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
 * What the person may do. ``what``: refused (the add-in said no), unreachable (its file could not be had), slow (over five seconds).
 * ``anyway``: Send Anyway is offered; ``later``: Try Later; ``waits``: the dialog stays until the add-in answers.
 */
export function platform(what, mode) {
  const lenient = mode === "promptUser" || (mode === "softBlock" && what === "unreachable");
  return { anyway: lenient, later: what === "unreachable", waits: what === "slow" };
}
