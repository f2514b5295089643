// The shape that is being drawn, kept while it grows: a crash costs less than a second of it.

import { journalTroubleOf } from "./journal.js";

const AT_MOST_EVERY_MS = 400;

export class SketchKeeper {
  #timer = null;
  #latest = null;

  /**
   * journal: null where the browser keeps nothing. restored: what an earlier page left, or null.
   * tell(trouble): called when it cannot be kept.
   */
  constructor(journal, restored, tell) {
    Object.assign(this, { journal, restored, tell, onEnd: () => {} });
  }

  get isGrowing() {
    return this.#latest !== null;
  }

  /** save: anything that structured cloning takes; null once there is no shape any more. */
  keep(save) {
    this.restored = null;
    this.#latest = save;
    if (save !== null) this.#timer ??= setTimeout(() => this.#write(), AT_MOST_EVERY_MS);
    else {
      this.#write();
      this.onEnd();
    }
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.journal?.keepSketch(this.#latest).catch((error) => this.tell(journalTroubleOf(error)));
  }
}
