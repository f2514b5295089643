// Asking the site's own API, with the token that writing needs.

const PATIENCE_MS = 30_000;
const LARGEST_KEEPALIVE_BYTES = 60_000; // browsers let pages that are gone send 64 KiB
const PASSING = [408, 409, 425, 429];

/** The server said no, or failed: status, code, the answer's JSON, and its words as the message. */
export class Refused extends Error {
  constructor(status, body, retryAfterS = 0) {
    super(body.detail ?? `Status ${status}`);
    Object.assign(this, { status, code: body.code ?? "", body, retryAfterS });
  }

  get isLoggedOut() {
    return this.status === 401;
  }

  /** Whether the same request may go well at another moment. */
  get isPassing() {
    return this.status >= 500 || PASSING.includes(this.status);
  }
}

/** No answer came; the request may have got there all the same. */
export class NoAnswer extends Error {}

/** The answer's JSON, null where it has none. Throws Refused or NoAnswer. */
export async function ask(address, { method = "GET", body } = {}) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(address, { ...asking(method, body), signal }).catch((error) => {
    throw new NoAnswer(error.message);
  });
  const told = await response.json().catch(() => null);
  if (response.ok) return told;
  throw new Refused(response.status, told ?? {}, Number(response.headers.get("Retry-After")) || 0);
}

/** Send from a page that is going; nobody hears the answer. False if it is too large for that. */
export function tellInParting(address, { method, body }) {
  const sending = asking(method, body);
  if (new Blob([sending.body]).size > LARGEST_KEEPALIVE_BYTES) return false;
  fetch(address, { ...sending, keepalive: true }).catch(() => {});
  return true;
}

/** The token is read anew each time: it changes when somebody logs in. */
function asking(method, body) {
  const options = { method, cache: "no-store", credentials: "same-origin" };
  if (method === "GET") return options;
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  return { ...options, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
}
