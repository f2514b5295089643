// The measures of one slide, kept in this browser for one reader until they are removed.
// Fires "change".

import { FEWEST } from "./figures.js";

export class Measures extends EventTarget {
  /** place: the key under which the browser keeps them. */
  constructor(place, storage = globalThis.localStorage) {
    super();
    Object.assign(this, { place, storage, all: read(storage, place) });
  }

  /** The next free number, which is the measure's name. */
  get nextId() {
    return 1 + Math.max(0, ...this.all.map(({ id }) => id));
  }

  add({ kind, points }) {
    const made = { id: this.nextId, kind, points };
    this.#keep([...this.all, made]);
    return made;
  }

  /** Move one point of a measure; it is kept when the move ends. */
  move(id, index, point) {
    const points = (measure) => measure.points.map((each, i) => (i === index ? point : each));
    this.#show(this.all.map((each) => (each.id === id ? { ...each, points: points(each) } : each)));
  }

  remove(id) {
    this.#keep(this.all.filter((each) => each.id !== id));
  }

  clear() {
    this.#keep([]);
  }

  save() {
    try {
      this.storage?.setItem(this.place, JSON.stringify(this.all));
    } catch {
      // A browser that keeps nothing shows them until the page is left.
    }
  }

  #keep(all) {
    this.#show(all);
    this.save();
  }

  #show(all) {
    this.all = all;
    this.dispatchEvent(new Event("change"));
  }
}

function read(storage, place) {
  try {
    const kept = JSON.parse(storage?.getItem(place) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isMeasure) : [];
  } catch {
    return [];
  }
}

function isMeasure(given) {
  const isPoint = (point) => Number.isFinite(point?.x) && Number.isFinite(point?.y);
  return (
    Number.isInteger(given?.id) && given.kind in FEWEST && Array.isArray(given.points) &&
    given.points.length >= FEWEST[given.kind] && given.points.every(isPoint)
  );
}
