// Two people changed one region. Both outlines are shown over the tissue and the one who finds out
// decides; put off, the question comes back, and until then neither is lost.

import { clock, filled, gettext } from "../words.js";
import { changed, newId, regionOf } from "./features.js";
import { showShapes, viewOfShapes } from "./shape-layer.js";

const CHOICES = { 1: "mine", 2: "theirs", 3: "both" };

export class Conflicts {
  #asked = null;
  #layer = null;

  /** isBusy(): whether a shape is being drawn, which a question must not disturb. */
  constructor({ reader, drawing, queue, sync, isBusy }) {
    Object.assign(this, { reader, drawing, queue, sync, isBusy });
    this.dialog = reader.querySelector("[data-conflict]");
    const { signal } = reader;
    this.dialog.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    this.dialog.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]")?.dataset.choice;
      if (choice) this.#choose(choice);
    }, { signal });
    for (const name of ["pointerup", "pointercancel"]) {
      window.addEventListener(name, () => this.#released(), { signal });
    }
    reader.viewer.addEventListener("pointerdown", () => (this.isPressed = true), { signal });
  }

  /** Ask unless a hand is drawing; then as soon as it rests. */
  askWhenFree() {
    if (this.isPressed || this.isBusy()) this.isDue = true;
    else this.ask();
  }

  /** A shape came to its end, or a hand rests. */
  askIfDue() {
    if (this.isDue) this.askWhenFree();
  }

  #released() {
    this.isPressed = false;
    this.askIfDue();
  }

  /** Ask about the first region that is undecided. */
  ask() {
    this.isDue = false;
    const [entry] = this.queue.conflicts;
    if (!entry) return this.#close();
    this.#asked = entry.id;
    this.#show(entry);
    if (!this.dialog.open) this.dialog.show();
    this.dialog.focus();
    return undefined;
  }

  #show({ id, conflict }) {
    const mine = this.drawing.get(id);
    const theirs = conflict.feature && regionOf(conflict.feature);
    const place = (name) => this.dialog.querySelector(`[data-words="${name}"]`);
    place("what").textContent = whatWords(mine, theirs, conflict);
    place("who").textContent = conflict.by;
    place("count").textContent = countWords(this.queue.conflicts.length);
    for (const [name, region] of [["mine", mine], ["theirs", theirs]]) {
      this.dialog.querySelector(`[data-legend="${name}"]`).hidden = !region;
    }
    this.dialog.querySelector('[data-choice="both"]').hidden = !(mine && theirs);
    this.#paint(mine, theirs);
  }

  #paint(mine, theirs) {
    const { viewer } = this.reader;
    this.#layer?.remove();
    const looks = [[theirs, "theirs"], [mine, "mine"]].filter(([region]) => region);
    const shapes = looks.map(([region, look]) => ({ ...region, look }));
    this.#layer = showShapes(viewer, shapes);
    viewer.show(viewOfShapes(viewer, shapes));
  }

  #pressed(event) {
    const choice = event.key === "Escape" ? "later" : CHOICES[event.key];
    const button = this.dialog.querySelector(`[data-choice="${choice}"]:not([hidden])`);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    this.#choose(choice);
  }

  #choose(choice) {
    const entry = this.queue.entries.get(this.#asked);
    if (choice !== "later" && entry?.conflict) this.#decide(choice, entry);
    if (choice === "later") this.#close();
    else this.ask();
  }

  #decide(choice, { id, conflict }) {
    if (choice === "mine") return this.sync.decide(() => this.queue.insist(id));
    const mine = this.drawing.get(id);
    const theirs = conflict.feature && regionOf(conflict.feature);
    this.sync.decide(() => {
      this.queue.yield(id);
      this.drawing.apply([{ id, before: mine, after: theirs }], gettext("Take theirs"));
    });
    if (choice !== "both") return undefined;
    const copy = changed(mine, { id: newId() });
    return this.drawing.apply([{ id: copy.id, before: null, after: copy }], gettext("Keep both"));
  }

  #close() {
    this.#asked = null;
    this.#layer?.remove();
    this.#layer = null;
    if (!this.dialog.open) return;
    this.dialog.close();
    this.reader.viewer.viewer.canvas.focus({ preventScroll: true });
  }
}

function whatWords(mine, theirs, { by, at }) {
  const values = { who: by, time: clock(new Date(at)) };
  if (!theirs) return filled(gettext("%(who)s deleted this region at %(time)s. You changed it."), values);
  if (!mine) return filled(gettext("You deleted this region. %(who)s changed it at %(time)s."), values);
  return filled(gettext("%(who)s changed this region at %(time)s, while you changed it too."), values);
}

function countWords(n) {
  return n > 1 ? filled(gettext("%(n)s regions to decide"), { n }) : "";
}
