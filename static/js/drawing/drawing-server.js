// The server's side of a drawing, over HTTP. Every call gives the answer's JSON, or throws Refusal
// (the server said no, or failed) or NoNetwork (no answer came: it may have got there all the same).

const PATIENCE_MS = 30_000;
const LARGEST_KEEPALIVE_BYTES = 60_000; // browsers let pages that are gone send 64 KiB

export class Refusal extends Error {
  constructor(status, body, retryAfterS) {
    super(body.detail ?? `Status ${status}`);
    Object.assign(this, { status, code: body.code ?? "", body, retryAfterS });
  }

  get isLoggedOut() {
    return this.status === 401;
  }

  /** Whether the same request may go well at another moment. */
  get isPassing() {
    return this.status >= 500 || [408, 409, 425, 429].includes(this.status);
  }
}

export class NoNetwork extends Error {}

export class DrawingServer {
  /** slide: its id. user: the reader whose drawing it is; the server refuses edits by another one. */
  constructor({ slide, user, device }) {
    this.root = `/api/slides/${slide}`;
    Object.assign(this, { user, device });
  }

  drawing() {
    return ask(`${this.root}/drawing/`);
  }

  changes({ after, isDrawing }) {
    const query = new URLSearchParams({ after, device: this.device, drawing: isDrawing ? 1 : 0 });
    return ask(`${this.root}/drawing/changes/?${query}`);
  }

  edit(flight) {
    return ask(`${this.root}/drawing/edits/`, this.#sending(flight));
  }

  /** Send an edit from a page that is going; nobody hears the answer. False if it is too large. */
  editInParting(flight) {
    const sending = this.#sending(flight);
    if (new Blob([sending.body]).size > LARGEST_KEEPALIVE_BYTES) return false;
    fetch(`${this.root}/drawing/edits/`, { ...sending, keepalive: true }).catch(() => {});
    return true;
  }

  revise() {
    return ask(`${this.root}/drawing/revision/`, posting({ author: this.user }));
  }

  reviseInParting() {
    const sending = posting({ author: this.user });
    fetch(`${this.root}/drawing/revision/`, { ...sending, keepalive: true }).catch(() => {});
  }

  deleted() {
    return ask(`${this.root}/drawing/deleted/`);
  }

  revisions() {
    return ask(`${this.root}/revisions/`);
  }

  difference(revision, other) {
    return ask(`${this.root}/revisions/${revision}/against/${other}/`);
  }

  restore(revision) {
    return ask(`${this.root}/revisions/${revision}/restore/`, posting({}));
  }

  #sending({ key, changes }) {
    const wanted = changes.map(({ id, feature, was }) => ({ id, feature, was }));
    return posting({ key, device: this.device, author: this.user, changes: wanted });
  }
}

function posting(body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/** Read anew each time: it changes when somebody logs in. */
function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

async function ask(address, options = {}) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(address, { signal, cache: "no-store", ...options });
    const body = await response.json().catch(() => ({}));
    if (response.ok) return body;
    throw new Refusal(response.status, body, Number(response.headers.get("Retry-After")) || 0);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new NoNetwork(error.message);
  }
}
