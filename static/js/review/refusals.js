// What the server did not take, told in plain words; the reader may say it all the same.

import { filled, gettext } from "../words.js";
import { entryWords, nameWords, stateWords } from "./finding-words.js";

export class Refusals {
  constructor(reader, desk) {
    const { posting, review, judging } = desk;
    Object.assign(this, { reader, desk, review, judging, wasOpen: review.isOpen });
    this.panel = reader.querySelector("[data-conflict]");
    posting.addEventListener("refused", ({ detail }) => this.tell(detail));
    review.addEventListener("change", () => this.#heedEnd());
    this.panel?.querySelector("[data-yield]").addEventListener("click", () => this.#close());
    this.panel?.querySelector("[data-insist]").addEventListener("click", () => this.#insist());
  }

  /** Signed or given up in another window: nothing more can be said in this one. */
  #heedEnd() {
    if (!this.wasOpen || this.review.isOpen || this.desk.signing?.isDone) return;
    this.wasOpen = false;
    this.reader.complain(gettext("This review was ended in another tab. Load the page again to see how it stands."));
  }

  tell({ entry, error }) {
    const words = this.#words(entry, error);
    if (!this.panel) return this.reader.complain(words);
    this.entry = entry;
    this.panel.querySelector("[data-conflict-words]").textContent = words;
    this.panel.querySelector("[data-insist]").hidden = !this.#canInsist(entry, error);
    this.panel.hidden = false;
    if (entry.finding && this.review.get(entry.finding)) this.judging.go(entry.finding);
    return undefined;
  }

  #words(entry, error) {
    const yours = entryWords(entry);
    if (error.code !== "changed_elsewhere") {
      return filled(gettext("Not taken: %(yours)s. %(why)s"), { yours, why: error.message });
    }
    const now = entry.finding ? this.review.get(entry.finding) : null;
    if (!now) return filled(gettext("Changed in another tab: more was said there. Yours, %(yours)s, was not taken."), { yours });
    const words = gettext("Changed in another tab: %(name)s is %(state)s now. Yours, %(yours)s, was not taken.");
    const state = stateWords(now, this.reader.page.review.reasons);
    return filled(words, { name: nameWords(now), state, yours });
  }

  #canInsist(entry, error) {
    return error.code === "changed_elsewhere" && entry.kind === "verdict" && this.review.isOpen;
  }

  #insist() {
    const { finding, body } = this.entry;
    this.#close();
    this.review.judge(finding, body);
  }

  #close() {
    this.panel.hidden = true;
  }
}
