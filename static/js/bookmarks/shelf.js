// The bookmarks of a slide as the server keeps them: one's own, and those that colleagues share.

import { ask } from "../server.js";

const ROOT = "/api/bookmarks/";
const MOST = 200;

/** Fires "change" when the list has changed. Every method throws what `ask` throws. */
export class Shelf extends EventTarget {
  all = [];

  constructor(slideId) {
    super();
    this.slideId = slideId;
  }

  async load() {
    const page = await ask(`${ROOT}?slide=${this.slideId}&page_size=${MOST}`);
    this.#put(page.results);
  }

  /** wanted: {name, view, is_shared}. */
  async add(wanted) {
    const made = await ask(ROOT, { method: "POST", body: { ...wanted, slide: this.slideId } });
    this.#put([...this.all, made]);
    return made;
  }

  async change(id, patch) {
    const made = await ask(`${ROOT}${id}/`, { method: "PATCH", body: patch });
    this.#put(this.all.map((each) => (each.id === id ? made : each)));
  }

  /** Take one away. Gives what `add` needs to bring it back. */
  async remove(id) {
    const { name, view, is_shared } = this.all.find((each) => each.id === id);
    await ask(`${ROOT}${id}/`, { method: "DELETE" });
    this.#put(this.all.filter((each) => each.id !== id));
    return { name, view, is_shared };
  }

  /** The one after another in the list, the first after the last; undefined of an empty list. */
  after(id) {
    return this.all[(this.all.findIndex((each) => each.id === id) + 1) % this.all.length];
  }

  #put(all) {
    this.all = all;
    this.dispatchEvent(new Event("change"));
  }
}
