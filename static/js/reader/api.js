// Asking the site's own API from a reading page.

const PATIENCE_MS = 20_000;

/** The server said no: status, its code, and its words as the message. */
export class Refused extends Error {
  constructor(status, { code = "", detail = `Status ${status}` } = {}) {
    super(detail);
    Object.assign(this, { status, code });
  }

  /** Whether the same request may go well later. */
  get isPassing() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/**
 * The answer's JSON, null where it has none. Throws Refused, or what `fetch` throws without an
 * answer. isParting: from a page that is going, with nobody left to hear the answer.
 */
export async function ask(address, { method = "GET", body, isParting = false } = {}) {
  const response = await fetch(address, {
    method,
    cache: "no-store",
    credentials: "same-origin",
    keepalive: isParting,
    headers: body === undefined ? writing(method) : { ...writing(method), "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(!isParting && { signal: AbortSignal.timeout(PATIENCE_MS) }),
  });
  const told = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, told ?? {});
  return told;
}

/** Read anew each time: the token changes when somebody logs in. */
function writing(method) {
  if (method === "GET") return {};
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  return { "X-CSRFToken": token };
}
