// The finding that is judged now, large, with the verdict bar.

import { classWords, confidenceWords, lengthSource, lengthWords, nameWords, stateWords } from "./finding-words.js";
import { setCrop } from "./finding-rows.js";

export class FindingCard {
  constructor(reader, { judging, review }) {
    Object.assign(this, { judging, review, facts: reader.page.review });
    this.card = reader.querySelector("[data-card]");
    if (!this.card) return;
    for (const source of [judging, review]) source.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const finding = this.judging.current;
    this.#part("when-finding").hidden = !finding;
    this.#part("when-none").hidden = Boolean(finding);
    for (const name of ["accept", "reject", "redraw", "reclassify", "measure"]) this.#enable(name, Boolean(finding));
    this.#enable("undo", this.review.canUndo);
    if (!finding) return;
    this.#put("name", nameWords(finding));
    this.#put("length", lengthWords(finding));
    this.#part("length").title = lengthSource(finding);
    this.#put("class", classWords(finding));
    this.#put("confidence", confidenceWords(finding));
    this.#put("state", stateWords(finding, this.facts.reasons));
    this.#part("state").dataset.state = finding.state;
    const note = this.#part("note");
    note.hidden = !finding.note;
    note.textContent = finding.note;
    setCrop(this.#part("crop"), this.facts, finding);
  }

  #enable(name, is) {
    const button = this.card.querySelector(`[data-act=${name}]`);
    if (button && !button.title) button.disabled = !is;
  }

  #put(name, words) {
    const place = this.#part(name);
    if (place.textContent !== words) place.textContent = words;
  }

  #part(name) {
    return this.card.querySelector(`[data-${name}]`);
  }
}
