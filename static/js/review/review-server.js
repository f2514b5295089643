// The server's side of a review, over HTTP. Calls throw what `ask` throws.

import { ask } from "../server.js";

export class ReviewServer {
  constructor(id) {
    this.root = `/api/reviews/${id}`;
  }

  /** Send one entry of the outbox; gives the server's answer. */
  send({ id, kind, body, finding, after }) {
    const asked = SENDING[kind]({ key: id, body, finding, after });
    return ask(`${this.root}/${asked.path}`, { method: asked.method, body: asked.body });
  }

  review() {
    return ask(`${this.root}/`);
  }

  verdicts() {
    return ask(`${this.root}/verdicts/`);
  }

  /** What signing would ask about. */
  left() {
    return ask(`${this.root}/left/`);
  }

  sign(terms) {
    return ask(`${this.root}/sign/`, { method: "POST", body: terms });
  }

  /** Begin the review of a reading that was made meanwhile, with what was said here. */
  carryOver() {
    return ask(`${this.root}/carry-over/`, { method: "POST", body: {} });
  }

  supersede(reason) {
    return ask(`${this.root}/supersede/`, { method: "POST", body: { reason } });
  }
}

const SENDING = {
  verdict: ({ key, body, finding, after }) => {
    const about = body.kind === "added" ? "" : finding;
    return { method: "POST", path: "verdicts/", body: { ...body, finding: about, key, after } };
  },
  rest: ({ key }) => ({ method: "POST", path: "accept-rest/", body: { key } }),
  undo: ({ key, after }) => ({ method: "POST", path: "undo/", body: { key, after } }),
  slide: ({ body }) => ({ method: "PATCH", path: "", body }),
};
