// Regions that were deleted lately, with a look at each and the way back.

import { filled, gettext } from "../words.js";
import { regionOf } from "./features.js";
import { describe } from "./labels.js";
import { momentWords, personWords } from "./revision-words.js";
import { showShapes, viewOfShapes } from "./shape-layer.js";

const SHOWN_MS = 4000;

export class DeletedList {
  #rows = [];

  /** fold: the details element. attempt(act): does it and tells of a trouble. */
  constructor(fold, { reader, sync, server, attempt }) {
    Object.assign(this, { fold, sync, server, attempt, viewer: reader.viewer });
    this.list = fold.querySelector("ul");
    fold.addEventListener("toggle", () => this.read());
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.#act(button.dataset.act, this.#rows[Number(button.dataset.row)]);
    });
  }

  async read() {
    if (!this.fold.open) return;
    await this.attempt(async () => {
      this.#rows = await this.server.deleted();
      this.list.replaceChildren(...this.#rows.map((row, i) => this.#item(row, i)));
      this.fold.querySelector("[data-none]").hidden = this.#rows.length > 0;
    });
  }

  #item(row, i) {
    const item = this.fold.querySelector("template").content.firstElementChild.cloneNode(true);
    const region = regionOf(row.feature);
    const name = describe(region.label).name;
    item.querySelector("[data-label]").textContent = region.name ? `${name}, ${region.name}` : name;
    item.querySelector("[data-person]").textContent = filled(gettext("deleted by %(who)s, %(when)s"), {
      who: personWords(row.by),
      when: momentWords(row.at),
    });
    for (const button of item.querySelectorAll("button")) button.dataset.row = i;
    return item;
  }

  #act(act, { feature, sequence }) {
    const region = regionOf(feature);
    if (act === "back") this.sync.bringBack(region, sequence);
    const shapes = [{ ...region, look: act === "back" ? "gained" : "lost" }];
    this.viewer.show(viewOfShapes(this.viewer, shapes));
    const layer = showShapes(this.viewer, shapes);
    setTimeout(() => layer.remove(), SHOWN_MS);
  }
}
