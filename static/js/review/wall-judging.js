// Verdicts from the wall on their way to the server, one after the other. What is said is shown at
// once and shown as it was again if it is not taken.
//
// Fires "change" with {tile, trouble: words or ""}.

import { ask, Refused } from "../server.js";
import { gettext } from "../words.js";

export class WallJudging extends EventTarget {
  #queue = Promise.resolve();
  #waiting = 0;
  #said = []; // {tile, review} in their order, for taking back
  #last = new Map(); // review: the sequence of its last verdict as known here

  /** query: the list's filter, which the desk keeps in its address. */
  constructor(query) {
    super();
    this.query = query;
    this.savedAt = null;
  }

  get isBusy() {
    return this.#waiting > 0;
  }

  /** body: a verdict without its finding. */
  say(tile, body) {
    const before = { state: tile.dataset.state, because: tile.dataset.because ?? "" };
    this.#dress(tile, { state: body.kind, because: body.because ?? "" });
    this.#send(tile, before, async () => {
      const review = await this.#reviewOf(tile);
      const told = { ...body, finding: tile.dataset.finding, key: crypto.randomUUID(), after: Number(tile.dataset.last) };
      const answer = await ask(`/api/reviews/${review}/verdicts/`, { method: "POST", body: told });
      this.#said.push({ tile, review });
      this.#last.set(review, answer.last);
      return answer;
    });
  }

  /** Take the last verdict from here back, once all are there; gives its tile. */
  async undo() {
    await this.#queue;
    const last = this.#said.pop();
    if (!last) return null;
    const { tile, review } = last;
    const body = { key: crypto.randomUUID(), after: this.#last.get(review) };
    this.#send(tile, null, async () => {
      const answer = await ask(`/api/reviews/${review}/undo/`, { method: "POST", body });
      this.#last.set(review, answer.last);
      return answer;
    });
    return tile;
  }

  /** Where the desk shows this finding; the review is begun if it was not. */
  async deskAddress(tile) {
    await this.#queue;
    const review = tile.dataset.review || (await this.#reviewOf(tile));
    const asked = new URLSearchParams(this.query);
    asked.set("finding", tile.dataset.finding);
    return `/review/${review}/?${asked}`;
  }

  async #reviewOf(tile) {
    if (tile.dataset.review) return tile.dataset.review;
    const { review } = await ask(`/api/work/${tile.dataset.work}/begin/`, { method: "POST", body: {} });
    for (const other of document.querySelectorAll(`[data-work="${tile.dataset.work}"]`)) other.dataset.review = review;
    return review;
  }

  #send(tile, before, work) {
    this.#waiting += 1;
    this.#tell(tile);
    this.#queue = this.#queue.then(async () => {
      let trouble = "";
      try {
        this.#learn(tile, await work());
        this.savedAt = new Date();
      } catch (error) {
        trouble = this.#refused(tile, before, error);
      }
      this.#waiting -= 1;
      this.#tell(tile, trouble);
    });
  }

  #learn(tile, { findings }) {
    for (const found of findings) {
      const place = `[data-work="${tile.dataset.work}"][data-finding="${found.key}"]`;
      const one = document.querySelector(place);
      if (!one) continue;
      one.dataset.last = found.last;
      this.#dress(one, found);
      if (one !== tile) this.#tell(one);
    }
  }

  #refused(tile, before, error) {
    if (before) this.#dress(tile, before);
    if (!(error instanceof Refused)) return gettext("No answer from the server: not saved. Say it again.");
    if (error.isLoggedOut) return gettext("You were logged out: not saved. Log in in another tab, then say it again.");
    return error.message;
  }

  #dress(tile, { state, because }) {
    Object.assign(tile.dataset, { state, because });
  }

  #tell(tile, trouble = "") {
    this.dispatchEvent(new CustomEvent("change", { detail: { tile, trouble } }));
  }
}
