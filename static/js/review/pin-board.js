// The pins of one slide as the server has them. Fires "change". What is sent again after a lost
// answer has the same key, so it counts once.

import { newId } from "../drawing/features.js";
import { ask } from "../server.js";

export class PinBoard extends EventTarget {
  #keys = new Map(); // what is being sent -> its key

  constructor({ slide, review }) {
    super();
    Object.assign(this, { slide, review, all: [] });
  }

  /** Those that are shown: what was taken back is not. */
  get shown() {
    return this.all.filter((pin) => !pin.is_gone);
  }

  get open() {
    return this.shown.filter((pin) => !pin.is_resolved);
  }

  async load() {
    const found = [];
    let address = `/api/pins/?${new URLSearchParams({ slide: this.slide.id })}`;
    while (address) {
      const page = await ask(address);
      found.push(...page.results);
      address = page.next;
    }
    this.all = found;
    this.#tell();
  }

  set(pin) {
    const body = { ...pin, slide: this.slide.id, review: this.review?.isOpen ? this.review.id : null };
    return this.#send("/api/pins/", body);
  }

  say(pin, said) {
    return this.#send(`/api/pins/${pin.id}/remarks/`, said);
  }

  async #send(address, body) {
    const what = `${address} ${JSON.stringify(body)}`;
    if (!this.#keys.has(what)) this.#keys.set(what, newId());
    const told = await ask(address, { method: "POST", body: { ...body, key: this.#keys.get(what) } });
    this.#keys.delete(what);
    const others = this.all.filter(({ id }) => id !== told.id);
    this.all = [...others, told].sort((a, b) => a.id - b.id);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
