// The server's side of a drawing, over HTTP. Calls throw what `ask` throws.

import { ask, tellInParting } from "../server.js";

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
    return ask(`${this.root}/drawing/edits/`, this.#editing(flight));
  }

  /** Send an edit from a page that is going. False if it is too large for that. */
  editInParting(flight) {
    return tellInParting(`${this.root}/drawing/edits/`, this.#editing(flight));
  }

  revise() {
    return ask(`${this.root}/drawing/revision/`, posting({ author: this.user }));
  }

  reviseInParting() {
    tellInParting(`${this.root}/drawing/revision/`, posting({ author: this.user }));
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

  #editing({ key, changes }) {
    const wanted = changes.map(({ id, feature, was }) => ({ id, feature, was }));
    return posting({ key, device: this.device, author: this.user, changes: wanted });
  }
}

function posting(body) {
  return { method: "POST", body };
}
