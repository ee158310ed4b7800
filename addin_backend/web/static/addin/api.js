// Calls to the backend. A failure is a value with words for a person, or, when the answer got lost, with none.

const SECONDS = { check: 20, send: 60, look: 10 };

/** An answer that was not a success. ``error`` is the API's error shape; null when no answer that can be read came back. */
export class Failure extends Error {
  constructor(status, error) {
    super(error?.code ?? "lost");
    this.status = status;
    this.error = error;
  }

  /** Whether nobody knows what became of the request. */
  get lost() {
    return this.error === null;
  }
}

const NOT_SIGNED_IN = 401;

async function once(method, path, token, body, seconds) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let read;
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    response = await fetch(path, { method, headers, body: sent, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(seconds * 1000) });
    read = await response.json();
  } catch {
    throw new Failure(response?.status ?? 0, null);
  }
  if (!response.ok) throw new Failure(response.status, read?.error ?? null);
  return read;
}

/** The calls for one person. ``token(fresh)`` gives a bearer token; a new one is asked for once when the service does not know the old. */
export function client({ language, token }) {
  async function call(method, path, body, seconds = SECONDS.look) {
    try {
      return await once(method, path, await token(false), body, seconds);
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.status !== NOT_SIGNED_IN) throw failure;
      return once(method, path, await token(true), body, seconds);
    }
  }
  const told = ({ access }) => (access && Object.keys(access).length > 0 ? { access } : {});
  const asked = ({ draft, secure, said }) => ({
    mailbox: draft.from, language, draft, secure,
    confirmed: said.codes, confirmed_for: said.digest, reasons: said.reasons, answers: said.answers,
  });
  return {
    check: (ask) => call("POST", "/api/v1/check", asked(ask), SECONDS.check),
    hint: (ask) => call("POST", "/api/v1/preflight", asked(ask), SECONDS.check),
    apply: (draft, { change, recipients, parts }) => call("POST", "/api/v1/apply", { mailbox: draft.from, draft, change, recipients, parts }, SECONDS.check),
    keep: (draft, key) => call("POST", "/api/v1/details", { idempotency_key: key, mailbox: draft.from, language, draft }, SECONDS.send),
    send: (ask, key) => call("POST", "/api/v1/send", { idempotency_key: key, ...asked(ask), ...told(ask) }, SECONDS.send),
    job: (jobId) => call("GET", `/api/v1/send/${encodeURIComponent(jobId)}`),
    acts: (jobId) => call("GET", `/api/v1/sends/${encodeURIComponent(jobId)}/actions`),
    act: (jobId, act) => call("POST", `/api/v1/sends/${encodeURIComponent(jobId)}/${act}`, {}),
    pressed: (mailbox, key) => call("GET", `/api/v1/pressed/${encodeURIComponent(key)}?mailbox=${encodeURIComponent(mailbox)}`),
    sentMail: (mailbox, messageId) => call("POST", "/api/v1/sent", { mailbox, message_id: messageId }),
    instead: (mailbox, jobId) => call("POST", "/api/v1/instead", { mailbox, job_id: jobId, language }, SECONDS.send),
    revoke: (mailbox, jobId) => call("POST", "/api/v1/revoke", { mailbox, job_id: jobId }),
    missent: (mailbox, report) => call("POST", "/api/v1/missent", { mailbox, language, ...report }, SECONDS.send),
    snapshot: () => call("GET", "/api/v1/snapshot"),
    offlineDecisions: (decisions) => call("POST", "/api/v1/offline-decisions", { decisions }),
    decisions: () => call("GET", "/api/v1/me/decisions"),
  };
}
