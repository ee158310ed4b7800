// Calls to the demo world: what Outlook asks of Exchange. A failure is a value with words for a person.

/** An answer that was not a success: the API's error shape, or a service that does not answer. */
export class Failure extends Error {
  constructor(status, error) {
    super(error?.code ?? "offline");
    this.status = status;
    this.error = error;
  }
}

async function call(method, path, { token, body } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit", cache: "no-store" });
  } catch {
    throw new Failure(0, null);
  }
  let read = null;
  try {
    read = await response.json();
  } catch {
    throw new Failure(response.status, null);
  }
  if (!response.ok) throw new Failure(response.status, read?.error ?? null);
  return read;
}

/** What Outlook itself asks of its Exchange, for one signed-in employee. */
export function client(language) {
  let token = "";
  return {
    async signIn(address) {
      token = (await call("POST", "/playground/api/identity", { body: { address } })).token;
      return token;
    },
    samples: () => call("GET", `/playground/api/samples?lang=${language}`),
    invitations: () => call("GET", `/playground/api/invitations?lang=${language}`),
    sendInvitation: (mailbox, invitation) => call("POST", "/playground/api/invitations", { token, body: { mailbox, ...invitation } }),
    saveDraft: (mailbox, draft) => call("POST", "/playground/api/drafts", { token, body: { mailbox, draft } }),
    discardDraft: (mailbox, itemId) => call("POST", "/playground/api/drafts/discard", { token, body: { mailbox, item_id: itemId } }),
    sendDraft: (mailbox, itemId, ticket) => call("POST", "/playground/api/drafts/send", { token, body: { mailbox, item_id: itemId, ticket } }),
  };
}
